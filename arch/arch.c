/* SPDX-License-Identifier: MIT */
#include "arch/arch.h"

#include <string.h>
#include <strings.h>

static const struct tl_arch *const archs[] = { &tl_arch_arm64, &tl_arch_x86_64 };

#define N_ARCHS (sizeof(archs) / sizeof(archs[0]))

const struct tl_arch *tl_arch_by_id(unsigned id)
{
	for (size_t i = 0; i < N_ARCHS; i++) {
		if (archs[i]->id == id)
			return archs[i];
	}
	return NULL;
}

const struct tl_arch *tl_arch_by_name(const char *name)
{
	for (size_t i = 0; i < N_ARCHS; i++) {
		if (strcmp(archs[i]->name, name) == 0)
			return archs[i];
	}
	return NULL;
}

const struct tl_reg *tl_arch_reg(const struct tl_arch *arch, const char *name)
{
	for (unsigned i = 0; i < arch->n_regs; i++) {
		if (strcasecmp(arch->regs[i].name, name) == 0)
			return &arch->regs[i];
	}
	return NULL;
}

// A word's value is a number, its least significant byte standing first: shifts find a register
// in it on hosts of either endianness.
static unsigned reg_word(const struct tl_reg *reg)
{
	return reg->offset / 8;
}

static unsigned reg_shift(const struct tl_reg *reg)
{
	return reg->offset % 8 * 8;
}

static uint64_t reg_mask(const struct tl_reg *reg)
{
	return UINT64_MAX >> (64 - reg->bits);
}

bool tl_reg_get(const struct tl_reg *reg, const struct tl_regs *regs, uint64_t *ret)
{
	unsigned word = reg_word(reg);

	if (!tl_regs_known(regs, word))
		return false;
	*ret = regs->word[word] >> reg_shift(reg) & reg_mask(reg);
	return true;
}

bool tl_reg_set(const struct tl_reg *reg, struct tl_regs *regs, uint64_t value)
{
	unsigned word = reg_word(reg);
	uint64_t mask = reg_mask(reg) << reg_shift(reg);

	if (reg->bits < 64 && !tl_regs_known(regs, word))
		return false;
	tl_regs_set(regs, word, (regs->word[word] & ~mask) | (value << reg_shift(reg) & mask));
	return true;
}
