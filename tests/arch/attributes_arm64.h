/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ATTRIBUTES_ARM64_H
#define TL_TESTS_ARCH_ATTRIBUTES_ARM64_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "tests/arch/bits_arm64.h"
#include "tests/arch/memory.h"
#include "tests/arch/seen.h"

/* What pages allow, by tables that a test writes. */

#define T0 UINT64_C(0x40000000) /* tables; T0 is where TTBR0 and TTBR1 point to */
#define T1 UINT64_C(0x40010000)
#define T2 UINT64_C(0x40020000)
#define PA UINT64_C(0x80000000)

/** A block, and what one says more. */
#define BLOCK	   (PA | BIT(10) | 1)
#define TABLE	   UINT64_C(3)
#define EL0	   BIT(6)
#define READ_ONLY  BIT(7)
#define NG	   BIT(11)
#define DBM	   BIT(51)
#define CONTIGUOUS BIT(52)
#define PXN	   BIT(53)
#define XN	   BIT(54)
#define PXN_TABLE  BIT(59)
#define XN_TABLE   BIT(60)
#define NO_EL0	   BIT(61)
#define NO_WRITE   BIT(62)

#define R   TL_RIGHT_READ
#define RW  (TL_RIGHT_READ | TL_RIGHT_WRITE)
#define RX  (TL_RIGHT_READ | TL_RIGHT_EXECUTE)
#define RWX (TL_RIGHT_READ | TL_RIGHT_WRITE | TL_RIGHT_EXECUTE)
#define X   TL_RIGHT_EXECUTE

static inline struct tl_regs regime(uint64_t pstate, uint64_t sctlr, uint64_t tcr)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_pstate, pstate);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, sctlr | SCTLR_M);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, tcr);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, T0);
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1, T0);
	tl_regs_set(&regs, TL_ARM64_mair_el1, MAIR);
	tl_regs_set(&regs, TL_ARM64_dacr32_el2, 0x55555555);
	return regs;
}

/** 39 bits in both ranges, 40 bits of output. */
#define TCR_4K (T0SZ(39) | T1SZ(39) | TG1_4K | IPS(2))

static inline struct tl_regs el1(uint64_t sctlr, uint64_t tcr)
{
	return regime(TL_ARM64_EL1H, sctlr, TCR_4K | tcr);
}

static inline struct seen see(struct memory *memory, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = memory_read, .ctx = memory };
	struct seen seen;

	tl_arch_arm64.walk(regs, &mem, va, &seen.walk);
	assert_true(tl_arch_arm64.attributes(regs, &seen.walk, &seen.a));
	return seen;
}

/** A block of 1 GiB behind no table, at address 0. */
static inline struct seen see_block(const struct tl_regs *regs, uint64_t descriptor)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, descriptor, 8);
	return see(&memory, regs, 0);
}

/** One of 2 MiB behind a table. */
static inline struct seen see_limited(
	const struct tl_regs *regs, uint64_t table, uint64_t descriptor)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, T1 | TABLE | table, 8);
	memory_put(&memory, T1, descriptor, 8);
	return see(&memory, regs, 0);
}

#define assert_judged(seen, right, user, of_verdict, of_level, of_code)                            \
	do {                                                                                       \
		struct tl_judgement judged_ = judge(&tl_arch_arm64, seen, right, user);            \
                                                                                                   \
		assert_int_equal(judged_.verdict, of_verdict);                                     \
		assert_int_equal(judged_.level, of_level);                                         \
		assert_int_equal(judged_.code, of_code);                                           \
	} while (0)

#endif
