// SPDX-License-Identifier: MIT
#include "tests/unicorn/engine_registers.h"

#include <string.h>

static void add(struct engine_registers *r, int id, size_t offset)
{
	r->id[r->n] = id;
	r->offset[r->n++] = offset;
}

static size_t general(unsigned n)
{
	return offsetof(struct registers, x) + n * sizeof(uint64_t);
}

static size_t vector(unsigned n)
{
	return offsetof(struct registers, v) + (size_t)n * 16;
}

// PSTATE goes first: it says which of the banked registers the others mean.
static void init_a64(struct engine_registers *r)
{
	add(r, UC_ARM64_REG_PSTATE, offsetof(struct registers, pstate));
	for (unsigned n = 0; n < 29; n++)
		add(r, UC_ARM64_REG_X0 + (int)n, general(n));
	add(r, UC_ARM64_REG_X29, general(29));
	add(r, UC_ARM64_REG_X30, general(30));
	add(r, UC_ARM64_REG_SP, offsetof(struct registers, sp));
	add(r, UC_ARM64_REG_PC, offsetof(struct registers, pc));
	for (unsigned n = 0; n < 32; n++)
		add(r, UC_ARM64_REG_V0 + (int)n, vector(n));
}

static void init_aarch32(struct engine_registers *r)
{
	add(r, UC_ARM_REG_CPSR, offsetof(struct registers, pstate));
	for (unsigned n = 0; n < 13; n++)
		add(r, UC_ARM_REG_R0 + (int)n, general(n));
	add(r, UC_ARM_REG_SP, general(13));
	add(r, UC_ARM_REG_LR, general(14));
	add(r, UC_ARM_REG_PC, offsetof(struct registers, pc));
	for (unsigned n = 0; n < 32; n++)
		add(r, UC_ARM_REG_D0 + (int)n, vector(n / 2) + n % 2 * 8);
}

void engine_registers_init(struct engine_registers *registers, enum tl_arm64_set set)
{
	*registers = (struct engine_registers){ .set = set };
	if (set == TL_ARM64_A64)
		init_a64(registers);
	else
		init_aarch32(registers);
}

static void point(const struct engine_registers *r, const struct registers *at, void **ret)
{
	for (int i = 0; i < r->n; i++)
		ret[i] = (uint8_t *)(uintptr_t)at + r->offset[i];
}

// Unicorn looks at the byte order again when SCTLR_EL1 is written; PSTATE alone does not make it.
static void set_order(struct engine_registers *r, uc_engine *uc, const struct registers *from)
{
	const uint64_t order = from->sctlr | (from->pstate & 0xf);
	uc_arm64_cp_reg sctlr = { .op0 = 3, .crn = 1 };

	if (r->order == order)
		return;
	uc_reg_read(uc, UC_ARM64_REG_CP_REG, &sctlr);
	sctlr.val = (sctlr.val & ~r->sctlr) | from->sctlr;
	uc_reg_write(uc, UC_ARM64_REG_CP_REG, &sctlr);
	r->sctlr = from->sctlr;
	r->order = order;
}

void engine_registers_set(
	struct engine_registers *registers, uc_engine *uc, const struct registers *from)
{
	void *values[ENGINE_REGISTERS];

	point(registers, from, values);
	uc_reg_write_batch(uc, registers->id, values, registers->n);
	if (registers->set == TL_ARM64_A64)
		set_order(registers, uc, from);
}

void engine_registers_get(struct engine_registers *registers, uc_engine *uc, struct registers *ret)
{
	void *values[ENGINE_REGISTERS];

	memset(ret, 0, sizeof(*ret));
	ret->sctlr = registers->sctlr;
	point(registers, ret, values);
	uc_reg_read_batch(uc, registers->id, values, registers->n);
}

bool engine_enable_vectors(uc_engine *uc, enum tl_arm64_set set)
{
	const uint64_t fpen = 3 << 20;
	const uint32_t fpexc = 1 << 30;						   // EN
	uc_arm_cp_reg cpacr = { .cp = 15, .crn = 1, .opc2 = 2, .val = 0xf << 20 }; // CP10, CP11

	if (set == TL_ARM64_A64)
		return !uc_reg_write(uc, UC_ARM64_REG_CPACR_EL1, &fpen);
	return !uc_reg_write(uc, UC_ARM_REG_CP_REG, &cpacr) &&
	       !uc_reg_write(uc, UC_ARM_REG_FPEXC, &fpexc);
}
