// SPDX-License-Identifier: MIT
// T32 pairs, exclusives, loads and stores with acquire and release, TBB and TBH. Arm ARM F3.1,
// "Load/store dual, load/store exclusive, load-acquire/store-release, and table branch".
//
//	31..25  24 23 22 21 20 19..16 15..12 11..8 7..4 3..0
//	1110100 P  U  1  W  L  Rn     Rt     Rt2   imm8         a pair; with P or W
//	1110100 0  0  1  0  L  Rn     Rt     Rd    imm8         STREX, LDREX
//	1110100 0  1  1  0  L  Rn     Rt     Rt2   op   Rd/Rm
#include "arch/arm64/decode_a32.h"

#define PC 15

bool tl_t32_dual(uint32_t word, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 24), w = tl_a64_bit(word, 21), loads = tl_a64_bit(word, 20);
	const int imm = 4 * (int)tl_a64_bits(word, 7, 0);

	tl_a64_name(i, loads ? "ldrd" : "strd");
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->rt = tl_a32_reg(word, 12);
	i->rt2 = tl_a32_reg(word, 8);
	i->rn = tl_a32_reg(word, 16);
	i->size = 4;
	i->n = 2;
	i->width = 32;
	i->imm = tl_a64_bit(word, 23) ? imm : -imm;
	i->address = (uint8_t)tl_a32_mode(p, w, false);
	tl_a64_load_once(i);
	tl_a32_unsure(i, !loads && i->rn == PC, "its base is PC");
	tl_a32_finish(i);
	return true;
}

// They branch by what they load.
static bool table(uint32_t word, bool halfwords, struct tl_arm64_insn *i)
{
	if (!tl_a64_bit(word, 20))
		return false;
	tl_a64_name(i, halfwords ? "tbh" : "tbb");
	i->does = TL_ARM64_LOADS;
	i->named_only = true;
	i->address = TL_ARM64_INDEX;
	i->rn = tl_a32_reg(word, 16);
	i->rm = tl_a32_reg(word, 0);
	i->shift = halfwords;
	i->size = halfwords ? 2 : 1;
	i->n = 1;
	tl_a32_unsure(i, i->rm == PC, "its offset is PC");
	tl_a32_should_be(i, 0xff00, 0xf000);
	return true;
}

static void of_word(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 20);

	i->exclusive = true;
	if (!loads)
		i->rs = tl_a32_reg(word, 8);
	tl_a32_ordered(i, loads, false, 0);
	i->imm = 4 * tl_a64_bits(word, 7, 0);
	if (loads)
		tl_a32_should_be(i, 0xf00, 0xf00);
}

// Bits 7 and 6: a monitor, an order. Bits 5 and 4: a byte, a halfword, a word, a pair.
static bool others(uint32_t word, struct tl_arm64_insn *i)
{
	static const uint8_t sizes[] = { 2, 3, 0, 1 };
	const unsigned kind = tl_a64_bits(word, 7, 6), size = tl_a64_bits(word, 5, 4);
	const bool loads = tl_a64_bit(word, 20);

	i->exclusive = kind & 1;
	if (!kind || (kind == 1 && size == 2) || (kind == 2 && size == 3))
		return false;
	if (size == 3)
		i->rt2 = tl_a32_reg(word, 8);
	else
		tl_a32_should_be(i, 0xf00, 0xf00);
	if (i->exclusive && !loads)
		i->rs = tl_a32_reg(word, 0);
	else
		tl_a32_should_be(i, 0xf, 0xf);
	tl_a32_ordered(i, loads, kind & 2, sizes[size]);
	if (size == 3)
		tl_a64_load_once(i);
	return true;
}

bool tl_t32_exclusive(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned op = tl_a64_bits(word, 7, 4);

	if (tl_a64_bit(word, 23) && op < 2)
		return table(word, op, i);
	i->rt = tl_a32_reg(word, 12);
	i->rn = tl_a32_reg(word, 16);
	if (tl_a64_bit(word, 23))
		return others(word, i);
	of_word(word, i);
	return true;
}
