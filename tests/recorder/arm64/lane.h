/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_ARM64_LANE_H
#define TL_TESTS_RECORDER_ARM64_LANE_H

#include <unistd.h>

#include "tests/guests/arm64/board.inc"
#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"
#include "tests/recorder/trace-state.h"

/*
 * What the tests of the arm64 lane share: guests of the build, recorded by the program as people
 * run it.
 */
#define ROM "--rom 0x0c000000,0x10000"

/** The reference VMM records itself, or is a foreign one that the shim is preloaded into. */
enum way { EMBEDDED, PRELOADED, N_WAYS };

/** One recording and what came of it. */
struct lane {
	char path[256];
	struct sqlite3 *trace;
	struct outcome outcome; /**< of the VMM */
};

/** Runs `command`, words with spaces between them. */
static inline struct outcome lane_run(struct kernel_events *witness, char *command)
{
	const char *argv[32];
	unsigned n = 0;

	for (char *word; (word = strsep(&command, " "));)
		if (*word) {
			assert_true(n + 1 < sizeof(argv) / sizeof(*argv));
			argv[n++] = word;
		}
	argv[n] = NULL;
	return program_run(witness, argv);
}

/**
 * Records a guest of the build. `regs` is the level; `options` are the reference VMM's. What the
 * recorder itself says is not wanted, so that the output is the VMM's.
 */
static inline struct lane lane_record(struct kernel_events *witness, enum way way, const char *regs,
	const char *options, const char *guest)
{
	static unsigned n;
	struct lane lane;
	char command[2048];

	snprintf(lane.path, sizeof(lane.path), "%s-%u", in_scratch("lane"), n++);
	snprintf(command, sizeof(command),
		TRAPLINE " %s -q -o %s --regs %s %s %s " TL_BUILD_TESTS "/guests/%s.elf",
		way == EMBEDDED ? "run" : "record", lane.path, regs,
		way == EMBEDDED ? "" : "-- " TRAPLINE " run", options, guest);
	lane.outcome = lane_run(witness, command);
	print_message("%s", lane.outcome.err); // why, if there is no trace to open
	lane.trace = trace_open(lane.path);
	return lane;
}

static inline void lane_close(struct lane *lane)
{
	trace_close(lane->trace);
	outcome_free(&lane->outcome);
	unlink(lane->path);
}

/** trace_number() of a printf format. */
__attribute__((format(printf, 2, 3))) static inline int64_t lane_number(
	const struct lane *lane, const char *format, ...)
{
	char sql[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	return trace_number(lane->trace, sql);
}

#endif
