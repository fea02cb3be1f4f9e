// SPDX-License-Identifier: MIT
// One instruction carried out: its accesses, then registers, then on to the next.
#include "arch/arm64/emulate.h"

#include "arch/arm64/emulate_parts.h"
#include "arch/arm64/enter.h"

// Arm ARM C1.2.4, E1.1.4: of each two, the one with bit 0 set is the other's opposite.
static bool holds(unsigned cond, uint64_t pstate)
{
	const bool n = pstate >> 31 & 1, z = pstate >> 30 & 1, c = pstate >> 29 & 1;
	const bool v = pstate >> 28 & 1;
	const bool even[] = { z, c, n, v, c && !z, n == v, n == v && !z, true };

	return cond >= TL_ARM32_ALWAYS || even[cond >> 1] != (cond & 1);
}

// In an IT block it is the upper half of ITSTATE.
static unsigned condition(const struct tl_emulation *e)
{
	const unsigned it = tl_emulate_itstate(e);

	if (e->insn->set == TL_ARM64_A32)
		return e->insn->cond;
	return it & 0xf ? it >> 4 : TL_ARM32_ALWAYS;
}

static bool begin(struct tl_emulation *e)
{
	e->aarch32 = e->insn->set != TL_ARM64_A64;
	return tl_emulate_needs(e, TL_ARM64_pstate, &e->pstate);
}

static void find_order(struct tl_emulation *e)
{
	if (!tl_arm64_is_big_endian(&e->state->regs, e->pstate, &e->big_endian) &&
		e->insn->size > 1)
		tl_emulate_note(e, "data is taken to be little endian: SCTLR_EL1 was not recorded");
}

static bool nothing(struct tl_emulation *e)
{
	return true;
}

// AT leaves its result in PAR_EL1.
static bool translates(struct tl_emulation *e)
{
	tl_effect_set(e->ret, TL_ARM64_par_el1, 0, TL_ORIGIN_RESULT);
	e->ret->regs.known[TL_ARM64_par_el1 / 64] &= ~(UINT64_C(1) << TL_ARM64_par_el1 % 64);
	tl_emulate_note(e, "what it leaves in PAR_EL1 is not worked out");
	return true;
}

// Arm ARM F5.1, TBB: on from PC by so many halfwords, in T32 as before.
static bool branches_by_table(struct tl_emulation *e)
{
	const unsigned size = e->insn->size;
	uint8_t bytes[2] = { 0 };
	uint64_t halfwords;
	uint64_t pc;

	if (!tl_emulate_get(e, 15, &pc) || !tl_emulate_read(e, e->va, size, bytes))
		return false;
	halfwords = tl_emulate_order(e, tl_load_le(bytes, size));
	return tl_emulate_set(e, 15, (uint32_t)(pc + 2 * halfwords) | 1, TL_ORIGIN_DATA);
}

static bool loads(struct tl_emulation *e)
{
	const unsigned size = e->insn->size;
	uint8_t bytes[16];

	if (tl_emulate_is_table_branch(e->insn))
		return branches_by_table(e);
	if (e->insn->exclusive)
		tl_emulate_note(e, "no monitor is set: the store-exclusive after it fails");
	if (e->insn->vector && !tl_emulate_clear_vectors(e))
		return false;
	for (unsigned i = 0; i < e->insn->n; i++) {
		if (!tl_emulate_read(e, tl_emulate_advance(e, e->va, i * size), size, bytes) ||
			!tl_emulate_put(e, i, bytes))
			return false;
	}
	return true;
}

static bool stores(struct tl_emulation *e)
{
	const unsigned size = e->insn->size;
	uint8_t bytes[16];

	for (unsigned i = 0; i < e->insn->n; i++) {
		if (!tl_emulate_take(e, i, bytes) ||
			!tl_emulate_write(e, tl_emulate_advance(e, e->va, i * size), size, bytes))
			return false;
	}
	return true;
}

static bool zeroes(struct tl_emulation *e)
{
	static const uint8_t zeros[16];

	tl_emulate_note(e, "its block is taken to be of 64 bytes: DCZID_EL0 is not recorded");
	for (unsigned at = 0; at < TL_EMULATE_BLOCK; at += sizeof(zeros)) {
		if (!tl_emulate_write(e, e->va + at, sizeof(zeros), zeros))
			return false;
	}
	return true;
}

static const struct {
	bool (*carry_out)(struct tl_emulation *e);
	bool accesses;
} kinds[] = {
	[TL_ARM64_LOADS] = { loads, true },
	[TL_ARM64_STORES] = { stores, true },
	[TL_ARM64_UPDATES] = { tl_emulate_update, true },
	[TL_ARM64_ZEROES] = { zeroes, true },
	[TL_ARM64_PREFETCHES] = { nothing, false },
	[TL_ARM64_MAINTAINS] = { nothing, false },
	[TL_ARM64_TRANSLATES] = { translates, false },
};

static bool find_access(struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	const bool block = insn->does == TL_ARM64_ZEROES;

	if (!kinds[insn->does].accesses)
		return true;
	find_order(e);
	return tl_emulate_address(e) && tl_emulate_check_alignment(e) &&
	       tl_emulate_find_trapped(
		       e, block ? TL_EMULATE_BLOCK : (unsigned)insn->n * insn->size);
}

// PC first: a load may branch.
static bool carry_out(struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	bool does;

	if (!begin(e))
		return false;
	does = holds(condition(e), e->pstate);
	if (does && !tl_emulate_check_form(e))
		return false;
	e->status = TL_ANSWER_NOT_KNOWN;
	if (!tl_arm64_skip(e->state, insn->bytes, e->ret, e->why))
		return false;
	if (!does) {
		tl_emulate_note(e, "its condition fails: it does nothing");
		return true;
	}
	return find_access(e) && kinds[insn->does].carry_out(e) &&
	       (!e->writes_back || tl_emulate_set_base(e, insn->rn, e->back));
}

enum tl_answer_status tl_arm64_emulate(const struct tl_state *state, const struct tl_trap *fault,
	const struct tl_arm64_insn *insn, const struct tl_device *device, struct tl_effect *ret,
	struct tl_why *ret_why)
{
	struct tl_emulation e = { .state = state,
		.fault = fault,
		.insn = insn,
		.device = device,
		.ret = ret,
		.why = ret_why };

	tl_effect_init(ret, state);
	ret->given = TL_GIVEN_REGS;
	return carry_out(&e) ? TL_ANSWER_DONE : e.status;
}

bool tl_arm64_effective_address(
	const struct tl_state *state, const struct tl_arm64_insn *insn, tl_gva *ret)
{
	struct tl_why why;
	struct tl_emulation e = { .state = state, .insn = insn, .why = &why };

	if (insn->address == TL_ARM64_NO_ADDRESS ||
		(insn->named_only && !tl_emulate_is_table_branch(insn)) || !begin(&e) ||
		!holds(condition(&e), e.pstate) || !tl_emulate_address(&e))
		return false;
	*ret = e.va;
	return true;
}
