/* SPDX-License-Identifier: MIT */
#include "arch/arm64/walk.h"

#define LAST_LEVEL 3

static enum tl_entry_kind descriptor_kind(
	const struct tl_arm64_range *range, int level, uint64_t descriptor)
{
	switch (descriptor & 3) {
	case 3:
		return level == LAST_LEVEL ? TL_ENTRY_PAGE : TL_ENTRY_TABLE;
	case 1:
		if (level >= range->block_level && level < LAST_LEVEL)
			return TL_ENTRY_BLOCK;
	}
	return TL_ENTRY_INVALID;
}

// The upper bits of a 52-bit address stand where smaller addresses leave room:
//
//	64K granule	descriptor 15:12 are address 51:48
//	LPA2		descriptor   9:8 are address 51:50
static tl_gpa descriptor_address(
	const struct tl_arm64_range *range, uint64_t descriptor, unsigned shift)
{
	tl_gpa address = descriptor & range->address & ~TL_LOW_BITS(shift);

	if (range->granule == 16)
		address |= (descriptor >> 12 & 0xf) << 48;
	else if (range->lpa2)
		address |= (descriptor >> 8 & 3) << 50;
	return address;
}

static tl_gpa first_table(const struct tl_arm64_range *range, unsigned first_shift)
{
	unsigned align = range->va_bits - first_shift + 3;

	if (align < range->base_align)
		align = range->base_align;
	return range->base & ~TL_LOW_BITS(align);
}

void tl_arm64_walk_long(const struct tl_arm64_range *range, tl_gva va, struct tl_walk *ret)
{
	unsigned stride = range->granule - 3u;
	unsigned levels = (range->va_bits - range->granule + stride - 1) / stride;
	unsigned shift = range->granule + (levels - 1) * stride;
	tl_gpa table = first_table(range, shift);

	va &= TL_LOW_BITS(range->va_bits);
	for (int level = LAST_LEVEL + 1 - (int)levels;; level++, shift -= stride) {
		uint64_t index = va >> shift & TL_LOW_BITS(stride), entry;
		enum tl_entry_kind kind;

		if (!tl_walk_entry(ret, &range->tables, level, table + 8 * index, &entry))
			return;
		kind = descriptor_kind(range, level, entry);
		if (kind == TL_ENTRY_INVALID) {
			tl_walk_fault(ret, level);
			return;
		}
		if (kind != TL_ENTRY_TABLE) {
			tl_walk_leaf(ret, kind, descriptor_address(range, entry, shift), shift);
			return;
		}
		table = descriptor_address(range, entry, range->granule);
		tl_walk_table(ret, table);
	}
}
