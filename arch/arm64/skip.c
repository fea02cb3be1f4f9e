// SPDX-License-Identifier: MIT
// On to the next instruction, without the one at PC.
#include "arch/arm64/decode.h"
#include "arch/arm64/entry.h"

// Where PSTATE has ITSTATE.
#define IT_MASK UINT64_C(0x0600fc00)

static uint64_t with_itstate(uint64_t pstate, unsigned it)
{
	return (pstate & ~IT_MASK) | (uint64_t)(it & 0xfc) << 8 | (uint64_t)(it & 3) << 25;
}

// Arm ARM F1.4, AArch32.ITAdvance: the condition's last bit and the mask move up, or the block
// ends.
static uint64_t advance(uint64_t pstate)
{
	const unsigned it = tl_arm32_itstate(pstate);

	if (!(it & 7))
		return with_itstate(pstate, 0);
	return with_itstate(pstate, (it & 0xe0) | (it << 1 & 0x1f));
}

static uint64_t next_pstate(uint64_t pstate)
{
	pstate &= ~TL_ARM64_PSTATE_SS;
	switch (tl_arm64_set_of(pstate)) {
	case TL_ARM64_A64:
		return pstate & ~TL_ARM64_PSTATE_BTYPE;
	case TL_ARM64_T32:
		return advance(pstate);
	case TL_ARM64_A32:
		break;
	}
	return pstate;
}

bool tl_arm64_skip(
	const struct tl_state *state, unsigned bytes, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t pc, pstate, next;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_pc, &pc, why) ||
		!tl_arm64_needs(&state->regs, TL_ARM64_pstate, &pstate, why))
		return false;
	next = pc + bytes;
	tl_effect_set(ret, TL_ARM64_pc, pstate & TL_ARM64_PSTATE_IS32 ? (uint32_t)next : next,
		TL_ORIGIN_NEXT);
	if (next_pstate(pstate) != pstate)
		tl_effect_set(ret, TL_ARM64_pstate, next_pstate(pstate), TL_ORIGIN_NEXT);
	return true;
}
