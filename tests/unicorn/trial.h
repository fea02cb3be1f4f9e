/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_TRIAL_H
#define TL_TESTS_UNICORN_TRIAL_H

/* A random instruction with random registers, by which it mostly meets the window. */

#include "tests/unicorn/families.h"
#include "tests/unicorn/step.h"

/** What the trap says of the access to the device. */
enum tells { TELLS_NOTHING, TELLS_GPA, TELLS_GPA_AND_FAR, TELLS };

struct trial {
	const struct family *family;
	uint8_t code[4];
	uint32_t word;
	struct tl_arm64_insn insn; /**< as we decode it */
	enum tells tells;
	struct registers before;
};

/** Starts the random numbers, and fills the window by them. See tests/arch/random.h. */
void trials_start(void);

/** So many in an ordinary run; with TL_LONG a hundred times as many. */
unsigned trials_wanted(unsigned few);

void trial_make(const struct family *family, enum tl_arm64_set set, struct trial *ret);

#endif
