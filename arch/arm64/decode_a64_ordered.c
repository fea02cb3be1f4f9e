// SPDX-License-Identifier: MIT
// Loads and stores with an order or a monitor, and atomics. Arm ARM C4.1.94: "Load/store exclusive",
// "ordered", "Compare and swap", "Atomic memory operations", "LDAPR/STLR (unscaled immediate)".
#include "arch/arm64/decode_a64.h"

// Fields that should be all ones: where they are not, a CPU may do as if they were.
static void ones(struct tl_arm64_insn *i, unsigned high, unsigned low)
{
	if (tl_a64_bits(i->word, high, low) != 31)
		i->unpredictable = "bits that should be one are zero";
}

static void access(uint32_t word, unsigned log, unsigned n, struct tl_arm64_insn *i)
{
	i->address = TL_ARM64_OFFSET;
	i->rt = (uint8_t)tl_a64_bits(word, 4, 0);
	i->rn = (uint8_t)tl_a64_bits(word, 9, 5);
	i->size = (uint8_t)(1 << log);
	i->width = log == 3 ? 64 : 32;
	i->n = (uint8_t)n;
}

static void orders(struct tl_arm64_insn *i, bool acquires, bool releases)
{
	i->acquires = acquires;
	i->releases = releases;
	tl_a64_name(i, acquires ? "a" : "");
	tl_a64_name(i, releases ? "l" : "");
}

static bool exclusive(uint32_t word, unsigned log, bool pair, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 22), ordered = tl_a64_bit(word, 15);

	access(word, log, pair ? 2 : 1, i);
	i->exclusive = true;
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	if (pair)
		i->rt2 = (uint8_t)tl_a64_bits(word, 14, 10);
	else
		ones(i, 14, 10);
	if (!loads)
		i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	else
		ones(i, 20, 16);
	tl_a64_name(i, loads ? "ld" : "st");
	orders(i, loads && ordered, !loads && ordered);
	tl_a64_name(i, pair ? "xp" : "xr");
	tl_a64_name(i, pair ? "" : tl_a64_suffix(log));
	tl_a64_load_once(i);
	if (!loads && (i->rs == i->rt || (pair && i->rs == i->rt2)))
		i->unpredictable = "its status goes to a register that it stores";
	if (!loads && i->rs == i->rn && i->rn != 31)
		i->unpredictable = "its status goes to its base";
	return true;
}

// LDAR, STLR; LDLAR, STLLR (FEAT_LOR).
static bool ordered(uint32_t word, unsigned log, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 22), limited = !tl_a64_bit(word, 15);

	access(word, log, 1, i);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->syndrome = true;
	ones(i, 20, 16);
	ones(i, 14, 10);
	tl_a64_name(i, loads ? "ld" : "st");
	tl_a64_name(i, limited ? "l" : "");
	orders(i, loads, !loads);
	tl_a64_name(i, "r");
	tl_a64_name(i, tl_a64_suffix(log));
	return true;
}

static bool compare_and_swap(uint32_t word, unsigned log, bool pair, struct tl_arm64_insn *i)
{
	if (tl_a64_bits(word, 14, 10) != 31)
		return false;
	access(word, log, pair ? 2 : 1, i);
	i->does = TL_ARM64_UPDATES;
	i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	tl_a64_name(i, pair ? "casp" : "cas");
	orders(i, tl_a64_bit(word, 22), tl_a64_bit(word, 15));
	tl_a64_name(i, pair ? "" : tl_a64_suffix(log));
	if (!pair)
		return true;
	i->rt2 = i->rt | 1;
	return !(i->rs & 1) && !(i->rt & 1);
}

bool tl_a64_exclusive(uint32_t word, struct tl_arm64_insn *i)
{
	const unsigned log = tl_a64_bits(word, 31, 30);
	const bool alone = tl_a64_bit(word, 23), second = tl_a64_bit(word, 21);

	if (alone)
		return second ? compare_and_swap(word, log, false, i) : ordered(word, log, i);
	if (!second)
		return exclusive(word, log, false, i);
	return log & 2 ? exclusive(word, log, true, i) : compare_and_swap(word, 2 + log, true, i);
}

// LD64B, ST64B, ST64BV and ST64BV0 (FEAT_LS64): 64 bytes in eight registers.
static bool sixty_four(uint32_t word, unsigned opc, struct tl_arm64_insn *i)
{
	static const char *const names[] = { "", "st64b", "st64bv0", "st64bv", "", "ld64b", "",
		"" };

	if (tl_a64_bits(word, 31, 30) != 3 || tl_a64_bits(word, 23, 22) || !*names[opc])
		return false;
	access(word, 3, 8, i);
	tl_a64_name(i, names[opc]);
	i->does = opc == 5 ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->registers = 8;
	i->syndrome = true;
	if (opc == 2 || opc == 3)
		i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	else if (tl_a64_bits(word, 20, 16) != 31)
		return false;
	return !(i->rt & 1) && i->rt < 24;
}

// FEAT_THE: descriptors of page tables, with a check that software chooses.
static bool read_check_write(uint32_t word, unsigned log, unsigned opc, struct tl_arm64_insn *i)
{
	static const char *const names[] = { "clr", "swp", "set" };

	access(word, 3, 1, i);
	i->does = TL_ARM64_UPDATES;
	i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	tl_a64_name(i, log ? "rcws" : "rcw");
	tl_a64_name(i, names[opc - 9]);
	orders(i, tl_a64_bit(word, 23), tl_a64_bit(word, 22));
	return true;
}

static bool ldapr(uint32_t word, unsigned log, struct tl_arm64_insn *i)
{
	if (tl_a64_bits(word, 23, 22) != 2 || tl_a64_bits(word, 20, 16) != 31)
		return false;
	access(word, log, 1, i);
	tl_a64_name(i, "ldapr");
	tl_a64_name(i, tl_a64_suffix(log));
	i->does = TL_ARM64_LOADS;
	i->acquires = true;
	i->syndrome = true;
	return true;
}

bool tl_a64_atomic(uint32_t word, struct tl_arm64_insn *i)
{
	static const char *const names[] = { "ldadd", "ldclr", "ldeor", "ldset", "ldsmax", "ldsmin",
		"ldumax", "ldumin", "swp" };
	const unsigned log = tl_a64_bits(word, 31, 30), opc = tl_a64_bits(word, 15, 12);

	if (opc == 12)
		return ldapr(word, log, i);
	if (opc >= 9 && opc <= 11 && log < 2)
		return read_check_write(word, log, opc, i);
	if (opc > 8)
		return sixty_four(word, opc & 7, i);
	access(word, log, 1, i);
	i->does = TL_ARM64_UPDATES;
	i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	tl_a64_name(i, names[opc]);
	orders(i, tl_a64_bit(word, 23), tl_a64_bit(word, 22));
	tl_a64_name(i, tl_a64_suffix(log));
	return true;
}

// FEAT_LSE128 and FEAT_THE: 16 bytes, of which rt has the lower half.
bool tl_a64_atomic_pair(uint32_t word, struct tl_arm64_insn *i)
{
	static const char *const names[16] = { [1] = "ldclrp",
		[3] = "ldsetp",
		[8] = "swpp",
		[9] = "clrp",
		[10] = "swpp",
		[11] = "setp" };
	const unsigned opc = tl_a64_bits(word, 15, 12);
	const bool checked = opc >= 9, second = tl_a64_bit(word, 30);

	access(word, 3, 2, i);
	i->does = TL_ARM64_UPDATES;
	i->rt2 = (uint8_t)tl_a64_bits(word, 20, 16);
	if (!names[opc] || i->rt == 31 || i->rt2 == 31 || (second && !checked))
		return false;
	tl_a64_name(i, !checked ? "" : second ? "rcws" : "rcw");
	tl_a64_name(i, names[opc]);
	orders(i, tl_a64_bit(word, 23), tl_a64_bit(word, 22));
	if (i->rt == i->rt2)
		i->unpredictable = "its two registers are the same";
	return true;
}

// RCWCAS and RCWCASP (FEAT_THE).
bool tl_a64_checked_swap(uint32_t word, struct tl_arm64_insn *i)
{
	const bool pair = tl_a64_bit(word, 10);

	access(word, 3, pair ? 2 : 1, i);
	i->does = TL_ARM64_UPDATES;
	i->rs = (uint8_t)tl_a64_bits(word, 20, 16);
	tl_a64_name(i, tl_a64_bit(word, 30) ? "rcwscas" : "rcwcas");
	tl_a64_name(i, pair ? "p" : "");
	orders(i, tl_a64_bit(word, 23), tl_a64_bit(word, 22));
	if (pair)
		i->rt2 = i->rt | 1;
	return !tl_a64_bits(word, 15, 12) && !(pair && (i->rs & 1 || i->rt & 1));
}

// FEAT_LRCPC2; of SIMD and FP registers FEAT_LRCPC3.
bool tl_a64_unscaled_ordered(uint32_t word, struct tl_arm64_insn *i)
{
	static const char *const stems[] = { "stlur", "ldapur" };

	i->address = TL_ARM64_OFFSET;
	i->imm = tl_a64_signed(word, 20, 12);
	if (!tl_a64_one(word, stems, i))
		return false;
	i->acquires = i->does == TL_ARM64_LOADS;
	i->releases = !i->acquires;
	return true;
}

// LDAPR and STLR with writeback.
static bool ordered_write_back(uint32_t word, bool loads, struct tl_arm64_insn *i)
{
	tl_a64_name(i, loads ? "ldapr" : "stlr");
	i->address = loads ? TL_ARM64_POST : TL_ARM64_PRE;
	i->imm = loads ? i->size : -i->size;
	tl_a64_write_back(i);
	return !tl_a64_bits(word, 20, 12);
}

// LDIAPP and STILP; opc2 is 0 with writeback and 1 without.
static bool ordered_pair(uint32_t word, bool loads, struct tl_arm64_insn *i)
{
	const unsigned opc2 = tl_a64_bits(word, 15, 12);

	tl_a64_name(i, loads ? "ldiapp" : "stilp");
	i->rt2 = (uint8_t)tl_a64_bits(word, 20, 16);
	i->n = 2;
	tl_a64_load_once(i);
	if (opc2 == 1)
		return true;
	i->address = loads ? TL_ARM64_POST : TL_ARM64_PRE;
	i->imm = loads ? 2 * i->size : -2 * i->size;
	tl_a64_write_back(i);
	return !opc2;
}

// FEAT_LRCPC3.
bool tl_a64_ordered_pair(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 22);

	access(word, 2 + tl_a64_bit(word, 30), 1, i);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->acquires = loads;
	i->releases = !loads;
	return tl_a64_bit(word, 23) ? ordered_write_back(word, loads, i)
				    : ordered_pair(word, loads, i);
}

// GCSSTR and GCSSTTR (FEAT_GCS): to a guarded control stack.
bool tl_a64_guarded(uint32_t word, struct tl_arm64_insn *i)
{
	access(word, 3, 1, i);
	i->does = TL_ARM64_STORES;
	i->unprivileged = tl_a64_bit(word, 12);
	tl_a64_name(i, i->unprivileged ? "gcssttr" : "gcsstr");
	return true;
}

// LDRAA and LDRAB (FEAT_PAuth).
bool tl_a64_authenticated(uint32_t word, struct tl_arm64_insn *i)
{
	const bool writes_back = tl_a64_bit(word, 11);

	access(word, 3, 1, i);
	i->imm = (tl_a64_signed(word, 22, 22) * 512 + tl_a64_bits(word, 20, 12)) * 8;
	i->address = writes_back ? TL_ARM64_PRE : TL_ARM64_OFFSET;
	i->does = TL_ARM64_LOADS;
	i->authenticated = true;
	i->syndrome = true;
	tl_a64_name(i, tl_a64_bit(word, 23) ? "ldrab" : "ldraa");
	if (writes_back)
		tl_a64_write_back(i);
	return true;
}
