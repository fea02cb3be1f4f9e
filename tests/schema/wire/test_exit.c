// SPDX-License-Identifier: MIT
// labels: unit
// What an exit's number and payload mean, by architecture and ABI.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/trace/exit.h"
#include "schema/wire/exit.h"
#include "schema/wire/ioctl.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#define ARM64 TL_ARCH_ARM64
#define X86   TL_ARCH_X86_64

static const char *name_of(enum tl_arch_id arch, enum tl_abi abi, uint32_t number)
{
	const struct tl_exit_kind *kind = tl_exit_kind(arch, abi, number);

	return kind ? kind->name : "raw";
}

static void number_29_is_what_the_machine_says_it_is(void **state)
{
	assert_string_equal(name_of(X86, TL_ABI_MAINLINE, 29), "rdmsr");
	assert_string_equal(name_of(ARM64, TL_ABI_IDSR, 29), "idsr");
	assert_string_equal(name_of(ARM64, TL_ABI_IDSR_TOOLS, 29), "idsr");
	assert_string_equal(name_of(ARM64, TL_ABI_MAINLINE, 29), "raw");
	assert_ptr_not_equal(
		tl_exit_kind(ARM64, TL_ABI_IDSR, 29), tl_exit_kind(ARM64, TL_ABI_IDSR_TOOLS, 29));
}

static void a_patched_kernel_has_the_other_numbers_too(void **state)
{
	assert_string_equal(name_of(ARM64, TL_ABI_IDSR, 6), "mmio");
	assert_string_equal(name_of(ARM64, TL_ABI_IDSR, 28), "nisv");
	assert_string_equal(name_of(X86, TL_ABI_MAINLINE, 28), "raw");
	assert_string_equal(name_of(X86, TL_ABI_MAINLINE, 9999), "raw");
}

static void debug_has_a_layout_on_each_machine(void **state)
{
	assert_int_equal(tl_exit_kind(ARM64, TL_ABI_MAINLINE, 4)->payload, 16);
	assert_int_equal(tl_exit_kind(X86, TL_ABI_MAINLINE, 4)->payload, 32);
}

static void kinds_are_found_by_name(void **state)
{
	assert_int_equal(tl_exit_kind_named(X86, TL_ABI_MAINLINE, "rdmsr")->number, 29);
	assert_int_equal(tl_exit_kind_named(ARM64, TL_ABI_IDSR, "idsr")->number, 29);
	assert_null(tl_exit_kind_named(ARM64, TL_ABI_MAINLINE, "idsr"));
	assert_null(tl_exit_kind_named(X86, TL_ABI_MAINLINE, "nisv"));
}

static void no_field_reaches_over_its_payload(void **state)
{
	const struct tl_exit_kind *kind;

	for (unsigned i = 0; (kind = tl_exit_kind_at(i)); i++) {
		const struct tl_field *fields;
		unsigned n, end;

		fields = tl_exit_fields(kind, &n);
		for (unsigned f = 0; f < n; f++) {
			end = fields[f].offset + fields[f].size - TL_RUN_UNION;
			if (end > kind->payload)
				fail_msg("%s.%s ends at %u of %u", kind->name, fields[f].name, end,
					kind->payload);
		}
	}
}

// A row from the bytes of struct kvm_run.
static struct tl_exit row(enum tl_arch_id arch, enum tl_abi abi, const struct kvm_run *run)
{
	const struct tl_exit_kind *kind = tl_exit_kind(arch, abi, run->exit_reason);
	struct tl_exit exit = { .payload = (const uint8_t *)run + TL_RUN_UNION,
		.payload_size = kind ? kind->payload : TL_RUN_UNION_BYTES };

	tl_exit_fill(&exit, kind);
	return exit;
}

static void an_mmio_write_has_the_value_of_its_size(void **state)
{
	struct kvm_run run = { .exit_reason = KVM_EXIT_MMIO };
	struct tl_exit exit;

	run.mmio.phys_addr = UINT64_MAX - 7;
	memset(run.mmio.data, 0xab, 8);
	run.mmio.len = 2;
	run.mmio.is_write = 1;
	exit = row(X86, TL_ABI_MAINLINE, &run);
	assert_int_equal(exit.addr, UINT64_MAX - 7);
	assert_int_equal(exit.value, 0xabab);
	assert_true(exit.write);
	run.mmio.is_write = 0;
	exit = row(X86, TL_ABI_MAINLINE, &run);
	assert_false(exit.has & TL_EXIT_HAS_VALUE);
}

static void an_idsr_names_its_register_in_both_layouts(void **state)
{
	// HID11 = S3_0_C15_C13_0, read; is_write, then needed and handled, or is_aarch32 and is_32bit.
	const uint8_t payload[24] = { 3, 0, 15, 13, 0, [8] = 0x11, [16] = 1, [17] = 1 };
	struct kvm_run run = { .exit_reason = 29 };
	struct tl_exit exit;

	memcpy((uint8_t *)&run + TL_RUN_UNION, payload, sizeof(payload));
	for (int abi = TL_ABI_IDSR; abi <= TL_ABI_IDSR_TOOLS; abi++) {
		exit = row(ARM64, abi, &run);
		assert_int_equal(exit.addr, 3 << 14 | 15 << 7 | 13 << 3);
		assert_true(exit.write);
		assert_int_equal(exit.value, 0x11);
	}
}

static uint64_t field(const struct tl_exit_kind *kind, const char *name, const struct kvm_run *run)
{
	const struct tl_field *fields;
	unsigned n;

	fields = tl_exit_fields(kind, &n);
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(fields[i].name, name))
			return tl_field_value(
				&fields[i], (const uint8_t *)run + TL_RUN_UNION, kind->payload);
	fail_msg("%s has no field %s", kind->name, name);
	return 0;
}

static void the_patchs_layouts_differ_in_their_flags(void **state)
{
	struct kvm_run run = { .exit_reason = 29 };

	((uint8_t *)&run)[49] = 1;
	((uint8_t *)&run)[50] = 1;
	assert_int_equal(field(tl_exit_kind(ARM64, TL_ABI_IDSR, 29), "is_needed", &run), 1);
	assert_int_equal(field(tl_exit_kind(ARM64, TL_ABI_IDSR, 29), "is_handled", &run), 1);
	assert_int_equal(field(tl_exit_kind(ARM64, TL_ABI_IDSR_TOOLS, 29), "is_aarch32", &run), 1);
	assert_int_equal(field(tl_exit_kind(ARM64, TL_ABI_IDSR_TOOLS, 29), "is_32bit", &run), 1);
}

static void msr_exits_say_which_way_they_go(void **state)
{
	struct kvm_run run = { .exit_reason = KVM_EXIT_X86_WRMSR };
	struct tl_exit exit;

	run.msr.index = 0xc0000080;
	run.msr.data = 0x500;
	exit = row(X86, TL_ABI_MAINLINE, &run);
	assert_true(exit.write);
	assert_int_equal(exit.addr, 0xc0000080);
	assert_int_equal(exit.value, 0x500);
	run.exit_reason = KVM_EXIT_X86_RDMSR;
	exit = row(X86, TL_ABI_MAINLINE, &run);
	assert_true(exit.has & TL_EXIT_HAS_WRITE);
	assert_false(exit.write);
}

static void an_emulation_failure_has_its_instruction(void **state)
{
	const struct tl_exit_kind *kind = tl_exit_kind(X86, TL_ABI_MAINLINE, 17);
	struct kvm_run run = { .exit_reason = KVM_EXIT_INTERNAL_ERROR };

	run.emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run.emulation_failure.insn_size = 3;
	assert_int_equal(field(kind, "insn_size", &run), 3);
	assert_string_equal(
		tl_internal_error_name(row(X86, TL_ABI_MAINLINE, &run).value), "emulation");
	assert_null(tl_internal_error_name(77));
}

static void answers_stand_where_userspace_writes_them(void **state)
{
	unsigned from, to;

	tl_exit_answer(tl_exit_kind(X86, TL_ABI_MAINLINE, KVM_EXIT_MMIO), &from, &to);
	assert_int_equal(from, offsetof(struct kvm_run, mmio.data));
	assert_int_equal(to, offsetof(struct kvm_run, mmio.data) + 8);
	tl_exit_answer(tl_exit_kind(X86, TL_ABI_MAINLINE, KVM_EXIT_X86_RDMSR), &from, &to);
	assert_int_equal(from, offsetof(struct kvm_run, msr.error));
	assert_int_equal(to, offsetof(struct kvm_run, msr.data) + 8);
	tl_exit_answer(tl_exit_kind(ARM64, TL_ABI_MAINLINE, 28), &from, &to);
	assert_int_equal(from, 0);
	assert_int_equal(to, 0);
}

static void an_ioctl_is_known_whatever_its_size(void **state)
{
	const uint32_t sizes[] = { 0x4090ae82,
		0x4360ae82 }; // SET_REGS on x86_64, on another machine

	for (unsigned i = 0; i < 2; i++)
		assert_string_equal(tl_ioctl_find(TL_ON_VCPU, sizes[i])->name, "SET_REGS");
	assert_null(tl_ioctl_find(TL_ON_VM, 0x4090ae82));
	assert_null(tl_ioctl_find(TL_ON_VCPU, _IOW(KVMIO, 0xfe, int)));
}

static void numbers_that_serve_twice_are_told_apart_by_descriptor(void **state)
{
	assert_string_equal(tl_ioctl_find(TL_ON_VCPU, 0x4040aea0)->name, "SET_VCPU_EVENTS");
	assert_string_equal(tl_ioctl_find(TL_ON_VM, 0x4070aea0)->name, "SET_PIT2");
	assert_string_equal(tl_ioctl_find(TL_ON_VCPU, 0x4010aeab)->name, "GET_ONE_REG");
	assert_string_equal(tl_ioctl_find(TL_ON_VM, 0x4010aeab)->name, "ARM_SET_DEVICE_ADDR");
	assert_string_equal(tl_ioctl_find(TL_ON_VM, 0x4020aea5)->name, "SIGNAL_MSI");
}

static void no_two_ioctls_are_one(void **state)
{
	const struct tl_ioctl *a, *b;

	for (unsigned i = 0; (a = tl_ioctl_at(i)); i++)
		for (unsigned j = 0; j < i && (b = tl_ioctl_at(j)); j++)
			if (a->number == b->number && a->direction == b->direction && a->on & b->on)
				fail_msg("%s and %s", a->name, b->name);
}

static void what_is_not_recorded_says_why(void **state)
{
	const struct tl_ioctl *entry;

	for (unsigned i = 0; (entry = tl_ioctl_at(i)); i++)
		assert_int_equal(entry->rule == TL_IOCTL_SKIPPED, entry->why != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_29_is_what_the_machine_says_it_is),
		cmocka_unit_test(a_patched_kernel_has_the_other_numbers_too),
		cmocka_unit_test(debug_has_a_layout_on_each_machine),
		cmocka_unit_test(kinds_are_found_by_name),
		cmocka_unit_test(no_field_reaches_over_its_payload),
		cmocka_unit_test(an_mmio_write_has_the_value_of_its_size),
		cmocka_unit_test(an_idsr_names_its_register_in_both_layouts),
		cmocka_unit_test(the_patchs_layouts_differ_in_their_flags),
		cmocka_unit_test(msr_exits_say_which_way_they_go),
		cmocka_unit_test(an_emulation_failure_has_its_instruction),
		cmocka_unit_test(answers_stand_where_userspace_writes_them),
		cmocka_unit_test(an_ioctl_is_known_whatever_its_size),
		cmocka_unit_test(numbers_that_serve_twice_are_told_apart_by_descriptor),
		cmocka_unit_test(no_two_ioctls_are_one),
		cmocka_unit_test(what_is_not_recorded_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
