/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_PLACE_H
#define TL_REPLAYER_PLACE_H

#include "schema/trace/memory.h"

#include <stdbool.h>

/** The memory of a VM at a position, with the registers through which virtual addresses go. */
struct tl_place {
	struct tl_trace *trace; /**< borrowed */
	struct tl_position position;
	uint32_t vm;
	unsigned space;
	uint32_t vcpu; /**< TL_NO_VCPU: there are no registers */
	struct tl_regs regs;
	bool registers_set;	  /**< by the VMM, after they were read: `position` has its reply */
	struct tl_memory *memory; /**< owned */
};

/** What a person may say beside the position; UINT64_MAX: nothing. */
struct tl_place_options {
	uint64_t vm, space;
};

/** TL_ERROR_NOT_FOUND when there is no such exit. */
TL_CHECK struct tl_error *tl_place_open(struct tl_trace *trace, struct tl_position position,
	const struct tl_place_options *options, struct tl_place *ret);
void tl_place_deinit(struct tl_place *place);

/** A walk with the place's registers. An error of the trace comes out, what the walk met does not. */
TL_CHECK struct tl_error *tl_place_walk(struct tl_place *place, tl_gva va, struct tl_walk *ret);

#endif
