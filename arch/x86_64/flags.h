/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_FLAGS_H
#define TL_ARCH_X86_64_FLAGS_H

#include "arch/x86_64/insn.h"

#define TL_X86_RFLAGS_CF (UINT64_C(1) << 0)
#define TL_X86_RFLAGS_PF (UINT64_C(1) << 2)
#define TL_X86_RFLAGS_AF (UINT64_C(1) << 4)
#define TL_X86_RFLAGS_ZF (UINT64_C(1) << 6)
#define TL_X86_RFLAGS_SF (UINT64_C(1) << 7)
#define TL_X86_RFLAGS_TF (UINT64_C(1) << 8)
#define TL_X86_RFLAGS_DF (UINT64_C(1) << 10)
#define TL_X86_RFLAGS_OF (UINT64_C(1) << 11)
#define TL_X86_RFLAGS_RF (UINT64_C(1) << 16)
#define TL_X86_RFLAGS_VM (UINT64_C(1) << 17)

/** What arithmetic leaves. */
struct tl_x86_sum {
	uint64_t value;
	uint64_t rflags;
};

/**
 * ADD to CMP, TEST, INC, DEC, NOT, NEG and BT to BTC of `size` bytes; what has one operand takes
 * `a`. BT and its kin take the bit from `b`, modulo the size. Flags that the SDM leaves undefined
 * are those of CPUs: AF is cleared by AND, OR, XOR and TEST; BT and its kin keep all but CF.
 */
struct tl_x86_sum tl_x86_compute(
	enum tl_x86_op op, unsigned size, uint64_t a, uint64_t b, uint64_t rflags);

/** The condition of Jcc, SETcc and CMOVcc that the low four bits of the opcode name. */
bool tl_x86_condition(unsigned condition, uint64_t rflags);

#endif
