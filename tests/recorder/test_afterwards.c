// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// When the recorder is gone, or has what it wanted, the guest is as fast as one that was never recorded.
// The two share one CPU, of which each has half, whatever else the machine does.
#include "tests/recorder/foreign.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

enum { TRIES = 8, WINDOW_MS = 400, MOST_WAIT_MS = 20000 };

// A VMM whose guest runs for ever.
struct runner {
	struct program program;
	struct counts *counts;
};

static struct runner start(const char *file, const char *const before[])
{
	const char *argv[24], *path = in_scratch(file);
	struct runner runner = { .counts = shared_counts(path) };
	unsigned n = 0;

	while (before[n]) {
		argv[n] = before[n];
		n++;
	}
	argv[n++] = FOREIGN;
	argv[n++] = "endless";
	argv[n++] = path;
	argv[n++] = "1";
	argv[n] = NULL;
	runner.program = program_start(NULL, argv);
	for (unsigned ms = 0; !runner.counts->left[0] && ms < MOST_WAIT_MS; ms++)
		sleep_ms(1);
	if (!runner.counts->left[0]) {
		struct outcome outcome;

		kill(runner.program.pid, SIGKILL);
		outcome = program_wait(&runner.program);
		fail_msg("status %d\n%s", outcome.status, outcome.err);
	}
	return runner;
}

static void stop(struct runner *runner)
{
	struct outcome outcome;

	kill(runner->counts->pid, SIGKILL);
	outcome = program_wait(&runner->program);
	outcome_free(&outcome);
	munmap(runner->counts, sizeof(*runner->counts));
}

static double slower(const struct runner *than, const struct runner *runner)
{
	const uint64_t before = than->counts->left[0], its_before = runner->counts->left[0];
	uint64_t n, its_n;

	sleep_ms(WINDOW_MS);
	n = than->counts->left[0] - before;
	its_n = runner->counts->left[0] - its_before;
	print_message("%" PRIu64 " exits unrecorded, %" PRIu64 " afterwards\n", n, its_n);
	assert_true(n > 0);
	return (double)n / (double)(its_n ? its_n : 1);
}

static void assert_fast(const struct runner *alone, const struct runner *runner)
{
	double ratio = 9;

	for (unsigned i = 0; i < TRIES && ratio > 1.1; i++)
		ratio = slower(alone, runner);
	assert_true(ratio <= 1.1);
}

static void after_a_kill(const char *mem)
{
	struct runner alone = start("alone", (const char *const[]){ NULL });
	struct runner recorded = start(
		"recorded", (const char *const[]){ TRAPLINE, "record", "-q", "--max-wait", "100ms",
				    "--mem", mem, "-o", fresh("killed.trap"), "--", NULL });

	sleep_ms(200);
	assert_int_equal(kill(recorded.program.pid, SIGKILL), 0);
	assert_fast(&alone, &recorded);
	stop(&recorded);
	stop(&alone);
}

static void the_recorder_is_killed(void **state)
{
	after_a_kill("fault");
}

static void the_recorder_is_killed_while_it_follows_memory(void **state)
{
	after_a_kill("exact");
}

static void the_condition_that_ends_the_recording_has_come(void **state)
{
	struct runner alone = start("alone", (const char *const[]){ NULL });
	struct runner recorded = start("recorded",
		(const char *const[]){ TRAPLINE, "record", "-q", "--mem", "exact", "--until",
			"seq = 500", "-o", fresh("until.trap"), "--", NULL });

	assert_fast(&alone, &recorded);
	stop(&recorded);
	stop(&alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorder_is_killed),
		cmocka_unit_test(the_recorder_is_killed_while_it_follows_memory),
		cmocka_unit_test(the_condition_that_ends_the_recording_has_come),
	};

	cpu_set_t one;

	if (no_kvm())
		return SKIPPED;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
