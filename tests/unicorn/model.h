/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_MODEL_H
#define TL_TESTS_UNICORN_MODEL_H

/* Our own model with the window as its memory. */

#include "arch/trap.h"
#include "tests/unicorn/step.h"

/** `code` as in memory. */
void model_decode(enum tl_arm64_set set, const uint8_t code[4], struct tl_arm64_insn *ret);

/** The address that it accesses; false when there is none, or its condition fails. */
bool model_address(
	const struct tl_arm64_insn *insn, const struct registers *registers, tl_gva *ret);

/** Carries it out, in memory as window_bytes has it. */
void model_step(const struct tl_arm64_insn *insn, const struct registers *before,
	const struct tl_trap *trap, struct step *ret);

#endif
