/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_SYNDROME_PART_H
#define TL_ARCH_ARM64_SYNDROME_PART_H

#include "arch/arm64/syndrome.h"

/** A part of ESR; meanings, where there are any, for each of its values. */
struct tl_arm64_part {
	char name[12];
	uint8_t high, low;
	const char *const *meanings;
};

/** An array of them and its length. */
#define TL_ARM64_PARTS(p) p, sizeof(p) / sizeof((p)[0])

/** The next fields. */
void tl_arm64_syndrome_add(struct tl_arm64_syndrome *syndrome, uint64_t esr,
	const struct tl_arm64_part *parts, size_t n);

/** What the field that was added last means. */
void tl_arm64_syndrome_mean_last(struct tl_arm64_syndrome *syndrome, const char *meaning);

static inline bool tl_arm64_syndrome_bit(uint64_t esr, unsigned n)
{
	return esr >> n & 1;
}

/** syndrome_abort.c: ISS, and the esr_iss of a NISV exit. */
void tl_arm64_syndrome_data_abort(uint64_t esr, struct tl_arm64_syndrome *ret);
void tl_arm64_syndrome_fetch_abort(uint64_t esr, struct tl_arm64_syndrome *ret);
void tl_arm64_syndrome_sanitised(uint64_t esr, struct tl_arm64_syndrome *ret);

#endif
