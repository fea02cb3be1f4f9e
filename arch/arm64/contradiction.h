/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_CONTRADICTION_H
#define TL_ARCH_ARM64_CONTRADICTION_H

#include "arch/arm64/syndrome.h"

/** What is held against each other. */
struct tl_arm64_subject {
	const struct tl_state *state;
	const struct tl_trap *trap;
	const struct tl_arm64_insn *insn;  /**< NULL: not known */
	struct tl_arm64_syndrome syndrome; /**< only where trap->has_esr */
	bool by_data; /**< a data access trapped at stage 2, or the guest says so */
};

/** Says it; true, so that a function can return it. */
#define TL_ARM64_CONTRADICTION(ret, source, ...) (!tl_why(ret, source, __VA_ARGS__))

/** Each true when it found a contradiction, which is then in `ret`. */
bool tl_arm64_contradicts_ea(const struct tl_arm64_subject *s, struct tl_why *ret);
bool tl_arm64_contradicts_walk(const struct tl_arm64_subject *s, struct tl_why *ret);

#endif
