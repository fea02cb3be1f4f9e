// SPDX-License-Identifier: MIT
#include "arch/arm64/aarch32.h"

// The first of the two words that hold the mode's LR and SP, in this order; FIQ's stand the other way.
static const struct {
	uint8_t mode, lr, sp, spsr;
} banks[] = {
	{ TL_ARM32_USR, TL_ARM64_x14, TL_ARM64_x13, 0 },
	{ TL_ARM32_SYS, TL_ARM64_x14, TL_ARM64_x13, 0 },
	{ TL_ARM32_IRQ, TL_ARM64_x16, TL_ARM64_x17, TL_ARM64_spsr_irq },
	{ TL_ARM32_SVC, TL_ARM64_x18, TL_ARM64_x19, TL_ARM64_spsr_el1 },
	{ TL_ARM32_ABT, TL_ARM64_x20, TL_ARM64_x21, TL_ARM64_spsr_abt },
	{ TL_ARM32_UND, TL_ARM64_x22, TL_ARM64_x23, TL_ARM64_spsr_und },
	{ TL_ARM32_FIQ, TL_ARM64_x30, TL_ARM64_x29, TL_ARM64_spsr_fiq },
};

bool tl_arm32_reg(unsigned mode, unsigned n, enum tl_arm64_reg *ret)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		if (banks[i].mode != mode)
			continue;
		if (n == 14)
			*ret = banks[i].lr;
		else if (n == 13)
			*ret = banks[i].sp;
		else if (mode == TL_ARM32_FIQ && n >= 8)
			*ret = TL_ARM64_x24 + (n - 8);
		else
			*ret = TL_ARM64_x0 + n;
		return true;
	}
	return false;
}

bool tl_arm32_spsr(unsigned mode, enum tl_arm64_reg *ret)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		if (banks[i].mode != mode || !banks[i].spsr)
			continue;
		*ret = banks[i].spsr;
		return true;
	}
	return false;
}
