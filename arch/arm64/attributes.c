// SPDX-License-Identifier: MIT
#include "arch/arm64/walk.h"

#define BIT(value, n) ((value) >> (n)&1)

#define PSTATE_PAN 22

#define SCTLR_WXN  19
#define SCTLR_UWXN 20 // AArch32
#define SCTLR_EPAN 57 // AArch64

// TCR_EL1; AArch32's TTBCR2 is its upper half. HPD, E0PD and TBID have a bit for TTBR0's range and
// the next one for TTBR1's.
#define TCR_T2E	 6 // AArch32: TTBCR2 counts
#define TCR_SH0	 12
#define TCR_SH1	 28
#define TCR_IPS	 32
#define TCR_TBI	 37
#define TCR_HA	 39
#define TCR_HD	 40
#define TCR_HPD	 41
#define TCR_TBID 51
#define TCR_E0PD 55
#define TCR_DS	 59

// A long descriptor (Arm ARM D8.3). Of a table:
//
//	62:61 APTable	60 XNTable	59 PXNTable
//
// and of a block or page:
//
//	54 UXN, XN  53 PXN  52 contiguous  51 DBM  11 nG  10 AF  9:8 SH  7:6 AP[2:1]  4:2 AttrIndx
#define TABLE_READ_ONLY 62
#define TABLE_NO_EL0	61
#define TABLE_XN	60
#define TABLE_PXN	59
#define LEAF_XN		54
#define LEAF_PXN	53
#define LEAF_CONTIGUOUS 52
#define LEAF_DBM	51
#define LEAF_NG		11
#define LEAF_AF		10
#define LEAF_SH		8
#define LEAF_READ_ONLY	7
#define LEAF_EL0	6
#define LEAF_INDEX	2

#define MAIR_NON_CACHEABLE   0x44
#define SH_OUTER	     2
#define EVERY		     (TL_RIGHT_READ | TL_RIGHT_WRITE | TL_RIGHT_EXECUTE)
#define AARCH32_ADDRESS_BITS 40

struct control {
	bool aarch32;
	bool upper; // the range of TTBR1
	uint64_t pstate, sctlr, tcr;
};

static bool read_control(const struct tl_regs *regs, tl_gva va, struct control *ret)
{
	*ret = (struct control){ .aarch32 = tl_arm64_regime(regs) == TL_ARM64_REGIME_AARCH32 };
	if (!tl_arm64_get(regs, TL_ARM64_pstate, &ret->pstate) ||
		!tl_arm64_get(regs, TL_ARM64_sctlr_el1, &ret->sctlr) ||
		!tl_arm64_get(regs, TL_ARM64_tcr_el1, &ret->tcr))
		return false;
	ret->upper = ret->aarch32 ? tl_arm64_aarch32_upper(ret->tcr, (uint32_t)va) : BIT(va, 55);
	return true;
}

static bool has_tag(tl_gva va)
{
	return (BIT(va, 55) ? ~va : va) >> 56;
}

// What holds before any table is read.
static void control_attributes(const struct control *c, tl_gva va, struct tl_attributes *ret)
{
	bool ha = !c->aarch32 && BIT(c->tcr, TCR_HA);

	*ret = (struct tl_attributes){
		.pan = BIT(c->pstate, PSTATE_PAN),
		.wxn = BIT(c->sctlr, SCTLR_WXN),
		.uwxn = c->aarch32 && BIT(c->sctlr, SCTLR_UWXN),
		.flat = BIT(c->tcr, TCR_HPD + c->upper) && (!c->aarch32 || BIT(c->tcr, TCR_T2E)),
		.short_form = c->aarch32 && !(c->tcr & TL_ARM32_TTBCR_EAE),
		.disabled = !(c->sctlr & TL_ARM64_SCTLR_M),
		.sets_accessed = ha,
		.sets_dirty = ha && BIT(c->tcr, TCR_HD),
		.domain_access = 1,
	};
	if (c->aarch32)
		return;
	ret->no_fetch =
		has_tag(va) && BIT(c->tcr, TCR_TBI + c->upper) && BIT(c->tcr, TCR_TBID + c->upper);
	ret->no_user = !ret->disabled && BIT(c->tcr, TCR_E0PD + c->upper);
}

// Without stage 1 all is allowed, and data is Device-nGnRnE.
static void disabled_attributes(struct tl_attributes *ret)
{
	ret->privileged = ret->user = EVERY;
	ret->accessed = ret->global = true;
	ret->pan = ret->wxn = ret->uwxn = false;
	ret->memory_known = true;
	ret->shareability = SH_OUTER;
}

static unsigned output_bits(uint64_t tcr)
{
	static const uint8_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	return bits[tcr >> TCR_IPS & 7];
}

// The level that an address size fault names (Arm ARM D8.2, G5.5): that of the entry with the
// address, 0 for a TTBR. The CPU's own limit is not known here; IPS stands for it.
static void find_oversized(const struct tl_regs *regs, const struct control *c,
	const struct tl_walk *walk, struct tl_attributes *ret)
{
	unsigned bits = c->aarch32 ? AARCH32_ADDRESS_BITS : output_bits(c->tcr);
	tl_gpa first = walk->n_steps ? walk->step[0].gpa : walk->gpa;

	// The walk drops what AArch32 has above its 40 bits.
	if (c->aarch32 &&
		tl_arm64_get(regs, c->upper ? TL_ARM64_ttbr1_el1 : TL_ARM64_ttbr0_el1, &first))
		first &= TL_LOW_BITS(48);
	ret->oversized = first >> bits;
	for (unsigned i = 0; i < walk->n_steps && !ret->oversized; i++) {
		const struct tl_walk_step *step = &walk->step[i];
		tl_gpa output = c->aarch32 ? step->entry & TL_LOW_BITS(48) : step->output;

		ret->oversized_level = step->level;
		ret->oversized = step->kind != TL_ENTRY_INVALID && output >> bits;
	}
}

// The bits of all tables on the way, or'd.
static uint64_t table_limits(const struct tl_walk *walk, const struct tl_attributes *attributes)
{
	uint64_t limits = 0;

	for (unsigned i = 0; i + 1 < walk->n_steps && !attributes->flat; i++)
		limits |= walk->step[i].entry;
	return limits;
}

static unsigned rights(bool read, bool write, bool execute)
{
	return (read ? TL_RIGHT_READ : 0) | (write ? TL_RIGHT_WRITE : 0) |
	       (execute ? TL_RIGHT_EXECUTE : 0);
}

// Arm ARM D8.4 and G5.7. EL1 of AArch64 executes nothing that EL0 may write; in AArch32 only what
// may be read is executed.
static void long_rights(
	const struct control *c, uint64_t leaf, uint64_t limits, struct tl_attributes *ret)
{
	bool clean = ret->dbm && ret->sets_dirty; // the CPU clears AP[2] on a write
	bool write = (clean || !BIT(leaf, LEAF_READ_ONLY)) && !BIT(limits, TABLE_READ_ONLY);
	bool el0 = BIT(leaf, LEAF_EL0) && !BIT(limits, TABLE_NO_EL0);
	bool xn = BIT(leaf, LEAF_XN) || BIT(limits, TABLE_XN);
	bool pxn = BIT(leaf, LEAF_PXN) || BIT(limits, TABLE_PXN);

	if (c->aarch32) {
		ret->privileged = (uint8_t)rights(true, write, !xn && !pxn);
		ret->user = (uint8_t)rights(el0, el0 && write, el0 && !xn);
	} else {
		ret->privileged = (uint8_t)rights(true, write, !pxn && !(el0 && write));
		ret->user = (uint8_t)rights(el0, el0 && write, !xn);
	}
	ret->user_page = el0 || (!c->aarch32 && BIT(c->sctlr, SCTLR_EPAN) && !xn);
}

// How many entries stand side by side with the contiguous bit (Arm ARM D8.6).
static uint64_t contiguous_run(uint64_t page_size)
{
	static const struct {
		uint8_t shift, entries;
	} runs[] = { { 12, 16 }, { 21, 16 }, { 30, 16 }, { 14, 128 }, { 25, 32 }, { 16, 32 },
		{ 29, 32 } };

	for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (page_size == UINT64_C(1) << runs[i].shift)
			return page_size * runs[i].entries;
	}
	return 0;
}

static void long_memory(const struct tl_regs *regs, const struct control *c, uint64_t leaf,
	struct tl_attributes *ret)
{
	unsigned sh = leaf >> LEAF_SH & 3;
	uint64_t mair;

	if (!c->aarch32 && BIT(c->tcr, TCR_DS))
		sh = c->tcr >> (c->upper ? TCR_SH1 : TCR_SH0) & 3;
	ret->memory_index = leaf >> LEAF_INDEX & 7;
	ret->shareability = (uint8_t)sh;
	ret->memory_known = tl_arm64_get(regs, TL_ARM64_mair_el1, &mair);
	if (ret->memory_known)
		ret->memory = (uint8_t)(mair >> 8 * ret->memory_index);
}

static void long_attributes(const struct tl_regs *regs, const struct control *c,
	const struct tl_walk *walk, struct tl_attributes *ret)
{
	uint64_t leaf = walk->step[walk->n_steps - 1].entry;

	ret->accessed = BIT(leaf, LEAF_AF);
	ret->global = !BIT(leaf, LEAF_NG);
	ret->dbm = !c->aarch32 && BIT(leaf, LEAF_DBM);
	ret->dirty = ret->dbm && !BIT(leaf, LEAF_READ_ONLY);
	ret->run = BIT(leaf, LEAF_CONTIGUOUS) ? contiguous_run(walk->page_size) : 0;
	long_rights(c, leaf, table_limits(walk, ret), ret);
	long_memory(regs, c, leaf, ret);
}

// What WXN and UWXN leave of the rights to execute.
static void refuse_written_code(struct tl_attributes *a)
{
	if (a->uwxn && (a->user & TL_RIGHT_WRITE))
		a->privileged &= ~TL_RIGHT_EXECUTE;
	if (a->wxn && (a->privileged & TL_RIGHT_WRITE))
		a->privileged &= ~TL_RIGHT_EXECUTE;
	if (a->wxn && (a->user & TL_RIGHT_WRITE))
		a->user &= ~TL_RIGHT_EXECUTE;
}

// As PAR_EL1.SH has it: Device and Non-cacheable memory is outer shareable whatever its entry says.
static void settle_shareability(struct tl_attributes *a)
{
	if (a->memory_known && (a->memory >> 4 == 0 || a->memory == MAIR_NON_CACHEABLE))
		a->shareability = SH_OUTER;
}

static bool leaf_attributes(const struct tl_regs *regs, const struct control *c,
	const struct tl_walk *walk, struct tl_attributes *ret)
{
	if (!ret->short_form)
		long_attributes(regs, c, walk, ret);
	else if (!tl_arm64_short_attributes(regs, walk, ret))
		return false;
	refuse_written_code(ret);
	settle_shareability(ret);
	return true;
}

bool tl_arm64_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret)
{
	struct tl_attributes found;
	struct control c;

	if (walk->status == TL_WALK_NOT_KNOWN || walk->status == TL_WALK_UNSUPPORTED)
		return false;
	if (!read_control(regs, walk->va, &c))
		return false;
	control_attributes(&c, walk->va, &found);
	if (found.disabled)
		disabled_attributes(&found);
	else if (!found.short_form)
		find_oversized(regs, &c, walk, &found);
	if (walk->status == TL_WALK_OK && walk->n_steps && !leaf_attributes(regs, &c, walk, &found))
		return false;
	*ret = found;
	return true;
}
