// SPDX-License-Identifier: MIT
// T32 loads and stores of one register, of 32 bits. Arm ARM F3.1, "Load/store single".
//
//	31..25  24 23 22..21 20 19..16 15..12 11..0
//	1111100 S  1  size   L  Rn     Rt     imm12
//	1111100 S  0  size   L  Rn     Rt     1 P U W imm8         with P alone below the base
//	1111100 S  0  size   L  Rn     Rt     0 0 0 0 0 0 imm2 Rm
//	1111100 S  U  size   1  1111   Rt     imm12                literal
//	11111001   D  L 0       Rn     ...                         structures, as A32's 11110100
#include "arch/arm64/decode_a32.h"

#include <string.h>

#define PC 15

bool tl_t32_structures(uint32_t word, struct tl_arm64_insn *i)
{
	const uint32_t a32 = (word & 0x00ffffff) | 0xf4000000;

	return tl_a64_bit(word, 23) ? tl_a32_single_structure(a32, i) : tl_a32_structures(a32, i);
}

static bool start(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned log = tl_a64_bits(word, 22, 21);
	const bool loads = tl_a64_bit(word, 20), is_signed = tl_a64_bit(word, 24);

	if (log == 3 || (log == 2 && is_signed))
		return false;
	tl_a32_one(i, loads, log, is_signed);
	i->rt = tl_a32_reg(word, 12);
	i->rn = tl_a32_reg(word, 16);
	return true;
}

// A load of less than a word into PC is a hint: of bytes PLD, of halfwords PLDW, with a sign PLI. False
// for the one hint without a meaning.
static bool hint(struct tl_arm64_insn *i)
{
	const bool writes = i->size == 2;

	if (i->is_signed && writes)
		return false;
	memset(i->name, 0, sizeof(i->name));
	tl_a64_name(i, i->is_signed ? "pli" : writes ? "pldw" : "pld");
	i->does = TL_ARM64_PREFETCHES;
	i->rt = TL_ARM64_NO_REG;
	i->size = i->n = i->width = 0;
	i->is_signed = false;
	tl_a32_unsure(i, writes && i->rn == PC, "it prefetches for a write at PC");
	return true;
}

static bool is_hint(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_LOADS && i->rt == PC && i->size < 4 && !i->unprivileged &&
	       (i->address == TL_ARM64_OFFSET || i->address == TL_ARM64_INDEX);
}

static bool finish(struct tl_arm64_insn *i)
{
	if (is_hint(i) && !hint(i))
		return false;
	tl_a32_finish(i);
	return true;
}

static bool index_offset(uint32_t word, struct tl_arm64_insn *i)
{
	i->rm = tl_a32_reg(word, 0);
	i->shift = (uint8_t)tl_a64_bits(word, 5, 4);
	i->address = TL_ARM64_INDEX;
	return !tl_a64_bits(word, 11, 6);
}

// P, U, W, bits 10 to 8: 4 is a negative offset, 6 unprivileged; without P and W there is nothing.
static bool imm8(uint32_t word, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 10), u = tl_a64_bit(word, 9), w = tl_a64_bit(word, 8);
	const int imm = (int)tl_a64_bits(word, 7, 0);

	i->imm = u ? imm : -imm;
	i->address = (uint8_t)tl_a32_mode(p, w, false);
	if (p && u && !w)
		tl_a32_unprivileged(i);
	return p || w;
}

static void name_stack(uint32_t word, struct tl_arm64_insn *i)
{
	if ((word & 0xffff0fff) == 0xf84d0d04)
		memcpy(i->name, "push", sizeof("push"));
	else if ((word & 0xffff0fff) == 0xf85d0b04)
		memcpy(i->name, "pop", sizeof("pop"));
}

bool tl_t32_single(uint32_t word, struct tl_arm64_insn *i)
{
	if (!start(word, i) || i->rn == PC)
		return false;
	if (tl_a64_bit(word, 23)) {
		i->imm = tl_a64_bits(word, 11, 0);
		i->address = TL_ARM64_OFFSET;
	} else if (!(tl_a64_bit(word, 11) ? imm8(word, i) : index_offset(word, i))) {
		return false;
	}
	name_stack(word, i);
	return finish(i);
}

bool tl_t32_literal(uint32_t word, struct tl_arm64_insn *i)
{
	const int imm = (int)tl_a64_bits(word, 11, 0);

	if (!start(word, i))
		return false;
	i->imm = tl_a64_bit(word, 23) ? imm : -imm;
	i->address = TL_ARM64_OFFSET;
	return finish(i);
}
