/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_ENGINE_REGISTERS_H
#define TL_TESTS_UNICORN_ENGINE_REGISTERS_H

/* The registers of Unicorn that are ours. */

#include "tests/unicorn/step.h"

#include <unicorn/unicorn.h>

enum { ENGINE_REGISTERS = 66 };

struct engine_registers {
	enum tl_arm64_set set;
	uint64_t sctlr; /**< the bits that are set beside those of reset */
	uint64_t order; /**< what the byte order was found by */
	int n;
	int id[ENGINE_REGISTERS];
	size_t offset[ENGINE_REGISTERS]; /**< of its value in struct registers */
};

void engine_registers_init(struct engine_registers *registers, enum tl_arm64_set set);
void engine_registers_set(
	struct engine_registers *registers, uc_engine *uc, const struct registers *from);
void engine_registers_get(struct engine_registers *registers, uc_engine *uc, struct registers *ret);

/** SIMD and FP instructions do not trap. */
bool engine_enable_vectors(uc_engine *uc, enum tl_arm64_set set);

#endif
