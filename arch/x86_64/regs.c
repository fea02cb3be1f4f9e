/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/regs.h"

#define PART_regs	 (8 * TL_X86_WORD_REGS)
#define PART_sregs	 (8 * TL_X86_WORD_SREGS)
#define PART_vcpu_events (8 * TL_X86_WORD_VCPU_EVENTS)
#define PART_run	 (8 * TL_X86_WORD_RUN)

static const struct tl_reg x86_regs[] = {
#define REG(name, part, offset, bits, level, field)                                                \
	{ #name, PART_##part + (offset), bits, TL_REGS_##level, 0 },
#define RUN(name, offset, bits, level, field) REG(name, run, offset, bits, level, field)
#include "arch/x86_64/regs.def"
#undef REG
#undef RUN
};

_Static_assert(TL_X86_WORDS <= TL_REG_WORDS, "x86_64 does not fit into struct tl_regs");

#if defined(__x86_64__)
#include <linux/kvm.h>

#define SIZE_OF(type, field) sizeof(((type *)0)->field)

#define REG(name, part, offset, bits, level, field)                                                \
	_Static_assert((offset) == offsetof(struct kvm_##part, field), #name ": offset");          \
	_Static_assert((bits) == 8 * SIZE_OF(struct kvm_##part, field), #name ": bits");
#define RUN(name, offset, bits, level, field)                                                      \
	_Static_assert((bits) == 8 * SIZE_OF(struct kvm_run, field), #name ": bits");
#include "arch/x86_64/regs.def"
#undef REG
#undef RUN

_Static_assert(PART_regs + sizeof(struct kvm_regs) == PART_sregs, "kvm_regs");
_Static_assert(PART_sregs + sizeof(struct kvm_sregs) == PART_vcpu_events, "kvm_sregs");
_Static_assert(PART_vcpu_events + sizeof(struct kvm_vcpu_events) == PART_run, "events");
#endif

bool tl_x86_get(const struct tl_regs *regs, enum tl_x86_reg reg, uint64_t *ret)
{
	return tl_reg_get(&x86_regs[reg], regs, ret);
}

static bool x86_64bit_mode(const struct tl_regs *regs, bool *ret)
{
	uint64_t efer, l;

	if (!tl_x86_get(regs, TL_X86_efer, &efer) || !tl_x86_get(regs, TL_X86_cs_l, &l))
		return false;
	*ret = (efer & TL_X86_EFER_LMA) && l;
	return true;
}

static bool x86_fetch_address(const struct tl_regs *regs, tl_gva *ret)
{
	uint64_t rip, base;
	bool flat;

	if (!tl_x86_get(regs, TL_X86_rip, &rip) || !x86_64bit_mode(regs, &flat) ||
		!tl_x86_get(regs, TL_X86_cs_base, &base))
		return false;
	*ret = flat ? rip : (uint32_t)(base + rip);
	return true;
}

static bool x86_stack_pointer(const struct tl_regs *regs, tl_gva *ret)
{
	uint64_t rsp, base, big;
	bool flat;

	if (!tl_x86_get(regs, TL_X86_rsp, &rsp) || !x86_64bit_mode(regs, &flat) ||
		!tl_x86_get(regs, TL_X86_ss_base, &base) || !tl_x86_get(regs, TL_X86_ss_db, &big))
		return false;
	*ret = flat ? rsp : (uint32_t)(base + (big ? rsp : (uint16_t)rsp));
	return true;
}

const struct tl_arch tl_arch_x86_64 = {
	.id = TL_ARCH_X86_64,
	.name = "x86_64",
	.regs = x86_regs,
	.n_regs = TL_X86_N_REGS,
	.words = TL_X86_WORDS,
	.pc_reg = TL_X86_rip,
	.fetch_address = x86_fetch_address,
	.stack_pointer = x86_stack_pointer,
	.walk = tl_x86_walk,
	.attributes = tl_x86_attributes,
	.judge = tl_x86_judge,
};
