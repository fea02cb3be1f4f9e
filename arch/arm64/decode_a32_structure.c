// SPDX-License-Identifier: MIT
// VLD1 to VLD4 and VST1 to VST4. Arm ARM F4.1, "Advanced SIMD element or structure load/store".
//
//	31..24   23 22 21 20 19..16 15..12 11..8    7..6 5..4  3..0
//	11110100 0  D  L  0  Rn     Vd     type     size align Rm     multiple structures
//	11110100 1  D  L  0  Rn     Vd     size n-1 index      Rm     one lane
//	11110100 1  D  1  0  Rn     Vd     11   n-1 size T  a  Rm     one, to all lanes
#include "arch/arm64/decode_a32.h"

#define PC 15
#define SP 13

// Rm: PC says no write-back, SP says by what is transferred.
static void common(uint32_t word, unsigned interleave, struct tl_arm64_insn *i)
{
	const char digit[] = { (char)('0' + interleave), 0 };
	const bool loads = tl_a64_bit(word, 21);
	const uint8_t rm = tl_a32_reg(word, 0);

	tl_a64_name(i, loads ? "vld" : "vst");
	tl_a64_name(i, digit);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->vector = i->half = true;
	i->interleave = (uint8_t)interleave;
	i->rn = tl_a32_reg(word, 16);
	i->rt = (uint8_t)(tl_a64_bit(word, 22) << 4 | tl_a64_bits(word, 15, 12));
	i->address = rm == PC ? TL_ARM64_OFFSET : rm == SP ? TL_ARM64_POST : TL_ARM64_POST_REG;
	if (i->address == TL_ARM64_POST_REG)
		i->rm = rm;
}

static void finish(unsigned last, struct tl_arm64_insn *i)
{
	if (i->address == TL_ARM64_POST)
		i->imm = i->n * i->size;
	tl_a32_unsure(i, i->rn == PC, "its base is PC");
	tl_a32_unsure(i, last > 31, "its list goes beyond the last register");
}

// By type. Alignments are in `align`, a set of the field's values that are allocated.
static const struct {
	uint8_t registers, interleave, apart, align;
} forms[16] = {
	[0] = { 4, 4, 1, 0xf },
	[1] = { 4, 4, 2, 0xf },
	[2] = { 4, 1, 1, 0xf },
	[3] = { 4, 2, 2, 0xf },
	[4] = { 3, 3, 1, 0x3 },
	[5] = { 3, 3, 2, 0x3 },
	[6] = { 3, 1, 1, 0x3 },
	[7] = { 1, 1, 1, 0x3 },
	[8] = { 2, 2, 1, 0x7 },
	[9] = { 2, 2, 2, 0x7 },
	[10] = { 2, 1, 1, 0x7 },
};

bool tl_a32_structures(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned type = tl_a64_bits(word, 11, 8), log = tl_a64_bits(word, 7, 6),
		       align = tl_a64_bits(word, 5, 4);
	const unsigned registers = forms[type].registers, interleave = forms[type].interleave,
		       apart = forms[type].apart;

	if (!registers || !(forms[type].align >> align & 1) || (interleave > 1 && log == 3))
		return false;
	common(word, interleave, i);
	i->registers = (uint8_t)registers;
	i->apart = (uint8_t)apart;
	i->size = (uint8_t)(1 << log);
	i->n = (uint8_t)(registers * 8 >> log);
	i->aligned = (uint8_t)(align ? 4 << align : 1);
	finish(i->rt + registers / interleave - 1 + (interleave - 1) * apart, i);
	return true;
}

// The alignment of one lane, by the bits of the index that are left for it; 0: not allocated.
static unsigned lane_alignment(unsigned interleave, unsigned log, unsigned bits)
{
	static const uint8_t words[4][4] = { { 1, 0, 0, 4 }, { 1, 8, 0, 0 }, { 1, 0, 0, 0 },
		{ 1, 8, 16, 0 } };

	if (log == 2)
		return words[interleave - 1][bits];
	if (!bits)
		return 1;
	return interleave == 3 || (interleave == 1 && !log) ? 0 : interleave << log;
}

// The lane's number is in the upper bits of the index; below it, if there is room, the distance.
static bool lane(unsigned index, unsigned log, struct tl_arm64_insn *i)
{
	const bool far = log && index >> log & 1;

	i->lane = (int8_t)(index >> (log + 1));
	i->apart = far ? 2 : 1;
	i->size = (uint8_t)(1 << log);
	i->aligned = (uint8_t)lane_alignment(i->interleave, log, index & (log == 2 ? 3 : 1));
	return i->aligned && !(far && i->interleave == 1);
}

static bool replicate(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned log = tl_a64_bits(word, 7, 6), n = i->interleave;
	const bool a = tl_a64_bit(word, 4), t = tl_a64_bit(word, 5);

	if (!tl_a64_bit(word, 21) || (log == 3 && !(n == 4 && a)) || (n == 3 && a) ||
		(n == 1 && log == 0 && a))
		return false;
	i->replicate = true;
	i->size = (uint8_t)(log == 3 ? 4 : 1 << log);
	i->apart = t && n > 1 ? 2 : 1;
	i->registers = (uint8_t)(n == 1 && t ? 2 : n);
	i->aligned = (uint8_t)(!a ? 1 : log == 3 ? 16 : n == 4 && log == 2 ? 8 : n << log);
	return true;
}

bool tl_a32_single_structure(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned log = tl_a64_bits(word, 11, 10), n = tl_a64_bits(word, 9, 8) + 1;

	common(word, n, i);
	i->n = i->registers = (uint8_t)n;
	if (!(log == 3 ? replicate(word, i) : lane(tl_a64_bits(word, 7, 4), log, i)))
		return false;
	finish(i->rt + i->registers / n - 1 + (n - 1) * i->apart, i);
	return true;
}
