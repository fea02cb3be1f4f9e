// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// There is no more room for the trace: the disk is full, or files may not be that large, or there is
// no writing at all. The guest ends as it would have; what was recorded until then is a trace that
// says itself what is missing; and where nothing can be recorded, nothing is started.
#include "tests/recorder/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXITS "60000"

// A disk of its own, which nobody else sees.
static const char *small_disk(const char *name, const char *options)
{
	const char *at = in_scratch(name);

	umount2(at, MNT_DETACH);
	assert_true(!mkdir(at, 0700) || !access(at, F_OK));
	assert_int_equal(mount("none", at, "tmpfs", MS_NOSUID, options), 0);
	return at;
}

static const char *in(const char *folder, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

// Leaves so many bytes.
static void fill_but(const char *folder, size_t left)
{
	static const char zeroes[4096];
	int fd = open(in(folder, "fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	off_t size = 0;

	assert_true(fd >= 0);
	while (write(fd, zeroes, sizeof(zeroes)) == sizeof(zeroes))
		size += (off_t)sizeof(zeroes);
	assert_int_equal(ftruncate(fd, size - (off_t)left), 0);
	close(fd);
}

static void assert_says(const struct outcome *outcome, const char *path, const char *words)
{
	char expected[PATH_MAX + 200];

	snprintf(expected, sizeof(expected), words, path);
	assert_string_equal(outcome->err, expected);
}

// What is there is there from the first exit on, and the gap begins behind it.
static void assert_cut_short(const char *path, const char *why)
{
	struct sqlite3 *trace = trace_open_cut(path);

	assert_rows(trace,
		"SELECT count(*) > 0, count(*) < " EXITS ", count(*) = max(seq) FROM exit",
		"1|1|1");
	assert_rows(trace,
		"SELECT count(*), min(from_seq) = (SELECT max(seq) + 1 FROM exit), sum(lost) > 0 "
		"FROM gap",
		"1|1|1");
	assert_rows(trace, "SELECT count(*) FROM meta WHERE key = 'ended'", "0");
	trace_close(trace);
	assert_stat_says(path, "cut short");
	assert_stat_says(path, why);
}

static void a_disk_that_fills_up_in_the_middle(void **state)
{
	const char *path = in(small_disk("middle", "size=2m"), "a.trap");
	struct outcome alone = FOREIGN_ALONE("threads", "1", EXITS);
	struct outcome outcome =
		RUN(NULL, TRAPLINE, "record", "-o", path, "--", FOREIGN, "threads", "1", EXITS);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.out, alone.out);
	assert_says(&outcome, path,
		"trapline record: recording ended early: %s: database or disk is full\n");
	assert_cut_short(path, "database or disk is full");
	outcome_free(&outcome);
	outcome_free(&alone);
}

static void a_disk_that_is_full_already(void **state)
{
	const char *folder = small_disk("full", "size=600k");
	const char *path;
	struct outcome outcome;

	fill_but(folder, 16384);
	path = in(folder, "a.trap");
	outcome = RUN(NULL, TRAPLINE, "record", "-o", path, "--", FOREIGN, "signal");
	assert_int_equal(outcome.status, 2);
	assert_string_equal(outcome.out, ""); // which would say "ready"
	assert_non_null(strstr(outcome.err, ": No space left on device\n"));
	assert_int_equal(access(path, F_OK), -1);
	outcome_free(&outcome);
	assert_int_equal(access(in(folder, "a.trap-wal"), F_OK), -1);
	assert_int_equal(access(in(folder, "a.trap-shm"), F_OK), -1);
}

// From hardly enough to begin with to enough for it all: whichever write it is that fails.
static void a_disk_with_any_amount_of_room(void **state)
{
	const char *folder = small_disk("any", "size=1m");
	const unsigned step = getenv("TL_LONG") ? 4096 : 65536;
	unsigned full = 0, whole = 0;

	for (size_t left = 64 << 10; left < 900 << 10; left += step) {
		struct outcome outcome;
		const char *path;

		fill_but(folder, left);
		path = in(folder, "a.trap");
		outcome = RUN(NULL, TRAPLINE, "record", "-q", "-o", path, "--", FOREIGN, "threads",
			"1", "4000");
		if (outcome.status == 2) {
			assert_int_equal(access(path, F_OK), -1);
			assert_string_not_equal(outcome.err, "");
		} else if (*outcome.err) {
			struct sqlite3 *trace = trace_open_cut(path);

			full++;
			assert_int_equal(outcome.status, 0);
			assert_rows(trace,
				"SELECT count(*) = 4000 OR (SELECT count(*) FROM gap) = 1 FROM "
				"exit",
				"1");
			trace_close(trace);
		} else {
			struct sqlite3 *trace = trace_open(path);

			whole++;
			assert_int_equal(outcome.status, 0);
			assert_rows(trace, "SELECT count(*) FROM exit", "4000");
			assert_rows(trace, "SELECT count(*) FROM gap", "0");
			trace_close(trace);
		}
		outcome_free(&outcome);
		unlink(path);
		unlink(in(folder, "a.trap-wal"));
		unlink(in(folder, "a.trap-shm"));
		unlink(in(folder, "fill"));
	}
	assert_true(full > 0 && whole > 0);
}

static struct outcome with_limit(rlim_t bytes, const char *path, const char *inputs)
{
	struct rlimit before, limit;
	struct outcome outcome;

	getrlimit(RLIMIT_FSIZE, &before);
	limit = (struct rlimit){ bytes, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	outcome = RUN(NULL, TRAPLINE, "record", "-o", path, "--", FOREIGN, "flood", inputs);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	return outcome;
}

// A limit of this kind kills who reaches it, and the arena counts as well.
static void files_that_may_not_be_that_large(void **state)
{
	const char *path = fresh("limit.trap");
	struct outcome outcome = with_limit(17 << 20, path, "60000");

	assert_int_equal(outcome.status, 0);
	assert_says(&outcome, path,
		"trapline record: recording ended early: %s: disk I/O error: File too large\n");
	assert_stat_says(path, "File too large");
	outcome_free(&outcome);
}

static void files_that_may_not_even_be_small(void **state)
{
	const char *path = fresh("small.trap");
	struct outcome outcome = with_limit(64 << 10, path, "10");

	assert_int_equal(outcome.status, 2);
	assert_non_null(strstr(outcome.err, "File too large\n"));
	assert_int_equal(access(path, F_OK), -1);
	outcome_free(&outcome);
}

static void a_folder_that_cannot_be_written(void **state)
{
	const char *folder = small_disk("read-only", "size=1m");
	const char *path;
	struct outcome outcome;

	assert_int_equal(mount("none", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	path = in(folder, "a.trap");
	outcome = RUN(NULL, TRAPLINE, "record", "-o", path, "--", FOREIGN, "signal");
	assert_int_equal(outcome.status, 2);
	assert_string_equal(outcome.out, "");
	assert_says(&outcome, path, "trapline record: %s: cannot be made: Read-only file system\n");
	outcome_free(&outcome);
}

// Where root is not allowed to mount, root of a user namespace may be.
// In a chroot "/" is no mount point, and what is mounted below goes nowhere else by itself.
static int own_mounts(void)
{
	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) && errno != EINVAL ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_fills_up_in_the_middle),
		cmocka_unit_test(a_disk_that_is_full_already),
		cmocka_unit_test(a_disk_with_any_amount_of_room),
		cmocka_unit_test(files_that_may_not_be_that_large),
		cmocka_unit_test(files_that_may_not_even_be_small),
		cmocka_unit_test(a_folder_that_cannot_be_written),
	};

	if (no_kvm())
		return SKIPPED;
	if (own_mounts()) {
		perror("a mount namespace");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
