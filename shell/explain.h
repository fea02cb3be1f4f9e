/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_EXPLAIN_H
#define TL_SHELL_EXPLAIN_H

#include "replayer/answers.h"
#include "replayer/diagnosis.h"

#include <stdio.h>

/** An exit with what is to be said of it. */
struct tl_explained {
	struct tl_situation situation;
	struct tl_diagnosis diagnosis;
	unsigned n_tried; /**< the answers that it may have */
	struct tl_tried tried[TL_ANSWERS];
};

TL_CHECK struct tl_error *tl_explain_print(struct tl_explained *e);
void tl_explain_json(const struct tl_explained *e);

/** "certain", "likely", ... */
extern const char *const tl_certainty_names[];

/** What the address is to KVM, in words: "no slot; the nearest is RAM at 0x40000000, 768 MiB above". */
void tl_put_backing(
	FILE *to, tl_gpa gpa, const struct tl_backing *backing, const struct tl_platform *platform);

#endif
