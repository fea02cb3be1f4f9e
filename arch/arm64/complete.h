/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_COMPLETE_H
#define TL_ARCH_ARM64_COMPLETE_H

#include "arch/answer.h"

/**
 * What KVM does at the next KVM_RUN after an MMIO exit, or one for a system register that userspace
 * has handled: a read gives `value` (of MMIO the little-endian number of trap->size bytes in
 * kvm_run.mmio.data) to the instruction's register, then PC moves on. The register comes from the
 * syndrome where the trap has it, else from the instruction at PC. KVM API 5, kvm_run.
 */
enum tl_answer_status tl_arm64_complete(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *ret_why);

#endif
