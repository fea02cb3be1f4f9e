/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_WALK_ARM64_H
#define TL_TESTS_ARCH_WALK_ARM64_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "tests/arch/bits_arm64.h"
#include "tests/arch/memory.h"

/* Walks by tables that a test writes. */

#define T0 UINT64_C(0x40000000) /* tables */
#define T1 UINT64_C(0x40010000)
#define T2 UINT64_C(0x40020000)
#define T3 UINT64_C(0x40030000)
#define T4 UINT64_C(0x40040000)

#define BLOCK UINT64_C(0x401) /* with the access flag */
#define TABLE UINT64_C(3)
#define PAGE  UINT64_C(0x403)

#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)
#define GIB(n) (UINT64_C(n) << 30)

static inline struct tl_walk translate(struct memory *memory, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = memory_read, .ctx = memory };
	struct tl_walk walk;

	tl_arch_arm64.walk(regs, &mem, va, &walk);
	return walk;
}

static inline struct tl_regs regime(uint64_t pstate, uint64_t tcr, uint64_t ttbr0, uint64_t ttbr1)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_pstate, pstate);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, SCTLR_M);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, tcr);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, ttbr0);
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1, ttbr1);
	return regs;
}

static inline struct tl_regs el1(uint64_t tcr, uint64_t ttbr0)
{
	return regime(TL_ARM64_EL1H, tcr, ttbr0, 0);
}

static inline struct tl_regs svc(uint64_t ttbcr, uint64_t ttbr0, uint64_t ttbr1)
{
	return regime(TL_ARM32_SVC, ttbcr, ttbr0, ttbr1);
}

#endif
