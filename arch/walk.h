/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_WALK_H
#define TL_ARCH_WALK_H

#include "arch/arch.h"

/** The `n` lowest bits, n < 64. */
#define TL_LOW_BITS(n) ((UINT64_C(1) << (n)) - 1)

/** How the entries of translation tables are read. */
struct tl_walk_tables {
	const struct tl_mem *mem; /**< borrowed */
	uint8_t entry_size;	  /**< bytes: 4 or 8 */
	bool big_endian;
};

/** Reads the entry at `gpa` as the next step of `walk`. False ends the walk, its status set. */
bool tl_walk_entry(struct tl_walk *walk, const struct tl_walk_tables *tables, int level, tl_gpa gpa,
	uint64_t *ret);

/** Ends the walk. */
void tl_walk_fault(struct tl_walk *walk, int level);
void tl_walk_identity(struct tl_walk *walk, tl_gpa gpa);

/** The last step's entry points to a table. */
void tl_walk_table(struct tl_walk *walk, tl_gpa table);

/**
 * Ends the walk: the last step's entry, a block or page, maps 2^shift bytes at `base` (whose lower
 * bits are clear).
 */
void tl_walk_leaf(struct tl_walk *walk, enum tl_entry_kind kind, tl_gpa base, unsigned shift);

#endif
