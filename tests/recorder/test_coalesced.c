// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// Writes that KVM queues without an exit, when more than the exits' own thread is at their ring. What
// a VMM takes out before anybody can look is said to be missing; nothing is told twice.
#include "tests/recorder/foreign.h"

// Every write of the guest has a value of its own, whether it was queued or left as an exit.
#define WRITES "(SELECT value FROM coalesced UNION ALL SELECT value FROM exit WHERE reason = 6)"
#define MISSING                                                                                    \
	"SELECT count(*) FROM notice WHERE level = 2 AND text = 'coalesced writes before this "    \
	"exit are missing: the VMM emptied their ring while the guest ran on (--no-coalesce "      \
	"records every write)'"

enum { ROUNDS = 30 };

static void assert_all_or_said(struct sqlite3 *trace, int64_t writes)
{
	const int64_t seen = trace_number(trace, "SELECT count(*) FROM " WRITES);
	const int64_t missing = trace_number(trace, MISSING);

	print_message(
		"%" PRId64 " of %" PRId64 " writes, %" PRId64 " notices\n", seen, writes, missing);
	assert_int_equal(trace_number(trace, "SELECT count(DISTINCT value) FROM " WRITES), seen);
	assert_true(seen == writes || (seen < writes && missing));
	// Each vCPU's values ascend in the order in which KVM queued them.
	assert_rows(trace,
		"SELECT count(*) FROM (SELECT value, lag(value) OVER (PARTITION BY value >= 32768 "
		"ORDER BY id) AS before FROM coalesced) WHERE value <= before",
		"0");
	assert_int_equal(trace_number(trace, "SELECT count(*) FROM notice"), missing);
	assert_rows(trace, "SELECT * FROM gap", "");
}

static void a_thread_that_empties_the_ring_meanwhile(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "drained", "30");

	assert_all_or_said(trace, ROUNDS * 1000);
	trace_close(trace);
}

static void two_vcpus_at_one_ring(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "shared-ring", "30");

		assert_all_or_said(trace, 2 * ROUNDS * 1000);
		trace_close(trace);
	}
}

static void no_write_is_queued_where_that_is_hidden(void **state)
{
	const char *trap = fresh("hidden.trap");
	struct outcome outcome = RUN(NULL, TRAPLINE, "record", "-q", "--no-coalesce", "-o", trap,
		"--", TRAPLINE, "run", "--unanswered", "zero", "--coalesced", "0xd0000000,0x1000",
		TL_BUILD_TESTS "/guests/coalesced.elf");

	assert_string_equal(outcome.err, "trapline run: this kernel does not coalesce MMIO\n"
					 "trapline record: " TRAPLINE
					 ": ended with status 2 and no exit was seen: its VM has "
					 "no vCPU; no trace is left\n");
	assert_int_equal(outcome.status, 2);
	outcome_free(&outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_empties_the_ring_meanwhile),
		cmocka_unit_test(two_vcpus_at_one_ring),
		cmocka_unit_test(no_write_is_queued_where_that_is_hidden),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
