/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_MEMORY_DUMP_H
#define TL_TESTS_RECORDER_MEMORY_DUMP_H

#include <stdbool.h>
#include <stdint.h>

/** Pages of a trace, held against those that mode_memory has dumped. */
struct held {
	unsigned dumps;
	uint64_t right;
	uint64_t marked; /**< right or not: the trace says that only the guest's writes were seen */
	uint64_t unknown; /**< the trace says that it does not know */
	bool last_whole;  /**< nothing of the last dump is unknown or marked */
};

/**
 * Every page of every dump that was written out is in the trace as it is in the dump, or the trace
 * says that it does not know. A page that was not mapped must not be known.
 */
struct held memory_dump_hold(const char *trap, const char *dump);

/** The ROM of mode_memory, on disk. */
void memory_dump_make_rom(const char *path);

#endif
