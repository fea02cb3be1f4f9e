/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_RANDOM_AARCH64_H
#define TL_TESTS_ARCH_RANDOM_AARCH64_H

#include "tests/arch/asking_arm64.h"

/* Random ways of AArch64 to translate, their registers, and random tables for them. */

#define POOL	  4 /* tables of a level */
#define TABLE_MAX UINT64_C(0x10000)

/** A random way of translating one range; the other one is the guest's own. */
struct form {
	bool upper;
	unsigned granule; // log2 bytes
	unsigned va_bits;
	bool ds, bits52;
	unsigned address_bits; // of an output, TCR_EL1.IPS
	bool tagged;
	bool fetch; // every leaf shows the targets
};

/** What it can do. */
struct cpu {
	unsigned pa_bits;
	bool lpa2_4k, lpa2_16k, has_16k, has_64k, e0pd;
};

/** By number: PARange of ID_AA64MMFR0_EL1, IPS of TCR_EL1. */
static const uint8_t address_sizes[7] = { 32, 36, 40, 42, 44, 48, 52 };

static inline unsigned ips(unsigned address_bits)
{
	unsigned n = 0;

	while (address_sizes[n] != address_bits)
		n++;
	return n;
}

static inline unsigned random_address_bits(unsigned most)
{
	unsigned value;

	do
		value = address_sizes[below(sizeof(address_sizes))];
	while (value > most);
	return value;
}

static inline struct form random_form(const struct cpu *cpu)
{
	static const uint8_t granules[] = { 12, 14, 16 };
	struct form f = { .upper = one_in(2), .tagged = one_in(2), .granule = granules[below(3)] };
	unsigned least = f.granule == 16 ? 17 : 16, most = 48;

	if ((f.granule == 14 && !cpu->has_16k) || (f.granule == 16 && !cpu->has_64k))
		f.granule = 12;
	f.address_bits = random_address_bits(cpu->pa_bits);
	f.ds = f.address_bits == 52 && f.granule != 16 &&
	       (f.granule == 12 ? cpu->lpa2_4k : cpu->lpa2_16k) && one_in(2);
	f.bits52 = f.ds || (f.granule == 16 && f.address_bits == 52);
	if (f.bits52)
		most = 52;
	f.va_bits = one_in(3) ? most : least + below(most - least + 1);
	if (f.va_bits < 20)
		f.va_bits = 25;
	return f;
}

static inline unsigned stride(const struct form *f)
{
	return f->granule - 3;
}

static inline int first_level(const struct form *f)
{
	return 4 - (int)((f->va_bits - f->granule + stride(f) - 1) / stride(f));
}

static inline unsigned level_shift(const struct form *f, int level)
{
	return f->granule + (unsigned)(3 - level) * stride(f);
}

static inline int block_level(const struct form *f)
{
	return (f->granule == 12 ? 1 : 2) - f->bits52;
}

static inline tl_gpa table(int level, unsigned n)
{
	return TABLES + ((unsigned)(level + 1) * POOL + n) * TABLE_MAX;
}

/** An address as a descriptor has it. */
static inline uint64_t encoded(const struct form *f, tl_gpa address)
{
	if (f->ds)
		return (address & LOW(50)) | (address >> 50 & 3) << 8;
	if (f->granule == 16)
		return (address & LOW(48)) | (address >> 48 & 0xf) << 12;
	return address & LOW(48);
}

/** A bit too many, where there is one. */
static inline tl_gpa oversized(const struct form *f, tl_gpa address)
{
	unsigned most = f->granule == 16 || f->ds ? f->address_bits : 48;

	return f->address_bits < most
		       ? address | BIT(f->address_bits + below(most - f->address_bits))
		       : address;
}

static inline unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static inline tl_gpa random_output(const struct form *f, unsigned shift)
{
	unsigned bits = f->bits52 ? f->address_bits : smaller(f->address_bits, 48);
	tl_gpa address = any() & LOW(bits);

	if (f->fetch)
		address = shift > 23 ? RAM : TARGETS + (any() & 0x7fffff);
	else if (one_in(12))
		address = oversized(f, address);
	return address & ~LOW(shift);
}

/** AttrIndx, AP, AF, nG, DBM, PXN, UXN; SH, which 1 is reserved in, where it is no address. */
static inline uint64_t random_attributes(const struct form *f)
{
	static const uint8_t shareabilities[] = { 0, 2, 3 };
	uint64_t bits = any() & (7 << 2 | 3 << 6 | BIT(11) | BIT(51) | BIT(53) | BIT(54));

	// What is executed is Normal memory. A page that is clean is writable to all checks, but QEMU
	// leaves its code to those that may not write.
	if (f->fetch)
		bits = (bits | 7 << 2) & ~BIT(51);
	if (!f->ds)
		bits |= (uint64_t)shareabilities[below(3)] << 8;
	return bits | (one_in(6) ? 0 : BIT(10));
}

static inline bool may_be_leaf(const struct form *f, int level)
{
	return level == 3 || level >= block_level(f);
}

static inline uint64_t random_table(const struct form *f, int level)
{
	tl_gpa next = table(level + 1, below(POOL));
	uint64_t limits = one_in(3) ? (any() & 0x1f) << 59 : 0; // APTable, UXN, PXN, NS

	if (one_in(40))
		next = oversized(f, next);
	return encoded(f, next) | (limits & ~BIT(63)) | 3;
}

static inline uint64_t random_entry(const struct form *f, int level)
{
	if (one_in(12))
		return any() & ~UINT64_C(1);
	// Reserved too where there is no block, but QEMU 7.2 takes it for one.
	if (level == 3 && one_in(24))
		return (any() & ~UINT64_C(3)) | 1;
	if (level == 3 || (may_be_leaf(f, level) && one_in(3)))
		return encoded(f, random_output(f, level_shift(f, level))) | random_attributes(f) |
		       (level == 3 ? 3 : 1);
	return random_table(f, level);
}

static inline unsigned run_entries(const struct form *f, int level)
{
	if (f->granule == 12)
		return level >= 1 ? 16 : 0;
	if (f->granule == 14)
		return level == 3 ? 128 : level == 2 ? 32 : 0;
	return level >= 2 ? 32 : 0;
}

/** Entries whose outputs are side by side, alike in all else. */
static inline void put_run(struct asking *a, const struct form *f, int level, tl_gpa at, unsigned n)
{
	unsigned shift = level_shift(f, level);
	tl_gpa output = random_output(f, shift) & ~((tl_gpa)n * BIT(shift) - 1);
	uint64_t attributes = random_attributes(f) | BIT(52) | (level == 3 ? 3 : 1);

	if (f->fetch && output < RAM)
		output = RAM;
	for (unsigned i = 0; i < n; i++)
		asking_put(a, at + 8 * i, encoded(f, output + i * BIT(shift)) | attributes);
}

static inline void fill_level(struct asking *a, const struct form *f, int level)
{
	unsigned n = 1u << stride(f), run = run_entries(f, level);

	for (unsigned t = 0; t < POOL; t++) {
		for (unsigned i = 0; i < n;) {
			tl_gpa at = table(level, t) + 8 * i;

			if (run && i % run == 0 && may_be_leaf(f, level) && one_in(8)) {
				put_run(a, f, level, at, run);
				i += run;
			} else {
				asking_put(a, at, random_entry(f, level));
				i++;
			}
		}
	}
}

/** 4K tables for 39 bits: one GiB at RAM, by 2 MiB blocks (write-back, AF, not shared). */
static inline void put_own_tables(struct asking *a)
{
	uint64_t block = BIT(10) | 7 << 2 | 1, never = BIT(53) | BIT(54);

	asking_put(a, OWN + 8, (OWN + 0x1000) | 3);
	asking_put(a, OWN + 0x1000, RAM | BIT(7) | block);
	asking_put(a, OWN + 0x1008, QUESTIONS | never | block);
	asking_put(a, OWN + 0x1010, NOTHING | never | block);
}

/** The first table's address, aligned to its size; 51:48 stand in 5:2. */
static inline uint64_t random_ttbr(const struct form *f)
{
	tl_gpa base = table(first_level(f), below(POOL));

	if (one_in(30))
		base = oversized(f, base);
	return (base & LOW(48)) | (f->bits52 ? (base >> 48 & 0xf) << 2 : 0) | (any() & 0xff) << 48;
}

static inline uint64_t random_tcr(const struct form *f, bool e0pd)
{
	static const uint8_t tg[2][3] = { { 0, 2, 1 }, { 2, 1, 3 } }; // by range; 4K, 16K, 64K
	unsigned at = f->upper ? 16 : 0, other = 16 - at;
	uint64_t value = (uint64_t)ips(f->address_bits) << 32 | (f->ds ? BIT(59) : 0);

	value |= (uint64_t)(64 - f->va_bits) << at | (uint64_t)tg[f->upper][(f->granule - 12) / 2]
							     << (14 + at);
	value |= UINT64_C(25) << other | (uint64_t)tg[!f->upper][0] << (14 + other);
	value |= (one_in(2) ? UINT64_C(3) : 2) << (12 + at); // SH, for DS
	if (f->tagged)
		value |= BIT(37 + f->upper) | (one_in(2) ? BIT(51 + f->upper) : 0); // TBI, TBID
	if (e0pd && one_in(10))
		value |= BIT(55 + f->upper);
	if (one_in(40))
		value |= BIT(7 + at); // EPD
	if (one_in(3))
		value |= BIT(41 + f->upper); // HPD
	if (one_in(3))
		value |= BIT(39) | (one_in(2) ? BIT(40) : 0); // HA, HD
	return value;
}

static inline tl_gva random_address(const struct form *f)
{
	tl_gva va = any() & LOW(f->va_bits), above = ~LOW(f->va_bits) & LOW(56);

	if (f->fetch) // within what the blocks show of the targets
		va = (va & ~LOW(30)) | 0x800000 | (va & 0x7ffffc);
	if (f->upper)
		va |= ~LOW(f->va_bits);
	if (one_in(30) && f->va_bits < 55) // between the ranges
		va ^= BIT(f->va_bits + below(55 - f->va_bits)) & above;
	if (one_in(f->tagged ? 2 : 30))
		va = (va & LOW(56)) | any() << 56;
	return va;
}

static inline void fill(struct asking *a, const struct form *f)
{
	for (int level = first_level(f); level <= 3; level++)
		fill_level(a, f, level);
	put_own_tables(a);
}

#endif
