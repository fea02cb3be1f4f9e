// SPDX-License-Identifier: MIT
// System registers, cache maintenance and address translation. Arm ARM C4.1.93 "System instructions
// with register argument", "System register move", C5.3, C5.4.
//
//	31..22     21 20..19 18..16 15..12 11..8 7..5 4..0
//	1101010100 L  op0    op1    CRn    CRm   op2  Rt
#include "arch/arm64/decode_a64.h"

static const struct operation {
	const char *name;
	uint8_t op1, crm, op2; // CRn is 7
	bool by_address;
	enum tl_arm64_does does;
} operations[] = {
	{ "ic ialluis", 0, 1, 0, false, TL_ARM64_MAINTAINS },
	{ "ic iallu", 0, 5, 0, false, TL_ARM64_MAINTAINS },
	{ "dc ivac", 0, 6, 1, true, TL_ARM64_MAINTAINS },
	{ "dc isw", 0, 6, 2, false, TL_ARM64_MAINTAINS },
	{ "dc igvac", 0, 6, 3, true, TL_ARM64_MAINTAINS },
	{ "dc igsw", 0, 6, 4, false, TL_ARM64_MAINTAINS },
	{ "dc igdvac", 0, 6, 5, true, TL_ARM64_MAINTAINS },
	{ "dc igdsw", 0, 6, 6, false, TL_ARM64_MAINTAINS },
	{ "at s1e1r", 0, 8, 0, true, TL_ARM64_TRANSLATES },
	{ "at s1e1w", 0, 8, 1, true, TL_ARM64_TRANSLATES },
	{ "at s1e0r", 0, 8, 2, true, TL_ARM64_TRANSLATES },
	{ "at s1e0w", 0, 8, 3, true, TL_ARM64_TRANSLATES },
	{ "at s1e1rp", 0, 9, 0, true, TL_ARM64_TRANSLATES },
	{ "at s1e1wp", 0, 9, 1, true, TL_ARM64_TRANSLATES },
	{ "at s1e1a", 0, 9, 2, true, TL_ARM64_TRANSLATES },
	{ "dc csw", 0, 10, 2, false, TL_ARM64_MAINTAINS },
	{ "dc cgsw", 0, 10, 4, false, TL_ARM64_MAINTAINS },
	{ "dc cgdsw", 0, 10, 6, false, TL_ARM64_MAINTAINS },
	{ "dc cisw", 0, 14, 2, false, TL_ARM64_MAINTAINS },
	{ "dc cigsw", 0, 14, 4, false, TL_ARM64_MAINTAINS },
	{ "dc cigdsw", 0, 14, 6, false, TL_ARM64_MAINTAINS },
	{ "dc civaps", 0, 15, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cigdvaps", 0, 15, 5, true, TL_ARM64_MAINTAINS },
	{ "dc zva", 3, 4, 1, true, TL_ARM64_ZEROES },
	{ "dc gva", 3, 4, 3, true, TL_ARM64_ZEROES },
	{ "dc gzva", 3, 4, 4, true, TL_ARM64_ZEROES },
	{ "ic ivau", 3, 5, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cvac", 3, 10, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cgvac", 3, 10, 3, true, TL_ARM64_MAINTAINS },
	{ "dc cgdvac", 3, 10, 5, true, TL_ARM64_MAINTAINS },
	{ "dc cvaoc", 3, 11, 0, true, TL_ARM64_MAINTAINS },
	{ "dc cgdvaoc", 3, 11, 7, true, TL_ARM64_MAINTAINS },
	{ "dc cvau", 3, 11, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cvap", 3, 12, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cgvap", 3, 12, 3, true, TL_ARM64_MAINTAINS },
	{ "dc cgdvap", 3, 12, 5, true, TL_ARM64_MAINTAINS },
	{ "dc cvadp", 3, 13, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cgvadp", 3, 13, 3, true, TL_ARM64_MAINTAINS },
	{ "dc cgdvadp", 3, 13, 5, true, TL_ARM64_MAINTAINS },
	{ "dc civac", 3, 14, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cigvac", 3, 14, 3, true, TL_ARM64_MAINTAINS },
	{ "dc cigdvac", 3, 14, 5, true, TL_ARM64_MAINTAINS },
	{ "dc civaoc", 3, 15, 0, true, TL_ARM64_MAINTAINS },
	{ "dc cigdvaoc", 3, 15, 7, true, TL_ARM64_MAINTAINS },
	{ "at s1e2r", 4, 8, 0, true, TL_ARM64_TRANSLATES },
	{ "at s1e2w", 4, 8, 1, true, TL_ARM64_TRANSLATES },
	{ "at s12e1r", 4, 8, 4, true, TL_ARM64_TRANSLATES },
	{ "at s12e1w", 4, 8, 5, true, TL_ARM64_TRANSLATES },
	{ "at s12e0r", 4, 8, 6, true, TL_ARM64_TRANSLATES },
	{ "at s12e0w", 4, 8, 7, true, TL_ARM64_TRANSLATES },
	{ "at s1e2a", 4, 9, 2, true, TL_ARM64_TRANSLATES },
	{ "dc cipae", 4, 14, 0, true, TL_ARM64_MAINTAINS },
	{ "dc cigdpae", 4, 14, 7, true, TL_ARM64_MAINTAINS },
	{ "at s1e3r", 6, 8, 0, true, TL_ARM64_TRANSLATES },
	{ "at s1e3w", 6, 8, 1, true, TL_ARM64_TRANSLATES },
	{ "at s1e3a", 6, 9, 2, true, TL_ARM64_TRANSLATES },
	{ "dc cipapa", 6, 14, 1, true, TL_ARM64_MAINTAINS },
	{ "dc cigdpapa", 6, 14, 5, true, TL_ARM64_MAINTAINS },
};

static const struct operation *find(const struct tl_arm64_insn *i)
{
	if (i->crn != 7)
		return NULL;
	for (unsigned n = 0; n < sizeof(operations) / sizeof(operations[0]); n++) {
		const struct operation *o = &operations[n];

		if (i->op1 == o->op1 && i->crm == o->crm && i->op2 == o->op2)
			return o;
	}
	return NULL;
}

// The address is in Rt, where 31 is XZR.
static bool instruction(bool reads, struct tl_arm64_insn *i)
{
	const struct operation *o = reads ? NULL : find(i);

	tl_a64_name(i, o ? o->name : reads ? "sysl" : "sys");
	if (!o)
		return true;
	i->does = (uint8_t)o->does;
	i->tags = o->does == TL_ARM64_ZEROES && i->op2 != 1;
	i->address = o->by_address ? TL_ARM64_OPERAND : TL_ARM64_NO_ADDRESS;
	return true;
}

bool tl_a64_system(uint32_t word, struct tl_arm64_insn *i)
{
	const bool reads = tl_a64_bit(word, 21);

	i->op0 = (uint8_t)tl_a64_bits(word, 20, 19);
	i->op1 = (uint8_t)tl_a64_bits(word, 18, 16);
	i->crn = (uint8_t)tl_a64_bits(word, 15, 12);
	i->crm = (uint8_t)tl_a64_bits(word, 11, 8);
	i->op2 = (uint8_t)tl_a64_bits(word, 7, 5);
	if (!i->op0) // hints, barriers, PSTATE
		return false;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->width = 64;
	if (i->op0 == 1)
		return instruction(reads, i);
	tl_a64_name(i, reads ? "mrs" : "msr");
	i->does = reads ? TL_ARM64_READS_SYSREG : TL_ARM64_WRITES_SYSREG;
	return true;
}
