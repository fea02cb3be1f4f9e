// SPDX-License-Identifier: MIT
// labels: kvm x86_64
#include "tests/recorder/vmm/guest.h"

static void a_32_bit_guest_starts_in_protected_mode(void **state)
{
	struct outcome o = run_guest("hello32", (struct tl_vmm_options){ 0 });

	assert_ends(&o, 0, "hello from protected mode\n", "");
}

static void every_size_of_access_reads_as_ones_under_that_policy(void **state)
{
	struct outcome o = run_guest(
		"mmio-sizes", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ONES });

	assert_ends(&o, 0, "mmio-sizes done\n", "");
}

static void a_port_that_nothing_answers_is_named(void **state)
{
	struct outcome o = run_guest("pio-loop", (struct tl_vmm_options){ 0 });

	assert_non_null(strstr(o.error, ": no device answers the 1-byte write of 0x"));
	assert_non_null(strstr(o.error, " to port 0x600"));
}

static void string_instructions_reach_their_port(void **state)
{
	struct outcome o = run_guest(
		"string-pio", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ONES });

	assert_ends(&o, 0, "string-pio\n", "");
}

static void the_machine_ends_when_its_last_vcpu_halts(void **state)
{
	struct outcome o = run_guest("halt", (struct tl_vmm_options){ .n_vcpus = 3 });

	assert_ends(&o, 0, "halt\n", "");
}

static void a_triple_fault_is_an_error_with_its_place(void **state)
{
	struct outcome o = run_guest("triple-fault", (struct tl_vmm_options){ 0 });

	assert_int_equal(o.status, -1);
	assert_string_equal(o.console, "triple-fault\n");
	assert_non_null(strstr(o.error, "vcpu 0: rip 0x1000"));
	assert_non_null(strstr(o.error, ": triple fault"));
}

static void sixteen_vcpus_run_with_registers_in_kvm_run(void **state)
{
	struct outcome o = run_guest("smp", (struct tl_vmm_options){
						    .n_vcpus = 16,
						    .unanswered = TL_UNANSWERED_ZERO,
						    .sync_regs = true,
					    });

	assert_ends(&o, 0, "smp done\n", "");
}

static void the_place_of_an_error_is_the_same_with_registers_in_kvm_run(void **state)
{
	struct outcome plain = run_guest("mmio-sizes", (struct tl_vmm_options){ 0 });
	struct outcome synced =
		run_guest("mmio-sizes", (struct tl_vmm_options){ .sync_regs = true });

	assert_non_null(strstr(plain.error, "rip 0x1000"));
	assert_string_equal(synced.error, plain.error);
}

// 10 + 10 writes in the window, and 10 OUTs to the port, come without an exit of their own.
static void coalesced_writes_and_outs_do_not_exit(void **state)
{
	struct tl_vmm_options options = { .unanswered = TL_UNANSWERED_ZERO };
	struct outcome all = run_guest("coalesced", options);
	struct outcome few;

	options.coalesced_mmio = (struct tl_range){ 0xd0000000, 0x1000 };
	options.coalesced_pio = (struct tl_range){ 0x600, 1 };
	few = run_guest("coalesced", options);
	assert_ends(&all, 0, "coalesced done\n", "");
	assert_ends(&few, 0, "coalesced done\n", "");
	assert_int_equal(few.n_runs + 30, all.n_runs);
}

static void a_coalesced_write_that_nothing_answers_is_named(void **state)
{
	struct tl_vmm_options options = { .coalesced_mmio = { 0xd0000000, 0x1000 } };
	struct outcome o = run_guest("coalesced", options);

	assert_non_null(strstr(o.error, "the 4-byte write of 0x100 to 0xd0000000"));
}

static void an_abort_is_refused(void **state)
{
	struct outcome o =
		run_guest("hello", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ABORT });

	assert_ends(&o, -1, "", "an access cannot end in an abort on x86_64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_32_bit_guest_starts_in_protected_mode),
		cmocka_unit_test(every_size_of_access_reads_as_ones_under_that_policy),
		cmocka_unit_test(a_port_that_nothing_answers_is_named),
		cmocka_unit_test(string_instructions_reach_their_port),
		cmocka_unit_test(the_machine_ends_when_its_last_vcpu_halts),
		cmocka_unit_test(a_triple_fault_is_an_error_with_its_place),
		cmocka_unit_test(sixteen_vcpus_run_with_registers_in_kvm_run),
		cmocka_unit_test(the_place_of_an_error_is_the_same_with_registers_in_kvm_run),
		cmocka_unit_test(coalesced_writes_and_outs_do_not_exit),
		cmocka_unit_test(a_coalesced_write_that_nothing_answers_is_named),
		cmocka_unit_test(an_abort_is_refused),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
