/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_ANSWER_PARTS_H
#define TL_ARCH_ARM64_ANSWER_PARTS_H

#include "arch/answering.h"
#include "arch/arm64/insn.h"

/* What the answers of arm64 share. */

typedef enum tl_answer_status tl_arm64_give(const struct tl_state *state,
	const struct tl_trap *trap, const struct tl_choice *choice, struct tl_effect *ret,
	struct tl_why *ret_why);

/** Answers that the guest takes as an exception: see struct tl_answer_rule. */
tl_arm64_give tl_arm64_give_abort, tl_arm64_give_size_fault, tl_arm64_give_undef,
	tl_arm64_give_serror;

/** Done; or else, by the reason: one with a source is a rule, one without says what is not known. */
enum tl_answer_status tl_arm64_answered_if(bool good, const struct tl_why *why);

/** The instruction at PC; false with the reason when it is not known. */
bool tl_arm64_answer_insn(const struct tl_state *state, const struct tl_trap *trap,
	struct tl_arm64_insn *ret, struct tl_why *ret_why);

#endif
