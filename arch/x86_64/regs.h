/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_REGS_H
#define TL_ARCH_X86_64_REGS_H

#include "arch/arch.h"

/** Where the kernel's structures stand in the flat vector, verbatim: the first word of each. */
enum tl_x86_word {
	TL_X86_WORD_REGS = 0,	      /**< struct kvm_regs */
	TL_X86_WORD_SREGS = 18,	      /**< struct kvm_sregs */
	TL_X86_WORD_VCPU_EVENTS = 57, /**< struct kvm_vcpu_events */
	TL_X86_WORD_RUN = 65,	      /**< flags, if_flag, ready_for_interrupt_injection */
	TL_X86_WORDS = 66,
};

/** Indices into tl_arch_x86_64.regs: TL_X86_rax, TL_X86_cs_base, ... */
enum tl_x86_reg {
#define REG(name, part, offset, bits, level, field) TL_X86_##name,
#define RUN(name, offset, bits, level, field)	    TL_X86_##name,
#include "arch/x86_64/regs.def"
#undef REG
#undef RUN
	TL_X86_N_REGS,
};

#define TL_X86_CR0_PE	 (UINT64_C(1) << 0)
#define TL_X86_CR0_WP	 (UINT64_C(1) << 16)
#define TL_X86_CR0_PG	 (UINT64_C(1) << 31)
#define TL_X86_CR4_PSE	 (UINT64_C(1) << 4)
#define TL_X86_CR4_PAE	 (UINT64_C(1) << 5)
#define TL_X86_CR4_PGE	 (UINT64_C(1) << 7)
#define TL_X86_CR4_LA57	 (UINT64_C(1) << 12)
#define TL_X86_CR4_SMEP	 (UINT64_C(1) << 20)
#define TL_X86_CR4_SMAP	 (UINT64_C(1) << 21)
#define TL_X86_CR4_PKE	 (UINT64_C(1) << 22)
#define TL_X86_CR4_PKS	 (UINT64_C(1) << 24)
#define TL_X86_EFER_LMA	 (UINT64_C(1) << 10)
#define TL_X86_EFER_NXE	 (UINT64_C(1) << 11)
#define TL_X86_RFLAGS_AC (UINT64_C(1) << 18)

/** The register's value; false when it was not read at this exit. */
bool tl_x86_get(const struct tl_regs *regs, enum tl_x86_reg reg, uint64_t *ret);

/** See struct tl_arch. */
void tl_x86_walk(
	const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va, struct tl_walk *ret);
bool tl_x86_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret);
void tl_x86_judge(const struct tl_walk *walk, const struct tl_attributes *attributes,
	struct tl_attempt attempt, struct tl_judgement *ret);

#endif
