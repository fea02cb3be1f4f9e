/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WISH_H
#define TL_SHELL_WISH_H

#include "replayer/answers.h"

/** "abort", "value=0x20", "emulate=1,2". TL_ERROR_USAGE names the word and what there is. */
TL_CHECK struct tl_error *tl_parse_wish(const char *word, struct tl_wish *ret);

/**
 * The exit that a verb is about: argv[1] when it is a position, which is taken out, else the newest at
 * which the guest was in trouble. Refused: a place after an exit.
 */
TL_CHECK struct tl_error *tl_which_exit(
	struct tl_trace *trace, int *argc, char **argv, tl_seq *ret);

#endif
