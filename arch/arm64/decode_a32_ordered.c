// SPDX-License-Identifier: MIT
// A32 loads and stores with acquire and release, exclusives, SWP. Arm ARM F4.1, "Synchronization
// primitives and Load-Acquire/Store-Release".
//
//	31..28 27..23 22..21 20 19..16 15..12 11 10 9  8   7..4    3..0
//	cond   00011  size   L  Rn     Rt/Rd  1  1  ex ord 1 0 0 1 Rt     ord: 0: acquires or releases
#include "arch/arm64/decode_a32.h"

#define PC 15

// Bits 22 and 21: a word, a pair, a byte, a halfword.
static const struct {
	const char *suffix;
	uint8_t size, n;
} sizes[] = { { "", 4, 1 }, { "d", 4, 2 }, { "b", 1, 1 }, { "h", 2, 1 } };

static void name(struct tl_arm64_insn *i, bool loads, unsigned size)
{
	tl_a64_name(i, loads ? "ld" : "st");
	if (i->acquires || i->releases)
		tl_a64_name(i, loads ? "a" : "l");
	else
		tl_a64_name(i, "r");
	tl_a64_name(i, i->exclusive ? "ex" : "");
	tl_a64_name(i, sizes[size].suffix);
}

void tl_a32_ordered(struct tl_arm64_insn *i, bool loads, bool ordered, unsigned size)
{
	i->acquires = ordered && loads;
	i->releases = ordered && !loads;
	name(i, loads, size);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->address = TL_ARM64_OFFSET;
	i->size = sizes[size].size;
	i->n = sizes[size].n;
	i->width = 32;
	i->syndrome = !i->exclusive && i->rt != PC;
	tl_a32_unsure(i, i->rt == PC || i->rt2 == PC, "it transfers PC");
	tl_a32_unsure(i, i->rn == PC, "its base is PC");
	if (i->rs == TL_ARM64_NO_REG)
		return;
	tl_a32_unsure(i, i->rs == PC, "its status goes to PC");
	tl_a32_unsure(i, i->rs == i->rn, "its status goes to its base");
	tl_a32_unsure(i, i->rs == i->rt || i->rs == i->rt2,
		"its status goes to a register that it stores");
}

bool tl_a32_exclusive(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 20), ordered = !tl_a64_bit(word, 8);
	const unsigned size = tl_a64_bits(word, 22, 21);

	i->exclusive = tl_a64_bit(word, 9);
	if (!i->exclusive && (!ordered || size == 1))
		return false;
	i->rn = tl_a32_reg(word, 16);
	i->rt = tl_a32_reg(word, loads ? 12 : 0);
	if (size == 1) {
		i->rt2 = (i->rt + 1) & 15;
		tl_a32_unsure(i, i->rt & 1, "its pair starts with an odd register");
	}
	if (i->exclusive && !loads)
		i->rs = tl_a32_reg(word, 12);
	tl_a32_ordered(i, loads, ordered, size);
	tl_a32_should_be(i, 0xc00, 0xc00);
	if (loads)
		tl_a32_should_be(i, 0xf, 0xf);
	else if (!i->exclusive)
		tl_a32_should_be(i, 0xf000, 0xf000);
	return true;
}

bool tl_a32_swap(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a64_name(i, tl_a64_bit(word, 22) ? "swpb" : "swp");
	i->does = TL_ARM64_UPDATES;
	i->address = TL_ARM64_OFFSET;
	i->rn = tl_a32_reg(word, 16);
	i->rt = tl_a32_reg(word, 12);
	i->rs = tl_a32_reg(word, 0);
	i->size = tl_a64_bit(word, 22) ? 1 : 4;
	i->n = 1;
	i->width = 32;
	tl_a32_unsure(i, true, "it is undefined since ARMv8");
	return true;
}
