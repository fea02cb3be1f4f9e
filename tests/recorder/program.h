/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_PROGRAM_H
#define TL_TESTS_RECORDER_PROGRAM_H

#include "tests/recorder/kernel-events.h"

#include <sys/types.h>

/** A program under way, with nothing to read on stdin and its output in memory. */
struct program {
	pid_t pid;
	int out, err;
};

/** How it ended. */
struct outcome {
	int status; /**< exit status, or 128 + signal */
	char *out, *err;
	size_t out_size;
};

/** Starts argv, which `witness` (NULL: none) follows from before its first instruction. */
struct program program_start(struct kernel_events *witness, const char *const argv[]);
struct outcome program_wait(struct program *program);
void outcome_free(struct outcome *outcome);

/** The program that it has started; waits until there is one. */
pid_t program_child(const struct program *program);

struct outcome program_run(struct kernel_events *witness, const char *const argv[]);

/** program_run() of the words given. */
#define RUN(witness, ...) program_run(witness, (const char *const[]){ __VA_ARGS__, NULL })

/** Runs the words given and holds the whole outcome against what is expected. */
#define assert_run(expected_status, expected_out, expected_err, ...)                               \
	do {                                                                                       \
		struct outcome run_ = RUN(NULL, __VA_ARGS__);                                      \
		assert_string_equal(run_.err, expected_err);                                       \
		assert_string_equal(run_.out, expected_out);                                       \
		assert_int_equal(run_.status, expected_status);                                    \
		outcome_free(&run_);                                                               \
	} while (0)

#endif
