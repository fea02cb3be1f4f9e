/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_JUDGE_H
#define TL_TESTS_UNICORN_JUDGE_H

/* What is made of one instruction that Unicorn and we carried out. */

#include "tests/unicorn/known.h"

enum verdict {
	SAME,	  /**< both executed it, with the same effect */
	TOLD,	  /**< the same effect, but of accesses they tell what known.c lists */
	DECLINED, /**< neither did */
	LISTED,	  /**< they differ as known.c says */
	WRONG,
	VERDICTS,
};

#define JUDGEMENT_TEXT 160

struct judgement {
	enum verdict verdict;
	unsigned known;		   /**< LISTED: the row of the list */
	char text[JUDGEMENT_TEXT]; /**< WRONG: what differs first */
};

/** `window`: the memory that Unicorn left. */
void judge(const struct trial *trial, const struct step *theirs, const struct step *ours,
	const uint8_t *window, struct judgement *ret);

#endif
