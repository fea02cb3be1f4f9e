/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_EXPLAIN_PARTS_H
#define TL_SHELL_EXPLAIN_PARTS_H

#include "shell/explain.h"

/* The parts of an explanation on stdout. */

enum { TL_EXPLAIN_LABEL = 13 /* columns that labels take */ };

void tl_explain_label(const char *text);

void tl_explain_print_code(const struct tl_diagnosis *diagnosis);
TL_CHECK struct tl_error *tl_explain_print_facts(struct tl_explained *explained);

#endif
