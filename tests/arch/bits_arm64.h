/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_BITS_ARM64_H
#define TL_TESTS_ARCH_BITS_ARM64_H

#include <stdint.h>

/* Bits that tests write into arm64's registers, by the Arm ARM's names. */

#define BIT(n) (UINT64_C(1) << (n))
#define LOW(n) (BIT(n) - 1)

/* SCTLR_EL1, and SCTLR of AArch32 */
#define SCTLR_M	   BIT(0)
#define SCTLR_WXN  BIT(19)
#define SCTLR_UWXN BIT(20) /**< AArch32's alone */
#define SCTLR_SPAN BIT(23) /**< exceptions leave PSTATE.PAN */
#define SCTLR_EE   BIT(25)
#define SCTLR_TRE  BIT(28) /**< AArch32's alone, as AFE */
#define SCTLR_AFE  BIT(29)
#define SCTLR_EPAN BIT(57)

/* TCR_EL1 */
#define T0SZ(n) (UINT64_C(64) - (n)) /**< that many bits of address */
#define T1SZ(n) ((UINT64_C(64) - (n)) << 16)
#define EPD0	BIT(7)
#define EPD1	BIT(23)
#define TG0_4K	UINT64_C(0)
#define TG0_64K BIT(14)
#define TG0_16K BIT(15)
#define TG1_16K BIT(30)
#define TG1_4K	BIT(31)
#define TG1_64K (UINT64_C(3) << 30)
#define IPS(n)	((uint64_t)(n) << 32)
#define TBI0	BIT(37)
#define TBI1	BIT(38)
#define HA	BIT(39)
#define HD	BIT(40)
#define HPD0	BIT(41)
#define HPD1	BIT(42)
#define TBID0	BIT(51)
#define E0PD0	BIT(55)
#define E0PD1	BIT(56)
#define DS	BIT(59)

/* TTBCR of AArch32, which is in TCR_EL1 */
#define TTBCR_PD0 BIT(4)
#define TTBCR_PD1 BIT(5)
#define TTBCR_T2E BIT(6)
#define TTBCR_EAE BIT(31)

/* PSTATE */
#define PAN BIT(22)

/** MAIR_EL1: a kind of memory for each index, 00 04 0c aa 44 40 4f ff. */
#define MAIR UINT64_C(0xff4f4044aa0c0400)

#endif
