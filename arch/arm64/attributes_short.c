// SPDX-License-Identifier: MIT
#include "arch/arm64/walk.h"

#define BIT(value, n) ((value) >> (n)&1)

#define SCTLR_TRE 28
#define SCTLR_AFE 29

#define CLIENT	 1
#define SH_OUTER 2
#define SH_INNER 3

#define DEVICE_NGNRNE 0x00
#define DEVICE_NGNRE  0x04

// What a section, a large and a small page say, wherever they have it.
struct leaf {
	unsigned ap;  // AP[2:0]
	unsigned tex; // TEX[2:0], C, B
	bool xn, pxn, shared, not_global;
};

// A section or supersection (Arm ARM G5.4):
//
//	17 nG  16 S  15 AP[2]  14:12 TEX  11:10 AP[1:0]  8:5 domain  4 XN  3 C  2 B  0 PXN
static struct leaf section_leaf(uint64_t entry)
{
	return (struct leaf){
		.ap = (unsigned)(BIT(entry, 15) << 2 | (entry >> 10 & 3)),
		.tex = (unsigned)((entry >> 12 & 7) << 2 | (entry >> 2 & 3)),
		.xn = BIT(entry, 4),
		.pxn = BIT(entry, 0),
		.shared = BIT(entry, 16),
		.not_global = BIT(entry, 17),
	};
}

// A page; PXN is bit 2 of the table's entry:
//
//	large	15 XN  14:12 TEX  11 nG  10 S  9 AP[2]  5:4 AP[1:0]  3 C  2 B
//	small	                  11 nG  10 S  9 AP[2]  8:6 TEX  5:4 AP[1:0]  3 C  2 B  0 XN
static struct leaf page_leaf(uint64_t table, uint64_t entry)
{
	bool small = BIT(entry, 1);

	return (struct leaf){
		.ap = (unsigned)(BIT(entry, 9) << 2 | (entry >> 4 & 3)),
		.tex = (unsigned)((entry >> (small ? 6 : 12) & 7) << 2 | (entry >> 2 & 3)),
		.xn = BIT(entry, small ? 0 : 15),
		.pxn = BIT(table, 2),
		.shared = BIT(entry, 10),
		.not_global = BIT(entry, 11),
	};
}

// Without SCTLR.AFE AP[2:0] is a code; 4 is reserved. With it AP[0] is the access flag, and what is
// left says what the codes with AP[0] set say.
static void leaf_rights(const struct leaf *leaf, bool afe, struct tl_attributes *ret)
{
	enum { R = TL_RIGHT_READ, RW = TL_RIGHT_READ | TL_RIGHT_WRITE };
	static const struct {
		uint8_t privileged, user;
	} codes[8] = { { 0, 0 }, { RW, 0 }, { RW, R }, { RW, RW }, { 0, 0 }, { R, 0 }, { R, R },
		{ R, R } };
	unsigned code = afe ? leaf->ap | 1 : leaf->ap;

	ret->accessed = !afe || (leaf->ap & 1);
	ret->privileged = codes[code].privileged;
	ret->user = codes[code].user;
	ret->user_page = ret->user != 0;
	if (ret->privileged && !leaf->xn && !leaf->pxn)
		ret->privileged |= TL_RIGHT_EXECUTE;
	if (ret->user && !leaf->xn)
		ret->user |= TL_RIGHT_EXECUTE;
}

// Half a byte of MAIR for what two bits say: non-cacheable, write-back and allocate on writes,
// write-through, write-back.
static unsigned cache_policy(unsigned bits)
{
	static const uint8_t policies[4] = { 0x4, 0xf, 0xa, 0xe };

	return policies[bits & 3];
}

// TEX, C and B with SCTLR.TRE clear. False: reserved, or for the implementation to define.
static bool plain_memory(unsigned tex, uint8_t *ret)
{
	static const struct {
		uint8_t tex, memory;
	} types[] = { { 0x00, DEVICE_NGNRNE }, { 0x01, DEVICE_NGNRE }, { 0x02, 0xaa },
		{ 0x03, 0xee }, { 0x04, 0x44 }, { 0x07, 0xff }, { 0x08, DEVICE_NGNRE } };

	if (tex >= 0x10) {
		*ret = (uint8_t)(cache_policy(tex >> 2) << 4 | cache_policy(tex));
		return true;
	}
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].tex == tex) {
			*ret = types[i].memory;
			return true;
		}
	}
	return false;
}

// With it TEX[0], C and B are an index into PRRR (MAIR_EL1[31:0]) and NMRR (63:32):
//
//	PRRR	24+n NOSn  19 NS1  18 NS0  2n+1:2n TRn	NMRR	2n+17:2n+16 ORn  2n+1:2n IRn
static bool remapped_memory(uint64_t mair, const struct leaf *leaf, struct tl_attributes *ret)
{
	unsigned n = leaf->tex & 7;
	unsigned type = mair >> 2 * n & 3;
	bool shared = BIT(mair, leaf->shared ? 19 : 18);

	if (type == 3)
		return false;
	if (type == 2)
		ret->memory = (uint8_t)(cache_policy(mair >> (48 + 2 * n) & 3) << 4 |
					cache_policy(mair >> (32 + 2 * n) & 3));
	else
		ret->memory = type ? DEVICE_NGNRE : DEVICE_NGNRNE;
	ret->memory_index = (uint8_t)n;
	ret->shareability = !shared ? 0 : BIT(mair, 24 + n) ? SH_INNER : SH_OUTER;
	return true;
}

static void leaf_memory(
	const struct tl_regs *regs, const struct leaf *leaf, bool remap, struct tl_attributes *ret)
{
	uint64_t mair;

	ret->memory_index = (uint8_t)leaf->tex;
	ret->shareability = leaf->shared ? SH_OUTER : 0;
	if (remap)
		ret->memory_known = tl_arm64_get(regs, TL_ARM64_mair_el1, &mair) &&
				    remapped_memory(mair, leaf, ret);
	else
		ret->memory_known = plain_memory(leaf->tex, &ret->memory);
}

bool tl_arm64_short_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret)
{
	uint64_t first = walk->step[0].entry, last = walk->step[walk->n_steps - 1].entry;
	bool supersection = walk->page_size == UINT64_C(1) << 24;
	struct leaf leaf = walk->n_steps == 1 ? section_leaf(first) : page_leaf(first, last);
	uint64_t sctlr, dacr;

	if (!tl_arm64_get(regs, TL_ARM64_sctlr_el1, &sctlr) ||
		!tl_arm64_get(regs, TL_ARM64_dacr32_el2, &dacr))
		return false;
	ret->domain = supersection ? 0 : first >> 5 & 0xf;
	ret->domain_access = dacr >> 2 * ret->domain & 3;
	ret->global = !leaf.not_global;
	leaf_rights(&leaf, BIT(sctlr, SCTLR_AFE), ret);
	leaf_memory(regs, &leaf, BIT(sctlr, SCTLR_TRE), ret);
	return true;
}
