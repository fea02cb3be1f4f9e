/* SPDX-License-Identifier: MIT */
#include "arch/arm64/walk.h"

#define SCTLR_EE (UINT64_C(1) << 25)

// A 32-bit program may run under a kernel of either width. What AArch32 cannot have done tells: to
// write VBAR_EL1[63:32], TCR_EL1.IPS or ELR_EL1, from which a 64-bit kernel returns to its program.
static enum tl_arm64_regime usr_regime(const struct tl_regs *regs)
{
	uint64_t vbar, tcr, elr;

	if (!tl_arm64_get(regs, TL_ARM64_vbar_el1, &vbar) ||
		!tl_arm64_get(regs, TL_ARM64_tcr_el1, &tcr) ||
		!tl_arm64_get(regs, TL_ARM64_elr_el1, &elr))
		return TL_ARM64_REGIME_NOT_KNOWN;
	return vbar >> 32 || (tcr >> 32 & 7) || elr ? TL_ARM64_REGIME_AARCH64
						    : TL_ARM64_REGIME_AARCH32;
}

enum tl_arm64_regime tl_arm64_regime(const struct tl_regs *regs)
{
	uint64_t pstate;

	if (!tl_arm64_get(regs, TL_ARM64_pstate, &pstate))
		return TL_ARM64_REGIME_NOT_KNOWN;
	switch (pstate & TL_ARM64_MODE_MASK) {
	case TL_ARM64_EL0T:
	case TL_ARM64_EL1T:
	case TL_ARM64_EL1H:
		return TL_ARM64_REGIME_AARCH64;
	case TL_ARM32_USR:
		return usr_regime(regs);
	case TL_ARM32_FIQ:
	case TL_ARM32_IRQ:
	case TL_ARM32_SVC:
	case TL_ARM32_ABT:
	case TL_ARM32_UND:
	case TL_ARM32_SYS:
		return TL_ARM64_REGIME_AARCH32;
	}
	return TL_ARM64_REGIME_OTHER;
}

// Without stage 1 the tag is dropped as with it; what is above 52 bits is an address size fault.
static void walk_disabled(const struct tl_regs *regs, tl_gva va, struct tl_walk *ret)
{
	uint64_t tcr;

	if (tl_arm64_get(regs, TL_ARM64_tcr_el1, &tcr) && (tcr >> (37 + (va >> 55 & 1)) & 1))
		va &= TL_LOW_BITS(56);
	if (va >> 52)
		tl_walk_fault(ret, 0);
	else
		tl_walk_identity(ret, va);
}

void tl_arm64_walk(
	const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va, struct tl_walk *ret)
{
	struct tl_walk_tables tables = { .mem = mem, .entry_size = 8 };
	enum tl_arm64_regime which = tl_arm64_regime(regs);
	uint64_t sctlr;

	*ret = (struct tl_walk){ .status = TL_WALK_NOT_KNOWN, .va = va };
	if (which == TL_ARM64_REGIME_OTHER)
		ret->status = TL_WALK_UNSUPPORTED;
	if (which < TL_ARM64_REGIME_AARCH64 || !tl_arm64_get(regs, TL_ARM64_sctlr_el1, &sctlr))
		return;
	tables.big_endian = sctlr & SCTLR_EE;
	if (!(sctlr & TL_ARM64_SCTLR_M) && which == TL_ARM64_REGIME_AARCH32)
		tl_walk_identity(ret, (uint32_t)va);
	else if (!(sctlr & TL_ARM64_SCTLR_M))
		walk_disabled(regs, va, ret);
	else if (which == TL_ARM64_REGIME_AARCH64)
		tl_arm64_walk_aarch64(regs, &tables, va, ret);
	else
		tl_arm64_walk_aarch32(regs, &tables, va, ret);
}
