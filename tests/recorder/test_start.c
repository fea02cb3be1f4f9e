// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// A VMM that records itself through trapline.h.
#include "tests/recorder/test.h"

#include "recorder/shim/trapline.h"
#include "recorder/vmm/vmm.h"
#include "tests/recorder/trace-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct trapline_options to(const char *trap)
{
	return (struct trapline_options){
		.size = sizeof(struct trapline_options), .output = trap, .program = TRAPLINE
	};
}

static int run_hello(void)
{
	const struct tl_vmm_options options = { .elf = TL_BUILD_TESTS "/guests/hello.elf",
		.console = open("/dev/null", O_WRONLY | O_CLOEXEC) };
	int status = -1;
	struct tl_error *err = tl_vmm_run(&options, &status);

	tl_error_free(err);
	return err ? -1 : status;
}

// In a process of its own, which can be recorded once; gives its exit status.
static int in_child(int (*body)(const char *trap), const char *trap)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(body(trap));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int starts_and_stops(const char *trap)
{
	const struct trapline_options options = to(trap);

	if (trapline_start(&options))
		return 1;
	if (run_hello())
		return 2;
	if (trapline_stop())
		return 3;
	return run_hello() ? 4 : 0; // unrecorded
}

static int64_t exits_of(const char *trap)
{
	struct sqlite3 *trace = trace_open(trap);
	int64_t exits = trace_number(trace, "SELECT count(*) FROM exit");

	assert_rows(trace, "SELECT count(*) FROM meta WHERE key IN ('ended', 'status')", "1");
	trace_close(trace);
	return exits;
}

static void a_vmm_records_itself_and_stops(void **state)
{
	const char *trap = fresh("self.trap");

	assert_int_equal(in_child(starts_and_stops, trap), 0);
	assert_int_equal(exits_of(trap), 22);
}

static int starts_and_ends(const char *trap)
{
	const struct trapline_options options = to(trap);

	if (trapline_start(&options))
		return 1;
	return run_hello() ? 2 : 0;
}

static void a_vmm_that_just_ends_leaves_a_whole_trace(void **state)
{
	const char *trap = fresh("end.trap");

	assert_int_equal(in_child(starts_and_ends, trap), 0);
	trace_wait(trap);
	assert_int_equal(exits_of(trap), 22);
}

static int starts_twice(const char *trap)
{
	const struct trapline_options options = to(trap);

	if (trapline_start(&options))
		return 1;
	return trapline_start(&options) == -1 && errno == EBUSY ? 0 : 2;
}

static void a_second_start_is_refused(void **state)
{
	assert_int_equal(in_child(starts_twice, fresh("twice.trap")), 0);
}

static int is_refused_an_existing_output(const char *trap)
{
	const struct trapline_options options = to(trap);
	char expected[600];

	snprintf(expected, sizeof(expected), "%s: exists already; a recording never overwrites",
		trap);
	if (trapline_start(&options) != -1 || errno != EPROTO)
		return 1;
	if (strcmp(trapline_error(), expected) != 0)
		return 2;
	return run_hello() ? 3 : 0;
}

static void an_existing_output_is_refused_and_the_guest_runs(void **state)
{
	const char *trap = in_scratch("there.trap");

	write_file(trap, "x", 1, 0600);
	assert_int_equal(in_child(is_refused_an_existing_output, trap), 0);
}

static int misses_the_program(const char *trap)
{
	struct trapline_options options = to(trap);

	options.program = "/nonexistent/trapline";
	if (trapline_start(&options) != -1 || errno != ENOENT)
		return 1;
	return strcmp(trapline_error(), "/nonexistent/trapline: No such file or directory") ? 2 : 0;
}

static void a_missing_program_is_named(void **state)
{
	assert_int_equal(in_child(misses_the_program, fresh("no.trap")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vmm_records_itself_and_stops),
		cmocka_unit_test(a_vmm_that_just_ends_leaves_a_whole_trace),
		cmocka_unit_test(a_second_start_is_refused),
		cmocka_unit_test(an_existing_output_is_refused_and_the_guest_runs),
		cmocka_unit_test(a_missing_program_is_named),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
