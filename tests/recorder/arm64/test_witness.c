// SPDX-License-Identifier: MIT
// labels: kvm arm64
// The trace against the kernel's own events of the same run.
#include "tests/guests/expect.h"
#include "tests/recorder/arm64/lane.h"
#include "tests/recorder/witness.h"

static struct kernel_events *kernel;

static struct witnessed witness(enum way way, const char *options, const char *guest)
{
	struct lane lane = lane_record(kernel, way, "core", options, guest);
	struct witnessed seen = assert_witnessed(lane.path, kernel);

	lane_close(&lane);
	return seen;
}

static void every_kind_of_access_is_what_the_kernel_saw(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct witnessed seen = witness(way, "--nisv abort " ROM, "nisv");

		assert_int_equal(seen.nisv, NISV_ACCESSES);
		assert_int_equal(seen.exits, seen.nisv + seen.mmio);
		print_message("nisv: %" PRIu64 " exits, %" PRIu64 " without syndrome\n", seen.exits,
			seen.nisv);
	}
}

// The kernel saw the exit that it made for us; the VMM saw ENOSYS.
static void an_exit_given_back_is_what_the_kernel_saw(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct witnessed seen = witness(way, "--nisv off", "nisv-die");

		assert_int_equal(seen.nisv, 1);
		assert_int_equal(seen.failed, 1);
	}
}

static void every_size_is_what_the_kernel_saw(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct witnessed seen = witness(way, "--unanswered ones", "mmio-sizes");

		assert_int_equal(seen.mmio, seen.exits);
		assert_true(seen.mmio > 21);
		print_message("mmio-sizes: %" PRIu64 " exits\n", seen.exits);
	}
}

static void interruptions_are_what_the_kernel_saw(void **state)
{
	struct witnessed seen =
		witness(EMBEDDED, "--interrupt-every 3 --unanswered zero", "mmio-loop-short");

	assert_int_equal(seen.failed, seen.exits / 3);
}

static void two_vcpus_are_what_the_kernel_saw(void **state)
{
	struct witnessed seen = witness(PRELOADED, "--vcpus 2 --unanswered zero", "smp");

	assert_true(seen.exits > 200);
	assert_int_equal(seen.failed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_access_is_what_the_kernel_saw),
		cmocka_unit_test(an_exit_given_back_is_what_the_kernel_saw),
		cmocka_unit_test(every_size_is_what_the_kernel_saw),
		cmocka_unit_test(interruptions_are_what_the_kernel_saw),
		cmocka_unit_test(two_vcpus_are_what_the_kernel_saw),
	};
	int failed;

	kernel = kernel_events_open();
	if (!kernel)
		return SKIPPED;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kernel_events_close(kernel);
	return failed;
}
