/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_DECODE_H
#define TL_ARCH_ARM64_DECODE_H

#include "arch/arm64/insn.h"

/**
 * Decodes an A64 word: loads and stores of every class, DC, IC, AT, MRS, MSR and the rest of the system
 * instructions that name a register. Of any other word it says that it does nothing, with an empty
 * name. Arm ARM C4.1.
 */
void tl_arm64_decode(uint32_t word, struct tl_arm64_insn *ret);

#endif
