/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_ENGINE_H
#define TL_TESTS_UNICORN_ENGINE_H

/* Unicorn with the window as its memory. */

#include "tests/unicorn/step.h"

struct engine;

/** NULL, with a line on standard error, when Unicorn cannot be started. */
struct engine *engine_open(enum tl_arm64_set set);
void engine_close(struct engine *engine);

/** Carries out the instruction of `bytes` bytes at PC, in memory as window_bytes has it. */
void engine_step(struct engine *engine, const void *code, unsigned bytes,
	const struct registers *before, struct step *ret);

/** The window as the last step left it. */
const uint8_t *engine_window(const struct engine *engine);

/** Undoes what this step, the last one, wrote. */
void engine_undo(struct engine *engine, const struct step *step);

#endif
