// SPDX-License-Identifier: MIT
// VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP, FLDMX, FSTMX. Arm ARM F4.1, "Advanced SIMD and floating-point
// load/store". The words of T32 are these with the condition "always".
//
//	31..28 27..25 24 23 22 21 20 19..16 15..12 11 10 9..8 7..0
//	cond   1 1 0  P  U  D  W  L  Rn     Vd     1  0  size imm8
#include "arch/arm64/decode_a32.h"

#define PC 15
#define SP 13

enum { HALF = 1, SINGLE, DOUBLE };

static uint8_t vector_register(uint32_t word, unsigned size)
{
	const unsigned d = tl_a64_bit(word, 22), vd = tl_a64_bits(word, 15, 12);

	return (uint8_t)(size == DOUBLE ? d << 4 | vd : vd << 1 | d);
}

static void common(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned size = tl_a64_bits(word, 9, 8);

	i->does = tl_a64_bit(word, 20) ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->vector = true;
	i->rt = vector_register(word, size);
	i->rn = tl_a32_reg(word, 16);
	i->size = (uint8_t)(1 << size);
}

// Bit 24 set, bit 21 clear.
bool tl_a32_float(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned imm = tl_a64_bits(word, 7, 0);
	const bool loads = tl_a64_bit(word, 20);

	if (!tl_a64_bits(word, 9, 8))
		return false;
	common(word, i);
	tl_a64_name(i, loads ? "vldr" : "vstr");
	i->n = 1;
	i->address = loads && i->rn == PC ? TL_ARM64_LITERAL : TL_ARM64_OFFSET;
	i->imm = (int64_t)imm * (i->size == 2 ? 2 : 4);
	if (!tl_a64_bit(word, 23))
		i->imm = -i->imm;
	tl_a32_unsure(i, !loads && i->rn == PC && i->set == TL_ARM64_T32, "its base is PC");
	tl_a32_unsure(i, i->size == 2 && i->cond != TL_ARM32_ALWAYS, "it has a condition");
	return true;
}

// An odd number of words of D registers: FLDMX and FSTMX, which leave out the last.
static void name(struct tl_arm64_insn *i, bool up, bool x)
{
	const bool loads = i->does == TL_ARM64_LOADS;

	if (i->rn == SP && i->writes_back && up == loads && !x) {
		tl_a64_name(i, loads ? "vpop" : "vpush");
		return;
	}
	tl_a64_name(i, x ? "f" : "v");
	tl_a64_name(i, loads ? "ldm" : "stm");
	tl_a64_name(i, up ? "ia" : "db");
	tl_a64_name(i, x ? "x" : "");
}

bool tl_a32_floats(uint32_t word, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 24), u = tl_a64_bit(word, 23), w = tl_a64_bit(word, 21);
	const unsigned words = tl_a64_bits(word, 7, 0);

	if (p == u || (p && !w)) // UNDEFINED, VMOV of two registers, or VLDR
		return false;
	common(word, i);
	i->registers = i->n = (uint8_t)(i->size == 8 ? words / 2 : words);
	i->address = TL_ARM64_LIST;
	i->imm = u ? 0 : -(int)words * 4;
	i->writes_back = w;
	i->back = (int16_t)((u ? 1 : -1) * (int)words * 4);
	name(i, u, i->size == 8 && words & 1);
	tl_a32_unsure(i, !i->n, "its list is empty");
	tl_a32_unsure(i, i->rt + i->n > 32 || (i->size == 8 && i->n > 16),
		"its list goes beyond the last register");
	tl_a32_unsure(i, i->rn == PC && (w || i->set == TL_ARM64_T32), "its base is PC");
	return true;
}
