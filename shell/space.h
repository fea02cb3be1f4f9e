/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_SPACE_H
#define TL_SHELL_SPACE_H

#include "schema/trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What takes the space of a trace: a part of it, and its bytes. */
struct tl_space {
	const char *name;
	uint64_t bytes;
};

enum { TL_SPACES = 16 };

/**
 * Fills `ret`, TL_SPACES long. Every page of a small file is counted, of a large one with `exactly`;
 * else what is quick to know is told, the larger parts by their first rows, and the rest by
 * difference to `file_bytes`.
 */
TL_CHECK struct tl_error *tl_space(struct tl_trace *trace, uint64_t file_bytes, bool exactly,
	struct tl_space *ret, size_t *ret_n);

#endif
