// SPDX-License-Identifier: MIT
// Exception entry to EL1: who takes which event.
#include "arch/arm64/enter.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/walk.h"

#define NEWEST TL_KERNEL(7, 2)

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

uint32_t tl_arm64_kernel(const struct tl_state *state)
{
	return state->platform.kernel ? state->platform.kernel : NEWEST;
}

bool tl_arm64_kernel_is_witnessed(const struct tl_state *state)
{
	return state->platform.kernel == TL_KERNEL(6, 1) ||
	       state->platform.kernel == TL_KERNEL(6, 12);
}

// Without a syndrome KVM says that it is an IMPLEMENTATION DEFINED one. A CPU that is not told (without
// FEAT_RAS) makes up its own.
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

// In User mode the width of EL1 is told by registers that an AArch32 guest has no use for.
static bool lacks_width(const struct tl_regs *regs, struct tl_why *why)
{
	static const uint8_t needed[] = { TL_ARM64_pstate, TL_ARM64_vbar_el1, TL_ARM64_tcr_el1,
		TL_ARM64_elr_el1 };
	uint64_t value;

	for (size_t i = 0; i < sizeof(needed); i++)
		if (!tl_arm64_needs(regs, needed[i], &value, why))
			break;
	return false;
}

bool tl_arm64_enter(const struct tl_state *state, const struct tl_arm64_exception *exception,
	struct tl_effect *ret, struct tl_why *why)
{
	switch (tl_arm64_regime(&state->regs)) {
	case TL_ARM64_REGIME_AARCH64:
		return tl_arm64_enter_aarch64(state, exception, ret, why);
	case TL_ARM64_REGIME_AARCH32:
		return tl_arm64_enter_aarch32(state, exception, ret, why);
	case TL_ARM64_REGIME_OTHER:
		return tl_why(why, NULL, "pstate 0x%llx: no mode of EL1 or EL0",
			(unsigned long long)state->regs.word[TL_ARM64_pstate]);
	case TL_ARM64_REGIME_NOT_KNOWN:
		return lacks_width(&state->regs, why);
	}
	return false;
}
