/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_FAMILIES_H
#define TL_TESTS_UNICORN_FAMILIES_H

#include "arch/arm64/insn.h"

/**
 * Words that are tried: `value` with random bits where `mask` has none. Of T32 the first halfword is the
 * upper one. The condition of A32 is random where `mask` leaves it so.
 */
struct family {
	const char *name;
	uint32_t mask, value;
	uint32_t ones, zeros; /**< bits that should be so, and hardly ever are not */
	unsigned least;	      /**< of a hundred words, so many must be carried out by both */
};

/** `ret_n` rows. */
const struct family *families_of(enum tl_arm64_set set, unsigned *ret_n);

#endif
