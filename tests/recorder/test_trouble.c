// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// VMMs in trouble of their own making, or that make more of something than anybody thought.
#include "tests/recorder/foreign.h"

#include <signal.h>
#include <unistd.h>

// The VMM's own device is at fault: the exit that it was answering is the last one.
static void crashes(const char *how, int status)
{
	const char *trap = fresh("crash.trap");
	char number[8];
	struct outcome outcome = RUN(
		NULL, TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN, "crash", how, "1000");
	struct sqlite3 *trace;

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, status);
	trace = trace_open(trap);
	snprintf(number, sizeof(number), "%d", status);
	assert_rows(trace, "SELECT value FROM meta WHERE key = 'status'", number);
	assert_rows(trace,
		"SELECT count(*), max(seq), sum(reply IS NULL), max(seq) FILTER (WHERE reply IS "
		"NULL) "
		"FROM exit",
		"1000|1000|1|1000");
	close_clean(trace);
	outcome_free(&outcome);
}

static void a_device_that_reads_where_nothing_is(void **state)
{
	crashes("segv", 128 + SIGSEGV);
}

static void a_device_that_gives_up(void **state)
{
	crashes("abort", 128 + SIGABRT);
}

static void thousands_of_slot_changes(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "slots", "500", "2000");

	assert_rows(trace, "SELECT count(*), sum(size = 0) FROM slot", "4501|2000");
	assert_rows(trace, "SELECT count(*), count(code) FROM exit", "2005|2005");
	close_clean(trace);
}

static void more_slots_than_the_recorder_keeps(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "slots", "3000", "10");

	assert_rows(trace, "SELECT count(*), count(DISTINCT slot) FROM slot", "3021|3001");
	assert_rows(trace, "SELECT count(*), count(code) FROM exit", "15|15");
	assert_rows(trace, "SELECT text FROM notice",
		"more memory slots than the recorder keeps: memory and code in the others are not "
		"recorded");
	trace_close(trace);
}

static void sixty_four_vcpus(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "many", "64", "300");

	assert_rows(trace, "SELECT count(*), max(seq), count(DISTINCT vcpu) FROM exit",
		"19200|19200|64");
	assert_rows(trace,
		"SELECT count(*) FROM (SELECT vcpu FROM exit GROUP BY vcpu HAVING count(*) = 300)",
		"64");
	close_clean(trace);
}

// There are 256 rings, one of them for all that is no vCPU's own.
static void more_vcpus_than_rings(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "many", "300", "100");

	assert_rows(trace, "SELECT count(*), count(DISTINCT vcpu) FROM exit", "25500|255");
	assert_rows(trace, "SELECT count(*), sum(adopted) FROM vm", "1|0");
	assert_rows(trace, "SELECT text, count(*) FROM notice GROUP BY text",
		"no ring is free: a vCPU is not recorded|45");
	trace_close(trace);
}

static unsigned words(struct outcome *outcome, unsigned *second)
{
	unsigned first = 0;

	assert_int_equal(sscanf(outcome->out, "%u %u", &first, second), 2);
	return first;
}

static struct sqlite3 *with_handler(const char *what, unsigned *ret_set, unsigned *ret_ran)
{
	const char *trap = fresh("handler.trap");
	struct outcome outcome = RUN(NULL, TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN,
		"handler", "20000", what);

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	*ret_set = words(&outcome, ret_ran);
	outcome_free(&outcome);
	return trace_open(trap);
}

static void a_signal_handler_that_calls_kvm(void **state)
{
	unsigned set, ran;
	struct sqlite3 *trace = with_handler("set", &set, &ran);

	assert_true(set > 20);
	assert_int_equal(
		trace_number(trace, "SELECT count(*) FROM input WHERE request = 0x41a0ae8d"), set);
	assert_rows(trace,
		"SELECT count(*) FILTER (WHERE error IS NULL), count(*) = max(seq) FROM exit",
		"20000|1");
	close_clean(trace);
}

static void a_signal_handler_that_enters_the_guest(void **state)
{
	unsigned set, ran;
	struct sqlite3 *trace = with_handler("run", &set, &ran);

	assert_true(ran > 20);
	// An exit that a handler takes away is there, or that it is not is said.
	assert_in_range(trace_number(trace, "SELECT count(*) FROM exit WHERE error IS NULL"), 20000,
		20000 + ran);
	assert_rows(trace, "SELECT text FROM notice",
		"a signal handler of the VMM enters the guest while the recorder is at work on "
		"this "
		"vCPU: such exits are not recorded");
	// Every OUT is the one that its registers show.
	assert_rows(
		trace, "SELECT count(*) FROM exit WHERE error IS NULL AND addr IS NOT 0x600", "0");
	trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_that_reads_where_nothing_is),
		cmocka_unit_test(a_device_that_gives_up),
		cmocka_unit_test(thousands_of_slot_changes),
		cmocka_unit_test(more_slots_than_the_recorder_keeps),
		cmocka_unit_test(sixty_four_vcpus),
		cmocka_unit_test(more_vcpus_than_rings),
		cmocka_unit_test(a_signal_handler_that_calls_kvm),
		cmocka_unit_test(a_signal_handler_that_enters_the_guest),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
