// SPDX-License-Identifier: MIT
// MCR, MRC, MCRR, MRRC, LDC and STC: since ARMv8 of coprocessors 14 and 15 alone, and of LDC and STC
// only those of DBGDTRTXint and DBGDTRRXint. Arm ARM F4.1, "System register access, Advanced SIMD,
// floating-point, and Supervisor call"; operations: G7.2. The words of T32 are these with the condition
// "always".
//
//	31..28 27..24 23..21 20 19..16 15..12 11..8 7..5 4 3..0
//	cond   1110   opc1   L  CRn    Rt     111x  opc2 1 CRm    MCR, MRC
//	cond   1100   0 1 0  L  Rt2    Rt     111x  opc1   CRm    MCRR, MRRC
//	cond   110P   U 0 W  L  Rn     0101   1110  imm8          LDC, STC
#include "arch/arm64/decode_a32.h"

#define PC 15

static const struct operation {
	const char *name;
	uint8_t op1, crm, op2; // CRn is 7
	bool by_address;
	enum tl_arm64_does does;
} operations[] = {
	{ "icialluis", 0, 1, 0, false, TL_ARM64_MAINTAINS },
	{ "bpiallis", 0, 1, 6, false, TL_ARM64_MAINTAINS },
	{ "iciallu", 0, 5, 0, false, TL_ARM64_MAINTAINS },
	{ "icimvau", 0, 5, 1, true, TL_ARM64_MAINTAINS },
	{ "bpiall", 0, 5, 6, false, TL_ARM64_MAINTAINS },
	{ "bpimva", 0, 5, 7, true, TL_ARM64_MAINTAINS },
	{ "dcimvac", 0, 6, 1, true, TL_ARM64_MAINTAINS },
	{ "dcisw", 0, 6, 2, false, TL_ARM64_MAINTAINS },
	{ "ats1cpr", 0, 8, 0, true, TL_ARM64_TRANSLATES },
	{ "ats1cpw", 0, 8, 1, true, TL_ARM64_TRANSLATES },
	{ "ats1cur", 0, 8, 2, true, TL_ARM64_TRANSLATES },
	{ "ats1cuw", 0, 8, 3, true, TL_ARM64_TRANSLATES },
	{ "ats12nsopr", 0, 8, 4, true, TL_ARM64_TRANSLATES },
	{ "ats12nsopw", 0, 8, 5, true, TL_ARM64_TRANSLATES },
	{ "ats12nsour", 0, 8, 6, true, TL_ARM64_TRANSLATES },
	{ "ats12nsouw", 0, 8, 7, true, TL_ARM64_TRANSLATES },
	{ "ats1cprp", 0, 9, 0, true, TL_ARM64_TRANSLATES },
	{ "ats1cpwp", 0, 9, 1, true, TL_ARM64_TRANSLATES },
	{ "dccmvac", 0, 10, 1, true, TL_ARM64_MAINTAINS },
	{ "dccsw", 0, 10, 2, false, TL_ARM64_MAINTAINS },
	{ "dccmvau", 0, 11, 1, true, TL_ARM64_MAINTAINS },
	{ "dccimvac", 0, 14, 1, true, TL_ARM64_MAINTAINS },
	{ "dccisw", 0, 14, 2, false, TL_ARM64_MAINTAINS },
	{ "ats1hr", 4, 8, 0, true, TL_ARM64_TRANSLATES },
	{ "ats1hw", 4, 8, 1, true, TL_ARM64_TRANSLATES },
};

static const struct operation *find(const struct tl_arm64_insn *i)
{
	if (i->coprocessor != 15 || i->crn != 7)
		return NULL;
	for (unsigned n = 0; n < sizeof(operations) / sizeof(operations[0]); n++) {
		const struct operation *o = &operations[n];

		if (i->op1 == o->op1 && i->crm == o->crm && i->op2 == o->op2)
			return o;
	}
	return NULL;
}

static void operation(struct tl_arm64_insn *i)
{
	const struct operation *o = find(i);

	tl_a64_name(i, o ? o->name : "mcr");
	i->does = o ? (uint8_t)o->does : TL_ARM64_WRITES_SYSREG;
	if (o && o->by_address)
		i->address = TL_ARM64_OPERAND;
	tl_a32_unsure(i, i->rt == PC, "it transfers PC");
}

// MRC to R15 sets the flags N, Z, C and V.
bool tl_a32_move(uint32_t word, struct tl_arm64_insn *i)
{
	i->coprocessor = tl_a32_reg(word, 8);
	i->op1 = (uint8_t)tl_a64_bits(word, 23, 21);
	i->crn = tl_a32_reg(word, 16);
	i->rt = tl_a32_reg(word, 12);
	i->op2 = (uint8_t)tl_a64_bits(word, 7, 5);
	i->crm = tl_a32_reg(word, 0);
	i->width = 32;
	if (!tl_a64_bit(word, 20)) {
		operation(i);
		return true;
	}
	tl_a64_name(i, "mrc");
	i->does = TL_ARM64_READS_SYSREG;
	return true;
}

bool tl_a32_move_pair(uint32_t word, struct tl_arm64_insn *i)
{
	const bool reads = tl_a64_bit(word, 20);

	tl_a64_name(i, reads ? "mrrc" : "mcrr");
	i->does = reads ? TL_ARM64_READS_SYSREG : TL_ARM64_WRITES_SYSREG;
	i->coprocessor = tl_a32_reg(word, 8);
	i->op1 = tl_a32_reg(word, 4);
	i->crm = tl_a32_reg(word, 0);
	i->rt = tl_a32_reg(word, 12);
	i->rt2 = tl_a32_reg(word, 16);
	i->width = 32;
	tl_a32_unsure(i, i->rt == PC || i->rt2 == PC, "it transfers PC");
	tl_a32_unsure(i, reads && i->rt == i->rt2, "it loads the same register twice");
	return true;
}

// Without P and W the offset is none, but an option of the coprocessor's.
bool tl_a32_debug_transfer(uint32_t word, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 24), u = tl_a64_bit(word, 23), w = tl_a64_bit(word, 21),
		   loads = tl_a64_bit(word, 20);
	const int imm = 4 * (int)tl_a64_bits(word, 7, 0);

	if (tl_a32_reg(word, 12) != 5 || tl_a64_bit(word, 22) || !(p || u || w))
		return false;
	tl_a64_name(i, loads ? "ldc" : "stc");
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->coprocessor = 14;
	i->crn = 5;
	i->size = 4;
	i->n = 1;
	i->rn = tl_a32_reg(word, 16);
	i->imm = !p && !w ? 0 : u ? imm : -imm;
	i->address = (uint8_t)(w ? tl_a32_mode(p, w, false) : TL_ARM64_OFFSET);
	tl_a32_unsure(i, i->rn == PC && (w || (i->set == TL_ARM64_T32 && !(loads && p))),
		"its base is PC");
	if (i->address == TL_ARM64_OFFSET && i->rn == PC && loads)
		i->address = TL_ARM64_LITERAL;
	return true;
}
