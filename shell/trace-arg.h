/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_TRACE_ARG_H
#define TL_SHELL_TRACE_ARG_H

#include "schema/trace/reader.h"

#include <stdbool.h>

/** A word that means a trace: it has a '/', or ends like one. */
bool tl_is_trace_word(const char *word);

/**
 * Opens the trace that a verb is about: `said` (-t), or the first word of argv[1..*argc-1], if that
 * means a trace, which is then taken out; else the newest in $TRAPLINE_DIR or the current folder.
 */
TL_CHECK struct tl_error *tl_trace_arg(
	const char *said, int *argc, char **argv, struct tl_trace **ret);

/** TL_ERROR_USAGE when a word is left at argv[at]. */
TL_CHECK struct tl_error *tl_no_more_words(int argc, char **argv, int at);

#endif
