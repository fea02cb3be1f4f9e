/* SPDX-License-Identifier: MIT */
#include "arch/arm64/walk.h"

#define TCR_DS	   (UINT64_C(1) << 59)
#define IPS_52BITS 6

// TCR_EL1 has one set of fields for each range. EPD (bit 7 of a set), TxSZ (5:0) and TG (15:14)
// stand alike in both, 16 bits apart; TBI does not.
struct tcr_fields {
	enum tl_arm64_reg ttbr;
	uint8_t shift;
	uint8_t tbi;
	uint8_t granule[4]; // by TG; 0 is reserved
};

static const struct tcr_fields tcr_fields[2] = {
	{ TL_ARM64_ttbr0_el1, 0, 37, { 12, 16, 14, 0 } },
	{ TL_ARM64_ttbr1_el1, 16, 38, { 0, 14, 12, 16 } },
};

struct tcr {
	uint64_t value;
	const struct tcr_fields *fields;
	uint8_t size_offset; // TxSZ
	uint8_t granule;
	bool disabled; // EPD
	bool top_byte_ignored;
	bool lpa2; // DS, which has no meaning for the 64K granule
	bool bits52;
};

static struct tcr tcr_decode(uint64_t value, bool upper)
{
	const struct tcr_fields *fields = &tcr_fields[upper];
	uint64_t set = value >> fields->shift;
	uint8_t granule = fields->granule[set >> 14 & 3];
	bool lpa2 = (value & TCR_DS) && granule != 16;

	return (struct tcr){
		.value = value,
		.fields = fields,
		.size_offset = set & 0x3f,
		.granule = granule,
		.disabled = set >> 7 & 1,
		.top_byte_ignored = value >> fields->tbi & 1,
		.lpa2 = lpa2,
		.bits52 = lpa2 || (granule == 16 && (value >> 32 & 7) == IPS_52BITS),
	};
}

// A CPU may also take a size that is out of bounds for the bound itself: IMPLEMENTATION DEFINED.
static bool size_is_legal(const struct tcr *tcr)
{
	unsigned min = tcr->granule == 16 || tcr->lpa2 ? 12 : 16;
	unsigned max = tcr->granule == 16 ? 47 : 48;

	return tcr->size_offset >= min && tcr->size_offset <= max;
}

// The bits between the range's and the tag's all are copies of bit 55, which chooses the range.
static bool in_range(const struct tcr *tcr, tl_gva va)
{
	unsigned bits = 64u - tcr->size_offset;
	uint64_t top = (va >> 55 & 1 ? ~va : va) >> bits;

	return (tcr->top_byte_ignored ? top & TL_LOW_BITS(56 - bits) : top) == 0;
}

// With 52-bit addresses TTBRx_EL1 5:2 are the address' 51:48.
static tl_gpa table_base(const struct tcr *tcr, uint64_t ttbr)
{
	tl_gpa base = ttbr & TL_LOW_BITS(48) & ~TL_LOW_BITS(1);

	return tcr->bits52 ? base | (ttbr >> 2 & 0xf) << 48 : base;
}

static uint8_t first_block_level(const struct tcr *tcr)
{
	uint8_t level = tcr->granule == 12 ? 1 : 2;

	return tcr->bits52 ? level - 1 : level;
}

void tl_arm64_walk_aarch64(const struct tl_regs *regs, const struct tl_walk_tables *tables,
	tl_gva va, struct tl_walk *ret)
{
	uint64_t value, ttbr;
	struct tcr tcr;

	if (!tl_arm64_get(regs, TL_ARM64_tcr_el1, &value))
		return;
	tcr = tcr_decode(value, va >> 55 & 1);
	if (tcr.granule == 0) {
		ret->status = TL_WALK_UNSUPPORTED;
		return;
	}
	if (tcr.disabled || !size_is_legal(&tcr) || !in_range(&tcr, va)) {
		tl_walk_fault(ret, 0);
		return;
	}
	if (!tl_arm64_get(regs, tcr.fields->ttbr, &ttbr))
		return;
	tl_arm64_walk_long(
		&(struct tl_arm64_range){
			.tables = *tables,
			.base = table_base(&tcr, ttbr),
			.base_align = tcr.bits52 ? 6 : 0,
			.granule = tcr.granule,
			.va_bits = 64 - tcr.size_offset,
			.block_level = first_block_level(&tcr),
			.lpa2 = tcr.lpa2,
			.address = TL_LOW_BITS(tcr.lpa2 ? 50 : 48),
		},
		va, ret);
}
