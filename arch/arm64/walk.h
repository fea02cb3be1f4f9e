/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_WALK_H
#define TL_ARCH_ARM64_WALK_H

#include "arch/arm64/regs.h"
#include "arch/walk.h"

/** Which rules translate for EL1 and EL0: those of EL1's width. */
enum tl_arm64_regime {
	TL_ARM64_REGIME_NOT_KNOWN,
	TL_ARM64_REGIME_OTHER,
	TL_ARM64_REGIME_AARCH64,
	TL_ARM64_REGIME_AARCH32,
};

enum tl_arm64_regime tl_arm64_regime(const struct tl_regs *regs);

#define TL_ARM64_SCTLR_M   (UINT64_C(1) << 0)
#define TL_ARM32_TTBCR_EAE (UINT64_C(1) << 31)

/** What the walk of one range (TTBR0 or TTBR1) by long descriptors depends on. */
struct tl_arm64_range {
	struct tl_walk_tables tables;
	tl_gpa base;	    /**< of the first table, its alignment not applied yet */
	uint8_t base_align; /**< log2 bytes, at least */
	uint8_t granule;    /**< log2 bytes: 12, 14, 16 */
	uint8_t va_bits;
	uint8_t block_level; /**< blocks stand at this level to 2 */
	bool lpa2;	     /**< descriptors as TCR_EL1.DS = 1 has them */
	uint64_t address;    /**< the bits of a descriptor that are the same bits of an address */
};

/** Walks VMSAv8-64 or VMSAv8-32 long descriptors (Arm ARM D8 and G5). */
void tl_arm64_walk_long(const struct tl_arm64_range *range, tl_gva va, struct tl_walk *ret);

/** The EL1&0 regime with EL1 in AArch64 (Arm ARM D8) and in AArch32 (G5), stage 1 enabled. */
void tl_arm64_walk_aarch64(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	tl_gva va, struct tl_walk *ret);
void tl_arm64_walk_aarch32(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	tl_gva va, struct tl_walk *ret);

/** Which of TTBR1 and TTBR0 long descriptors of AArch32 use for `va`. */
bool tl_arm64_aarch32_upper(uint64_t ttbcr, uint32_t va);

/**
 * What the entries say of a walk by short descriptors that is TL_WALK_OK (Arm ARM G5.4 to G5.7), WXN,
 * UWXN and the shareability of Device memory left out. False: see tl_arch.
 */
bool tl_arm64_short_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret);

#endif
