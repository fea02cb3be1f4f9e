// SPDX-License-Identifier: MIT
// Loads and stores of one register, or of a pair, general or SIMD and FP. Arm ARM C4.1.94 "Loads and
// stores".
//
//	31 30 29..27 26 25 24 23 22 21 ...   9..5 4..0
//	size  1 1 1  V  0  x  opc            Rn   Rt      one register
//	opc   1 0 1  V  0  mode  L  imm7 Rt2 Rn   Rt      a pair
#include "arch/arm64/decode_a64.h"

#include <string.h>

static bool prefetch(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a64_name(i, "prfm");
	i->does = TL_ARM64_PREFETCHES;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	return true;
}

static bool vector(uint32_t word, const char *const stems[2], struct tl_arm64_insn *i)
{
	const unsigned opc = tl_a64_bits(word, 23, 22), size = tl_a64_bits(word, 31, 30);

	if (opc >= 2 && size)
		return false;
	tl_a64_name(i, stems[opc & 1]);
	i->does = opc & 1 ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->vector = true;
	i->size = (uint8_t)(opc >= 2 ? 16 : 1 << size);
	return true;
}

static bool general(uint32_t word, const char *const stems[2], struct tl_arm64_insn *i)
{
	const unsigned opc = tl_a64_bits(word, 23, 22), size = tl_a64_bits(word, 31, 30);

	if ((opc == 3 && size >= 2) || (opc == 2 && size == 3))
		return false;
	tl_a64_name(i, stems[opc != 0]);
	i->does = opc ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->is_signed = opc >= 2;
	i->size = (uint8_t)(1 << size);
	i->width = size == 3 || opc == 2 ? 64 : 32;
	tl_a64_name(i, i->is_signed ? "s" : "");
	tl_a64_name(i, i->is_signed && size == 2 ? "w" : tl_a64_suffix(size));
	return true;
}

bool tl_a64_one(uint32_t word, const char *const stems[2], struct tl_arm64_insn *i)
{
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	i->n = 1;
	if (tl_a64_bit(word, 26))
		return vector(word, stems, i);
	i->syndrome = true;
	return general(word, stems, i);
}

static bool is_prefetch(uint32_t word)
{
	return tl_a64_bits(word, 31, 30) == 3 && !tl_a64_bit(word, 26) &&
	       tl_a64_bits(word, 23, 22) == 2;
}

// Bits 11 and 10: unscaled, post-index, unprivileged, pre-index.
bool tl_a64_immediate9(uint32_t word, struct tl_arm64_insn *i)
{
	static const struct {
		const char *stems[2];
		enum tl_arm64_address address;
	} forms[] = {
		{ { "stur", "ldur" }, TL_ARM64_OFFSET },
		{ { "str", "ldr" }, TL_ARM64_POST },
		{ { "sttr", "ldtr" }, TL_ARM64_OFFSET },
		{ { "str", "ldr" }, TL_ARM64_PRE },
	};
	const unsigned form = tl_a64_bits(word, 11, 10);

	i->imm = tl_a64_signed(word, 20, 12);
	i->address = forms[form].address;
	i->unprivileged = form == 2;
	if (is_prefetch(word)) {
		i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
		prefetch(word, i);
		i->name[3] = 'u';
		tl_a64_name(i, "m");
		return form == 0;
	}
	if (!tl_a64_one(word, forms[form].stems, i) || (i->vector && i->unprivileged))
		return false;
	if (form & 1)
		tl_a64_write_back(i);
	return true;
}

static const char *const plain[] = { "str", "ldr" };

bool tl_a64_immediate12(uint32_t word, struct tl_arm64_insn *i)
{
	const int64_t imm = tl_a64_bits(word, 21, 10);

	i->address = TL_ARM64_OFFSET;
	if (is_prefetch(word)) {
		i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
		i->imm = imm * 8;
		return prefetch(word, i);
	}
	if (!tl_a64_one(word, plain, i))
		return false;
	i->imm = imm * i->size;
	return true;
}

static unsigned log2_of(unsigned size)
{
	unsigned log = 0;

	while (size >> log > 1)
		log++;
	return log;
}

bool tl_a64_index(uint32_t word, struct tl_arm64_insn *i)
{
	const bool prefetches = is_prefetch(word);

	i->address = TL_ARM64_INDEX;
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	i->rm = (uint8_t)tl_a64_bits(word, 20, 16);
	i->extend = (uint8_t)tl_a64_bits(word, 15, 13);
	if (!(i->extend & 2) || !(prefetches ? prefetch(word, i) : tl_a64_one(word, plain, i)))
		return false;
	if (prefetches && i->rt >= 24) // of a range, FEAT_RPRFM
		memcpy(i->name, "rprfm", sizeof("rprfm"));
	if (tl_a64_bit(word, 12))
		i->shift = (uint8_t)(prefetches ? 3 : log2_of(i->size));
	return true;
}

bool tl_a64_literal(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned opc = tl_a64_bits(word, 31, 30);

	i->address = TL_ARM64_LITERAL;
	i->imm = tl_a64_signed(word, 23, 5) * 4;
	i->vector = tl_a64_bit(word, 26);
	if (opc == 3)
		return !i->vector && prefetch(word, i);
	tl_a64_name(i, opc == 2 && !i->vector ? "ldrsw" : "ldr");
	i->does = TL_ARM64_LOADS;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->n = 1;
	i->size = (uint8_t)(i->vector ? 4 << opc : opc == 1 ? 8 : 4);
	i->width = i->vector ? 0 : opc ? 64 : 32;
	i->is_signed = opc == 2 && !i->vector;
	i->syndrome = !i->vector;
	return true;
}

// LDPSW, and STGP, which stores a tag with its pair.
static bool odd_pair(bool loads, bool non_temporal, struct tl_arm64_insn *i)
{
	if (non_temporal)
		return false;
	tl_a64_name(i, loads ? "ldpsw" : "stgp");
	i->size = loads ? 4 : 8;
	i->width = 64;
	i->is_signed = loads;
	i->tags = !loads;
	return true;
}

static bool even_pair(unsigned opc, bool loads, struct tl_arm64_insn *i)
{
	tl_a64_name(i, loads ? "ld" : "st");
	tl_a64_name(i, i->non_temporal ? "np" : "p");
	i->size = (uint8_t)(i->vector ? 4 << opc : opc ? 8 : 4);
	i->width = i->vector ? 0 : opc ? 64 : 32;
	return true;
}

bool tl_a64_pair(uint32_t word, struct tl_arm64_insn *i)
{
	static const enum tl_arm64_address addresses[] = { TL_ARM64_OFFSET, TL_ARM64_POST,
		TL_ARM64_OFFSET, TL_ARM64_PRE };
	const unsigned opc = tl_a64_bits(word, 31, 30), mode = tl_a64_bits(word, 24, 23);
	const bool loads = tl_a64_bit(word, 22);

	i->vector = tl_a64_bit(word, 26);
	i->non_temporal = mode == 0;
	i->address = addresses[mode];
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->rt2 = (uint8_t)tl_a64_bits(word, 14, 10);
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	i->n = 2;
	if (opc == 3 || !(opc == 1 && !i->vector ? odd_pair(loads, i->non_temporal, i)
						 : even_pair(opc, loads, i)))
		return false;
	i->imm = tl_a64_signed(word, 21, 15) * (i->tags ? 16 : i->size);
	tl_a64_load_once(i);
	if (mode & 1 && !i->tags)
		tl_a64_write_back(i);
	return true;
}
