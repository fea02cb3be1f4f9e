// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// The recorder, or the VMM, stands still or is gone: the guest waits for nobody longer than was said,
// and what was lost stands in the trace.
#include "tests/recorder/foreign.h"
#include "tests/recorder/trace-state.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { SLACK_US = 400000 };

static int64_t number_in(const char *path)
{
	size_t size;
	char *text = read_file(path, &size);
	int64_t number = strtoll(text, NULL, 10);

	free(text);
	return number;
}

static struct program start(
	const char *trap, const char *wait, const char *exits, const char *longest)
{
	struct program program = program_start(
		NULL, (const char *const[]){ TRAPLINE, "record", "-q", "--max-wait", wait, "-o",
			      trap, "--", FOREIGN, "timed", exits, longest, NULL });

	program_child(&program);
	sleep_ms(200);
	return program;
}

// One wait, then it is known that nobody takes anything out of the ring.
static void the_recorder_is_killed(void **state)
{
	const char *trap = fresh("killed.trap"), *longest = fresh("longest");
	struct program program = start(trap, "200ms", "100000", longest);
	struct outcome outcome;
	struct sqlite3 *trace;

	assert_int_equal(kill(program.pid, SIGKILL), 0);
	for (unsigned i = 0; access(longest, F_OK) && i < 400; i++)
		sleep_ms(50);
	sleep_ms(50);
	assert_in_range(number_in(longest), 1, 200000 + SLACK_US);
	outcome = program_wait(&program);
	assert_int_equal(outcome.status, 128 + SIGKILL);
	outcome_free(&outcome);
	trace = trace_open_cut(trap);
	assert_rows(trace, "SELECT count(*) > 0, count(*) < 100000, count(*) = max(seq) FROM exit",
		"1|1|1");
	assert_rows(trace, "SELECT count(*) FROM meta WHERE key = 'ended'", "0");
	trace_close(trace);
	assert_stat_says(trap, "cut short");
}

static void the_recorder_stands_still_for_a_while(void **state)
{
	const bool is_long = getenv("TL_LONG");
	const char *exits =
		is_long ? "10000000" : "250000"; // so many that the last are recorded again
	const char *trap = fresh("stopped.trap"), *longest = fresh("longest");
	struct program program = start(trap, "100ms", exits, longest);
	struct outcome outcome;
	struct sqlite3 *trace;
	int64_t first;

	assert_int_equal(kill(program.pid, SIGSTOP), 0);
	sleep_ms(is_long ? 60000 : 1500);
	assert_int_equal(kill(program.pid, SIGCONT), 0);
	outcome = program_wait(&program);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	assert_in_range(number_in(longest), 100000, 100000 + SLACK_US);
	trace = trace_open(trap);
	assert_int_equal(trace_number(trace, "SELECT max(seq) FROM exit"), atoll(exits));
	assert_rows(trace, "SELECT value > 0 FROM meta WHERE key = 'lost'", "1");
	assert_rows(
		trace, "SELECT why, sum(lost) > 0 FROM gap GROUP BY why", "the ring was full|1");
	// Every exit is there, or in a gap.
	assert_rows(trace,
		"SELECT (SELECT sum(to_seq - from_seq + 1) FROM gap) = max(seq) - count(*) FROM "
		"exit",
		"1");
	// What follows a gap stands for itself.
	first = trace_number(trace, "SELECT max(to_seq) + 1 FROM gap");
	assert_true(trace_reg(trace, (uint64_t)first, "rip") > 0);
	trace_close(trace);
	outcome_free(&outcome);
}

static void the_vmm_stands_still_for_a_while(void **state)
{
	const char *trap = fresh("vmm.trap"), *longest = fresh("longest");
	struct program program = start(trap, "100ms", "60000", longest);
	const pid_t vmm = program_child(&program);
	struct outcome outcome;
	struct sqlite3 *trace;

	assert_int_equal(kill(vmm, SIGSTOP), 0);
	sleep_ms(1000);
	assert_int_equal(kill(vmm, SIGCONT), 0);
	outcome = program_wait(&program);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	trace = trace_open(trap);
	assert_rows(trace,
		"SELECT count(*) FILTER (WHERE error IS NULL), count(*) = max(seq) FROM exit",
		"60000|1");
	close_clean(trace);
	outcome_free(&outcome);
}

static void a_clock_that_is_set_back_and_forth(void **state)
{
	const char *trap = fresh("clock.trap");
	struct outcome outcome;
	struct sqlite3 *trace;
	int64_t started;

	setenv("LD_PRELOAD", TL_BUILD_TESTS "/recorder/steps-clock.so", 1);
	outcome = RUN(
		NULL, TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN, "threads", "1", "20000");
	unsetenv("LD_PRELOAD");
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	trace = trace_open(trap);
	started = trace_number(trace, "SELECT value FROM meta WHERE key = 'started'");
	assert_true(llabs(started - (int64_t)time(NULL)) > 3000); // the clock was set
	assert_rows(trace,
		"SELECT count(*), sum(time <= before), sum(ran > 10000000000), max(time) < 60e9 "
		"FROM "
		"(SELECT time, ran, lag(time) OVER (ORDER BY seq) AS before FROM exit)",
		"20000|0|0|1");
	close_clean(trace);
	outcome_free(&outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorder_is_killed),
		cmocka_unit_test(the_recorder_stands_still_for_a_while),
		cmocka_unit_test(the_vmm_stands_still_for_a_while),
		cmocka_unit_test(a_clock_that_is_set_back_and_forth),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
