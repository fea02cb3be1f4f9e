/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_REGS_H
#define TL_ARCH_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The registers of one vCPU at one moment, as a flat vector of 64-bit words whose layout the
 * architecture defines (arch/arm64/regs.def, arch/x86_64/regs.def). What does not fit in there
 * (vectors, MSRs, the rest of KVM_GET_REG_LIST) is carried as extras, see struct tl_extra.
 */
#define TL_REG_WORDS 80

struct tl_regs {
	uint64_t word[TL_REG_WORDS];
	uint64_t known[(TL_REG_WORDS + 63) / 64]; /**< bit n: word n was read at this exit */
};

static inline bool tl_regs_known(const struct tl_regs *regs, unsigned word)
{
	return regs->known[word / 64] >> (word % 64) & 1;
}

static inline void tl_regs_set(struct tl_regs *regs, unsigned word, uint64_t value)
{
	regs->word[word] = value;
	regs->known[word / 64] |= UINT64_C(1) << (word % 64);
}

/** How much of a vCPU is read at an exit; each level holds the ones before it. */
enum tl_reg_level { TL_REGS_PC, TL_REGS_CORE, TL_REGS_FULL };

/**
 * A register (or a field of one that people name): where its value stands in the flat vector.
 * `offset` is in bytes from word[0], little endian; `bits` is 8, 16, 32 or 64.
 */
struct tl_reg {
	const char *name; /**< the architecture's name, lower case: "x0", "ttbr0_el1", "rip" */
	uint16_t offset;  /**< bytes */
	uint8_t bits;
	uint8_t level;	 /**< enum tl_reg_level: from which level on it is read */
	uint64_t kvm_id; /**< arm64: its KVM_GET_ONE_REG id (KVM API 4.68); x86: 0 */
};

/** A register that is not in the flat vector. The id is the arm64 ONE_REG id, or TL_X86_EXTRA_*. */
struct tl_extra {
	uint64_t id;
	uint32_t size;	   /**< bytes */
	const void *bytes; /**< borrowed */
};

#endif
