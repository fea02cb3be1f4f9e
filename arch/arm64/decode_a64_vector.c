// SPDX-License-Identifier: MIT
// LD1 to LD4 and ST1 to ST4. Arm ARM C4.1.94, "Advanced SIMD load/store multiple structures" and "single
// structure".
//
//	31 30 29..25 24 23 22 21 20..16 15..13 12 11 10 9..5 4..0
//	0  Q  00110  0  P  L  0  Rm     opcode    size  Rn   Rt     multiple; P: post-index
//	0  Q  00110  1  P  L  R  Rm     opcode S  size  Rn   Rt     single
#include "arch/arm64/decode_a64.h"

static void name(struct tl_arm64_insn *i, bool loads, unsigned interleave)
{
	const char digit[] = { (char)('0' + interleave), 0 };

	tl_a64_name(i, loads ? "ld" : "st");
	tl_a64_name(i, digit);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->interleave = (uint8_t)interleave;
}

// False when a form without post-index has bits that say otherwise.
static bool address(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned rm = tl_a64_bits(word, 20, 16);

	i->vector = true;
	i->half = !tl_a64_bit(word, 30);
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	if (!tl_a64_bit(word, 23)) {
		i->address = TL_ARM64_OFFSET;
		return !rm;
	}
	i->address = rm == 31 ? TL_ARM64_POST : TL_ARM64_POST_REG;
	if (rm != 31)
		i->rm = (uint8_t)rm;
	return true;
}

bool tl_a64_structures(uint32_t word, struct tl_arm64_insn *i)
{
	static const struct {
		uint8_t registers, interleave;
	} forms[16] = {
		[0] = { 4, 4 },
		[2] = { 4, 1 },
		[4] = { 3, 3 },
		[6] = { 3, 1 },
		[7] = { 1, 1 },
		[8] = { 2, 2 },
		[10] = { 2, 1 },
	};
	const unsigned opcode = tl_a64_bits(word, 15, 12), log = tl_a64_bits(word, 11, 10);

	if (tl_a64_bit(word, 21) || !forms[opcode].registers || !address(word, i))
		return false;
	if (i->half && log == 3 && forms[opcode].interleave > 1)
		return false;
	name(i, tl_a64_bit(word, 22), forms[opcode].interleave);
	i->registers = forms[opcode].registers;
	i->size = (uint8_t)(1 << log);
	i->n = (uint8_t)(i->registers * (i->half ? 8 : 16) >> log);
	if (i->address == TL_ARM64_POST)
		i->imm = i->n * i->size;
	return true;
}

// The lane's number is Q:S:size, less the bits of size that a wider element needs to be 0 (or 01).
static bool lane(uint32_t word, unsigned scale, struct tl_arm64_insn *i)
{
	const unsigned size = tl_a64_bits(word, 11, 10);
	const unsigned number = tl_a64_bit(word, 30) << 3 | tl_a64_bit(word, 12) << 2 | size;

	if (scale == 2 && size == 1) {
		i->size = 8;
		i->lane = (int8_t)(number >> 3);
		return !tl_a64_bit(word, 12);
	}
	i->size = (uint8_t)(1 << scale);
	i->lane = (int8_t)(number >> scale);
	return !(number & ((1u << scale) - 1));
}

static bool replicate(uint32_t word, struct tl_arm64_insn *i)
{
	i->size = (uint8_t)(1 << tl_a64_bits(word, 11, 10));
	i->replicate = true;
	return tl_a64_bit(word, 22) && !tl_a64_bit(word, 12);
}

// LDAP1 and STL1 (FEAT_LRCPC3): one lane of 64 bits, with an order.
static bool ordered_lane(uint32_t word, struct tl_arm64_insn *i)
{
	(void)address(word & ~(UINT32_C(1) << 16), i);
	tl_a64_name(i, tl_a64_bit(word, 22) ? "ldap1" : "stl1");
	i->does = tl_a64_bit(word, 22) ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->acquires = tl_a64_bit(word, 22);
	i->releases = !i->acquires;
	i->interleave = i->registers = i->n = 1;
	i->size = 8;
	i->lane = (int8_t)tl_a64_bit(word, 30);
	return true;
}

bool tl_a64_single_structure(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned opcode = tl_a64_bits(word, 15, 13);
	const unsigned n = ((opcode & 1) << 1 | tl_a64_bit(word, 21)) + 1;

	if ((word & 0xbfbffc00) == 0x0d018400)
		return ordered_lane(word, i);
	if (!address(word, i) ||
		!(opcode >> 1 == 3 ? replicate(word, i) : lane(word, opcode >> 1, i)))
		return false;
	name(i, tl_a64_bit(word, 22), n);
	tl_a64_name(i, i->replicate ? "r" : "");
	i->registers = (uint8_t)n;
	i->n = (uint8_t)n;
	if (i->address == TL_ARM64_POST)
		i->imm = n * i->size;
	return true;
}
