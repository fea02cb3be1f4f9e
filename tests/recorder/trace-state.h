/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_TRACE_STATE_H
#define TL_TESTS_RECORDER_TRACE_STATE_H

#include <stdint.h>

#include "arch/arch.h"

struct sqlite3;

/* Registers out of a trace. What is not there fails the test. */

/** The registers at exit `seq`. */
struct tl_regs trace_regs(struct sqlite3 *trace, uint64_t seq);

/** One of them by its name, which must be known there. */
uint64_t trace_reg(struct sqlite3 *trace, uint64_t seq, const char *name);

/** How many registers outside the flat vector were recorded at `seq`. */
unsigned trace_extras(struct sqlite3 *trace, uint64_t seq);

/** One of these by its id, of at most 16 bytes, as two words. */
void trace_extra(struct sqlite3 *trace, uint64_t seq, uint64_t id, uint64_t ret[2]);

#endif
