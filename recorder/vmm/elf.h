/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_ELF_H
#define TL_RECORDER_VMM_ELF_H

#include <stdbool.h>

#include "recorder/vmm/memory.h"

struct tl_board;

/** A guest that is in RAM. */
struct tl_image {
	tl_gpa entry;
	bool is_32bit;
};

/**
 * Loads the segments of the static executable at `path` to their physical addresses in `ram`.
 * Refused, with found and expected: what is no ELF file, not for this board, no executable, cut
 * short, or has a segment outside RAM or on board->reserved. RAM may hold part of it then.
 */
TL_CHECK struct tl_error *tl_elf_load(const char *path, const struct tl_board *board,
	const struct tl_memory *ram, struct tl_image *ret);

#endif
