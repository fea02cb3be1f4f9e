// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// VMMs under seccomp filters that forbid what only the recorder would do, most by death.
#include "tests/recorder/foreign.h"

#include <signal.h>
#include <unistd.h>

enum { EXITS = 500, VCPUS = 2 };

#define EXITS_WITH_CODE "SELECT vcpu, count(*), count(code) FROM exit GROUP BY vcpu"
#define ALL_WITH_CODE	"0|500|500\n1|500|500"

static void filtered(
	const char *how, const char *action, const char *with_code, const char *notices)
{
	struct outcome alone = FOREIGN_ALONE("filtered", how, action, "500");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "filtered", how, action, "500");

	assert_rows(trace, EXITS_WITH_CODE, with_code);
	assert_rows(trace, "SELECT text FROM notice", notices);
	assert_rows(trace, "SELECT * FROM gap", "");
	trace_close(trace);
	outcome_free(&alone);
}

static void each_thread_under_a_filter_by_prctl_that_kills(void **state)
{
	filtered("prctl", "kill", ALL_WITH_CODE, "");
}

static void each_thread_under_a_filter_by_syscall_that_kills(void **state)
{
	filtered("syscall", "kill", ALL_WITH_CODE, "");
}

static void a_filter_that_threads_have_from_the_one_that_made_them(void **state)
{
	filtered("inherited", "kill", ALL_WITH_CODE, "");
}

static void a_filter_that_is_put_upon_threads_that_run(void **state)
{
	filtered("tsync", "kill", ALL_WITH_CODE, "");
}

static void a_filter_that_fails_calls(void **state)
{
	filtered("syscall", "errno", ALL_WITH_CODE, "");
}

// Then no call is left that would tell whether memory is there.
static void what_a_filter_takes_away_is_said_once(void **state)
{
	filtered("prctl", "bare", "0|500|0\n1|500|0",
		"a seccomp filter of the VMM forbids process_vm_readv: memory and code are not "
		"recorded in its threads");
}

static void a_filter_from_before_the_vmm(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "filtered", "exec", "kill", "500");

	assert_rows(trace, EXITS_WITH_CODE, "0|500|500");
	close_clean(trace);
}

// A call of the recorder's own would end the VMM just as its guest dies.
static void dies_without(const char *call, const char *pages, const char *notices)
{
	struct outcome alone = FOREIGN_ALONE("forbidden", call);
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "forbidden", call);

	assert_rows(trace, "SELECT kind, pages FROM scan", pages);
	assert_rows(trace, "SELECT text FROM notice", notices);
	assert_rows(trace, "SELECT DISTINCT why FROM region", notices);
	trace_close(trace);
	outcome_free(&alone);
}

static void a_guest_that_dies_where_mincore_is_forbidden(void **state)
{
	dies_without("mincore", "1|16", ""); // all, since nothing says which are there
}

#define UNKNOWN                                                                                    \
	"guest memory is not recorded: a seccomp filter of the VMM forbids reading "               \
	"/proc/self/maps"

// What is around PC and the stack is known without.
static void a_guest_that_dies_where_no_file_may_be_opened(void **state)
{
	dies_without("openat", "1|3", UNKNOWN);
	dies_without("close", "1|3", UNKNOWN);
}

// The wait for room in the ring does without sleep(): the collector is stopped, and the ring fills.
static void a_full_ring_under_a_filter(void **state)
{
	const char *trap = fresh("full.trap");
	struct program program = program_start(
		NULL, (const char *const[]){ TRAPLINE, "record", "-q", "--max-wait", "50ms", "-o",
			      trap, "--", FOREIGN, "filtered", "prctl", "kill", "100000", NULL });
	struct outcome outcome;
	struct sqlite3 *trace;

	program_child(&program);
	usleep(300000);
	assert_int_equal(kill(program.pid, SIGSTOP), 0);
	usleep(1500000);
	assert_int_equal(kill(program.pid, SIGCONT), 0);
	outcome = program_wait(&program);
	assert_string_equal(outcome.out, "done\n");
	assert_int_equal(outcome.status, 0);
	trace = trace_open(trap);
	assert_rows(trace,
		"SELECT count(*) BETWEEN 1 AND 199999, (SELECT sum(lost) > 0 FROM gap) FROM exit",
		"1|1");
	trace_close(trace);
	outcome_free(&outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_under_a_filter_by_prctl_that_kills),
		cmocka_unit_test(each_thread_under_a_filter_by_syscall_that_kills),
		cmocka_unit_test(a_filter_that_threads_have_from_the_one_that_made_them),
		cmocka_unit_test(a_filter_that_is_put_upon_threads_that_run),
		cmocka_unit_test(a_filter_that_fails_calls),
		cmocka_unit_test(what_a_filter_takes_away_is_said_once),
		cmocka_unit_test(a_filter_from_before_the_vmm),
		cmocka_unit_test(a_guest_that_dies_where_mincore_is_forbidden),
		cmocka_unit_test(a_guest_that_dies_where_no_file_may_be_opened),
		cmocka_unit_test(a_full_ring_under_a_filter),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
