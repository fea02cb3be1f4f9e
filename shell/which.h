/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WHICH_H
#define TL_SHELL_WHICH_H

#include "schema/trace/reader.h"

#include <stdbool.h>
#include <stdint.h>

/* People's words for exits and addresses. */

/** "41", "last", "10-20", "10..20", "10..", "..20". */
TL_CHECK struct tl_error *tl_which_exits(
	struct tl_trace *trace, const char *word, tl_seq *from, tl_seq *to);

/** The word means a range, even one of a single exit. */
bool tl_is_range(const char *word);

/** "0x9000000", "0x9000000-0x9000fff", "0x9000000+0x1000": first and last. False for other words. */
bool tl_which_addresses(const char *word, uint64_t *first, uint64_t *last);

#endif
