// SPDX-License-Identifier: MIT
// T32 loads and stores of 16 bits. Arm ARM F3.1, "16-bit".
//
//	15..12 11 10 9  8..6 5..3 2..0
//	0100   1  Rt      imm8             LDR literal
//	0101   opcode    Rm   Rn   Rt      register offset
//	011B   L  imm5        Rn   Rt      a word, a byte
//	1000   L  imm5        Rn   Rt      a halfword
//	1001   L  Rt      imm8             a word, of SP
//	1011   L  10   M  list             PUSH and POP; M: LR or PC
//	1100   L  Rn      list             STM and LDM
#include "arch/arm64/decode_a32.h"

#define PC 15
#define LR 14
#define SP 13

static uint8_t low(uint32_t word, unsigned from)
{
	return word >> from & 7;
}

bool tl_t32_narrow_literal(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_one(i, true, 2, false);
	i->rt = low(word, 8);
	i->rn = PC;
	i->address = TL_ARM64_OFFSET;
	i->imm = 4 * tl_a64_bits(word, 7, 0);
	tl_a32_finish(i);
	return true;
}

bool tl_t32_narrow_index(uint32_t word, struct tl_arm64_insn *i)
{
	static const struct {
		bool loads, is_signed;
		uint8_t log;
	} opcodes[] = { { false, false, 2 }, { false, false, 1 }, { false, false, 0 },
		{ true, true, 0 }, { true, false, 2 }, { true, false, 1 }, { true, false, 0 },
		{ true, true, 1 } };
	const unsigned n = tl_a64_bits(word, 11, 9);

	tl_a32_one(i, opcodes[n].loads, opcodes[n].log, opcodes[n].is_signed);
	i->rt = low(word, 0);
	i->rn = low(word, 3);
	i->rm = low(word, 6);
	i->address = TL_ARM64_INDEX;
	tl_a32_finish(i);
	return true;
}

bool tl_t32_narrow_immediate(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned log = word >> 15 ? 1 : tl_a64_bit(word, 12) ? 0 : 2;

	tl_a32_one(i, tl_a64_bit(word, 11), log, false);
	i->rt = low(word, 0);
	i->rn = low(word, 3);
	i->address = TL_ARM64_OFFSET;
	i->imm = tl_a64_bits(word, 10, 6) << log;
	tl_a32_finish(i);
	return true;
}

bool tl_t32_narrow_stack(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_one(i, tl_a64_bit(word, 11), 2, false);
	i->rt = low(word, 8);
	i->rn = SP;
	i->address = TL_ARM64_OFFSET;
	i->imm = 4 * tl_a64_bits(word, 7, 0);
	tl_a32_finish(i);
	return true;
}

bool tl_t32_narrow_push(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 11);

	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->rn = SP;
	i->list = (uint16_t)(tl_a64_bits(word, 7, 0) | tl_a64_bit(word, 8) << (loads ? PC : LR));
	tl_a32_list(i, !loads, loads, true);
	return true;
}

// LDM writes back unless it loads its base.
bool tl_t32_narrow_multiple(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 11);

	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->rn = low(word, 8);
	i->list = (uint16_t)tl_a64_bits(word, 7, 0);
	tl_a32_list(i, false, true, !loads || !(i->list >> i->rn & 1));
	return true;
}
