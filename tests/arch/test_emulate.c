/* SPDX-License-Identifier: MIT */
// labels: unit
// A64 loads and stores carried out, against values worked out by hand: Arm ARM C6.2.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/arch/bits_arm64.h"
#include "tests/arch/emulate_arm64.h"

#define EL1H 0x3c5
#define EL1T 0x3c4
#define EL0T 0x3c0

#define SCTLR_A	  BIT(1)
#define SCTLR_SA  BIT(3)
#define SCTLR_SA0 BIT(4)
#define SCTLR_E0E BIT(24)
#define EN_DA	  BIT(27)
#define EN_DB	  BIT(13)

static struct machine machine, *m = &machine;

static int set_up(void **state)
{
	machine_init(m, EL1H);
	return 0;
}

// Case 1 of the reports: U-Boot's XHCI driver, str w1, [x0], #4.
static void a_post_indexed_store_of_u_boot_writes_and_moves_its_base(void **state)
{
	machine_set(m, TL_ARM64_pc, 0x476fc1c8);
	machine_set(m, TL_ARM64_x0, 0x10100040);
	machine_set(m, TL_ARM64_x1, 1);
	machine_trap(m, 0x10100040);
	assert_done(m, machine_a64(m, 0xb8004401));
	assert_int_equal(m->effect.n_transfers, 1);
	assert_access(m, 0, true, 0x10100040, 4, 1);
	assert_true(m->effect.transfer[0].is_device && m->effect.transfer[0].has_va);
	assert_int_equal(m->effect.transfer[0].va, 0x10100040);
	assert_word(m, x0, 0x10100044, WRITEBACK);
	assert_word(m, x1, 1, NONE);
	assert_word(m, pc, 0x476fc1cc, NEXT);
	assert_int_equal(m->effect.given, TL_GIVEN_REGS);
	assert_null(m->effect.note);
}

// The same from U-Boot's own report, which has general registers and FAR, and no more.
static void a_report_without_system_registers_is_enough_for_a_store(void **state)
{
	for (unsigned i = TL_ARM64_midr_el1; i < TL_ARM64_N_REGS; i++)
		machine_forget(m, i);
	m->state.slots_known = false;
	machine_set(m, TL_ARM64_x0, 0x10100040);
	m->trap = (struct tl_trap){ .kind = TL_TRAP_OOPS, .has_far = true, .far = 0x10100040 };
	assert_done(m, machine_a64(m, 0xb8004401));
	assert_true(m->effect.transfer[0].no_gpa && m->effect.transfer[0].is_device);
	assert_int_equal(m->effect.transfer[0].va, 0x10100040);
	assert_int_equal(m->effect.transfer[0].data[0], 1);
	assert_word(m, x0, 0x10100044, WRITEBACK);
	assert_string_equal(
		m->effect.note, "data is taken to be little endian: SCTLR_EL1 was not recorded");
	assert_not_known(m, machine_a64(m, 0xb8404401),
		"where 0x10100040 lies in guest physical memory is not known");
}

// Case 7: barebox reads the PL011's identification with ldr w1, [x0], #4.
static void a_post_indexed_load_of_barebox_reads_the_device(void **state)
{
	machine_set(m, TL_ARM64_x0, 0x9000fe0);
	machine_trap(m, 0x9000fe0);
	assert_done(m, machine_a64(m, 0xb8404401));
	assert_access(m, 0, false, 0x9000fe0, 4, 0xe3e2e1e0);
	assert_word(m, x1, 0xe3e2e1e0, DATA);
	assert_word(m, x0, 0x9000fe4, WRITEBACK);
	assert_word(m, pc, RAM + 0x104, NEXT);
}

// Of a device whose bytes are 0x80, 0x81, ...: x2 is 0x9000080.
static void loads_extend_as_their_names_say(void **state)
{
	static const struct {
		uint32_t word;
		unsigned size;
		tl_gpa at;
		uint64_t x1;
	} rows[] = {
		{ 0x39c00041, 1, 0x9000080, 0xffffff80 },	  // ldrsb w1, [x2]
		{ 0x39800041, 1, 0x9000080, 0xffffffffffffff80 }, // ldrsb x1, [x2]
		{ 0x79800441, 2, 0x9000082, 0xffffffffffff8382 }, // ldrsh x1, [x2, #2]
		{ 0xb9800041, 4, 0x9000080, 0xffffffff83828180 }, // ldrsw x1, [x2]
		{ 0x79400041, 2, 0x9000080, 0x8180 },		  // ldrh w1, [x2]
		{ 0xf85f8441, 8, 0x9000080, 0x8786858483828180 }, // ldr x1, [x2], #-8
		{ 0xb8408c41, 4, 0x9000088, 0x8b8a8988 },	  // ldr w1, [x2, #8]!
		{ 0xf85ff041, 8, 0x900007f, 0x868584838281807f }, // ldur x1, [x2, #-1]
		{ 0xb8400841, 4, 0x9000080, 0x83828180 },	  // ldtr w1, [x2]
		{ 0x88dffc41, 4, 0x9000080, 0x83828180 },	  // ldar w1, [x2]
		{ 0x78bfc041, 2, 0x9000080, 0x8180 },		  // ldaprh w1, [x2]
		{ 0xd9408041, 8, 0x9000088, 0x8f8e8d8c8b8a8988 }, // ldapur x1, [x2, #8]
		{ 0xf8635841, 8, 0x9000098, 0x9f9e9d9c9b9a9998 }, // ldr x1, [x2, w3, uxtw #3]
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_set(m, TL_ARM64_x2, 0x9000080);
		machine_trap(m, rows[i].at);
		assert_done(m, machine_a64(m, rows[i].word));
		assert_int_equal(m->effect.n_transfers, 1);
		assert_int_equal(m->effect.transfer[0].gpa, rows[i].at);
		assert_int_equal(m->effect.transfer[0].size, rows[i].size);
		assert_word(m, x1, rows[i].x1, DATA);
	}
}

static void an_index_is_extended_and_shifted(void **state)
{
	machine_set(m, TL_ARM64_x2, 0x9000080);
	machine_set(m, TL_ARM64_x3, 0x5fffffff8);
	machine_trap(m, 0x9000078);
	assert_done(m, machine_a64(m, 0xf863c841)); // ldr x1, [x2, w3, sxtw]
	assert_int_equal(m->effect.transfer[0].va, 0x9000078);
	assert_int_equal(m->effect.transfer[0].gpa, 0x9000078);
	machine_set(m, TL_ARM64_x3, UINT64_MAX);
	assert_done(m, machine_a64(m, 0xf863f841)); // ldr x1, [x2, x3, sxtx #3]
	assert_int_equal(m->effect.transfer[0].gpa, 0x9000078);
	machine_set(m, TL_ARM64_x3, 0x1000000010);
	machine_trap(m, 0x9000100);
	assert_done(m, machine_a64(m, 0xf8635841)); // ldr x1, [x2, w3, uxtw #3]
	assert_int_equal(m->effect.transfer[0].gpa, 0x9000100);
}

static void register_31_is_zero_as_data(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	machine_trap(m, DEVICE);
	assert_done(m, machine_a64(m, 0xb900005f)); // str wzr, [x2]
	assert_access(m, 0, true, DEVICE, 4, 0);
	assert_done(m, machine_a64(m, 0x3940005f)); // ldrb wzr, [x2]
	for (unsigned i = 0; i < TL_ARM64_pc; i++)
		assert_int_equal(m->effect.origin[i], TL_ORIGIN_NONE);
}

static void register_31_is_the_stack_pointer_in_use_as_a_base(void **state)
{
	machine_set(m, TL_ARM64_sp_el0, DEVICE + 0x20);
	machine_set(m, TL_ARM64_sp_el1, DEVICE + 0x40);
	assert_done(m, machine_a64(m, 0xf81f0fe1)); // str x1, [sp, #-16]!
	assert_int_equal(m->effect.transfer[0].gpa, DEVICE + 0x30);
	assert_word(m, sp_el1, DEVICE + 0x30, WRITEBACK);
	assert_word(m, sp_el0, DEVICE + 0x20, NONE);
	machine_set(m, TL_ARM64_pstate, EL1T);
	assert_done(m, machine_a64(m, 0xf84107e1)); // ldr x1, [sp], #16
	assert_word(m, sp_el0, DEVICE + 0x30, WRITEBACK);
	machine_set(m, TL_ARM64_pstate, EL0T);
	assert_done(m, machine_a64(m, 0xf84107e1));
	assert_word(m, sp_el0, DEVICE + 0x30, WRITEBACK);
	machine_set(m, TL_ARM64_pstate, 0x3c9);
	assert_not_known(m, machine_a64(m, 0xf84107e1), "sp of mode 0x9 is not recorded");
}

static void literals_count_from_pc(void **state)
{
	memory_put(&m->memory, RAM + 0x108, 0x80000001, 4);
	memory_put(&m->memory, RAM + 0xfc, 0x80000002, 4);
	assert_done(m, machine_a64(m, 0x18000041)); // ldr w1, .+8
	assert_word(m, x1, 0x80000001, DATA);
	assert_false(m->effect.transfer[0].is_device);
	assert_done(m, machine_a64(m, 0x98ffffe1)); // ldrsw x1, .-4
	assert_word(m, x1, 0xffffffff80000002, DATA);
	memory_put(&m->memory, RAM + 0x110, 0x0807060504030201, 8);
	assert_done(m, machine_a64(m, 0x9c000081)); // ldr q1, .+16
	assert_int_equal(m->effect.vectors_set, 1 << 1);
	assert_int_equal(m->effect.vectors.v[1][7], 8);
	assert_int_equal(m->effect.vectors.v[1][15], 0);
}

static void a_pair_is_two_accesses(void **state)
{
	machine_set(m, TL_ARM64_x3, 0x9000080);
	machine_trap(m, 0x9000080);
	assert_done(m, machine_a64(m, 0xa9400861)); // ldp x1, x2, [x3]
	assert_int_equal(m->effect.n_transfers, 2);
	assert_word(m, x1, 0x8786858483828180, DATA);
	assert_word(m, x2, 0x8f8e8d8c8b8a8988, DATA);
	assert_access(m, 1, false, 0x9000088, 8, 0x8f8e8d8c8b8a8988);
	assert_done(m, machine_a64(m, 0x28c10861)); // ldp w1, w2, [x3], #8
	assert_word(m, x2, 0x87868584, DATA);
	assert_word(m, x3, 0x9000088, WRITEBACK);
	machine_trap(m, 0x9000078);
	assert_done(m, machine_a64(m, 0x69ff0861)); // ldpsw x1, x2, [x3, #-8]!
	assert_word(m, x1, 0x7b7a7978, DATA);
	assert_word(m, x3, 0x9000078, WRITEBACK);
	machine_set(m, TL_ARM64_x1, 0x1111111122222222);
	machine_set(m, TL_ARM64_x2, 0x3333333344444444);
	machine_trap(m, 0x9000090);
	assert_done(m, machine_a64(m, 0xa9010861)); // stp x1, x2, [x3, #16]
	assert_access(m, 0, true, 0x9000090, 8, 0x1111111122222222);
	assert_access(m, 1, true, 0x9000098, 8, 0x3333333344444444);
	machine_trap(m, 0x9000084);
	assert_done(m, machine_a64(m, 0x28000861)); // stnp w1, w2, [x3]
	assert_access(m, 1, true, 0x9000084, 4, 0x44444444);
}

static void a_block_is_zeroed(void **state)
{
	machine_set(m, TL_ARM64_x0, DEVICE + 0x7f);
	machine_trap(m, DEVICE + 0x7f);
	assert_done(m, machine_a64(m, 0xd50b7420)); // dc zva, x0
	assert_int_equal(m->effect.n_transfers, 4);
	assert_access(m, 0, true, DEVICE + 0x40, 16, 0);
	assert_access(m, 3, true, DEVICE + 0x70, 16, 0);
	assert_true(m->effect.transfer[3].is_device);
	assert_string_equal(
		m->effect.note, "its block is taken to be of 64 bytes: DCZID_EL0 is not recorded");
	assert_word(m, x0, DEVICE + 0x7f, NONE);
}

static void maintenance_and_prefetches_only_move_on(void **state)
{
	static const uint32_t words[] = {
		0xd50b7e20, // dc civac, x0
		0xd5087620, // dc ivac, x0
		0xd50b7520, // ic ivau, x0
		0xf9800000, // prfm pldl1keep, [x0]
	};

	machine_forget(m, TL_ARM64_x0);
	machine_set(m, TL_ARM64_pstate, EL1H | 0x200c00);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_done(m, machine_a64(m, words[i]));
		assert_int_equal(m->effect.n_transfers, 0);
		assert_word(m, pc, RAM + 0x104, NEXT);
		assert_word(m, pstate, EL1H, NEXT);
		assert_null(m->effect.note);
	}
}

static void a_translation_leaves_par_el1_open(void **state)
{
	assert_done(m, machine_a64(m, 0xd5087800)); // at s1e1r, x0
	assert_int_equal(m->effect.n_transfers, 0);
	assert_false(tl_regs_known(&m->effect.regs, TL_ARM64_par_el1));
	assert_int_equal(m->effect.origin[TL_ARM64_par_el1], TL_ORIGIN_RESULT);
	assert_string_equal(m->effect.note, "what it leaves in PAR_EL1 is not worked out");
}

static void what_cannot_be_carried_out_says_why(void **state)
{
	static const struct {
		uint32_t word;
		const char *text;
	} rows[] = {
		{ 0xd503201f, "the instruction: it is no load, store or cache operation" },
		{ 0xd5380000, "mrs: it is no load, store or cache operation" },
		{ 0xf8408421, "ldr: CONSTRAINED UNPREDICTABLE: it writes back to a register that "
			      "it transfers" },
		{ 0xa9400441, "ldp: CONSTRAINED UNPREDICTABLE: it loads the same register twice" },
		{ 0xd9200841, "stg: allocation tags are not recorded" },
		{ 0xd50b7460, "dc gva: allocation tags are not recorded" },
		{ 0xf83fd100, "ld64b: its 64 bytes are one access, which they are not when "
			      "emulated" },
		{ 0xf83f9100, "st64b: its 64 bytes are one access, which they are not when "
			      "emulated" },
		{ 0x1d010440, "cpyp: it may stop midway, with its registers changed" },
		{ 0xa400a000, "sve: its registers and sizes are not decoded" },
		{ 0xd91f0c41, "gcsstr: a guarded control stack is not modelled" },
		{ 0x19210862, "rcwcas depends on registers that are not recorded" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(m, machine_a64(m, rows[i].word), rows[i].text);
}

static void an_operation_of_a_higher_level_is_undefined(void **state)
{
	assert_refused(
		m, machine_a64(m, 0xd50c7947), "at s1e2a: it is UNDEFINED at this exception level");
	assert_done(m, machine_a64(m, 0xd5087620)); // dc ivac, x0
	machine_set(m, TL_ARM64_pstate, EL0T);
	assert_refused(
		m, machine_a64(m, 0xd5087620), "dc ivac: it is UNDEFINED at this exception level");
	assert_done(m, machine_a64(m, 0xd50b7e20)); // dc civac, x0
}

static void a_signed_base_needs_its_key_or_far(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE + 0x80);
	assert_done(m, machine_a64(m, 0xf8200441)); // ldraa x1, [x2]
	assert_int_equal(m->effect.transfer[0].gpa, DEVICE + 0x80);
	machine_set(m, TL_ARM64_sctlr_el1, EN_DA);
	machine_set(m, TL_ARM64_x2, UINT64_C(0x1234) << 48 | (DEVICE + 0x80));
	machine_trap(m, DEVICE + 0x88);
	assert_not_known(m, machine_a64(m, 0xf8201c41), // ldraa x1, [x2, #8]!
		"the key that signed its base is not known, nor is FAR, where it led");
	m->trap.has_far = true;
	m->trap.far = DEVICE + 0x8c;
	assert_not_known(m, machine_a64(m, 0xf8201c41),
		"the key that signed its base is not known, nor is FAR, where it led");
	m->trap.far = DEVICE + 0x88;
	assert_done(m, machine_a64(m, 0xf8201c41));
	assert_access(m, 0, false, DEVICE + 0x88, 8, 0x8f8e8d8c8b8a8988);
	assert_word(m, x2, DEVICE + 0x88, WRITEBACK);
	machine_set(m, TL_ARM64_sctlr_el1, EN_DB);
	machine_set(m, TL_ARM64_x2, UINT64_C(0x1234) << 48 | (DEVICE + 0x88));
	assert_done(m, machine_a64(m, 0xf8a00441)); // ldrab x1, [x2]
	assert_int_equal(m->effect.transfer[0].gpa, DEVICE + 0x88);
}

static void big_endian_data_is_turned_element_by_element(void **state)
{
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_EE);
	machine_set(m, TL_ARM64_x2, DEVICE);
	machine_set(m, TL_ARM64_x3, DEVICE);
	assert_done(m, machine_a64(m, 0xb9800041)); // ldrsw x1, [x2]
	assert_word(m, x1, 0x00010203, DATA);
	assert_int_equal(m->effect.transfer[0].data[0], 0);
	assert_done(m, machine_a64(m, 0xa9400861)); // ldp x1, x2, [x3]
	assert_word(m, x1, 0x0001020304050607, DATA);
	assert_word(m, x2, 0x08090a0b0c0d0e0f, DATA);
	machine_set(m, TL_ARM64_x1, 0x11223344);
	machine_set(m, TL_ARM64_x0, DEVICE);
	assert_done(m, machine_a64(m, 0xb8004401)); // str w1, [x0], #4
	assert_access(m, 0, true, DEVICE, 4, 0x44332211);
	machine_set(m, TL_ARM64_pstate, EL0T);
	assert_done(m, machine_a64(m, 0xb8004401));
	assert_access(m, 0, true, DEVICE, 4, 0x11223344);
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_E0E);
	assert_done(m, machine_a64(m, 0xb8004401));
	assert_access(m, 0, true, DEVICE, 4, 0x44332211);
}

static void alignment_faults_are_the_guests(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE + 2);
	assert_done(m, machine_a64(m, 0xb9800041));
	assert_string_equal(m->effect.note,
		"the device is accessed at an address that is no multiple of the size");
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_A);
	assert_refused(m, machine_a64(m, 0xb9800041),
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
	machine_set(m, TL_ARM64_sctlr_el1, 0);
	assert_refused(m, machine_a64(m, 0x885f7c41), // ldxr w1, [x2]
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
	machine_set(m, TL_ARM64_x3, RAM + 0x1e);
	assert_refused(m, machine_a64(m, 0xb8210062), // ldadd w1, w2, [x3]
		"the guest takes an alignment fault of its own: 0x4000001e is no multiple of 4");
	machine_set(m, TL_ARM64_x3, RAM + 0x1a);
	memory_put(&m->memory, RAM + 0x1a, 1, 4);
	assert_done(m, machine_a64(m, 0xb8210062));
}

// Case 9: barebox's stack, stp x0, x1, [sp].
static void a_misaligned_stack_pointer_is_the_guests(void **state)
{
	machine_set(m, TL_ARM64_sp_el1, 0x4007fff8);
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_SA);
	assert_refused(m, machine_a64(m, 0xa90007e0),
		"the guest takes an SP alignment fault of its own: sp is 0x4007fff8, and "
		"SCTLR_EL1.SA is set");
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_SA0);
	assert_done(m, machine_a64(m, 0xa90007e0));
	machine_set(m, TL_ARM64_pstate, EL0T);
	machine_set(m, TL_ARM64_sp_el0, 0x4007fff8);
	assert_refused(m, machine_a64(m, 0xa90007e0),
		"the guest takes an SP alignment fault of its own: sp is 0x4007fff8, and "
		"SCTLR_EL1.SA0 is set");
}

static void a_register_that_was_not_recorded_is_named(void **state)
{
	machine_forget(m, TL_ARM64_x2);
	assert_not_known(m, machine_a64(m, 0xb9800041), "needs x2, which was not recorded");
	machine_set(m, TL_ARM64_x2, DEVICE);
	machine_forget(m, TL_ARM64_x1);
	assert_done(m, machine_a64(m, 0xb9800041));
	assert_not_known(m, machine_a64(m, 0xf9000041), // str x1, [x2]
		"needs x1, which was not recorded");
	machine_forget(m, TL_ARM64_pstate);
	assert_not_known(m, machine_a64(m, 0xb9800041), "needs pstate, which was not recorded");
}

static bool address_of(uint32_t word, tl_gva *ret)
{
	struct tl_arm64_insn insn;

	tl_arm64_decode(word, &insn);
	return tl_arm64_effective_address(&m->state, &insn, ret);
}

static void the_address_is_that_of_the_first_byte(void **state)
{
	tl_gva va;

	machine_set(m, TL_ARM64_x0, DEVICE + 0x47);
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_true(address_of(0xb8004401, &va)); // str w1, [x0], #4
	assert_int_equal(va, DEVICE + 0x47);
	assert_true(address_of(0xb8408c41, &va)); // ldr w1, [x2, #8]!
	assert_int_equal(va, DEVICE + 8);
	assert_true(address_of(0xd50b7420, &va)); // dc zva, x0
	assert_int_equal(va, DEVICE + 0x40);
	assert_true(address_of(0xd50b7e20, &va)); // dc civac, x0
	assert_int_equal(va, DEVICE + 0x47);
	assert_true(address_of(0x88007c41, &va)); // stxr w0, w1, [x2]
	assert_int_equal(va, DEVICE);
	assert_false(address_of(0xd503201f, &va)); // nop
	assert_false(address_of(0x1d010440, &va)); // cpyp
	machine_forget(m, TL_ARM64_x2);
	assert_false(address_of(0xb8408c41, &va));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_post_indexed_store_of_u_boot_writes_and_moves_its_base),
		TEST(a_report_without_system_registers_is_enough_for_a_store),
		TEST(a_post_indexed_load_of_barebox_reads_the_device),
		TEST(loads_extend_as_their_names_say),
		TEST(an_index_is_extended_and_shifted),
		TEST(register_31_is_zero_as_data),
		TEST(register_31_is_the_stack_pointer_in_use_as_a_base),
		TEST(literals_count_from_pc),
		TEST(a_pair_is_two_accesses),
		TEST(a_block_is_zeroed),
		TEST(maintenance_and_prefetches_only_move_on),
		TEST(a_translation_leaves_par_el1_open),
		TEST(what_cannot_be_carried_out_says_why),
		TEST(an_operation_of_a_higher_level_is_undefined),
		TEST(a_signed_base_needs_its_key_or_far),
		TEST(big_endian_data_is_turned_element_by_element),
		TEST(alignment_faults_are_the_guests),
		TEST(a_misaligned_stack_pointer_is_the_guests),
		TEST(a_register_that_was_not_recorded_is_named),
		TEST(the_address_is_that_of_the_first_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
