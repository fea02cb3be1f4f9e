/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_TALLY_H
#define TL_SCHEMA_TRACE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/** How many exits of which kind each vCPU had, kept while recording so that nobody has to count. */
struct tl_tally;

struct tl_tally_row {
	uint32_t vcpu;
	int error;
	int64_t reason; /**< -1: a run that failed without one */
	uint64_t exits;
};

/** NULL without memory. */
struct tl_tally *tl_tally_open(void);
void tl_tally_close(struct tl_tally *tally);

/** Counts one. Without memory for a new row the count is lost. */
void tl_tally_add(struct tl_tally *tally, uint32_t vcpu, int64_t reason, int error);

/** All counts become 0. */
void tl_tally_clear(struct tl_tally *tally);
/** A count from elsewhere. */
void tl_tally_set(struct tl_tally *tally, const struct tl_tally_row *row);

/** The rows that changed since they were last given, one a call; false after the last. */
bool tl_tally_next(struct tl_tally *tally, struct tl_tally_row *ret);

#endif
