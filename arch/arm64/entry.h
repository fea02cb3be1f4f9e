/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_ENTRY_H
#define TL_ARCH_ARM64_ENTRY_H

#include "arch/arm64/enter.h"
#include "arch/arm64/regs.h"

/* What exception entry to AArch64 and AArch32, skipping, completion and emulation share. */

/** PSTATE as SPSR_ELx has it. Arm ARM C5.2.19, of AArch64 and AArch32. */
#define TL_ARM64_PSTATE_NZCV  (UINT64_C(15) << 28)
#define TL_ARM64_PSTATE_TCO   (UINT64_C(1) << 25)
#define TL_ARM64_PSTATE_DIT   (UINT64_C(1) << 24)
#define TL_ARM32_PSTATE_SSBS  (UINT64_C(1) << 23)
#define TL_ARM64_PSTATE_PAN   (UINT64_C(1) << 22)
#define TL_ARM64_PSTATE_SS    (UINT64_C(1) << 21)
#define TL_ARM64_PSTATE_SSBS  (UINT64_C(1) << 12)
#define TL_ARM64_PSTATE_BTYPE (UINT64_C(3) << 10)
#define TL_ARM64_PSTATE_DAIF  (UINT64_C(15) << 6)
#define TL_ARM64_PSTATE_A     (UINT64_C(1) << 8)
#define TL_ARM32_PSTATE_E     (UINT64_C(1) << 9)

/** In AArch32 it is the same bit. */
#define TL_ARM64_SCTLR_SPAN (UINT64_C(1) << 23)

/** ITSTATE of AArch32, which is PSTATE[15:10] above PSTATE[26:25]. */
static inline unsigned tl_arm32_itstate(uint64_t pstate)
{
	return (pstate >> 8 & 0xfc) | (pstate >> 25 & 3);
}

/**
 * The order of data's bytes. False when SCTLR_EL1, which says it, is not known. Arm ARM E2.8, B2.6.
 */
bool tl_arm64_is_big_endian(const struct tl_regs *regs, uint64_t pstate, bool *ret);

/** The register's value; false with the reason when it is not known. */
bool tl_arm64_needs(
	const struct tl_regs *regs, enum tl_arm64_reg reg, uint64_t *ret, struct tl_why *ret_why);

/** TL_KERNEL() of the host, or of the newest that is modelled. */
uint32_t tl_arm64_kernel(const struct tl_state *state);

/** Kernels of this version are what tests compare the model of KVM with. */
bool tl_arm64_kernel_is_witnessed(const struct tl_state *state);

/** ISS of an SError, which the CPU gets in VSESR_EL2. False: KVM refuses it. */
bool tl_arm64_serror_iss(const struct tl_state *state, const struct tl_arm64_exception *exception,
	uint64_t *ret, struct tl_why *ret_why);

/** See tl_arm64_enter(); EL1 is in AArch64, or in AArch32. */
bool tl_arm64_enter_aarch64(const struct tl_state *state,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *ret_why);
bool tl_arm64_enter_aarch32(const struct tl_state *state,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *ret_why);

#endif
