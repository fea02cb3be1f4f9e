// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// Whatever call of the recorder fails, in the VMM or in the collector: the guest does what it does
// alone, or it is refused before it starts, with the reason; the trace that is left opens, and what is
// not in it is said. Each kind of call fails at its first, its second, and so on, until none is left;
// without --long some of them are passed over.
#include "tests/recorder/foreign.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <unistd.h>

static struct outcome alone;
static int64_t all_exits;
static const char *mem = "fault";

static void set_number(const char *name, unsigned long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", value);
	setenv(name, text, 1);
}

static void let_fail(const char *who, const char *call, unsigned long nth, int number)
{
	setenv("FAIL_IN", who, 1);
	setenv("FAIL_CALL", call, 1);
	setenv("FAIL_TOLD", fresh("told"), 1);
	set_number("FAIL_NTH", nth);
	set_number("FAIL_ERRNO", (unsigned long)number);
	setenv("LD_PRELOAD", TL_BUILD_TESTS "/recorder/fails.so", 1);
}

// Did the call that was to fail come?
static bool was_told(void)
{
	const char *told = getenv("FAIL_TOLD");

	return told && !access(told, F_OK);
}

static struct outcome with_failure(
	const char *who, const char *call, unsigned long nth, int number, const char *trap)
{
	struct outcome outcome;

	let_fail(who, call, nth, number);
	outcome = RUN(NULL, TRAPLINE, "record", "-q", "--mem", mem, "--max-wait", "100ms", "-o",
		trap, "--", FOREIGN, "replies");
	unsetenv("LD_PRELOAD");
	return outcome;
}

static int64_t count(struct sqlite3 *trace, const char *what)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	return trace_number(trace, sql);
}

// All of it is there, or the trace, or the recorder, says that it is not.
static bool is_said(struct sqlite3 *trace, const struct outcome *outcome)
{
	if (count(trace, "exit") == all_exits && count(trace, "exit WHERE code IS NULL") == 0)
		return true;
	return *outcome->err || count(trace, "gap") || count(trace, "notice");
}

static bool left_as_it_should_be(const char *trap, const struct outcome *outcome)
{
	struct sqlite3 *trace;
	bool good;

	if (access(trap, F_OK))
		return *outcome->err;
	if (sqlite3_open_v2(trap, &trace, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return false;
	assert_rows(trace, "PRAGMA integrity_check", "ok");
	good = is_said(trace, outcome) &&
	       (*outcome->err || count(trace, "meta WHERE key = 'ended'"));
	trace_close(trace);
	return good;
}

// With the reason, and before the VMM has seen anything: no status of it is spoken of.
static bool refused(const char *trap, const struct outcome *outcome)
{
	return outcome->status == 2 && !*outcome->out && *outcome->err &&
	       !strstr(outcome->err, "ended with status") && access(trap, F_OK);
}

static bool ran(const char *trap, const struct outcome *outcome)
{
	if (outcome->status != 0 && !(outcome->status == 2 && *outcome->err))
		return false;
	return !strcmp(outcome->out, alone.out) && left_as_it_should_be(trap, outcome);
}

static void remove_trace(const char *trap)
{
	static const char *const beside[] = { "", "-wal", "-shm" };
	char name[PATH_MAX];

	for (unsigned i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		snprintf(name, sizeof(name), "%s%s", trap, beside[i]);
		unlink(name);
	}
}

// False when there were fewer such calls.
static bool survives(const char *who, const char *call, unsigned long nth, int number)
{
	const char *trap = fresh("faults.trap"), *told = in_scratch("told");
	struct outcome outcome = with_failure(who, call, nth, number, trap);
	const bool happened = !access(told, F_OK);

	if (strstr(outcome.err, "Sanitizer") || (!refused(trap, &outcome) && !ran(trap, &outcome)))
		fail_msg("%s: %s number %lu fails with %s: status %d\n%s\nstdout %s", who, call,
			nth, strerror(number), outcome.status, outcome.err, outcome.out);
	remove_trace(trap);
	outcome_free(&outcome);
	return happened;
}

// With TL_LONG each of the first hundred, then in steps of a hundredth.
static unsigned long after(unsigned long nth, unsigned factor)
{
	if (getenv("TL_LONG") || nth < 2)
		return nth + 1 + nth / 100;
	return nth * factor;
}

static void sweep_by(unsigned factor, const char *who, const char *const *calls, const int *numbers)
{
	for (unsigned i = 0; calls[i]; i++) {
		unsigned long nth = 1, last = 0;

		while (survives(who, calls[i], nth, numbers[i])) {
			last = nth;
			nth = after(nth, factor);
		}
		print_message("%s: %s: up to number %lu\n", who, calls[i], last);
	}
}

static void sweep(const char *who, const char *const *calls, const int *numbers)
{
	sweep_by(4, who, calls, numbers);
}

static void calls_of_the_shim(void **state)
{
	static const char *const calls[] = { "ioctl", "mmap", "open", "fcntl", "socket",
		"setsockopt", "connect", "send", "recv", "process_vm_readv", "readlink", "fstat",
		"clock_gettime", NULL };
	static const int numbers[] = { EINVAL, ENOMEM, EMFILE, EMFILE, EMFILE, ENOPROTOOPT,
		ECONNREFUSED, EPIPE, EAGAIN, EPERM, EACCES, EBADF, EINVAL };

	sweep("shim", calls, numbers);
}

static void calls_of_the_collector(void **state)
{
	static const char *const calls[] = { "pwrite64", "write", "open", "fcntl", "mmap",
		"ftruncate", "ftruncate64", "fallocate", "fsync", "fdatasync", "pread64",
		"memfd_create", "fork", "pipe2", "socket", "bind", "listen", "accept4", "recv",
		"send", "poll", "read", "fstat", "readlink", "ioctl", "clock_gettime", NULL };
	static const int numbers[] = { ENOSPC, ENOSPC, EMFILE, ENOLCK, ENOMEM, ENOSPC, EIO, ENOSPC,
		EIO, EIO, EIO, ENFILE, EAGAIN, EMFILE, EMFILE, EADDRINUSE, EADDRINUSE, EMFILE,
		ECONNRESET, EPIPE, ENOMEM, EIO, EIO, EACCES, ENOTTY, EINVAL };

	sweep("collector", calls, numbers);
}

static void no_room_by_quota_and_a_disk_that_fails(void **state)
{
	static const char *const calls[] = { "wal", "pwrite64", "pwrite64", "ftruncate64", NULL };
	static const int numbers[] = { EDQUOT, EDQUOT, EIO, ENOSPC };

	sweep_by(6, "collector", calls, numbers);
}

static void memory_of_the_collector(void **state)
{
	static const char *const calls[] = { "malloc", "calloc", "realloc", "strdup", NULL };
	static const int numbers[] = { ENOMEM, ENOMEM, ENOMEM, ENOMEM };

	sweep_by(6, "collector", calls, numbers);
}

#define MANY "20000" /* more than one transaction of them */

static struct outcome record_many(const char *trap)
{
	struct outcome outcome = RUN(
		NULL, TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN, "threads", "1", MANY);

	unsetenv("LD_PRELOAD");
	return outcome;
}

// How often the log is written to, the last time for the end of the recording.
static unsigned long writes_to_the_log(void)
{
	const char *count = fresh("count"), *trap = fresh("faults.trap");
	struct outcome outcome;
	unsigned long n;
	size_t size;
	char *text;

	let_fail("collector", "wal", 0, 0);
	setenv("FAIL_COUNT", count, 1);
	outcome = record_many(trap);
	unsetenv("FAIL_COUNT");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err, "");
	outcome_free(&outcome);
	text = read_file(count, &size);
	n = strtoul(text, NULL, 10);
	free(text);
	return n;
}

// False when this time there were not so many writes: how many there are depends on when the collector
// found what.
static bool lost_with_write(unsigned long nth)
{
	const char *trap = fresh("faults.trap");
	struct outcome outcome;
	struct sqlite3 *trace;

	let_fail("collector", "wal", nth, EDQUOT);
	outcome = record_many(trap);
	if (!was_told()) {
		assert_int_equal(outcome.status, 0);
		outcome_free(&outcome);
		remove_trace(trap);
		return false;
	}
	if (!strstr(outcome.err, "disk I/O error: Disk quota exceeded"))
		fail_msg("write %lu: status %d\n%s", nth, outcome.status, outcome.err);
	assert_int_equal(sqlite3_open_v2(trap, &trace, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_rows(trace, "PRAGMA integrity_check", "ok");
	assert_int_equal(count(trace, "meta WHERE key = 'ended'"), 0);
	assert_rows(trace, "SELECT count(*) = coalesce(max(seq), 0) FROM exit", "1");
	trace_close(trace);
	remove_trace(trap);
	outcome_free(&outcome);
	return true;
}

static void lost_with_a_commit(unsigned quarters, unsigned long before_the_last)
{
	for (unsigned attempt = 0; attempt < 8; attempt++) {
		const unsigned long n = writes_to_the_log();

		assert_true(n > 300);
		if (lost_with_write(n * quarters / 4 - before_the_last))
			return;
	}
	fail_msg("%u/4 of the writes, but %lu, were never reached", quarters, before_the_last);
}

// Also the last one, when the VMM has ended already.
static void what_is_lost_with_a_commit_is_said(void **state)
{
	lost_with_a_commit(2, 0);
	lost_with_a_commit(3, 0);
	lost_with_a_commit(4, 1);
	lost_with_a_commit(4, 0);
}

// What a verb says is the same, or it says that it could not.
static bool reads_or_says_why(
	const char *call, unsigned long nth, const char *const argv[], const struct outcome *whole)
{
	struct outcome outcome;

	let_fail("shell", call, nth, ENOMEM);
	outcome = program_run(NULL, argv);
	unsetenv("LD_PRELOAD");
	if (outcome.status == 0 ? strcmp(outcome.out, whole->out) != 0
				: outcome.status != 2 || !*outcome.err)
		fail_msg("%s: %s number %lu fails: status %d\n%s\nstdout %s", argv[1], call, nth,
			outcome.status, outcome.err, outcome.out);
	if (strstr(outcome.err, "Sanitizer"))
		fail_msg("%s: %s number %lu: %s", argv[1], call, nth, outcome.err);
	outcome_free(&outcome);
	return was_told();
}

static void sweep_verb(const char *const argv[])
{
	static const char *const calls[] = { "malloc", "calloc", "realloc", "strdup" };
	struct outcome whole = program_run(NULL, argv);

	assert_int_equal(whole.status, 0);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		unsigned long nth = 1;

		while (reads_or_says_why(calls[i], nth, argv, &whole))
			nth = after(nth, 6);
	}
	outcome_free(&whole);
}

static void memory_of_those_who_read(void **state)
{
	char trap[PATH_MAX];
	struct outcome outcome;

	snprintf(trap, sizeof(trap), "%s", fresh("read.trap"));
	outcome = RUN(NULL, TRAPLINE, "record", "-q", "--mem", "exact", "-o", trap, "--", FOREIGN,
		"replies");
	assert_int_equal(outcome.status, 0);
	outcome_free(&outcome);
	sweep_verb((const char *const[]){ TRAPLINE, "stat", trap, NULL });
	sweep_verb((const char *const[]){ TRAPLINE, "show", trap, NULL });
	sweep_verb((const char *const[]){ TRAPLINE, "show", trap, "5", NULL });
	sweep_verb(
		(const char *const[]){ TRAPLINE, "show", trap, "--mem", "5", "0x1000,64", NULL });
	sweep_verb((const char *const[]){ TRAPLINE, "sql", trap, "SELECT * FROM pio", NULL });
}

static void calls_of_the_shim_for_exact_memory(void **state)
{
	static const char *const calls[] = { "ioctl", "open", "mmap", "read", "process_vm_readv",
		NULL };
	static const int numbers[] = { ENOMEM, EMFILE, ENOMEM, EIO, EPERM };

	mem = "exact";
	sweep("shim", calls, numbers);
	mem = "fault";
}

static int learn(void **state)
{
	struct sqlite3 *trace;

	alone = FOREIGN_ALONE("replies");
	trace = FOREIGN_RECORDED(&alone, "replies");
	all_exits = count(trace, "exit");
	trace_close(trace);
	return all_exits < 10;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_the_shim),
		cmocka_unit_test(calls_of_the_collector),
		cmocka_unit_test(no_room_by_quota_and_a_disk_that_fails),
		cmocka_unit_test(memory_of_the_collector),
		cmocka_unit_test(memory_of_those_who_read),
		cmocka_unit_test(what_is_lost_with_a_commit_is_said),
		cmocka_unit_test(calls_of_the_shim_for_exact_memory),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, learn, NULL);
}
