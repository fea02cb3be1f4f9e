/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_REGS_H
#define TL_ARCH_ARM64_REGS_H

#include "arch/arch.h"

/** Indices into tl_arch_arm64.regs, and words of the flat vector: TL_ARM64_x0, TL_ARM64_pc, ... */
enum tl_arm64_reg {
#define CORE(name, index, level, field)		  TL_ARM64_##name,
#define SYS(name, op0, op1, crn, crm, op2, level) TL_ARM64_##name,
#define RUN(name, level, field)			  TL_ARM64_##name,
#include "arch/arm64/regs.def"
#undef CORE
#undef SYS
#undef RUN
	TL_ARM64_N_REGS,
};

/** PSTATE.M: bit 4 says AArch32; then M[3:0] is the mode, else M[3:2] is the EL, M[0] is SP. */
enum tl_arm64_mode {
	TL_ARM64_EL0T = 0x00,
	TL_ARM64_EL1T = 0x04,
	TL_ARM64_EL1H = 0x05,
	TL_ARM32_USR = 0x10,
	TL_ARM32_FIQ = 0x11,
	TL_ARM32_IRQ = 0x12,
	TL_ARM32_SVC = 0x13,
	TL_ARM32_ABT = 0x17,
	TL_ARM32_UND = 0x1b,
	TL_ARM32_SYS = 0x1f,
};

#define TL_ARM64_MODE_MASK   0x1f
#define TL_ARM64_PSTATE_IS32 (UINT64_C(1) << 4) /**< AArch32 */
#define TL_ARM32_PSTATE_T    (UINT64_C(1) << 5)

/** The register's value; false when it was not read at this exit. */
static inline bool tl_arm64_get(const struct tl_regs *regs, enum tl_arm64_reg reg, uint64_t *ret)
{
	if (!tl_regs_known(regs, reg))
		return false;
	*ret = regs->word[reg];
	return true;
}

/** See struct tl_arch. */
void tl_arm64_walk(
	const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va, struct tl_walk *ret);
bool tl_arm64_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret);
void tl_arm64_judge(const struct tl_walk *walk, const struct tl_attributes *attributes,
	struct tl_attempt attempt, struct tl_judgement *ret);

#endif
