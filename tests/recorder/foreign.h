/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_H
#define TL_TESTS_RECORDER_FOREIGN_H

#include "tests/recorder/foreign/modes.h"
#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define FOREIGN TL_BUILD_TESTS "/recorder/foreign"

/* Runs of the foreign VMM (foreign/modes.h). */

/** Runs a mode by itself; it must succeed. */
#define FOREIGN_ALONE(...) foreign_alone((const char *const[]){ FOREIGN, __VA_ARGS__, NULL })

/**
 * Records a mode, which must say the same and end the same as `alone` (NULL: only succeed), with no
 * word from Trapline. Opens the trace.
 */
#define FOREIGN_RECORDED(alone, ...)                                                               \
	foreign_recorded(                                                                          \
		alone, (const char *const[]){ TRAPLINE, "record", "-q", "-o",                      \
			       in_scratch("foreign.trap"), "--", FOREIGN, __VA_ARGS__, NULL })

static inline struct outcome foreign_alone(const char *const argv[])
{
	struct outcome outcome = program_run(NULL, argv);

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	return outcome;
}

static inline struct sqlite3 *foreign_recorded(
	const struct outcome *alone, const char *const argv[])
{
	const char *trap = fresh("foreign.trap");
	struct outcome outcome = program_run(NULL, argv);

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	if (alone)
		assert_string_equal(outcome.out, alone->out);
	outcome_free(&outcome);
	return trace_open(trap);
}

/** Nothing was lost, and the recorder had nothing to complain of. */
static inline void assert_clean(struct sqlite3 *trace)
{
	assert_rows(trace, "SELECT * FROM gap", "");
	assert_rows(trace, "SELECT * FROM notice", "");
}

static inline void close_clean(struct sqlite3 *trace)
{
	assert_clean(trace);
	trace_close(trace);
}

/** `trapline stat` says those words of that trace, among others. */
static inline void assert_stat_says(const char *path, const char *words)
{
	struct outcome outcome = RUN(NULL, TRAPLINE, "stat", path);

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	if (!strstr(outcome.out, words))
		fail_msg("no \"%s\" in\n%s", words, outcome.out);
	outcome_free(&outcome);
}

/** What mode_endless counts in that file, which is made anew. The caller unmaps it. */
static inline struct counts *shared_counts(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *at;

	assert_int_equal(ftruncate(fd, sizeof(struct counts)), 0);
	at = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(at != MAP_FAILED);
	close(fd);
	return at;
}

#endif
