/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_EMULATE_H
#define TL_ARCH_ARM64_EMULATE_H

#include "arch/answer.h"
#include "arch/arm64/insn.h"

/**
 * Carries out a load, store or cache operation: its accesses in the order of the architecture, where
 * there is no memory against `device`, then registers, writeback and PC. `fault`, where has_address, is
 * the access that trapped: its page is known to lie at that IPA, other pages are walked. Refused, with
 * the reason: what the Arm ARM leaves CONSTRAINED UNPREDICTABLE, an access that crosses into a page with
 * other backing, a store-exclusive (its monitor is not known), atomics on a device, LS64, MOPS, SVE.
 * TL_ANSWER_NOT_KNOWN when a register, the device or memory does not tell what it needs. A32 and T32
 * whose condition fails do nothing.
 */
enum tl_answer_status tl_arm64_emulate(const struct tl_state *state, const struct tl_trap *fault,
	const struct tl_arm64_insn *insn, const struct tl_device *device, struct tl_effect *ret,
	struct tl_why *ret_why);

/**
 * The virtual address of the first byte that the instruction accesses. False when it accesses none, or a
 * register that it needs is not known.
 */
bool tl_arm64_effective_address(
	const struct tl_state *state, const struct tl_arm64_insn *insn, tl_gva *ret);

#endif
