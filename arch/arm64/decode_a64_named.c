// SPDX-License-Identifier: MIT
// Allocation tags, and what is known by name: MOPS, SVE, SME. Arm ARM C4.1.94 "Load/store memory tags",
// "Memory Copy and Memory Set", C4.1.30 on.
#include "arch/arm64/decode_a64.h"

static bool tag_address(unsigned form, uint32_t word, struct tl_arm64_insn *i)
{
	static const enum tl_arm64_address addresses[] = { TL_ARM64_OFFSET, TL_ARM64_POST,
		TL_ARM64_OFFSET, TL_ARM64_PRE };

	i->tags = true;
	i->width = 64;
	i->address = addresses[form];
	i->imm = tl_a64_signed(word, 20, 12) * 16;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	return true;
}

// Bits 11 and 10 are 0: LDG, and those of many tags, which have no offset.
bool tl_a64_tags(uint32_t word, struct tl_arm64_insn *i)
{
	static const char *const stores[] = { "stg", "stzg", "st2g", "stz2g" };
	static const char *const others[] = { "stzgm", "ldg", "stgm", "ldgm" };
	const unsigned op = tl_a64_bits(word, 23, 22), form = tl_a64_bits(word, 11, 10);

	tl_a64_name(i, form ? stores[op] : others[op]);
	i->does = !form && op & 1 ? TL_ARM64_LOADS : TL_ARM64_STORES;
	return tag_address(form, word, i) && (form || op == 1 || !i->imm);
}

// CPY, CPYF, SET and SETG, prologue, main and epilogue; their options are left out.
bool tl_a64_mops(uint32_t word, struct tl_arm64_insn *i)
{
	static const char *const stages[] = { "p", "m", "e" };
	const unsigned op1 = tl_a64_bits(word, 23, 22), op2 = tl_a64_bits(word, 15, 12);
	const bool sets = op1 == 3, second = tl_a64_bit(word, 26);

	const unsigned d = tl_a64_bits(word, 4, 0), n = tl_a64_bits(word, 9, 5);
	const unsigned s = tl_a64_bits(word, 20, 16);

	if (tl_a64_bits(word, 31, 30) != 0 || (sets && op2 >> 2 == 3))
		return false;
	if (d == 31 || n == 31 || (s == 31 && !sets) || d == n || d == s || n == s)
		return false;
	tl_a64_name(i, sets ? (second ? "setg" : "set") : second ? "cpy" : "cpyf");
	tl_a64_name(i, stages[sets ? op2 >> 2 : op1]);
	i->does = sets ? TL_ARM64_STORES : TL_ARM64_UPDATES;
	i->named_only = true;
	return true;
}

bool tl_a64_sve(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a64_name(i, "sve");
	i->does = tl_a64_bits(word, 31, 29) == 7 ? TL_ARM64_STORES : TL_ARM64_LOADS;
	i->named_only = true;
	return true;
}

bool tl_a64_sme(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a64_name(i, "sme");
	i->does = tl_a64_bit(word, 21) ? TL_ARM64_STORES : TL_ARM64_LOADS;
	i->named_only = true;
	return true;
}
