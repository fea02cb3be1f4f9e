// SPDX-License-Identifier: MIT
// Exception entry to EL1: who takes which event.
#include "arch/arm64/enter.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/walk.h"

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
