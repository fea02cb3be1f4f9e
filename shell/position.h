/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_POSITION_H
#define TL_SHELL_POSITION_H

#include "schema/trace/memory.h"

#include <stdbool.h>
#include <stdio.h>

/* People's words for moments of a recording. */

/**
 * "41" is exit 41, "41+0" the same with the VMM's reply and writes, "0+0" the start; "last" and
 * "last+0" are the last exit's. TL_ERROR_UNSUPPORTED for a place between exits.
 */
TL_CHECK struct tl_error *tl_parse_position(
	struct tl_trace *trace, const char *word, struct tl_position *ret);

/** The word has the form of a place after an exit: "41+0". */
bool tl_is_place_after(const char *word);

/** "exit 41", "41+0". */
void tl_put_position(FILE *to, struct tl_position position);

#endif
