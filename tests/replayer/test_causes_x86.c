/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Why guests of x86 exit, with evidence: exits made by hand.
#include "tests/replayer/situations.h"

#include "arch/x86_64/regs.h"

#define AT 0x401000

static void set(struct tl_regs *regs, enum tl_x86_reg reg, uint64_t value)
{
	const struct tl_reg *which = &tl_arch_x86_64.regs[reg];

	tl_regs_set(regs, which->offset / 8, regs->word[which->offset / 8]);
	assert_true(tl_reg_set(which, regs, value));
}

// 64-bit code at AT, RAX at HOLE, an IDT of all 256 gates.
static struct tl_regs regs_of(void)
{
	struct tl_regs regs = { 0 };

	set(&regs, TL_X86_rip, AT);
	set(&regs, TL_X86_rax, HOLE);
	set(&regs, TL_X86_rflags, 2);
	set(&regs, TL_X86_efer, TL_X86_EFER_LMA | 0x100);
	set(&regs, TL_X86_cr0, TL_X86_CR0_PE);
	set(&regs, TL_X86_cs_base, 0);
	set(&regs, TL_X86_cs_l, 1);
	set(&regs, TL_X86_cs_db, 0);
	set(&regs, TL_X86_idt_limit, 0xfff);
	return regs;
}

static struct hand *look(struct tl_exit e, const struct tl_regs *regs, const void *code,
	unsigned size, unsigned before)
{
	struct tl_writer *w = begin_trace(TL_ARCH_X86_64, TL_ABI_MAINLINE, "myvmm");

	add_last(w, e, TL_ARCH_X86_64, TL_ABI_MAINLINE, regs, code, size, before);
	return finish_and_look(w);
}

static void assert_causes_and_advice(
	struct hand *hand, const char *expected, const char *name, const char *advice)
{
	assert_string_equal(causes_of(hand), expected);
	if (name)
		assert_string_equal(advice_of(hand, name), advice);
	put_away(hand);
}

static void assert_causes(struct hand *hand, const char *expected)
{
	assert_causes_and_advice(hand, expected, NULL, NULL);
}

static void assert_internal(uint32_t suberror, const char *expected)
{
	static const uint8_t movaps[] = { 0x0f, 0x28, 0x00, 0x90 }; // xmm0, [rax]; nop
	const uint32_t payload[34] = { suberror };
	const struct tl_regs regs = regs_of();

	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_INTERNAL_ERROR, payload, sizeof(payload)),
			      &regs, movaps, sizeof(movaps), 0),
		expected);
}

static void internal_errors_are_told_apart(void **state)
{
	assert_internal(1, "not-emulated 92: KVM's instruction emulator does not do movaps\n"
			   "- internal error, suberror 1: emulation failed at rip 0x401000\n");
	assert_internal(2,
		"internal-error 60: KVM met what it has no way for: suberror 2 (another exception "
		"while one was being delivered)\n");
	assert_internal(3,
		"event-delivery 88: an exception could not be delivered: the guest's IDT, GDT, TSS "
		"or stack is not in RAM\n"
		"- internal error, suberror 3\n");
	assert_internal(4,
		"internal-error 60: KVM met what it has no way for: suberror 4 (an exit that it "
		"does not know)\n");
	assert_internal(9, "internal-error 60: KVM met what it has no way for: suberror 9\n");
}

// struct kvm_run, emulation_failure: suberror, ndata, flags, insn_size and insn_bytes.
static void the_bytes_that_kvm_gives_are_decoded(void **state)
{
	uint8_t payload[136] = { [0] = 1, [4] = 4, [8] = 1, [16] = 3, 0x0f, 0x28, 0x00 };
	const struct tl_regs regs = regs_of();

	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_INTERNAL_ERROR, payload, sizeof(payload)),
			      &regs, NULL, 0, 0),
		"not-emulated 92: KVM's instruction emulator does not do movaps\n"
		"- internal error, suberror 1: emulation failed at rip 0x401000\n");
	payload[16] = 200; // more than an instruction has
	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_INTERNAL_ERROR, payload, sizeof(payload)),
			      &regs, NULL, 0, 0),
		"not-emulated 92: KVM's instruction emulator does not do an instruction\n"
		"- internal error, suberror 1: emulation failed at rip 0x401000\n"
		"? the instruction at rip\n");
}

static void where_emulation_failed_is_not_made_up(void **state)
{
	const uint32_t payload[34] = { 1 };
	const struct tl_regs none = { 0 };

	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_INTERNAL_ERROR, payload, sizeof(payload)),
			      &none, NULL, 0, 0),
		"not-emulated 92: KVM's instruction emulator does not do an instruction\n"
		"- internal error, suberror 1: emulation failed\n"
		"? the instruction at rip\n");
}

#define TRIPLE                                                                                     \
	"triple-fault 92: triple fault: an exception, on delivering that another, and no way to "  \
	"deliver that either\n"

static void a_triple_fault_is_told_with_its_idt(void **state)
{
	static const uint8_t ud2[] = { 0x0f, 0x0b };
	struct tl_regs regs = regs_of();

	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_SHUTDOWN, NULL, 0), &regs, ud2, 2, 0), TRIPLE);
	set(&regs, TL_X86_idt_limit, 0);
	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_SHUTDOWN, NULL, 0), &regs, ud2, 2, 0),
		TRIPLE "- the IDT has a limit of 0x0: it holds no handlers\n");
}

static void mmio_may_be_by_vectors(void **state)
{
	static const uint8_t movups[] = { 0x0f, 0x10, 0x00 }, mov[] = { 0x8b, 0x08 };
	const struct mmio eight = { .gpa = HOLE, .size = 8 }, four = { .gpa = HOLE, .size = 4 };
	const struct tl_regs regs = regs_of();

	assert_causes_and_advice(
		look(exit_of(EXIT, 0, KVM_EXIT_MMIO, &eight, sizeof(eight)), &regs, movups, 3, 0),
		"vector-device-access 91: a device is accessed by movups, as compilers make it of "
		"several plain accesses\n"
		"device-access 90: an ordinary access to a device, which the VMM answers\n",
		"vector-device-access",
		"access registers of devices by plain MOVs of their size | -");
	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_MMIO, &four, sizeof(four)), &regs, mov, 2, 0),
		"device-access 90: an ordinary access to a device, which the VMM answers\n");
}

static void ports_and_msrs_are_accesses(void **state)
{
	static const uint8_t out[] = { 0xee, 0x90 }, rdmsr[] = { 0x0f, 0x32 };
	const uint8_t io[16] = { 1, 1, 0xf8, 0x03, 1, 0, 0, 0 };
	const uint8_t msr[24] = { [8] = 4, [12] = 0x10 };
	struct tl_regs regs = regs_of();
	struct hand *hand;

	set(&regs, TL_X86_rip, AT + 1); // behind OUT
	hand = look(exit_of(EXIT, 0, KVM_EXIT_IO, io, sizeof(io)), &regs, out, 2, 1);
	assert_non_null(
		strstr(causes_of(hand), "device-access 90: an ordinary access to a device, which "
					"the VMM answers\n- 0x3f8 is serial port COM1: data\n"));
	assert_int_equal(hand->diagnosis.at, AT);
	assert_string_equal(hand->diagnosis.deed, "a write to a port of 1 byte");
	put_away(hand);
	set(&regs, TL_X86_rip, AT);
	set(&regs, TL_X86_rcx, 0x10);
	hand = look(exit_of(EXIT, 0, 29, msr, sizeof(msr)), &regs, rdmsr, 2, 0);
	assert_non_null(strstr(causes_of(hand),
		"msr 90: the guest reads MSR 0x10, ia32_time_stamp_counter, which "
		"the VMM has asked to see\n"));
	assert_string_equal(hand->diagnosis.deed, "a read of an MSR");
	put_away(hand);
	hand = look(exit_of(EXIT, 0, 30, msr, sizeof(msr)), &regs, "\x0f\x30", 2, 0);
	assert_non_null(strstr(causes_of(hand),
		"msr 90: the guest writes MSR 0x10, ia32_time_stamp_counter, "
		"which the VMM has asked to see\n"));
	assert_string_equal(hand->diagnosis.deed, "a write to an MSR");
	put_away(hand);
}

static void failed_runs_are_of_all_machines(void **state)
{
	static const uint8_t mov[] = { 0x8b, 0x08 };
	const struct tl_regs regs = regs_of();

	assert_causes(look((struct tl_exit){ .seq = EXIT, .time = MS, .error = EFAULT }, &regs, mov,
			      2, 0),
		"failed-run 75: KVM could not reach the memory behind a slot: the VMM unmapped it, "
		"or a page of it is poisoned\n");
	assert_causes(
		look((struct tl_exit){ .seq = EXIT, .time = MS, .error = EINTR }, &regs, mov, 2, 0),
		"interrupted 95: no instruction trapped: KVM_RUN was interrupted, by a signal or "
		"by immediate_exit\n");
}

static void what_is_not_there_is_named(void **state)
{
	const struct mmio four = { .gpa = HOLE, .size = 4 };

	assert_causes(look(exit_of(EXIT, 0, KVM_EXIT_MMIO, &four, sizeof(four)), NULL, NULL, 0, 0),
		"device-access 90: an ordinary access to a device, which the VMM answers\n"
		"? the instruction at rip\n"
		"? the virtual address of the access\n");
}

static void advice_stands_with_them(void **state)
{
	static const struct {
		uint32_t reason, suberror;
		const char *code, *name, *advice;
	} rows[] = {
		{ KVM_EXIT_INTERNAL_ERROR, 1, "\x0f\x28\x00", "not-emulated",
			"access devices by plain MOVs; no vector instructions there | nothing: "
			"KVM_RUN can only fail again at this instruction" },
		{ KVM_EXIT_INTERNAL_ERROR, 3, "\x0f\x28\x00", "event-delivery",
			"look where IDT, TSS and the stack pointer lead | -" },
		{ KVM_EXIT_INTERNAL_ERROR, 4, "\x0f\x28\x00", "internal-error", "- | -" },
		{ KVM_EXIT_SHUTDOWN, 0, "\x0f\x0b\x90", "triple-fault",
			"set up the IDT and a good stack before anything can fault | -" },
		{ 29, 0, "\x0f\x32\x90", "msr",
			"ask CPUID before using an MSR | answer with a value, or with #GP as a CPU "
			"without that MSR would" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t payload[34] = { rows[i].suberror };
		const struct tl_regs regs = regs_of();
		struct hand *hand = look(exit_of(EXIT, 0, rows[i].reason, payload, sizeof(payload)),
			&regs, rows[i].code, 3, 0);

		causes_of(hand);
		assert_string_equal(advice_of(hand, rows[i].name), rows[i].advice);
		put_away(hand);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(internal_errors_are_told_apart),
		cmocka_unit_test(the_bytes_that_kvm_gives_are_decoded),
		cmocka_unit_test(where_emulation_failed_is_not_made_up),
		cmocka_unit_test(a_triple_fault_is_told_with_its_idt),
		cmocka_unit_test(mmio_may_be_by_vectors),
		cmocka_unit_test(ports_and_msrs_are_accesses),
		cmocka_unit_test(failed_runs_are_of_all_machines),
		cmocka_unit_test(what_is_not_there_is_named),
		cmocka_unit_test(advice_stands_with_them),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
