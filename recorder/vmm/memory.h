/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_MEMORY_H
#define TL_RECORDER_VMM_MEMORY_H

#include "arch/arch.h"
#include "schema/error.h"

/** A stretch of guest physical memory and the host memory behind it. All zero: there is none. */
struct tl_memory {
	tl_gpa base;
	uint64_t size;	/**< bytes, whole pages */
	uint8_t *bytes; /**< owned; zeroed at first */
};

/** `size` bytes from `base`; both in whole pages. Size 0 gives an empty one. */
TL_CHECK struct tl_error *tl_memory_init(struct tl_memory *memory, tl_gpa base, uint64_t size);
void tl_memory_deinit(struct tl_memory *memory);

/** Where the guest's `size` bytes at `gpa` stand; NULL unless all of them are in there. */
void *tl_memory_at(const struct tl_memory *memory, tl_gpa gpa, uint64_t size);

#endif
