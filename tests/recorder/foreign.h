/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_H
#define TL_TESTS_RECORDER_FOREIGN_H

#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

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

#endif
