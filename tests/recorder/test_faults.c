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

static struct outcome with_failure(
	const char *who, const char *call, unsigned long nth, int number, const char *trap)
{
	const char *told = fresh("told");
	struct outcome outcome;

	setenv("FAIL_IN", who, 1);
	setenv("FAIL_CALL", call, 1);
	setenv("FAIL_TOLD", told, 1);
	set_number("FAIL_NTH", nth);
	set_number("FAIL_ERRNO", (unsigned long)number);
	setenv("LD_PRELOAD", TL_BUILD_TESTS "/recorder/fails.so", 1);
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
	return *outcome->err || count(trace, "gap") || count(trace, "notice") ||
	       !count(trace, "meta WHERE key = 'ended'");
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
	good = is_said(trace, outcome);
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
	const char *trap = in_scratch("faults.trap"), *told = in_scratch("told");
	struct outcome outcome = with_failure(who, call, nth, number, trap);
	const bool happened = !access(told, F_OK);

	if (strstr(outcome.err, "Sanitizer") || (!refused(trap, &outcome) && !ran(trap, &outcome)))
		fail_msg("%s: %s number %lu fails with %s: status %d\n%s\nstdout %s", who, call,
			nth, strerror(number), outcome.status, outcome.err, outcome.out);
	remove_trace(trap);
	outcome_free(&outcome);
	return happened;
}

static unsigned long after(unsigned long nth)
{
	if (getenv("TL_LONG") || nth < 2)
		return nth + 1;
	return nth * 4;
}

static void sweep(const char *who, const char *const *calls, const int *numbers)
{
	for (unsigned i = 0; calls[i]; i++) {
		unsigned long nth = 1, last = 0;

		while (survives(who, calls[i], nth, numbers[i])) {
			last = nth;
			nth = after(nth);
		}
		print_message("%s: %s: up to number %lu\n", who, calls[i], last);
	}
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

static void the_disk_fails_in_every_other_way(void **state)
{
	static const char *const calls[] = { "pwrite64", "pwrite64", "ftruncate64", NULL };
	static const int numbers[] = { EIO, EDQUOT, ENOSPC };

	if (getenv("TL_LONG"))
		sweep("collector", calls, numbers);
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
		cmocka_unit_test(the_disk_fails_in_every_other_way),
		cmocka_unit_test(calls_of_the_shim_for_exact_memory),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, learn, NULL);
}
