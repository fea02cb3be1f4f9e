/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_DECODE_H
#define TL_ARCH_ARM64_DECODE_H

#include "arch/arm64/insn.h"
#include "arch/arm64/regs.h"
#include "arch/trap.h"

/**
 * Decodes an A64 word: loads and stores of every class, DC, IC, AT, MRS, MSR and the rest of the system
 * instructions that name a register. Of any other word it says that it does nothing, with an empty
 * name. Arm ARM C4.1.
 */
void tl_arm64_decode(uint32_t word, struct tl_arm64_insn *ret);

/** The same of an A32 word. Arm ARM F4.1. */
void tl_arm64_decode_a32(uint32_t word, struct tl_arm64_insn *ret);

/**
 * The same of a T32 instruction: `first` is the halfword at PC, `second` the one behind it, which counts
 * only where `first` starts a 32-bit one (then `word` is first << 16 | second). Arm ARM F3.1.
 */
void tl_arm64_decode_t32(uint16_t first, uint16_t second, struct tl_arm64_insn *ret);

/** Whether this halfword starts a T32 instruction of 32 bits. */
static inline bool tl_arm64_t32_is_wide(uint16_t first)
{
	return first >> 11 >= 0x1d;
}

/** The instruction set that PSTATE says. */
static inline enum tl_arm64_set tl_arm64_set_of(uint64_t pstate)
{
	if (!(pstate & TL_ARM64_PSTATE_IS32))
		return TL_ARM64_A64;
	return pstate & TL_ARM32_PSTATE_T ? TL_ARM64_T32 : TL_ARM64_A32;
}

/**
 * Decodes the instruction at PC of the trap's code in the instruction set that PSTATE says. False when
 * PSTATE or the instruction's bytes are not known.
 */
bool tl_arm64_insn_at(
	const struct tl_state *state, const struct tl_trap *trap, struct tl_arm64_insn *ret);

#endif
