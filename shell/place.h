/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_PLACE_H
#define TL_SHELL_PLACE_H

#include "schema/trace/memory.h"

#include <stdbool.h>
#include <stdio.h>

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

/** `word` as for tl_parse_position(). TL_ERROR_NOT_FOUND when there is no such exit. */
TL_CHECK struct tl_error *tl_place_open(struct tl_trace *trace, const char *word,
	const struct tl_place_options *options, struct tl_place *ret);
void tl_place_deinit(struct tl_place *place);

/** Where to look. */
struct tl_address {
	bool is_virtual;
	uint64_t at;
};

/**
 * "0x1000" is guest physical, or virtual when `is_virtual`; "v:0x1000" and the registers' names are
 * virtual, "pc" and "sp" on any machine; each with "+N" or "-N" behind it.
 */
TL_CHECK struct tl_error *tl_place_address(
	const struct tl_place *place, const char *word, bool is_virtual, struct tl_address *ret);

/** A walk with the place's registers. An error of the trace comes out, what the walk met does not. */
TL_CHECK struct tl_error *tl_place_walk(struct tl_place *place, tl_gva va, struct tl_walk *ret);

/**
 * One page of guest memory there, and if it is not all that can be known, why. All zero before the
 * first call; a next one may keep its words.
 */
struct tl_place_page {
	struct tl_memory_page page;
	char why[512];	/**< when it is not recorded; of a trace: not for terminals */
	char note[512]; /**< what its marks mean; empty without any */
};

TL_CHECK struct tl_error *tl_place_page(
	struct tl_place *place, tl_gpa gpa, uint8_t *bytes, struct tl_place_page *ret);

#endif
