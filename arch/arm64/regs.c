/* SPDX-License-Identifier: MIT */
#include "arch/arm64/regs.h"

// KVM API 4.68: architecture, size, group, index within it.
#define ONE_REG(group, index)                                                                      \
	(UINT64_C(0x6000000000000000) | UINT64_C(3) << 52 | (group) << 16 | (index))
#define CORE_ID(index) ONE_REG(UINT64_C(0x10), index)
#define SYS_ID(op0, op1, crn, crm, op2)                                                            \
	ONE_REG(UINT64_C(0x13), (op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

#define WORD(name, level, id) { #name, 8 * TL_ARM64_##name, 64, TL_REGS_##level, id },

static const struct tl_reg arm64_regs[] = {
#define CORE(name, index, level, field)		  WORD(name, level, CORE_ID(index))
#define SYS(name, op0, op1, crn, crm, op2, level) WORD(name, level, SYS_ID(op0, op1, crn, crm, op2))
#define RUN(name, level, field)			  WORD(name, level, 0)
#include "arch/arm64/regs.def"
#undef CORE
#undef SYS
#undef RUN
};

_Static_assert(TL_ARM64_N_REGS <= TL_REG_WORDS, "arm64 does not fit into struct tl_regs");

#if defined(__aarch64__)
#include <linux/kvm.h>

#define CORE(name, index, level, field)                                                            \
	_Static_assert(CORE_ID(index) == (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |    \
						 KVM_REG_ARM_CORE_REG(field)),                     \
		#name);
#define SYS(name, op0, op1, crn, crm, op2, level)                                                  \
	_Static_assert(                                                                            \
		SYS_ID(op0, op1, crn, crm, op2) == ARM64_SYS_REG(op0, op1, crn, crm, op2), #name);
#define RUN(name, level, field)
#include "arch/arm64/regs.def"
#undef CORE
#undef SYS
#undef RUN
#endif

static bool arm64_fetch_address(const struct tl_regs *regs, tl_gva *ret)
{
	return tl_arm64_get(regs, TL_ARM64_pc, ret);
}

// KVM keeps the banked R13 of AArch32 where the architecture maps it.
static const struct {
	uint8_t mode;
	uint8_t reg;
} stack_pointers[] = {
	{ TL_ARM64_EL0T, TL_ARM64_sp_el0 },
	{ TL_ARM64_EL1T, TL_ARM64_sp_el0 },
	{ TL_ARM64_EL1H, TL_ARM64_sp_el1 },
	{ TL_ARM32_USR, TL_ARM64_x13 },
	{ TL_ARM32_SYS, TL_ARM64_x13 },
	{ TL_ARM32_IRQ, TL_ARM64_x17 },
	{ TL_ARM32_SVC, TL_ARM64_x19 },
	{ TL_ARM32_ABT, TL_ARM64_x21 },
	{ TL_ARM32_UND, TL_ARM64_x23 },
	{ TL_ARM32_FIQ, TL_ARM64_x29 },
};

static bool arm64_stack_pointer(const struct tl_regs *regs, tl_gva *ret)
{
	uint64_t pstate;

	if (!tl_arm64_get(regs, TL_ARM64_pstate, &pstate))
		return false;
	for (size_t i = 0; i < sizeof(stack_pointers) / sizeof(stack_pointers[0]); i++) {
		if (stack_pointers[i].mode == (pstate & TL_ARM64_MODE_MASK))
			return tl_arm64_get(regs, stack_pointers[i].reg, ret);
	}
	return false;
}

const struct tl_arch tl_arch_arm64 = {
	.id = TL_ARCH_ARM64,
	.name = "arm64",
	.regs = arm64_regs,
	.n_regs = TL_ARM64_N_REGS,
	.words = TL_ARM64_N_REGS,
	.pc_reg = TL_ARM64_pc,
	.fetch_address = arm64_fetch_address,
	.stack_pointer = arm64_stack_pointer,
	.walk = tl_arm64_walk,
	.attributes = tl_arm64_attributes,
	.judge = tl_arm64_judge,
};
