/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_AARCH32_H
#define TL_ARCH_ARM64_AARCH32_H

#include "arch/arm64/regs.h"

/**
 * Where KVM keeps R`n` (0 to 14) of that mode (PSTATE.M): banked registers stand in those that the
 * architecture maps them to. False for a mode that there is none of. Arm ARM G1.2, D1.19.
 */
bool tl_arm32_reg(unsigned mode, unsigned n, enum tl_arm64_reg *ret);

/** The SPSR of that mode; SPSR_svc is SPSR_EL1. False for User and System mode. */
bool tl_arm32_spsr(unsigned mode, enum tl_arm64_reg *ret);

#endif
