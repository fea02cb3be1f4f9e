// SPDX-License-Identifier: MIT
// General and vector registers of an instruction that is carried out.
#include "arch/arm64/emulate_parts.h"

#include "arch/arm64/aarch32.h"

#include <string.h>

#define BRANCHES "Arm ARM E1.2.1, BXWritePC()"

bool tl_emulate_needs(struct tl_emulation *e, enum tl_arm64_reg reg, uint64_t *ret)
{
	e->status = TL_ANSWER_NOT_KNOWN;
	return tl_arm64_needs(&e->state->regs, reg, ret, e->why);
}

static bool aarch32_word(struct tl_emulation *e, unsigned n, unsigned *ret)
{
	enum tl_arm64_reg reg = 0;

	if (!tl_arm32_reg(e->pstate & TL_ARM64_MODE_MASK, n, &reg))
		return TL_EMULATE_LACK(e, NULL, "r%u of mode 0x%x: there is no such mode", n,
			(unsigned)(e->pstate & TL_ARM64_MODE_MASK));
	*ret = reg;
	return true;
}

static bool stack_pointer_word(struct tl_emulation *e, unsigned *ret)
{
	switch (e->pstate & TL_ARM64_MODE_MASK) {
	case TL_ARM64_EL0T:
	case TL_ARM64_EL1T:
		*ret = TL_ARM64_sp_el0;
		return true;
	case TL_ARM64_EL1H:
		*ret = TL_ARM64_sp_el1;
		return true;
	}
	return TL_EMULATE_LACK(e, NULL, "sp of mode 0x%x is not recorded",
		(unsigned)(e->pstate & TL_ARM64_MODE_MASK));
}

// R15 reads as the address of the instruction and 8, in T32 and 4. Arm ARM E1.2.1.
static bool aarch32_pc(struct tl_emulation *e, uint64_t *ret)
{
	if (!tl_emulate_needs(e, TL_ARM64_pc, ret))
		return false;
	*ret = (uint32_t)(*ret + (e->insn->set == TL_ARM64_T32 ? 4 : 8));
	return true;
}

bool tl_emulate_get(struct tl_emulation *e, unsigned n, uint64_t *ret)
{
	unsigned word = TL_ARM64_x0 + n;

	if (e->aarch32 && n == 15)
		return aarch32_pc(e, ret);
	if (!e->aarch32 && n == 31) {
		*ret = 0;
		return true;
	}
	return (!e->aarch32 || aarch32_word(e, n, &word)) && tl_emulate_needs(e, word, ret);
}

bool tl_emulate_get_base(struct tl_emulation *e, unsigned n, uint64_t *ret)
{
	unsigned word = 0;

	if (e->aarch32 || n != 31)
		return tl_emulate_get(e, n, ret);
	return stack_pointer_word(e, &word) && tl_emulate_needs(e, word, ret);
}

// Bit 0 says T32; an A32 address that is not a multiple of 4 is none that can be predicted.
static bool branch(struct tl_emulation *e, uint64_t value, enum tl_origin origin)
{
	const uint64_t before = e->ret->regs.word[TL_ARM64_pstate];
	const uint64_t pstate =
		value & 1 ? before | TL_ARM32_PSTATE_T : before & ~TL_ARM32_PSTATE_T;

	if ((value & 3) == 2)
		return TL_EMULATE_REFUSE(e, BRANCHES,
			"CONSTRAINED UNPREDICTABLE: it branches to 0x%x, in A32 not a multiple of "
			"4",
			(unsigned)value);
	tl_effect_set(e->ret, TL_ARM64_pc, value & ~UINT64_C(1), origin);
	if (pstate != before)
		tl_effect_set(e->ret, TL_ARM64_pstate, pstate, TL_ORIGIN_NEXT);
	return true;
}

bool tl_emulate_set(struct tl_emulation *e, unsigned n, uint64_t value, enum tl_origin origin)
{
	unsigned word = TL_ARM64_x0 + n;

	if (e->aarch32 && n == 15)
		return branch(e, (uint32_t)value, origin);
	if (!e->aarch32 && n == 31)
		return true;
	if (e->aarch32 && !aarch32_word(e, n, &word))
		return false;
	tl_effect_set(e->ret, word, value, origin);
	return true;
}

bool tl_emulate_set_base(struct tl_emulation *e, unsigned n, uint64_t value)
{
	unsigned word = 0;

	if (e->aarch32 || n != 31)
		return tl_emulate_set(e, n, value, TL_ORIGIN_WRITEBACK);
	if (!stack_pointer_word(e, &word))
		return false;
	tl_effect_set(e->ret, word, value, TL_ORIGIN_WRITEBACK);
	return true;
}

// A64 zeroes what a load leaves of a register, but for single lanes. AArch32 leaves the rest as it
// was.
static bool loads_in_part(const struct tl_emulation *e)
{
	return e->aarch32 ? e->insn->size < 16 : e->insn->lane >= 0;
}

static bool know_vector(struct tl_emulation *e, unsigned n)
{
	return e->state->vectors.known >> n & 1 ||
	       TL_EMULATE_LACK(e, NULL, "needs v%u, which was not recorded", n);
}

bool tl_emulate_clear_vectors(struct tl_emulation *e)
{
	for (unsigned i = 0; i < tl_emulate_cells(e->insn); i++) {
		const unsigned n = tl_emulate_cell(e->insn, i).reg;

		if (loads_in_part(e) && !know_vector(e, n))
			return false;
		if (!loads_in_part(e))
			memset(e->ret->vectors.v[n], 0, sizeof(e->ret->vectors.v[n]));
		e->ret->vectors.known |= UINT32_C(1) << n;
		e->ret->vectors_set |= UINT32_C(1) << n;
	}
	return true;
}

static void copy(const struct tl_emulation *e, uint8_t *to, const uint8_t *from)
{
	const unsigned size = e->insn->size;

	for (unsigned i = 0; i < size; i++)
		to[i] = from[e->big_endian ? size - 1 - i : i];
}

bool tl_emulate_take(struct tl_emulation *e, unsigned element, uint8_t *ret)
{
	const struct tl_emulate_cell cell = tl_emulate_cell(e->insn, element);
	uint8_t bytes[8];
	uint64_t value;

	if (cell.vector) {
		if (!know_vector(e, cell.reg))
			return false;
		copy(e, ret, &e->state->vectors.v[cell.reg][cell.offset]);
		return true;
	}
	if (!tl_emulate_get(e, cell.reg, &value))
		return false;
	tl_store_le(bytes, value, sizeof(bytes));
	copy(e, ret, bytes);
	return true;
}

// Arm ARM C6.2: a sign goes up to `width`, zeros above.
static uint64_t extend(const struct tl_arm64_insn *insn, uint64_t value)
{
	if (insn->is_signed)
		value = (uint64_t)tl_bytes_extend(value, insn->size);
	return insn->width == 32 ? (uint32_t)value : value;
}

static void put_vector(
	struct tl_emulation *e, const struct tl_emulate_cell *cell, const uint8_t *bytes)
{
	const struct tl_arm64_insn *insn = e->insn;
	const unsigned all = insn->replicate ? (insn->half ? 8 : 16) : insn->size;
	uint8_t *v = &e->ret->vectors.v[cell->reg][cell->offset];

	for (unsigned at = 0; at < all; at += insn->size)
		copy(e, v + at, bytes);
	if (e->aarch32 && !insn->interleave &&
		insn->size == 2) // VLDR of a half clears what is above
		memset(v + 2, 0, 2);
}

bool tl_emulate_put(struct tl_emulation *e, unsigned element, const uint8_t *bytes)
{
	const struct tl_arm64_insn *insn = e->insn;
	const struct tl_emulate_cell cell = tl_emulate_cell(insn, element);
	uint8_t ordered[16];

	if (!cell.vector) {
		copy(e, ordered, bytes);
		return tl_emulate_set(
			e, cell.reg, extend(insn, tl_load_le(ordered, insn->size)), TL_ORIGIN_DATA);
	}
	for (unsigned i = element; i < tl_emulate_cells(insn); i += insn->n) {
		const struct tl_emulate_cell each = tl_emulate_cell(insn, i);

		put_vector(e, &each, bytes);
	}
	return true;
}
