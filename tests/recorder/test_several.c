// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// Several vCPUs at once: what is recorded of memory while others run, and that with --stop-all they do
// not, whatever signals the VMM lets them have.
#include "tests/guests/labels.h"
#include "tests/recorder/foreign.h"
#include "tests/recorder/several.h"
#include "tests/recorder/trace-state.h"

#define ROUNDS "4" // all memory is recorded at each

enum { LOW = 0x20000, HIGH = 0x100000 };

static const char *const vcpus[] = { "2", "4" };
static const char *const stoppable[] = { "plain", "usr1", "in-run", "handler" };

static struct sqlite3 *record(const char *option, const char *n, const char *manner)
{
	const char *trap = fresh("several.trap");

	assert_run(0, "done\n", "", TRAPLINE, "record", "-q", option, "-o", trap, "--", FOREIGN,
		"several", n, manner, ROUNDS);
	return trace_open(trap);
}

static unsigned standing_still(struct sqlite3 *trace, unsigned others)
{
	const char *trap = in_scratch("several.trap");
	unsigned n = 0;

	for (unsigned round = 0; round < (unsigned)atoi(ROUNDS); round++) {
		char sql[80];

		snprintf(sql, sizeof(sql),
			"SELECT seq FROM exit WHERE error = 22 LIMIT 1 OFFSET %u", round);
		for (unsigned i = 1; i <= others; i++)
			n += stood_still(trap, (uint64_t)trace_number(trace, sql),
				LOW + 8 * (tl_gpa)i, HIGH + 8 * (tl_gpa)i);
	}
	return n;
}

// Each of them has come out of KVM_RUN right behind the exit, and says where it was.
static void check_interruptions(struct sqlite3 *trace, unsigned others)
{
	const int64_t each = (int64_t)others * atoi(ROUNDS);

	assert_int_equal(trace_number(trace, "SELECT count(DISTINCT a.seq || ' ' || b.vcpu) "
					     "FROM exit a JOIN exit b ON b.seq > a.seq AND "
					     "b.seq <= a.seq + (SELECT count(*) FROM vcpu) - 1 "
					     "WHERE a.error = 22 AND b.error = 4"),
		each);
	assert_rows(trace,
		"SELECT DISTINCT vcpu > 0, reason, pc BETWEEN 0x1000 + 0x100 * vcpu AND "
		"0x1000 + 0x100 * vcpu + 28 FROM exit WHERE error = 4",
		"1|10|1");
}

static void check_stopped(const char *n, const char *manner)
{
	const unsigned others = (unsigned)atoi(n) - 1;
	struct sqlite3 *trace = record("--stop-all", n, manner);

	assert_rows(trace, "SELECT DISTINCT running, kind FROM scan", "0|1");
	assert_int_equal(standing_still(trace, others), others * (unsigned)atoi(ROUNDS));
	check_interruptions(trace, others);
	close_clean(trace);
}

static void the_others_stand_still_while_a_failure_is_recorded(void **state)
{
	for (unsigned i = 0; i < sizeof(vcpus) / sizeof(*vcpus); i++)
		for (unsigned j = 0; j < sizeof(stoppable) / sizeof(*stoppable); j++)
			check_stopped(vcpus[i], stoppable[j]);
}

static void check_running(const char *option, const char *n, const char *manner)
{
	const unsigned others = (unsigned)atoi(n) - 1;
	struct sqlite3 *trace = record(option, n, manner);
	char expected[16];

	snprintf(expected, sizeof(expected), "%u|1", others);
	assert_rows(trace, "SELECT DISTINCT running, kind FROM scan", expected);
	assert_true(standing_still(trace, others) < others * (unsigned)atoi(ROUNDS));
	assert_rows(trace, "SELECT count(*) FROM exit WHERE error = 4", "0");
	trace_close(trace);
}

static void without_stop_all_they_run_on_and_the_trace_says_so(void **state)
{
	for (unsigned i = 0; i < sizeof(vcpus) / sizeof(*vcpus); i++)
		for (unsigned j = 0; j < sizeof(stoppable) / sizeof(*stoppable); j++)
			check_running("--regs=core", vcpus[i], stoppable[j]);
}

static void a_vcpu_that_admits_no_signal_runs_on_and_the_trace_says_why(void **state)
{
	struct sqlite3 *trace;

	check_running("--stop-all", "4", "deaf");
	trace = trace_open(in_scratch("several.trap"));
	assert_rows(trace, "SELECT seq, vcpu, level, text FROM notice",
		"1|0|2|--stop-all: a vCPU admits no signal in KVM_RUN: exits in trouble are "
		"recorded while it runs");
	trace_close(trace);
}

// The counting vCPUs' KVM_RUN goes on without a word where the VMM could not have interrupted it, and
// fails with EINTR where it could.
static void a_vmm_that_interrupts_nobody_sees_no_interruption(void **state)
{
	static const struct {
		const char *manner, *again;
	} expected[] = { { "plain", "1" }, { "in-run", "1" }, { "usr1", "0" }, { "handler", "0" } };

	for (unsigned i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct sqlite3 *trace = record("--stop-all", "2", expected[i].manner);

		assert_rows(trace,
			"SELECT DISTINCT ifnull(flags, 0) & 8 <> 0 FROM exit LEFT JOIN answer "
			"USING(seq) WHERE error = 4",
			expected[i].again);
		trace_close(trace);
	}
}

static void check_together(const char *option, const char *how)
{
	const char *trap = fresh("together.trap");
	struct sqlite3 *trace;

	assert_run(0, "done\n", "", TRAPLINE, "record", "-q", option, "-o", trap, "--", FOREIGN,
		"together", "4", "25", how);
	trace = trace_open(trap);
	assert_rows(trace,
		"SELECT vcpu, count(*), closed IS NOT NULL FROM exit JOIN vcpu USING(vcpu) "
		"WHERE exit.reason = 6 GROUP BY 1",
		"0|25|1\n1|50|1\n2|75|1\n3|100|1");
	assert_true(trace_number(trace, "SELECT count(*) FROM exit WHERE error = 22") >= 250);
	assert_rows(trace, "SELECT count(*) = max(seq) FROM exit", "1");
	assert_rows(trace, "SELECT * FROM gap", "");
	if (!strcmp(option, "--stop-all") && !strcmp(how, "plain"))
		assert_rows(trace, "SELECT DISTINCT running FROM scan", "0");
	trace_close(trace);
}

// The reference VMM, which records itself: it gets its error, and the words agree.
static bool dies_standing_still(const char *option, const char *n, const char *running)
{
	const char *trap = fresh("reference.trap");
	struct outcome outcome = RUN(NULL, TRAPLINE, "run", "-q", option, "-o", trap, "--vcpus", n,
		TL_BUILD_TESTS "/guests/several.elf");
	struct sqlite3 *trace = trace_open(trap);
	uint64_t seq, first, second;
	struct labels labels;
	bool still = true;

	assert_non_null(strstr(outcome.err, "triple fault"));
	assert_int_equal(outcome.status, 2);
	outcome_free(&outcome);
	assert_rows(
		trace, "SELECT running FROM scan JOIN exit USING(seq) WHERE reason = 8", running);
	seq = (uint64_t)trace_number(trace, "SELECT seq FROM exit WHERE reason = 8");
	labels_open(&labels, "several");
	first = labels_address(&labels, "first_word");
	second = labels_address(&labels, "second_word");
	labels_close(&labels);
	for (int i = 1; i < atoi(n); i++)
		still = stood_still(trap, seq, first + 8 * (tl_gpa)i, second + 8 * (tl_gpa)i) &&
			still;
	trace_close(trace);
	return still;
}

static void what_was_counted_agrees_only_when_it_was_stopped(void **state)
{
	assert_true(dies_standing_still("--stop-all", "2", "0"));
	assert_true(dies_standing_still("--stop-all", "4", "0"));
	assert_false(dies_standing_still("--mem=fault", "2", "1"));
	assert_false(dies_standing_still("--mem=fault", "4", "3"));
}

// One holds the others at a time, they come and go, and nobody waits for ever.
static void vcpus_that_all_fail_at_once_end_as_ever(void **state)
{
	check_together("--stop-all", "plain");
	check_together("--stop-all", "alarms");
	check_together("--regs=core", "alarms");
}

static void the_trace_says_what_was_asked_for(void **state)
{
	struct sqlite3 *trace = record("--stop-all", "2", "plain");

	assert_rows(trace, "SELECT value FROM meta WHERE key = 'stop_all'", "1");
	trace_close(trace);
	trace = record("--mem=none", "2", "plain");
	assert_rows(trace, "SELECT value FROM meta WHERE key = 'stop_all'", "0");
	trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_others_stand_still_while_a_failure_is_recorded),
		cmocka_unit_test(without_stop_all_they_run_on_and_the_trace_says_so),
		cmocka_unit_test(a_vcpu_that_admits_no_signal_runs_on_and_the_trace_says_why),
		cmocka_unit_test(a_vmm_that_interrupts_nobody_sees_no_interruption),
		cmocka_unit_test(what_was_counted_agrees_only_when_it_was_stopped),
		cmocka_unit_test(vcpus_that_all_fail_at_once_end_as_ever),
		cmocka_unit_test(the_trace_says_what_was_asked_for),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
