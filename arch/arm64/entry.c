// SPDX-License-Identifier: MIT
#include "arch/arm64/entry.h"

#define NEWEST TL_KERNEL(7, 2)

#define SCTLR_EE  (UINT64_C(1) << 25)
#define SCTLR_E0E (UINT64_C(1) << 24)

// KVM takes no more of a syndrome (Arm ARM D17.2.37: IDS and ISS[23:0]).
#define SERROR_ISS UINT64_C(0x1ffffff)
#define SERROR_IDS (UINT64_C(1) << 24)

bool tl_arm64_needs(
	const struct tl_regs *regs, enum tl_arm64_reg reg, uint64_t *ret, struct tl_why *why)
{
	if (tl_arm64_get(regs, reg, ret))
		return true;
	return tl_why(why, NULL, "needs %s, which was not recorded", tl_arch_arm64.regs[reg].name);
}

bool tl_arm64_is_big_endian(const struct tl_regs *regs, uint64_t pstate, bool *ret)
{
	const bool el0 = (pstate & TL_ARM64_MODE_MASK) == TL_ARM64_EL0T;
	uint64_t sctlr;

	if (pstate & TL_ARM64_PSTATE_IS32) {
		*ret = pstate & TL_ARM32_PSTATE_E;
		return true;
	}
	if (!tl_arm64_get(regs, TL_ARM64_sctlr_el1, &sctlr))
		return false;
	*ret = sctlr & (el0 ? SCTLR_E0E : SCTLR_EE);
	return true;
}

uint32_t tl_arm64_kernel(const struct tl_state *state)
{
	return state->platform.kernel ? state->platform.kernel : NEWEST;
}

bool tl_arm64_kernel_is_witnessed(const struct tl_state *state)
{
	return state->platform.kernel == TL_KERNEL(6, 1) ||
	       state->platform.kernel == TL_KERNEL(6, 12);
}

// Without a syndrome KVM says that it is an IMPLEMENTATION DEFINED one. A CPU that is not told
// (without FEAT_RAS) makes up its own.
bool tl_arm64_serror_iss(const struct tl_state *state, const struct tl_arm64_exception *exception,
	uint64_t *ret, struct tl_why *why)
{
	const bool told = state->platform.serror_esr || tl_arm64_kernel(state) >= TL_KERNEL(7, 2);

	if (exception->has_esr && exception->esr & ~SERROR_ISS)
		return tl_why(why, "KVM API 4.32",
			"KVM refuses the syndrome 0x%llx: it takes the 25 bits of ISS",
			(unsigned long long)exception->esr);
	if (exception->has_esr)
		*ret = exception->esr;
	else
		*ret = told ? SERROR_IDS : 0;
	return true;
}
