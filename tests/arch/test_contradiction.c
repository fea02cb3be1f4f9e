/* SPDX-License-Identifier: MIT */
// labels: unit golden
//
// What does not fit together in an exit: the text of each contradiction, and exits that have none.
#include "tests/arch/walk_arm64.h"

#include "arch/arm64/decode.h"
#include "arch/arm64/syndrome.h"
#include "schema/trace/reader.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

// A data abort from EL1 with IL, and its parts.
#define DABT	      UINT64_C(0x92000006)
#define ISV(sas, srt) (UINT64_C(1) << 24 | (sas) << 22 | (srt) << 16)
#define SSE	      (UINT64_C(1) << 21)
#define WNR	      (UINT64_C(1) << 6)
#define S1PTW	      (UINT64_C(1) << 7)
#define CM	      (UINT64_C(1) << 8)

struct scene {
	struct memory memory;
	struct tl_state state;
	struct tl_trap trap;
	struct tl_arm64_insn insn;
	uint8_t code[4];
	bool no_code;
	struct tl_why why[TL_ARM64_CONTRADICTIONS];
	unsigned n;
};

static void set(struct scene *s, enum tl_arm64_reg reg, uint64_t value)
{
	tl_regs_set(&s->state.regs, reg, value);
}

// An instruction at EL1, the MMU off, X0 = X6 = 0x9000018.
static void init(struct scene *s, enum tl_trap_kind kind, uint32_t word, uint64_t esr)
{
	memset(s, 0, sizeof(*s));
	s->state.arch = &tl_arch_arm64;
	s->state.mem = (struct tl_mem){ .read = memory_read, .ctx = &s->memory };
	set(s, TL_ARM64_pstate, TL_ARM64_EL1H);
	set(s, TL_ARM64_pc, 0x40080000);
	set(s, TL_ARM64_sctlr_el1, 0);
	set(s, TL_ARM64_x0, 0x9000018);
	set(s, TL_ARM64_x6, 0x9000018);
	for (unsigned n = 0; n < 4; n++)
		s->code[n] = (uint8_t)(word >> 8 * n);
	s->trap = (struct tl_trap){
		.kind = kind,
		.has_address = true,
		.address = 0x9000018,
		.has_esr = esr != 0,
		.esr = esr,
		.code = s->code,
		.code_size = 4,
	};
}

static void ask(struct scene *s)
{
	const bool known = tl_arm64_insn_at(&s->state, &s->trap, &s->insn);

	assert_true(known || s->no_code);
	s->n = tl_arm64_contradictions(&s->state, &s->trap, s->no_code ? NULL : &s->insn, s->why);
}

static void assert_none(struct scene *s)
{
	ask(s);
	if (s->n)
		print_message("%s\n", s->why[0].text);
	assert_int_equal(s->n, 0);
}

static void assert_one(struct scene *s, const char *text)
{
	ask(s);
	for (unsigned n = 1; n < s->n; n++)
		print_message("%s\n", s->why[n].text);
	assert_true(s->n >= 1);
	assert_string_equal(s->why[0].text, text);
	assert_non_null(s->why[0].source);
	assert_int_equal(s->n, 1);
}

#define LDR_W1_X0    0xb9400001
#define STR_W1_X0    0xb9000001
#define LDRSW_X1_X0  0xb9800001
#define LDRB_W1_X0   0x39400001
#define STR_POST     0xb80044c3 // str w3, [x6], #4
#define LDP_X2_X3_X0 0xa9400c02
#define LDR_Q0_X0    0x3dc00000
#define LDXR_W1_X0   0x885f7c01
#define LDADD_W1_W2  0xb8210002
#define DC_ZVA_X0    0xd50b7420
#define DC_CIVAC_X0  0xd50b7e20
#define PRFM_X0	     0xf9800000
#define ADD_X1_X0_X0 0x8b000001

static void exits_that_fit_have_no_contradiction(void **state)
{
	static const struct {
		enum tl_trap_kind kind;
		uint32_t word;
		uint64_t esr;
		bool is_iss;
	} fits[] = {
		{ TL_TRAP_MMIO, LDR_W1_X0, DABT | ISV(2, 1), false },
		{ TL_TRAP_MMIO, LDR_W1_X0, 0, false },
		{ TL_TRAP_MMIO, STR_W1_X0, DABT | ISV(2, 1) | WNR, false },
		{ TL_TRAP_MMIO, LDRSW_X1_X0, DABT | ISV(2, 1) | SSE, false },
		{ TL_TRAP_MMIO, LDRB_W1_X0, DABT | ISV(0, 1), false },
		{ TL_TRAP_NISV, STR_POST, 0x46, true },
		{ TL_TRAP_NISV, STR_POST, DABT | WNR, false },
		{ TL_TRAP_NISV, LDP_X2_X3_X0, 6, true },
		{ TL_TRAP_NISV, LDR_Q0_X0, 6, true },
		{ TL_TRAP_NISV, LDXR_W1_X0, 6, true },
		{ TL_TRAP_NISV, LDADD_W1_W2, 6, true },
		{ TL_TRAP_NISV, LDADD_W1_W2, 0x46, true },
		{ TL_TRAP_NISV, DC_ZVA_X0, 0x46, true },
		{ TL_TRAP_NISV, DC_CIVAC_X0, 0x146, true },
		{ TL_TRAP_OOPS, STR_POST, 0x96000010, false },
		{ TL_TRAP_OOPS, ADD_X1_X0_X0, 0x86000010, false },
		{ TL_TRAP_OOPS, ADD_X1_X0_X0, 0x02000000, false },
	};
	struct scene s;

	for (unsigned n = 0; n < sizeof(fits) / sizeof(fits[0]); n++) {
		init(&s, fits[n].kind, fits[n].word, fits[n].esr);
		s.trap.esr_is_iss = fits[n].is_iss;
		s.trap.has_far = fits[n].word != ADD_X1_X0_X0;
		s.trap.far = 0x9000018;
		assert_none(&s);
		s.trap.has_far = false;
		assert_none(&s);
	}
}

// QEMU's TCG up to 7.0: cases.md 11.
static void isv_of_a_post_index_store_would_lose_the_writeback(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, STR_POST, DABT | ISV(2, 3) | WNR);
	assert_one(&s, "the syndrome contradicts the instruction: ISV is 1, but str, with "
		       "writeback, gives "
		       "none; trusting it would lose the writeback");
	assert_string_equal(s.why[0].source, "Arm ARM D17.2.37");
	init(&s, TL_TRAP_MMIO, STR_POST, 0);
	assert_one(&s,
		"the syndrome contradicts the instruction: an MMIO exit is of ISV=1, but str, with "
		"writeback, gives none; trusting it would lose the writeback");
}

static void isv_of_other_classes_says_what_would_be_lost(void **state)
{
	static const struct {
		uint32_t word;
		const char *text;
	} classes[] = {
		{ LDP_X2_X3_X0, "ldp, with several registers, gives none; trusting it would lose "
				"all but one" },
		{ LDR_Q0_X0, "ldr, with SIMD and FP registers, gives none; trusting it would use a "
			     "general register instead" },
		{ LDXR_W1_X0, "ldxr, with an exclusive access, gives none; trusting it would lose "
			      "the monitor and the status" },
		{ LDADD_W1_W2, "ldadd, with a read and a write at once, gives none; trusting it "
			       "would lose one of the two" },
		{ DC_ZVA_X0, "dc zva, with a block of zeroes, gives none; trusting it would write "
			     "one register instead" },
		{ DC_CIVAC_X0, "dc civac, with cache maintenance, gives none; trusting it would "
			       "make an access of it" },
	};
	static const char start[] =
		"the syndrome contradicts the instruction: an MMIO exit is of ISV=1, but ";
	struct scene s;

	for (unsigned n = 0; n < sizeof(classes) / sizeof(classes[0]); n++) {
		char text[300];

		init(&s, TL_TRAP_MMIO, classes[n].word, 0);
		snprintf(text, sizeof(text), "%s%s", start, classes[n].text);
		assert_one(&s, text);
	}
}

static void the_direction_is_held_against_wnr_or_the_exit(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, STR_POST, 0x6);
	s.trap.esr_is_iss = true;
	assert_one(&s,
		"WnR says a read, but str writes; trusting it would lose the write and load a "
		"register");
	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0x46);
	s.trap.esr_is_iss = true;
	assert_one(&s,
		"WnR says a write, but ldp reads; trusting it would write and leave the register "
		"as it is");
	init(&s, TL_TRAP_MMIO, LDR_W1_X0, 0);
	s.trap.has_write = s.trap.write = true;
	assert_one(&s,
		"the exit says a write, but ldr reads; trusting it would write and leave the "
		"register as it is");
	init(&s, TL_TRAP_NISV, DC_ZVA_X0, 6);
	s.trap.esr_is_iss = true;
	assert_one(&s, "WnR says a read, but dc zva writes; trusting it would lose the write");
}

static void cm_is_of_cache_maintenance(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, DABT | CM);
	assert_one(&s,
		"CM says cache maintenance, but ldp is none; trusting it would lose the access");
	init(&s, TL_TRAP_NISV, DC_CIVAC_X0, DABT | WNR);
	assert_one(&s,
		"CM is 0, but dc civac is cache maintenance; trusting it would make an access of "
		"it");
}

static void size_register_and_extension_are_held_against_the_syndrome(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_MMIO, LDRB_W1_X0, DABT | ISV(2, 1));
	assert_one(&s, "SAS says 4 bytes, but ldrb has 1; trusting it would access too much");
	init(&s, TL_TRAP_MMIO, LDR_W1_X0, 0);
	s.trap.has_size = true;
	s.trap.size = 1;
	assert_one(&s, "the exit says 1 byte, but ldr has 4; trusting it would access too little");
	init(&s, TL_TRAP_MMIO, STR_W1_X0, DABT | ISV(2, 2) | WNR);
	assert_one(&s, "SRT says X2, but str has X1; trusting it would use the wrong register");
	init(&s, TL_TRAP_MMIO, LDRSW_X1_X0, DABT | ISV(2, 1));
	assert_one(&s, "SSE says that nothing sign-extends, but ldrsw does; trusting it would load "
		       "a wrong "
		       "value");
	init(&s, TL_TRAP_MMIO, LDR_W1_X0, DABT | ISV(2, 1) | SSE);
	assert_one(&s,
		"SSE says that it sign-extends, but ldr does not; trusting it would load a wrong "
		"value");
}

// ldr sp, [r0] in Supervisor mode: R13_svc is X19.
static void srt_counts_banked_registers_as_aarch64_does(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_MMIO, 0xe590d000, DABT | ISV(2, 19));
	set(&s, TL_ARM64_pstate, TL_ARM32_SVC);
	assert_none(&s);
	s.trap.esr = DABT | ISV(2, 13);
	assert_one(&s, "SRT says X13, but ldr has X19; trusting it would use the wrong register");
}

static void an_abort_of_data_needs_an_instruction_that_accesses_memory(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, ADD_X1_X0_X0, 0);
	assert_one(&s, "the abort is of data, but the instruction at PC, 0x8b000001, is none that "
		       "accesses "
		       "memory; PC or the code is not that of the fault");
	init(&s, TL_TRAP_NISV, PRFM_X0, 0);
	assert_one(&s,
		"the abort is of data, but prfm never faults; PC or the code is not that of the "
		"fault");
}

static void far_is_held_against_the_registers(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	s.trap.has_far = true;
	s.trap.far = 0x9000020; // the second of the pair
	assert_none(&s);
	s.trap.far = 0x9000028;
	assert_one(&s,
		"FAR is 0x9000028, but ldp accesses 0x9000018; the registers or the code are not "
		"those of the fault");
	s.trap.far = 0x8800000009000018; // tagged
	set(&s, TL_ARM64_tcr_el1, 0);
	ask(&s);
	assert_int_equal(s.n, 1); // the MMU is off: no tag, the IPA cannot be so
	s.trap.has_address = false;
	assert_none(&s);
	s.trap.has_esr = true;
	s.trap.esr = DABT | 1 << 10; // FnV
	s.trap.far = 0;
	assert_none(&s);
}

// KVM puts an IPA into FAR_EL1 where there is no address, with the low bits of the virtual one.
static void far_of_a_guest_may_be_an_ipa(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_OOPS, LDR_W1_X0, 0x96000010);
	s.trap.has_far = true;
	s.trap.far = 0x1000000018;
	assert_none(&s);
	s.trap.far = 0x1000000028;
	assert_one(&s, "FAR is 0x1000000028, but ldr accesses 0x9000018; the registers or the code "
		       "are not "
		       "those of the fault");
}

static void without_far_the_low_bits_of_the_ipa_count(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	s.trap.address = 0x9000040;
	assert_one(&s,
		"the IPA 0x9000040 and the address of ldp, 0x9000018, differ in their low 12 bits; "
		"the registers or the code are not those of the fault");
	s.trap.kind = TL_TRAP_FAILED; // HPFAR has no low bits
	s.trap.has_esr = true;
	s.trap.esr = DABT;
	s.trap.address = 0x9000000;
	assert_none(&s);
}

static void map(struct scene *s, uint64_t page)
{
	set(s, TL_ARM64_sctlr_el1, SCTLR_M);
	set(s, TL_ARM64_tcr_el1, T0SZ(30));
	set(s, TL_ARM64_ttbr0_el1, T0);
	set(s, TL_ARM64_ttbr1_el1, 0);
	memory_put(&s->memory, T0 + 8 * (0x9000000 >> 21), T1 | TABLE, 8);
	memory_put(&s->memory, T1, page, 8);
	memory_at(&s->memory, T1);
}

static void the_ipa_is_where_the_walk_ends(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	map(&s, 0xa000000 | PAGE);
	s.trap.address = 0xa000018;
	assert_none(&s);
	s.trap.address = 0xb000018;
	assert_one(&s, "the reported IPA disagrees with the walk of 0x9000018: 0xb000018 against "
		       "0xa000018; trusting it would look at another page");
	s.trap.address = 0xa000018;
	map(&s, 0);
	assert_one(&s,
		"the tables do not map 0x9000018 (level 3), yet stage 2 was asked for 0xa000018; "
		"the "
		"tables or their registers have changed since, or are not those of the fault");
}

static void an_access_that_crosses_a_page_may_fault_on_the_second(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	map(&s, 0xa000000 | PAGE);
	memory_put(&s.memory, T1 + 8, 0xc000000 | PAGE, 8);
	set(&s, TL_ARM64_x0, 0x9000ff8);
	s.trap.address = 0xc000000;
	assert_none(&s);
	s.trap.address = 0xd000000;
	assert_one(&s, "the reported IPA disagrees with the walk of 0x9001000: 0xd000000 against "
		       "0xc000000; trusting it would look at another page");
}

// An erratum truncated HPFAR on a walk: cases.md 10.
static void an_ipa_of_a_walk_is_that_of_an_entry(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_FAILED, 0, DABT | S1PTW);
	s.no_code = true;
	set(&s, TL_ARM64_pstate, TL_ARM32_USR);
	set(&s, TL_ARM64_sctlr_el1, SCTLR_M);
	set(&s, TL_ARM64_vbar_el1, 0xffff0000);
	set(&s, TL_ARM64_elr_el1, 0);
	set(&s, TL_ARM64_tcr_el1, TTBCR_EAE);
	set(&s, TL_ARM64_ttbr0_el1, 0x5b06cc40);
	set(&s, TL_ARM64_ttbr1_el1, 0);
	memory_put(&s.memory, 0x5b06cc50, 0x5b150003, 8);
	memory_put(&s.memory, 0x5b150db0, 0x43deb0003, 8);
	memory_put(&s.memory, 0x43deb0e70, 0x42000043bb72fdf, 8);
	s.trap.has_far = true;
	s.trap.far = 0xb6dce3c4;
	s.trap.address = 0x43deb0000;
	assert_none(&s);
	s.trap.address = 0x3deb0000;
	assert_one(&s, "the reported IPA disagrees with the walk of 0xb6dce3c4: 0x3deb0000 against "
		       "0x43deb0000, low 32 bits equal; trusting it would look at another page");
	s.trap.has_esr = false; // a log that tells no syndrome
	assert_one(&s, "the reported IPA disagrees with the walk of 0xb6dce3c4: 0x3deb0000 against "
		       "0x43deb0000, low 32 bits equal; trusting it would look at another page");
	s.trap.address = 0x43bb72000;
	assert_none(&s);
}

static void a_misaligned_pc_is_no_instruction(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	set(&s, TL_ARM64_pc, 0x40080002);
	assert_one(&s,
		"PC is 0x40080002, no multiple of 4: no instruction of this state stands there");
	init(&s, TL_TRAP_NISV, 0x0001c806, 0); // ldmia r0!, {r1, r2}
	set(&s, TL_ARM64_pc, 0x40080002);
	set(&s, TL_ARM64_pstate, TL_ARM32_SVC | 1 << 5);
	assert_none(&s);
	set(&s, TL_ARM64_pc, 0x40080001);
	assert_one(&s,
		"PC is 0x40080001, no multiple of 2: no instruction of this state stands there");
}

static void what_is_not_known_is_left_out(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	memset(&s.state.regs, 0, sizeof(s.state.regs));
	s.no_code = true;
	s.trap.address = 0x1234;
	assert_none(&s);
	init(&s, TL_TRAP_NISV, LDP_X2_X3_X0, 0);
	s.state.regs.known[0] &= ~UINT64_C(1); // X0
	s.trap.address = 0x1234;
	assert_none(&s);
}

static void several_contradictions_come_together(void **state)
{
	struct scene s;

	init(&s, TL_TRAP_MMIO, LDRB_W1_X0, DABT | ISV(2, 2) | WNR);
	s.trap.address = 0x9000040;
	ask(&s);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.why[0].text,
		"WnR says a write, but ldrb reads; trusting it would write and leave the register "
		"as it is");
}

// KVM_EXIT_MMIO and KVM_EXIT_ARM_NISV of a trace, with the registers and the code of that moment.
static bool set_scene(struct tl_trace *t, tl_seq seq, struct scene *s)
{
	static const struct tl_mem no_memory = { .read = memory_read };
	static struct memory none;
	const struct tl_exit_kind *kind;
	struct tl_exit exit;

	memset(s, 0, sizeof(*s));
	assert_null(tl_trace_exit(t, seq, &exit, &kind));
	if (exit.reason != KVM_EXIT_MMIO && exit.reason != KVM_EXIT_ARM_NISV)
		return false;
	s->state.arch = &tl_arch_arm64;
	s->state.mem = no_memory;
	s->state.mem.ctx = &none;
	assert_null(tl_trace_regs(t, exit.vcpu, seq, &s->state.regs));
	s->trap = (struct tl_trap){
		.kind = exit.reason == KVM_EXIT_MMIO ? TL_TRAP_MMIO : TL_TRAP_NISV,
		.has_address = true,
		.address = exit.addr,
		.has_size = exit.reason == KVM_EXIT_MMIO,
		.size = exit.size,
		.has_write = exit.reason == KVM_EXIT_MMIO,
		.write = exit.write,
		.has_esr = exit.reason == KVM_EXIT_ARM_NISV,
		.esr = exit.value,
		.esr_is_iss = true,
		.code = exit.code,
		.code_size = exit.code_size,
		.code_before = exit.code_before,
	};
	return true;
}

static unsigned check_trace(const char *path)
{
	unsigned checked = 0;
	struct tl_span span;
	struct tl_trace *t;
	struct scene s;

	assert_null(tl_trace_open(path, &t));
	assert_null(tl_trace_span(t, &span));
	for (tl_seq seq = span.first; seq <= span.last; seq++) {
		if (!set_scene(t, seq, &s))
			continue;
		ask(&s);
		if (s.n)
			fail_msg("%s: exit %" PRIu64 ": %s", path, seq, s.why[0].text);
		checked++;
	}
	tl_trace_close(t);
	return checked;
}

// 28 kinds of access without a syndrome, twice; loads and stores of all sizes; a real guest.
static void what_a_kernel_recorded_has_no_contradiction(void **state)
{
	assert_int_equal(check_trace(TL_SOURCE_DIR "/tests/data/arm64-nisv-abort.trap"), 66);
	assert_int_equal(check_trace(TL_SOURCE_DIR "/tests/data/arm64-mmio.trap"), 38);
	assert_int_equal(check_trace(TL_SOURCE_DIR "/tests/data/arm64-uboot-nisv.trap"), 2360);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits_that_fit_have_no_contradiction),
		cmocka_unit_test(isv_of_a_post_index_store_would_lose_the_writeback),
		cmocka_unit_test(isv_of_other_classes_says_what_would_be_lost),
		cmocka_unit_test(the_direction_is_held_against_wnr_or_the_exit),
		cmocka_unit_test(cm_is_of_cache_maintenance),
		cmocka_unit_test(size_register_and_extension_are_held_against_the_syndrome),
		cmocka_unit_test(srt_counts_banked_registers_as_aarch64_does),
		cmocka_unit_test(an_abort_of_data_needs_an_instruction_that_accesses_memory),
		cmocka_unit_test(far_is_held_against_the_registers),
		cmocka_unit_test(far_of_a_guest_may_be_an_ipa),
		cmocka_unit_test(without_far_the_low_bits_of_the_ipa_count),
		cmocka_unit_test(the_ipa_is_where_the_walk_ends),
		cmocka_unit_test(an_access_that_crosses_a_page_may_fault_on_the_second),
		cmocka_unit_test(an_ipa_of_a_walk_is_that_of_an_entry),
		cmocka_unit_test(a_misaligned_pc_is_no_instruction),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(several_contradictions_come_together),
		cmocka_unit_test(what_a_kernel_recorded_has_no_contradiction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
