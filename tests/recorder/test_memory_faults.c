// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// Exact memory on a bad day: calls that fail in the middle of a recording, a VMM that is killed in the
// middle of a look. What the trace has of memory is what the VMM saw, and the rest is said.
#include "tests/recorder/foreign.h"
#include "tests/recorder/foreign/memory.h"
#include "tests/recorder/memory-dump.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXITS "60"

static unsigned seed;

static void set_number(const char *name, unsigned long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", value);
	setenv(name, text, 1);
}

static void let_fail(const char *call, unsigned long nth, int number, const char *told)
{
	setenv("FAIL_IN", "shim", 1);
	setenv("FAIL_CALL", call, 1);
	setenv("FAIL_TOLD", told, 1);
	set_number("FAIL_NTH", nth);
	set_number("FAIL_ERRNO", (unsigned long)number);
	setenv("LD_PRELOAD", TL_BUILD_TESTS "/recorder/fails.so", 1);
}

// False when there were fewer such calls.
static bool survives(const char *call, unsigned long nth, int number, struct held *ret)
{
	const char *told = fresh("told"), *dump = fresh("dump"), *rom = in_scratch("rom");
	const char *trap = fresh("faults.trap");
	struct outcome outcome;

	let_fail(call, nth, number, told);
	outcome = RUN(NULL, TRAPLINE, "record", "-q", "-o", trap, "--mem", "exact", "--", FOREIGN,
		"memory", dump, rom, EXITS, "5");
	unsetenv("LD_PRELOAD");
	if (outcome.status)
		fail_msg("%s number %lu: status %d\n%s", call, nth, outcome.status, outcome.err);
	*ret = memory_dump_hold(trap, dump);
	outcome_free(&outcome);
	return !access(told, F_OK);
}

static unsigned long after(unsigned long nth, unsigned factor)
{
	return getenv("TL_LONG") && nth < 64 ? nth + 1 : nth * factor;
}

// `heals`: what follows a failure in the middle is known again.
static void sweep(const char *call, int number, unsigned factor, bool heals)
{
	unsigned long nth = 1, last = 0;
	uint64_t right = 0;
	struct held held;

	while (survives(call, nth, number, &held)) {
		print_message("%s number %lu: %u dumps, %" PRIu64 " pages right, %" PRIu64
			      " marked, %" PRIu64 " unknown\n",
			call, nth, held.dumps, held.right, held.marked, held.unknown);
		assert_true(held.dumps > 5);
		if (heals && nth > 1)
			assert_true(held.last_whole);
		right += held.right;
		last = nth;
		nth = after(nth, factor);
	}
	assert_true(last > 0);
	assert_true(!heals || right > 0);
	assert_true(held.last_whole && !held.unknown);
}

static void looks_at_what_was_written_that_fail(void **state)
{
	sweep("pagemap_scan", ENOMEM, 12, true);
}

static void protection_that_cannot_be_had(void **state)
{
	sweep("uffdio", ENOMEM, 3, false);
}

static void no_userfaultfd(void **state)
{
	sweep("userfaultfd", EMFILE, 2, false);
}

static void reads_that_fail(void **state)
{
	sweep("process_vm_readv", EPERM, 12, true);
	sweep("process_vm_readv", ENOMEM, 40, true);
}

static void maps_that_cannot_be_read(void **state)
{
	sweep("read", EIO, 8, false);
}

static void kill_after_a_while(const struct program *program, const char *dump)
{
	const pid_t vmm = program_child(program);
	struct stat st = { 0 };

	for (unsigned i = 0; i < 5000 && (stat(dump, &st) || !st.st_size); i++)
		usleep(1000);
	sleep_ms((unsigned)rand_r(&seed) % 150);
	assert_int_equal(kill(vmm, SIGKILL), 0);
}

static void a_vmm_that_is_killed_in_the_middle_of_a_look(void **state)
{
	const unsigned times = getenv("TL_LONG") ? 100 : 8;
	struct held all = { 0 };

	for (unsigned i = 0; i < times; i++) {
		const char *dump = fresh("dump"), *trap = fresh("killed.trap");
		const char *rom = in_scratch("rom");
		struct program program =
			program_start(NULL, (const char *const[]){ TRAPLINE, "record", "-q", "-o",
						    trap, "--mem", "exact", "--", FOREIGN, "memory",
						    dump, rom, "1000000", "8", NULL });
		struct outcome outcome;
		struct sqlite3 *rows;
		struct held held;

		kill_after_a_while(&program, dump);
		outcome = program_wait(&program);
		assert_string_equal(outcome.err, "");
		assert_int_equal(outcome.status, 128 + SIGKILL);
		outcome_free(&outcome);
		rows = trace_open(trap);
		close_clean(rows);
		held = memory_dump_hold(trap, dump);
		all.dumps += held.dumps;
		all.right += held.right;
		all.unknown += held.unknown;
	}
	print_message("%u dumps, %" PRIu64 " pages right, %" PRIu64 " unknown\n", all.dumps,
		all.right, all.unknown);
	assert_true(all.right > all.unknown); // the last dumps of each alone
}

static int prepare(void **state)
{
	memory_dump_make_rom(in_scratch("rom"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_at_what_was_written_that_fail),
		cmocka_unit_test(protection_that_cannot_be_had),
		cmocka_unit_test(no_userfaultfd),
		cmocka_unit_test(reads_that_fail),
		cmocka_unit_test(maps_that_cannot_be_read),
		cmocka_unit_test(a_vmm_that_is_killed_in_the_middle_of_a_look),
	};

	if (no_kvm())
		return SKIPPED;
	seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	return cmocka_run_group_tests(tests, prepare, NULL);
}
