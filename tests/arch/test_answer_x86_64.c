/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/answer.h"
#include "arch/x86_64/decode.h"
#include "arch/x86_64/flags.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/port.h"
#include "arch/x86_64/regs.h"

#include <string.h>

#define RIP    0x1000
#define DEVICE 0xfee00
#define RAM    0x80000

// An exit of flat code without paging, or of 64-bit code whose paging nobody knows.
struct moment {
	struct tl_state state;
	struct tl_trap trap;
	uint8_t code[64];
	struct tl_slot slot;
	struct tl_effect effect;
	struct tl_why why;
	enum tl_answer_status status;
};

static void set(struct moment *m, enum tl_x86_reg reg, uint64_t value)
{
	assert_true(tl_reg_set(&tl_arch_x86_64.regs[reg], &m->state.regs, value));
}

static uint64_t get(const struct tl_regs *regs, enum tl_x86_reg reg)
{
	uint64_t value;

	assert_true(tl_x86_get(regs, reg, &value));
	return value;
}

static uint64_t after(const struct moment *m, enum tl_x86_reg reg)
{
	return get(&m->effect.regs, reg);
}

static bool no_memory(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	return false;
}

static void start(struct moment *m, unsigned mode)
{
	*m = (struct moment){ .slot = { .size = RAM } };
	m->state = (struct tl_state){ .arch = &tl_arch_x86_64,
		.mem = { .read = no_memory },
		.slots_known = true,
		.slots = &m->slot,
		.n_slots = 1 };
	for (unsigned word = 0; word < TL_X86_WORDS; word++)
		tl_regs_set(&m->state.regs, word, 0);
	set(m, TL_X86_cr0, TL_X86_CR0_PE | (mode == 64 ? TL_X86_CR0_PG : 0));
	set(m, TL_X86_efer, mode == 64 ? TL_X86_EFER_LMA : 0);
	set(m, TL_X86_cs_l, mode == 64);
	set(m, TL_X86_cs_db, mode == 32);
	set(m, TL_X86_ss_db, 1);
	set(m, TL_X86_rflags, 2);
	set(m, TL_X86_rip, RIP);
	m->trap = (struct tl_trap){ .count = 1, .code = m->code, .code_before = 32 };
	m->trap.code_size = sizeof(m->code);
	memset(m->code, 0x90, sizeof(m->code));
}

// `at`: from RIP, 0 or what makes the bytes end there.
static void put(struct moment *m, int at, const char *bytes, size_t size)
{
	memcpy(m->code + 32 + at, bytes, size);
}

#define AT(m, bytes)	 put(m, 0, bytes, sizeof(bytes) - 1)
#define BEFORE(m, bytes) put(m, -(int)(sizeof(bytes) - 1), bytes, sizeof(bytes) - 1)

static void mmio(struct moment *m, uint64_t gpa, uint64_t size, bool write, uint64_t value)
{
	m->trap.kind = TL_TRAP_MMIO;
	m->trap.has_address = m->trap.has_size = m->trap.has_write = m->trap.has_value = true;
	m->trap.address = gpa;
	m->trap.size = size;
	m->trap.write = write;
	m->trap.value = value;
}

static void port(struct moment *m, uint64_t number, uint64_t size, bool write, uint64_t value)
{
	mmio(m, number, size, write, value);
	m->trap.kind = TL_TRAP_PIO;
}

static int trapping(struct moment *m)
{
	struct tl_x86_insn insn;
	int at = 1;

	return tl_x86_trapping(&m->state, &m->trap, &insn, &at) ? at : 1;
}

static void give(struct moment *m, enum tl_answer_id id, uint64_t value)
{
	const struct tl_choice choice = { .id = id, .has_value = true, .value = value };

	m->status = tl_answer_give(&m->state, &m->trap, &choice, &m->effect, &m->why);
}

static void assert_not_known(struct moment *m, const char *why)
{
	assert_int_equal(m->status, TL_ANSWER_NOT_KNOWN);
	assert_string_equal(m->why.text, why);
}

static void assert_refused(struct moment *m, const char *why)
{
	assert_int_equal(m->status, TL_ANSWER_REFUSED);
	assert_string_equal(m->why.text, why);
}

static void a_write_to_memory_is_behind_rip(void **state)
{
	struct moment m;

	start(&m, 64);
	BEFORE(&m, "\x48\x89\x07"); // mov %rax, (%rdi); without its prefix mov %eax, (%rdi)
	mmio(&m, DEVICE, 8, true, 0);
	assert_int_equal(trapping(&m), -3);
	mmio(&m, DEVICE, 4, true, 0);
	assert_int_equal(trapping(&m), -2);
	mmio(&m, DEVICE + 0x1fc, 4, true, 0);
	m.trap.has_value = false;
	assert_int_equal(trapping(&m), -3); // it may be the first part of one that crosses a page
	mmio(&m, DEVICE, 2, false, 0);
	assert_int_equal(trapping(&m), 1);
}

static void the_address_decides_whether_a_byte_is_a_prefix(void **state)
{
	struct moment m;

	start(&m, 32);
	BEFORE(&m, "\x67\x88\x07"); // mov %al, (%bx); without its prefix mov %al, (%edi)
	set(&m, TL_X86_rbx, 0x1234);
	set(&m, TL_X86_rdi, DEVICE);
	mmio(&m, DEVICE, 1, true, 0);
	assert_int_equal(trapping(&m), -2);
	mmio(&m, 0x1234, 1, true, 0);
	assert_int_equal(trapping(&m), -3);
	mmio(&m, 0x4321, 1, true, 0);
	assert_int_equal(trapping(&m), 1);
}

static void the_value_decides_too(void **state)
{
	struct moment m;

	start(&m, 64);
	BEFORE(&m, "\x44\x88\x0f"); // mov %r9b, (%rdi); without its prefix mov %cl, (%rdi)
	set(&m, TL_X86_rcx, 0x11);
	set(&m, TL_X86_r9, 0x22);
	mmio(&m, DEVICE, 1, true, 0x11);
	assert_int_equal(trapping(&m), -2);
	mmio(&m, DEVICE, 1, true, 0x22);
	assert_int_equal(trapping(&m), -3);
}

static void a_read_is_at_rip(void **state)
{
	struct moment m;

	start(&m, 32);
	AT(&m, "\x8b\x07"); // mov (%edi), %eax
	set(&m, TL_X86_rdi, DEVICE);
	mmio(&m, DEVICE, 4, false, 0);
	assert_int_equal(trapping(&m), 0);
	mmio(&m, DEVICE, 2, true, 0);
	assert_int_equal(trapping(&m), 1);
}

static void an_out_is_at_rip_or_behind(void **state)
{
	struct moment m;

	start(&m, 64);
	set(&m, TL_X86_rax, 0x41);
	port(&m, 0x80, 1, true, 0x41);
	AT(&m, "\xe6\x80");
	assert_int_equal(trapping(&m), 0);
	BEFORE(&m, "\xe6\x80");
	assert_int_equal(trapping(&m), 0); // both: as hardware does
	AT(&m, "\x90\x90");
	assert_int_equal(trapping(&m), -2);
	set(&m, TL_X86_rax, 0x42);
	assert_int_equal(trapping(&m), 1);
}

static void a_repeated_write_is_at_rip(void **state)
{
	struct moment m;
	struct tl_x86_insn insn;
	tl_gva va;
	int at;

	start(&m, 32);
	AT(&m, "\xf3\xaa"); // rep stosb
	set(&m, TL_X86_rdi, DEVICE + 1);
	mmio(&m, DEVICE, 1, true, 0);
	assert_true(tl_x86_trapping(&m.state, &m.trap, &insn, &at));
	assert_int_equal(at, 0);
	assert_true(tl_x86_effective_address(&m.state, &insn, &va));
	assert_int_equal(va, DEVICE);
}

static void without_code_or_registers_nothing_is_found(void **state)
{
	struct moment m;

	start(&m, 64);
	mmio(&m, DEVICE, 4, false, 0);
	AT(&m, "\x8b\x07");
	m.state.regs = (struct tl_regs){ 0 };
	assert_int_equal(trapping(&m), 1);
	start(&m, 64);
	mmio(&m, DEVICE, 4, false, 0);
	m.trap.code_size = m.trap.code_before = 0;
	assert_int_equal(trapping(&m), 1);
}

static void a_read_goes_where_the_instruction_says(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\x44\x0f\xbe\x07"); // movsbl (%rdi), %r8d
	set(&m, TL_X86_r8, UINT64_MAX);
	mmio(&m, DEVICE, 1, false, 0);
	give(&m, TL_ANSWER_VALUE, 0x80);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_int_equal(m.effect.given, TL_GIVEN_REPLY);
	assert_true(m.effect.has_reply);
	assert_int_equal(m.effect.reply, 0x80);
	assert_int_equal(after(&m, TL_X86_r8), 0xffffff80);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 4);
	assert_int_equal(m.effect.origin[TL_X86_r8], TL_ORIGIN_DATA);
	assert_int_equal(m.effect.origin[TL_X86_rip], TL_ORIGIN_NEXT);
	assert_int_equal(m.effect.origin[TL_X86_rflags], TL_ORIGIN_NONE);
	assert_int_equal(m.effect.n_transfers, 1);
	assert_int_equal(m.effect.transfer[0].data[0], 0x80);
}

static void an_update_reads_and_then_writes(void **state)
{
	struct moment m;

	start(&m, 32);
	AT(&m, "\x01\x0f"); // add %ecx, (%edi)
	set(&m, TL_X86_rdi, DEVICE);
	set(&m, TL_X86_rcx, 1);
	mmio(&m, DEVICE, 4, false, 0);
	give(&m, TL_ANSWER_ONES, 0);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_int_equal(m.effect.n_transfers, 2);
	assert_true(m.effect.transfer[1].write && m.effect.transfer[1].is_device);
	assert_int_equal(m.effect.transfer[1].gpa, DEVICE);
	assert_memory_equal(m.effect.transfer[1].data, "\0\0\0\0", 4);
	assert_int_equal(after(&m, TL_X86_rflags),
		2 | TL_X86_RFLAGS_CF | TL_X86_RFLAGS_PF | TL_X86_RFLAGS_AF | TL_X86_RFLAGS_ZF);
	assert_string_equal(m.effect.outlook, "KVM exits again at once, with the write");
}

static void a_write_leaves_registers_as_they_are(void **state)
{
	struct moment m;

	start(&m, 64);
	BEFORE(&m, "\x89\x07");
	mmio(&m, DEVICE, 4, true, 0);
	give(&m, TL_ANSWER_IGNORE, 0);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_false(m.effect.has_reply);
	assert_memory_equal(&m.effect.regs, &m.state.regs, sizeof(m.state.regs));
	give(&m, TL_ANSWER_VALUE, 0);
	assert_int_equal(m.status, TL_ANSWER_REFUSED);
}

static void an_out_that_rip_stands_on_is_left_behind(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\xe6\x80");
	port(&m, 0x80, 1, true, 0);
	give(&m, TL_ANSWER_IGNORE, 0);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 2);
	AT(&m, "\x90\x90");
	BEFORE(&m, "\xe6\x80");
	give(&m, TL_ANSWER_IGNORE, 0);
	assert_int_equal(after(&m, TL_X86_rip), RIP);
	BEFORE(&m, "\x90\x90");
	give(&m, TL_ANSWER_IGNORE, 0);
	assert_not_known(&m, "no instruction around rip makes this access");
}

static void an_in_keeps_the_upper_half_but_for_32_bits(void **state)
{
	struct moment m;

	start(&m, 64);
	set(&m, TL_X86_rax, UINT64_MAX);
	AT(&m, "\xe4\x71");
	port(&m, 0x71, 1, false, 0);
	give(&m, TL_ANSWER_ZERO, 0);
	assert_int_equal(after(&m, TL_X86_rax), 0xffffffffffffff00);
	AT(&m, "\xe5\x71");
	port(&m, 0x71, 4, false, 0);
	give(&m, TL_ANSWER_VALUE, 5);
	assert_int_equal(after(&m, TL_X86_rax), 5);
	assert_int_equal(m.effect.origin[TL_X86_rax], TL_ORIGIN_REPLY);
}

static void string_input_goes_to_memory(void **state)
{
	struct moment m;

	start(&m, 32);
	AT(&m, "\xf3\x6d"); // rep insl
	set(&m, TL_X86_rdi, 0x2000);
	set(&m, TL_X86_rcx, 5);
	set(&m, TL_X86_rdx, 0x1f0);
	port(&m, 0x1f0, 4, false, 0);
	m.trap.count = 3;
	give(&m, TL_ANSWER_VALUE, 0x01020304);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_int_equal(m.effect.n_transfers, 3);
	assert_int_equal(m.effect.transfer[2].gpa, 0x2008);
	assert_memory_equal(m.effect.transfer[2].data, "\x04\x03\x02\x01", 4);
	assert_int_equal(after(&m, TL_X86_rdi), 0x200c);
	assert_int_equal(after(&m, TL_X86_rcx), 2);
	assert_int_equal(after(&m, TL_X86_rip), RIP);
	assert_string_equal(
		m.effect.outlook, "the repeated instruction goes on with the next element");
	m.trap.has_reply = true;
	give(&m, TL_ANSWER_RECORDED, 0);
	assert_not_known(&m, "3 elements were read, and the recorded reply is of one");
}

static void what_is_not_modelled_is_named(void **state)
{
	static const struct {
		const char *code, *why;
		uint64_t size;
	} cases[] = {
		{ "\x0f\xb1\x0f", "cmpxchg at a device is not modelled", 4 },
		{ "\xa7", "cmps at a device is not modelled", 4 },
		{ "\xd1\x27", "shl at a device is not modelled", 4 },
		{ "\x0f\x10\x07",
			"movups at a device is not modelled: vector registers are no part of the "
			"state",
			8 },
		{ "\x48\x8b\x07",
			"KVM reads the 8 bytes of mov in parts, and this exit is one of them", 4 },
	};

	for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct moment m;

		start(&m, 64);
		put(&m, 0, cases[n].code, strlen(cases[n].code));
		mmio(&m, DEVICE + 0x1fc, cases[n].size, false, 0);
		give(&m, TL_ANSWER_ZERO, 0);
		assert_not_known(&m, cases[n].why);
	}
}

static void what_is_missing_is_named(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\x66\x8b\x07"); // mov (%rdi), %ax
	m.state.regs.known[0] &= ~UINT64_C(1);
	mmio(&m, DEVICE, 2, false, 0);
	give(&m, TL_ANSWER_ZERO, 0);
	assert_not_known(&m, "rax was not recorded");
	start(&m, 64);
	AT(&m, "\xa5"); // movsl
	set(&m, TL_X86_rdi, 0x7000);
	mmio(&m, DEVICE, 4, false, 0);
	give(&m, TL_ANSWER_ZERO, 0);
	assert_not_known(&m, "what 0x7000 is in guest memory is not known");
	m.trap.code_size = m.trap.code_before = 0;
	give(&m, TL_ANSWER_ZERO, 0);
	assert_not_known(&m, "the instruction that trapped was not recorded");
}

static void without_its_direction_an_access_is_not_completed(void **state)
{
	struct moment m;

	start(&m, 32);
	AT(&m, "\xc7\x01\xa6\x96\xec\x57"); // movl $imm, (%ecx)
	set(&m, TL_X86_rcx, DEVICE);
	mmio(&m, DEVICE, 4, false, 0);
	m.trap.has_write = false;
	give(&m, TL_ANSWER_ZERO, 0);
	assert_not_known(&m, "whether it is a read or a write was not recorded");
}

static void a_value_that_is_too_large_is_refused(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\xec");
	port(&m, 0, 1, false, 0);
	give(&m, TL_ANSWER_VALUE, 0x100);
	assert_refused(&m, "0x100 does not fit into the 1 bytes that are read");
}

static void the_trap_flag_is_named(void **state)
{
	struct moment m;

	start(&m, 64);
	set(&m, TL_X86_rflags, 2 | TL_X86_RFLAGS_TF);
	AT(&m, "\xec");
	port(&m, 0, 1, false, 0);
	give(&m, TL_ANSWER_ZERO, 0);
	assert_string_equal(m.effect.note, "RFLAGS.TF is set: #DB follows the instruction");
}

static void an_msr_is_read_into_two_registers(void **state)
{
	struct moment m;

	start(&m, 64);
	set(&m, TL_X86_rdx, UINT64_MAX);
	AT(&m, "\x0f\x32");
	m.trap.kind = TL_TRAP_RDMSR;
	give(&m, TL_ANSWER_VALUE, 0x1122334455667788);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_true(m.effect.handled);
	assert_int_equal(after(&m, TL_X86_rax), 0x55667788);
	assert_int_equal(after(&m, TL_X86_rdx), 0x11223344);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 2);
	assert_null(m.effect.note);
	m.trap.code_size = m.trap.code_before = 0;
	give(&m, TL_ANSWER_VALUE, 0);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 2);
	assert_string_equal(
		m.effect.note, "its bytes were not recorded: it is taken to have no prefix");
}

static void an_msr_that_faults_leaves_an_exception_pending(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\x0f\x30");
	m.trap.kind = TL_TRAP_WRMSR;
	give(&m, TL_ANSWER_GP, 0);
	assert_int_equal(m.status, TL_ANSWER_DONE);
	assert_false(m.effect.handled);
	assert_int_equal(after(&m, TL_X86_exception_pending), 1);
	assert_int_equal(after(&m, TL_X86_exception_nr), 13);
	assert_int_equal(after(&m, TL_X86_exception_has_error_code), 1);
	assert_int_equal(after(&m, TL_X86_rip), RIP);
	assert_string_equal(m.effect.outlook, "the guest's #GP handler, by its IDT");
	m.trap.has_reply = true; // what the VMM did: it left error set
	give(&m, TL_ANSWER_RECORDED, 0);
	assert_int_equal(after(&m, TL_X86_exception_nr), 13);
	give(&m, TL_ANSWER_IGNORE, 0);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 2);
}

static void a_hypercall_has_32_bits_of_result_outside_64_bit_code(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\x0f\x01\xc1");
	m.trap.kind = TL_TRAP_HYPERCALL;
	give(&m, TL_ANSWER_VALUE, UINT64_MAX);
	assert_int_equal(after(&m, TL_X86_rax), UINT64_MAX);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 3);
	set(&m, TL_X86_cs_l, 0);
	give(&m, TL_ANSWER_VALUE, UINT64_MAX);
	assert_int_equal(after(&m, TL_X86_rax), UINT32_MAX);
}

static void an_internal_error_can_be_skipped_or_tried_again(void **state)
{
	struct moment m;

	start(&m, 64);
	AT(&m, "\xc5\xf8\x10\x07");
	m.trap.kind = TL_TRAP_INTERNAL_ERROR;
	give(&m, TL_ANSWER_SKIP, 0);
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_int_equal(after(&m, TL_X86_rip), RIP + 4);
	AT(&m, "\x06");
	give(&m, TL_ANSWER_SKIP, 0);
	assert_not_known(&m, "the instruction at rip is not known");
	give(&m, TL_ANSWER_RETRY, 0);
	assert_true(m.effect.livelock);
	assert_string_equal(m.effect.outlook, "KVM fails at the same instruction again");
	m.trap.kind = TL_TRAP_FAILED;
	give(&m, TL_ANSWER_RETRY, 0);
	assert_false(m.effect.livelock);
}

static void the_vm_can_end_at_any_exit(void **state)
{
	static const enum tl_trap_kind kinds[] = { TL_TRAP_MMIO, TL_TRAP_PIO, TL_TRAP_RDMSR,
		TL_TRAP_WRMSR, TL_TRAP_HYPERCALL, TL_TRAP_SYSTEM_EVENT, TL_TRAP_INTERNAL_ERROR,
		TL_TRAP_FAILED };
	struct moment m;

	start(&m, 64);
	for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
		m.trap.kind = kinds[n];
		give(&m, TL_ANSWER_STOP, 0);
		assert_int_equal(m.effect.given, TL_GIVEN_NEVER);
		assert_string_equal(m.effect.outlook, "the VM ends");
	}
}

static void what_is_none_of_x86_is_refused(void **state)
{
	static const enum tl_answer_id ids[] = { TL_ANSWER_EMULATE, TL_ANSWER_UNDEF,
		TL_ANSWER_SERROR, TL_ANSWER_RAZ, TL_ANSWER_CELL, TL_ANSWER_RETRY, TL_ANSWER_GP };
	struct moment m;

	start(&m, 64);
	mmio(&m, DEVICE, 4, false, 0);
	for (unsigned n = 0; n < sizeof(ids) / sizeof(ids[0]); n++) {
		give(&m, ids[n], 0);
		assert_int_equal(m.status, TL_ANSWER_REFUSED);
	}
}

static void instructions_that_are_none_are_told_apart(void **state)
{
	static const struct {
		const char *code;
		size_t size;
		unsigned mode;
		enum tl_x86_decoded is;
	} cases[] = {
		{ "", 0, 64, TL_X86_TRUNCATED },
		{ "\x48", 1, 64, TL_X86_TRUNCATED },
		{ "\x8b\x80\x00\x00\x00", 5, 64, TL_X86_TRUNCATED },
		{ "\x06", 1, 64, TL_X86_UNDEFINED },
		{ "\x06", 1, 32, TL_X86_DECODED },
		{ "\x0f\x04", 2, 64, TL_X86_UNDEFINED },
		{ "ffffffffffffff\x90", 15, 64, TL_X86_DECODED },
		{ "fffffffffffffff\x90", 16, 64, TL_X86_UNDEFINED },
	};
	struct tl_x86_insn insn;

	for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++)
		assert_int_equal(tl_x86_decode(cases[n].mode, (const uint8_t *)cases[n].code,
					 cases[n].size, &insn),
			cases[n].is);
}

static void msrs_have_names(void **state)
{
	assert_string_equal(tl_x86_msr_name(0xc0000080), "ia32_efer");
	assert_string_equal(tl_x86_msr_name(0x4b564d01), "kvm_system_time_new");
	assert_string_equal(tl_x86_msr_name(0x40000000), "hv_x64_msr_guest_os_id");
	assert_string_equal(tl_x86_msr_name(0x411), "ia32_mc4_status");
	assert_string_equal(tl_x86_msr_name(0x20f), "ia32_mtrr_physmask7");
	assert_string_equal(tl_x86_msr_name(0x830), "ia32_x2apic_icr");
	assert_string_equal(tl_x86_msr_name(0xc0010015), "hwcr");
	assert_null(tl_x86_msr_name(0x12345));
}

static void ports_have_names(void **state)
{
	assert_string_equal(tl_x86_port_name(0x3f8), "serial port COM1: data");
	assert_string_equal(tl_x86_port_name(0x3f9), "serial port COM1");
	assert_string_equal(tl_x86_port_name(0xcf8), "PCI configuration: address");
	assert_string_equal(tl_x86_port_name(0xcf9), "reset control");
	assert_false(tl_x86_port_is_assumed(0x3f8));
	assert_true(tl_x86_port_is_assumed(0x402));
	assert_null(tl_x86_port_name(0x9999));
	assert_false(tl_x86_port_is_assumed(0x9999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_to_memory_is_behind_rip),
		cmocka_unit_test(the_address_decides_whether_a_byte_is_a_prefix),
		cmocka_unit_test(the_value_decides_too),
		cmocka_unit_test(a_read_is_at_rip),
		cmocka_unit_test(an_out_is_at_rip_or_behind),
		cmocka_unit_test(a_repeated_write_is_at_rip),
		cmocka_unit_test(without_code_or_registers_nothing_is_found),
		cmocka_unit_test(a_read_goes_where_the_instruction_says),
		cmocka_unit_test(an_update_reads_and_then_writes),
		cmocka_unit_test(a_write_leaves_registers_as_they_are),
		cmocka_unit_test(an_out_that_rip_stands_on_is_left_behind),
		cmocka_unit_test(an_in_keeps_the_upper_half_but_for_32_bits),
		cmocka_unit_test(string_input_goes_to_memory),
		cmocka_unit_test(what_is_not_modelled_is_named),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(without_its_direction_an_access_is_not_completed),
		cmocka_unit_test(a_value_that_is_too_large_is_refused),
		cmocka_unit_test(the_trap_flag_is_named),
		cmocka_unit_test(an_msr_is_read_into_two_registers),
		cmocka_unit_test(an_msr_that_faults_leaves_an_exception_pending),
		cmocka_unit_test(a_hypercall_has_32_bits_of_result_outside_64_bit_code),
		cmocka_unit_test(an_internal_error_can_be_skipped_or_tried_again),
		cmocka_unit_test(the_vm_can_end_at_any_exit),
		cmocka_unit_test(what_is_none_of_x86_is_refused),
		cmocka_unit_test(instructions_that_are_none_are_told_apart),
		cmocka_unit_test(msrs_have_names),
		cmocka_unit_test(ports_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
