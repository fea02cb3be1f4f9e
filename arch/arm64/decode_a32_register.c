// SPDX-License-Identifier: MIT
// A32 loads and stores of one register, or of a pair. Arm ARM F4.1.
//
//	31..28 27..25 24 23 22 21 20 19..16 15..12 11..0
//	cond   0 1 0  P  U  B  W  L  Rn     Rt     imm12                a word, a byte
//	cond   0 1 1  P  U  B  W  L  Rn     Rt     imm5 type 0 Rm
//	cond   0 0 0  P  U  I  W  L  Rn     Rt     immH 1 S H 1 immL    the others; immL is Rm without I
#include "arch/arm64/decode_a32.h"

#include <string.h>

#define PC 15

void tl_a32_one(struct tl_arm64_insn *i, bool loads, unsigned log, bool is_signed)
{
	tl_a64_name(i, loads ? "ldr" : "str");
	tl_a64_name(i, is_signed ? "s" : "");
	tl_a64_name(i, tl_a64_suffix(log));
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->size = (uint8_t)(1 << log);
	i->n = 1;
	i->width = 32;
	i->is_signed = is_signed;
}

void tl_a32_unprivileged(struct tl_arm64_insn *i)
{
	tl_a64_name(i, "t");
	i->unprivileged = true;
}

enum tl_arm64_address tl_a32_mode(bool p, bool w, bool by_register)
{
	if (!p)
		return by_register ? TL_ARM64_POST_REG : TL_ARM64_POST;
	if (w)
		return by_register ? TL_ARM64_PRE_REG : TL_ARM64_PRE;
	return by_register ? TL_ARM64_INDEX : TL_ARM64_OFFSET;
}

void tl_a32_shift(struct tl_arm64_insn *i, unsigned amount)
{
	i->shift_kind = (uint8_t)tl_a64_bits(i->word, 6, 5);
	if (!amount && (i->shift_kind == TL_ARM32_LSR || i->shift_kind == TL_ARM32_ASR))
		amount = 32;
	i->shift = (uint8_t)amount;
}

static bool writes_back(const struct tl_arm64_insn *i)
{
	return i->address != TL_ARM64_OFFSET && i->address != TL_ARM64_INDEX &&
	       i->address != TL_ARM64_LITERAL;
}

// PC as data: LDR may load it, and STR of A32 store it.
static bool misuses_pc(const struct tl_arm64_insn *i)
{
	const bool loads = i->does == TL_ARM64_LOADS;

	if (i->rt2 == PC)
		return true;
	if (i->rt != PC || i->does == TL_ARM64_PREFETCHES)
		return false;
	return i->size < 4 || i->n > 1 || (loads ? i->unprivileged : i->set == TL_ARM64_T32);
}

void tl_a32_finish(struct tl_arm64_insn *i)
{
	const bool writes = writes_back(i);

	if (i->address == TL_ARM64_OFFSET && i->rn == PC && i->does != TL_ARM64_STORES)
		i->address = TL_ARM64_LITERAL;
	i->syndrome = !writes && i->n == 1 && i->rt != PC;
	tl_a32_unsure(i, writes && i->rn == PC, "it writes back to PC");
	tl_a32_unsure(i, writes && (i->rn == i->rt || i->rn == i->rt2),
		"it writes back to a register that it transfers");
	tl_a32_unsure(i, misuses_pc(i), "it transfers PC");
	tl_a32_unsure(i, i->rm == PC, "its offset is PC");
}

static int64_t with_sign(uint32_t word, unsigned imm)
{
	return tl_a64_bit(word, 23) ? (int64_t)imm : -(int64_t)imm;
}

static void word_or_byte(uint32_t word, bool by_register, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 24), w = tl_a64_bit(word, 21);

	tl_a32_one(i, tl_a64_bit(word, 20), tl_a64_bit(word, 22) ? 0 : 2, false);
	if (!p && w)
		tl_a32_unprivileged(i);
	i->rt = tl_a32_reg(word, 12);
	i->rn = tl_a32_reg(word, 16);
	i->address = (uint8_t)tl_a32_mode(p, w, by_register);
}

bool tl_a32_immediate(uint32_t word, struct tl_arm64_insn *i)
{
	word_or_byte(word, false, i);
	i->imm = with_sign(word, tl_a64_bits(word, 11, 0));
	if ((word & 0x0fff0fff) == 0x052d0004)
		memcpy(i->name, "push", sizeof("push"));
	else if ((word & 0x0fff0fff) == 0x049d0004)
		memcpy(i->name, "pop", sizeof("pop"));
	tl_a32_finish(i);
	return true;
}

bool tl_a32_index(uint32_t word, struct tl_arm64_insn *i)
{
	word_or_byte(word, true, i);
	i->rm = tl_a32_reg(word, 0);
	i->subtracts = !tl_a64_bit(word, 23);
	tl_a32_shift(i, tl_a64_bits(word, 11, 7));
	tl_a32_finish(i);
	return true;
}

// The direction of LDRD and STRD is in H, bit 5, with L clear.
static void pair(uint32_t word, struct tl_arm64_insn *i)
{
	const bool stores = tl_a64_bit(word, 5);

	tl_a64_name(i, stores ? "strd" : "ldrd");
	i->does = stores ? TL_ARM64_STORES : TL_ARM64_LOADS;
	i->size = 4;
	i->n = 2;
	i->width = 32;
	i->rt2 = (i->rt + 1) & 15;
	tl_a32_unsure(i, i->rt & 1, "its pair starts with an odd register");
	tl_a32_unsure(i, !tl_a64_bit(word, 24) && tl_a64_bit(word, 21),
		"it is neither post-indexed nor pre-indexed");
	tl_a32_unsure(i, !stores && (i->rm == i->rt || i->rm == i->rt2),
		"it loads the register that is its offset");
}

static void extra_offset(uint32_t word, struct tl_arm64_insn *i)
{
	if (tl_a64_bit(word, 22)) {
		i->imm = with_sign(word, tl_a64_bits(word, 11, 8) << 4 | tl_a64_bits(word, 3, 0));
		return;
	}
	i->rm = tl_a32_reg(word, 0);
	i->subtracts = !tl_a64_bit(word, 23);
	tl_a32_should_be(i, 0xf00, 0);
}

bool tl_a32_extra(uint32_t word, struct tl_arm64_insn *i)
{
	const bool p = tl_a64_bit(word, 24), w = tl_a64_bit(word, 21), loads = tl_a64_bit(word, 20);
	const unsigned kind = tl_a64_bits(word, 6, 5); // H: 1, SB: 2, SH: 3

	i->rt = tl_a32_reg(word, 12);
	i->rn = tl_a32_reg(word, 16);
	i->address = (uint8_t)tl_a32_mode(p, w, !tl_a64_bit(word, 22));
	extra_offset(word, i);
	if (!loads && kind >= 2) {
		pair(word, i);
	} else {
		tl_a32_one(i, loads, kind & 1, kind >= 2);
		if (!p && w)
			tl_a32_unprivileged(i);
	}
	tl_a32_finish(i);
	return true;
}

// Bit 24: of data. Bit 22: PLD, without it PLDW.
bool tl_a32_preload(uint32_t word, struct tl_arm64_insn *i)
{
	const bool by_register = tl_a64_bit(word, 25), reads = tl_a64_bit(word, 22);

	i->rn = tl_a32_reg(word, 16);
	tl_a64_name(i, tl_a64_bit(word, 24) ? "pld" : "pli");
	tl_a64_name(i, reads ? "" : "w");
	i->does = TL_ARM64_PREFETCHES;
	i->address = by_register ? TL_ARM64_INDEX : TL_ARM64_OFFSET;
	if (by_register) {
		i->rm = tl_a32_reg(word, 0);
		i->subtracts = !tl_a64_bit(word, 23);
		tl_a32_shift(i, tl_a64_bits(word, 11, 7));
	} else {
		i->imm = with_sign(word, tl_a64_bits(word, 11, 0));
	}
	tl_a32_should_be(i, 0xf000, 0xf000);
	tl_a32_unsure(i, i->rn == PC && !reads, "it prefetches for a write at PC");
	tl_a32_finish(i);
	return true;
}
