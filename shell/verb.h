/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_VERB_H
#define TL_SHELL_VERB_H

#include "schema/error.h"

#include <stdbool.h>

/* The verbs of `trapline VERB ...`. Only this folder prints and exits. */

/** Exit statuses of every verb: done, the answer is no, could not. */
enum { TL_STATUS_DONE = 0, TL_STATUS_NO = 1, TL_STATUS_FAILED = 2 };

/**
 * A verb: gets its own name as argv[0]. On success `*ret_status` is the exit status (0 unless the
 * verb says otherwise); an error is printed by main() with TL_STATUS_FAILED.
 */
struct tl_verb {
	const char *name;
	const char *summary; /**< one line of `trapline --help`; NULL: it is not for people */
	const char *help;    /**< all of `trapline VERB --help` */
	struct tl_error *(*run)(int argc, char **argv, int *ret_status);
};

extern const struct tl_verb tl_verb_record, tl_verb_run, tl_verb_check, tl_verb_ls, tl_verb_stat,
	tl_verb_show, tl_verb_explain, tl_verb_answer, tl_verb_sql, tl_verb_cut, tl_verb_import,
	tl_verb_collect;

#endif
