// SPDX-License-Identifier: MIT
// labels: kvm
#include "tests/recorder/vmm/guest.h"

#include "recorder/vmm/board.h"

#if defined(__aarch64__)
#define HOLE	     0x0a000000
#define PC	     "pc"
#define HELLO	     "hello from EL1\n"
#define FIRST_ACCESS "the 1-byte write of 0x11 to 0xa000000"
#else
#define HOLE	     0xd0000000
#define PC	     "rip"
#define HELLO	     "hello from long mode\n"
#define FIRST_ACCESS "the 1-byte write of 0x11 to 0xd0000000"
#endif

static void a_guest_prints_and_ends_with_its_status(void **state)
{
	struct outcome o = run_guest("hello", (struct tl_vmm_options){ 0 });

	assert_ends(&o, 0, HELLO, "");
	assert_int_equal(o.n_runs, strlen(HELLO) + 1);
}

static void every_size_of_access_reads_as_zero_under_that_policy(void **state)
{
	struct outcome o = run_guest(
		"mmio-sizes", (struct tl_vmm_options){ .unanswered = TL_UNANSWERED_ZERO });

	assert_ends(&o, 0, "mmio-sizes done\n", "");
}

static void an_access_that_nothing_answers_is_named(void **state)
{
	struct outcome o = run_guest("mmio-sizes", (struct tl_vmm_options){ 0 });

	assert_int_equal(o.status, -1);
	assert_string_equal(o.console, "");
	assert_non_null(strstr(o.error, "vcpu 0: " PC " 0x"));
	assert_non_null(strstr(o.error, ": no device answers " FIRST_ACCESS));
}

static void two_vcpus_run_at_once(void **state)
{
	struct outcome o = run_guest(
		"smp", (struct tl_vmm_options){ .n_vcpus = 2, .unanswered = TL_UNANSWERED_ZERO });

	assert_ends(&o, 0, "smp done\n", "");
}

static void an_error_on_one_vcpu_gets_the_others_out(void **state)
{
	struct outcome o = run_guest("smp", (struct tl_vmm_options){ .n_vcpus = 2 });

	assert_int_equal(o.status, -1);
	assert_non_null(strstr(o.error, ": no device answers the 8-byte write of "));
}

// Every third KVM_RUN only completes the access before it, and returns EINTR.
static void interrupted_runs_lose_no_access(void **state)
{
	struct tl_vmm_options options = { .unanswered = TL_UNANSWERED_ZERO };
	struct outcome whole = run_guest("mmio-loop-short", options);
	struct outcome cut;

	options.interrupt_every = 3;
	cut = run_guest("mmio-loop-short", options);
	assert_ends(&whole, 0, "mmio-loop done\n", "");
	assert_ends(&cut, 0, "mmio-loop done\n", "");
	assert_int_equal(cut.n_runs, whole.n_runs + (whole.n_runs - 1) / 2);
}

// The writes of the loop go to HOLE, its reads to HOLE + 4; what is read exits all the same.
static void coalesced_writes_have_no_exit_of_their_own(void **state)
{
	struct tl_vmm_options options = { .unanswered = TL_UNANSWERED_ZERO };
	struct outcome all = run_guest("mmio-loop-short", options);
	struct outcome reads;
	uint64_t prints = strlen("mmio-loop done\n");

	options.coalesced_mmio = (struct tl_range){ HOLE, 4 };
	reads = run_guest("mmio-loop-short", options);
	assert_ends(&reads, 0, "mmio-loop done\n", "");
	assert_int_equal(reads.n_runs - prints - 1, (all.n_runs - prints - 1) / 2);
}

static void a_closed_console_ends_the_run(void **state)
{
	struct tl_vmm_options options = { .elf = TL_BUILD_TESTS "/guests/hello.elf" };
	struct tl_error *err;
	int status = -1;

	options.console = open("/dev/full", O_WRONLY | O_CLOEXEC);
	err = tl_vmm_run(&options, &status);
	close(options.console);
	assert_non_null(err);
	assert_string_equal(err->message, "vcpu 0: console: No space left on device");
	assert_int_equal(status, -1);
	tl_error_free(err);
}

static void read_only_memory_on_top_of_ram_is_refused(void **state)
{
	struct tl_vmm_options options = { .rom = { tl_board.ram_base, 0x1000 } };
	struct outcome o = run_guest("hello", options);
	char expected[128];

	snprintf(expected, sizeof(expected),
		"memory at 0x%jx..0x%jx: KVM_SET_USER_MEMORY_REGION: File exists",
		(uintmax_t)tl_board.ram_base, (uintmax_t)tl_board.ram_base + 0x1000);
	assert_ends(&o, -1, "", expected);
}

static void impossible_options_are_refused(void **state)
{
	static const struct {
		struct tl_vmm_options options;
		const char *error;
	} cases[] = {
		{ { .n_vcpus = 17 }, "17 vcpus: expected at most 16" },
		{ { .interrupt_every = 1 },
			"immediate_exit at every KVM_RUN: the guest would never run" },
		{ { .ram = 0x1234567 }, "0x1234567 bytes: expected whole pages of 4096" },
		{ { .ram = 4096 }, "0x1000 bytes of RAM: expected 0x100000 to 0x" },
		{ { .ram = 1ULL << 40 }, "0x10000000000 bytes of RAM: expected 0x100000 to 0x" },
		{ { .rom = { 0x800, 0x1000 } },
			"memory at 0x800 of 0x1000 bytes: expected whole pages of 4096" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = run_guest("hello", cases[i].options);

		assert_non_null(strstr(o.error, cases[i].error));
		assert_int_equal(o.n_runs, 0);
	}
}

static void policies_have_the_names_people_use(void **state)
{
	static const char *const unanswered[] = { "stop", "zero", "ones", "abort", NULL };
	static const char *const nisv[] = { "off", "abort", "stop", "skip", NULL };

	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(tl_unanswered_names[i], unanswered[i]);
		assert_string_equal(tl_nisv_names[i], nisv[i]);
	}
	assert_null(tl_unanswered_names[4]);
	assert_null(tl_nisv_names[4]);
	assert_string_equal(tl_unanswered_names[TL_UNANSWERED_ABORT], "abort");
	assert_string_equal(tl_nisv_names[TL_NISV_SKIP], "skip");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_prints_and_ends_with_its_status),
		cmocka_unit_test(every_size_of_access_reads_as_zero_under_that_policy),
		cmocka_unit_test(an_access_that_nothing_answers_is_named),
		cmocka_unit_test(two_vcpus_run_at_once),
		cmocka_unit_test(an_error_on_one_vcpu_gets_the_others_out),
		cmocka_unit_test(interrupted_runs_lose_no_access),
		cmocka_unit_test(coalesced_writes_have_no_exit_of_their_own),
		cmocka_unit_test(a_closed_console_ends_the_run),
		cmocka_unit_test(read_only_memory_on_top_of_ram_is_refused),
		cmocka_unit_test(impossible_options_are_refused),
		cmocka_unit_test(policies_have_the_names_people_use),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
