/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_FAULT_H
#define TL_ARCH_ARM64_FAULT_H

#include <stdint.h>

/**
 * What a fault status code (ESR_ELx.ISS[5:0] of an abort) says, in the Arm ARM's words; NULL when
 * it is reserved. Arm ARM D17.2.37, DFSC and IFSC.
 */
const char *tl_arm64_fault_status(unsigned fsc);

#endif
