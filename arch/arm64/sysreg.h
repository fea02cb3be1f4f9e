/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_SYSREG_H
#define TL_ARCH_ARM64_SYSREG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * System registers are numbered as in KVM's ids: Op0 << 14 | Op1 << 11 | CRn << 7 | CRm << 3 | Op2.
 * From AArch32 (coprocessor 15) Op0 is 0; of MRRC and MCRR, CRn is 0 too and bit 16 the fourth of
 * opc1.
 */

/** The name that people know: "hid11_el1", "midr_el1"; NULL for one that no table here has. */
const char *tl_arm64_sysreg_name(unsigned reg);

/** What it is, and whose: "Apple: hardware implementation defined register 11"; or NULL. */
const char *tl_arm64_sysreg_about(unsigned reg);

/**
 * IMPLEMENTATION DEFINED, by its encoding. Arm ARM D18.3.2; of AArch32 what HCR_EL2.TIDCP and T15
 * trap.
 */
bool tl_arm64_sysreg_is_impdef(unsigned reg);

/** "s3_0_c15_c13_0", "p15_0_c15_c0_0", "p15_9_c15". */
void tl_arm64_sysreg_encoding(unsigned reg, char *buf, size_t size);

#endif
