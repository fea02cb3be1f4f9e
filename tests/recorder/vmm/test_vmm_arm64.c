// SPDX-License-Identifier: MIT
// labels: kvm arm64
#include "tests/recorder/vmm/guest.h"

#define ROM                                                                                        \
	{                                                                                          \
		0x0c000000, 0x10000                                                                \
	}

// The kernel zero-extends the five signed loads up to 6.12 and does it right in 7.2.
static void reads_as_ones_differ_in_signed_loads_at_most(void **state)
{
	struct outcome o = run_guest(
		"mmio-sizes", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ONES });

	assert_string_equal(o.error, "");
	assert_true(o.status == 0 || o.status == 5);
}

static void an_unanswered_access_can_abort(void **state)
{
	struct outcome o =
		run_guest("abort", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ABORT });

	assert_ends(&o, 0, "abort done\n", "");
}

static void nisv_off_ends_with_what_kvm_run_said(void **state)
{
	struct outcome o = run_guest("nisv-die", (struct tl_vmm_options){ .nisv = TL_NISV_OFF });

	assert_int_equal(o.status, -1);
	assert_string_equal(o.console, "nisv-die\n");
	assert_non_null(strstr(o.error, "vcpu 0: pc 0x400800"));
	assert_non_null(strstr(o.error, ": an access that KVM cannot describe, and nisv is off: "
					"KVM_RUN: Function not implemented"));
}

static void nisv_stop_names_address_and_syndrome(void **state)
{
	struct outcome o = run_guest("nisv-die", (struct tl_vmm_options){ .nisv = TL_NISV_STOP });

	assert_int_equal(o.status, -1);
	assert_non_null(strstr(o.error,
		": an access that KVM cannot describe (NISV): ipa 0xa000000, esr_iss 0x5"));
}

static void nisv_skip_goes_on_after_the_instruction(void **state)
{
	struct outcome die = run_guest("nisv-die", (struct tl_vmm_options){ .nisv = TL_NISV_SKIP });
	struct outcome all =
		run_guest("nisv", (struct tl_vmm_options){ .nisv = TL_NISV_SKIP, .rom = ROM });

	assert_ends(&die, 1, "nisv-die\n", "");
	assert_ends(&all, 0, "nisv: accesses 1c aborts 00 wrong 00\n", "");
}

static void nisv_abort_is_an_external_abort_for_each_kind_of_access(void **state)
{
	struct outcome o =
		run_guest("nisv", (struct tl_vmm_options){ .nisv = TL_NISV_ABORT, .rom = ROM });

	assert_ends(&o, 0, "nisv: accesses 1c aborts 1c wrong 00\n", "");
}

static void psci_off_is_status_0(void **state)
{
	struct outcome o = run_guest("psci-off", (struct tl_vmm_options){ 0 });

	assert_ends(&o, 0, "psci-off\n", "");
}

static void psci_reset_is_an_error(void **state)
{
	struct outcome o = run_guest("psci-reset", (struct tl_vmm_options){ 0 });

	assert_ends(&o, -1, "psci-reset\n", "vcpu 0: the guest asked for a reset");
}

static void a_vcpu_that_is_not_there_cannot_be_started(void **state)
{
	struct outcome o = run_guest(
		"smp", (struct tl_vmm_options){ .n_vcpus = 1, .unanswered = TL_UNANSWERED_ZERO });

	assert_ends(&o, 1, "", "");
}

static void what_only_x86_has_is_refused(void **state)
{
	struct outcome sync = run_guest("hello", (struct tl_vmm_options){ .sync_regs = true });
	struct outcome port =
		run_guest("hello", (struct tl_vmm_options){ .coalesced_pio = { 0x600, 1 } });

	assert_ends(&sync, -1, "", "arm64 has no KVM_CAP_SYNC_REGS");
	assert_ends(&port, -1, "", "arm64 has no ports");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_ones_differ_in_signed_loads_at_most),
		cmocka_unit_test(an_unanswered_access_can_abort),
		cmocka_unit_test(nisv_off_ends_with_what_kvm_run_said),
		cmocka_unit_test(nisv_stop_names_address_and_syndrome),
		cmocka_unit_test(nisv_skip_goes_on_after_the_instruction),
		cmocka_unit_test(nisv_abort_is_an_external_abort_for_each_kind_of_access),
		cmocka_unit_test(psci_off_is_status_0),
		cmocka_unit_test(psci_reset_is_an_error),
		cmocka_unit_test(a_vcpu_that_is_not_there_cannot_be_started),
		cmocka_unit_test(what_only_x86_has_is_refused),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
