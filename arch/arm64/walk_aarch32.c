/* SPDX-License-Identifier: MIT */
#include "arch/arm64/walk.h"

// TTBCR, short descriptors: N 2:0, PD0 4, PD1 5.
static bool short_table(
	const struct tl_regs *regs, uint64_t ttbcr, uint32_t va, tl_gpa *ret, bool *disabled)
{
	unsigned n = ttbcr & 7;
	bool upper = n != 0 && va >> (32 - n) != 0;
	unsigned align = upper ? 14 : 14 - n;
	uint64_t ttbr;

	*disabled = ttbcr >> (upper ? 5 : 4) & 1;
	if (!tl_arm64_get(regs, upper ? TL_ARM64_ttbr1_el1 : TL_ARM64_ttbr0_el1, &ttbr))
		return false;
	*ret = (uint32_t)ttbr & ~TL_LOW_BITS(align);
	return true;
}

// A section's descriptor: 31:20 are the address' 31:20. A supersection's (bit 18):
//
//	31:24 address 31:24, 23:20 address 35:32, 8:5 address 39:36
static void section(uint64_t descriptor, struct tl_walk *ret)
{
	tl_gpa high = (descriptor >> 20 & 0xf) << 32 | (descriptor >> 5 & 0xf) << 36;

	if (descriptor >> 18 & 1)
		tl_walk_leaf(ret, TL_ENTRY_BLOCK, (descriptor & ~TL_LOW_BITS(24)) | high, 24);
	else
		tl_walk_leaf(ret, TL_ENTRY_BLOCK, descriptor & ~TL_LOW_BITS(20), 20);
}

static void second_level(
	const struct tl_walk_tables *tables, uint64_t descriptor, uint32_t va, struct tl_walk *ret)
{
	tl_gpa table = descriptor & ~TL_LOW_BITS(10);
	uint64_t entry;

	tl_walk_table(ret, table);
	if (!tl_walk_entry(ret, tables, 2, table + 4 * (va >> 12 & 0xff), &entry))
		return;
	if ((entry & 3) == 0)
		tl_walk_fault(ret, 2);
	else if ((entry & 3) == 1)
		tl_walk_leaf(ret, TL_ENTRY_PAGE, entry & ~TL_LOW_BITS(16), 16);
	else
		tl_walk_leaf(ret, TL_ENTRY_PAGE, entry & ~TL_LOW_BITS(12), 12);
}

static void walk_short(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	uint64_t ttbcr, uint32_t va, struct tl_walk *ret)
{
	struct tl_walk_tables words = *tables;
	uint64_t entry;
	tl_gpa table;
	bool disabled;

	words.entry_size = 4;
	if (!short_table(regs, ttbcr, va, &table, &disabled))
		return;
	if (disabled) {
		tl_walk_fault(ret, 1);
		return;
	}
	// Under TTBR0 with N > 0 the upper N bits of the index are 0.
	if (!tl_walk_entry(ret, &words, 1, table + 4 * (va >> 20), &entry))
		return;
	if ((entry & 3) == 0)
		tl_walk_fault(ret, 1);
	else if ((entry & 3) == 1)
		second_level(&words, entry, va, ret);
	else
		section(entry, ret);
}

// TTBCR, long descriptors: T0SZ 2:0, EPD0 7, T1SZ 18:16, EPD1 23.
struct long_range {
	enum tl_arm64_reg ttbr;
	unsigned size_offset;
	bool outside;
	bool disabled;
};

static struct long_range long_range(uint64_t ttbcr, uint32_t va)
{
	unsigned t0sz = ttbcr & 7, t1sz = ttbcr >> 16 & 7;
	bool low = (uint64_t)va >> (32 - t0sz) == 0;
	bool upper = t1sz ? (uint64_t)(uint32_t)~va >> (32 - t1sz) == 0 : !low;

	if (upper)
		return (struct long_range){ TL_ARM64_ttbr1_el1, t1sz, false, ttbcr >> 23 & 1 };
	return (struct long_range){ TL_ARM64_ttbr0_el1, t0sz, !low, ttbcr >> 7 & 1 };
}

bool tl_arm64_aarch32_upper(uint64_t ttbcr, uint32_t va)
{
	return long_range(ttbcr, va).ttbr == TL_ARM64_ttbr1_el1;
}

static void walk_long(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	uint64_t ttbcr, uint32_t va, struct tl_walk *ret)
{
	struct long_range range = long_range(ttbcr, va);
	uint64_t ttbr;

	if (range.outside || range.disabled) {
		tl_walk_fault(ret, 1);
		return;
	}
	if (!tl_arm64_get(regs, range.ttbr, &ttbr))
		return;
	tl_arm64_walk_long(
		&(struct tl_arm64_range){
			.tables = *tables,
			.base = ttbr & TL_LOW_BITS(40),
			.granule = 12,
			.va_bits = 32 - range.size_offset,
			.block_level = 1,
			.address = TL_LOW_BITS(40),
		},
		va, ret);
}

void tl_arm64_walk_aarch32(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	tl_gva va, struct tl_walk *ret)
{
	uint64_t ttbcr;

	if (!tl_arm64_get(regs, TL_ARM64_tcr_el1, &ttbcr))
		return;
	if (ttbcr & TL_ARM32_TTBCR_EAE)
		walk_long(regs, tables, ttbcr, (uint32_t)va, ret);
	else
		walk_short(regs, tables, ttbcr, (uint32_t)va, ret);
}
