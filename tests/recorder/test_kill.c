// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// The VMM dies by SIGKILL at a random moment of an endless guest. It counts what it saw in memory
// that survives it, and the trace has that, to the exit: of each vCPU at most the one exit more that
// was on its way to the VMM.
#include "recorder/shim/trapline.h"
#include "recorder/vmm/vmm.h"
#include "tests/recorder/foreign.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_DELAY_US = 60000, VCPUS = 2 };

static unsigned seed;

static void sleep_us(unsigned us)
{
	const struct timespec t = { us / 1000000, us % 1000000 * 1000L };

	nanosleep(&t, NULL);
}

static void kill_some_time_after_the_first_exit(const struct counts *counts)
{
	while (!counts->left[0])
		sleep_us(100);
	sleep_us((unsigned)rand_r(&seed) % MOST_DELAY_US);
	assert_int_equal(kill(counts->pid, SIGKILL), 0);
}

// What is never said to be there, and what is said only when it is.
static void assert_sound(struct sqlite3 *trace, unsigned vcpus)
{
	assert_clean(trace);
	// A vCPU that died with its number taken and nothing published leaves a hole in the others'.
	assert_in_range(trace_number(trace, "SELECT max(seq) - count(*) FROM exit"), 0, vcpus - 1);
	assert_rows(trace,
		"SELECT count(*) FROM vcpu WHERE (SELECT count(*) FROM exit WHERE exit.vcpu = "
		"vcpu.vcpu) != (SELECT ifnull(sum(exits), 0) FROM tally WHERE tally.vcpu = "
		"vcpu.vcpu)",
		"0");
	// All replies are there but the last of each vCPU, which may be.
	assert_rows(trace,
		"SELECT count(*) FROM exit e WHERE reply IS NULL AND seq != "
		"(SELECT max(seq) FROM exit WHERE vcpu = e.vcpu)",
		"0");
}

static uint64_t exits_of(struct sqlite3 *trace, unsigned vcpu)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM exit WHERE vcpu = %u", vcpu);
	return (uint64_t)trace_number(trace, sql);
}

static void a_foreign_vmm(unsigned vcpus)
{
	const char *trap = fresh("kill.trap"), *path = in_scratch("counts");
	const char n[] = { (char)('0' + vcpus), 0 };
	struct counts *counts = shared_counts(path);
	struct program program =
		program_start(NULL, (const char *const[]){ TRAPLINE, "record", "-q", "-o", trap,
					    "--", FOREIGN, "endless", path, n, NULL });
	struct outcome outcome;
	struct sqlite3 *trace;

	kill_some_time_after_the_first_exit(counts);
	outcome = program_wait(&program);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 128 + SIGKILL);
	trace = trace_open(trap);
	assert_rows(trace, "SELECT value FROM meta WHERE key = 'status'", "137");
	assert_sound(trace, vcpus);
	for (unsigned i = 0; i < vcpus; i++)
		assert_in_range(exits_of(trace, i), counts->left[i], counts->entered[i]);
	trace_close(trace);
	outcome_free(&outcome);
	munmap(counts, sizeof(*counts));
}

static void run_endless(struct counts *counts, const char *trap)
{
	const struct trapline_options recording = {
		.size = sizeof(recording), .output = trap, .program = TRAPLINE
	};
	const struct tl_vmm_options options = { .elf = TL_BUILD_TESTS "/guests/endless.elf",
		.console = open("/dev/null", O_WRONLY | O_CLOEXEC),
		.unanswered = TL_UNANSWERED_ZERO,
		.n_runs = &counts->left[0] };
	int status;

	if (trapline_start(&recording))
		_exit(1);
	counts->pid = getpid();
	tl_error_free(tl_vmm_run(&options, &status));
	_exit(2);
}

static void an_embedding_vmm(void)
{
	const char *trap = fresh("kill.trap");
	struct counts *counts = shared_counts(in_scratch("counts"));
	struct sqlite3 *trace;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		run_endless(counts, trap);
	kill_some_time_after_the_first_exit(counts);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	trace_wait(trap);
	trace = trace_open(trap);
	assert_sound(trace, 1);
	assert_in_range(exits_of(trace, 0), counts->left[0], counts->left[0] + 1);
	trace_close(trace);
	munmap(counts, sizeof(*counts));
}

static void sixty_kills_of_a_vmm_that_the_recorder_is_preloaded_into(void **state)
{
	for (unsigned i = 0; i < 60; i++)
		a_foreign_vmm(1 + i % VCPUS);
}

static void forty_kills_of_a_vmm_that_the_recorder_is_linked_into(void **state)
{
	for (unsigned i = 0; i < 40; i++)
		an_embedding_vmm();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_kills_of_a_vmm_that_the_recorder_is_preloaded_into),
		cmocka_unit_test(forty_kills_of_a_vmm_that_the_recorder_is_linked_into),
	};

	if (no_kvm())
		return SKIPPED;
	seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
