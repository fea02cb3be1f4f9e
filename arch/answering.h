/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ANSWERING_H
#define TL_ARCH_ANSWERING_H

#include "arch/answer.h"

/** One answer to some kinds of exits, as an architecture gives it. See tl_answer_give(). */
struct tl_answer_rule {
	enum tl_answer_id id;
	uint32_t traps; /**< mask of 1 << enum tl_trap_kind: what it is an answer to */
	/** `ret` is initialized: nothing has changed yet. `why` for all but TL_ANSWER_DONE. */
	enum tl_answer_status (*give)(const struct tl_state *state, const struct tl_trap *trap,
		const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *ret_why);
};

#define TL_TRAP_BIT(kind) (UINT32_C(1) << (kind))

/**
 * Each in the order in which people see them; `id` TL_ANSWERS ends them. What ends the VM is an answer to
 * every exit, and not among them.
 */
extern const struct tl_answer_rule tl_arm64_answers[], tl_x86_answers[];

#endif
