/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_EMULATE_H
#define TL_ARCH_ARM64_EMULATE_H

#include "arch/answer.h"
#include "arch/arm64/insn.h"

/**
 * Carries out a load, store or cache operation: its accesses in the order of the architecture,
 * where there is no memory against `device`, then registers, writeback and PC. `fault`, where
 * has_address, is the access that trapped: its page is known to lie at that IPA, other pages are
 * walked. Refused, with the reason: what the Arm ARM leaves CONSTRAINED UNPREDICTABLE, an access
 * that crosses into a page with other backing, a store-exclusive (its monitor is not known),
 * atomics on a device, LS64, MOPS, SVE. TL_ANSWER_NOT_KNOWN when a register, the device or memory
 * does not tell what it needs, or when the registers lead elsewhere than to what trapped. A32 and
 * T32 whose condition fails do nothing. `fault` may be NULL, as `device` may. `ret` is initialized
 * here, and given as TL_GIVEN_REGS.
 */
enum tl_answer_status tl_arm64_emulate(const struct tl_state *state, const struct tl_trap *fault,
	const struct tl_arm64_insn *insn, const struct tl_device *device, struct tl_effect *ret,
	struct tl_why *ret_why);

/**
 * The virtual address of the first byte that the instruction accesses; of DC and IC by address what
 * the register holds, of DC ZVA with 64 bytes' alignment. False when it accesses none (a condition
 * fails), is known by name only, has a base signed by a key (LDRAA), or a register that it needs is
 * not known.
 */
bool tl_arm64_effective_address(
	const struct tl_state *state, const struct tl_arm64_insn *insn, tl_gva *ret);

#endif
