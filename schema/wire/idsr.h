/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_IDSR_H
#define TL_SCHEMA_WIRE_IDSR_H

#include <stdint.h>

/*
 * arm64: accesses to IMPLEMENTATION DEFINED system registers that exit to userspace. No released
 * kernel has them, and <linux/kvm.h> does not either; tests/kernel holds the patch. Both numbers mean
 * something else on other architectures.
 */
enum {
	TL_CAP_ARM_IDSR_TO_USER = 180,
	TL_RUN_ARM_IDSR = 29, /**< exit_reason */
};

/** The payload in kvm_run, at TL_RUN_UNION. */
struct tl_run_idsr {
	uint8_t op0; /**< 3; 0 from AArch32 */
	uint8_t op1;
	uint8_t crn; /**< 0 for MCRR and MRRC */
	uint8_t crm;
	uint8_t op2;
	uint8_t pad[3];
	uint64_t regval; /**< what is written, or the answer to a read */
	uint8_t is_write;
	uint8_t is_needed;  /**< the kernel's */
	uint8_t is_handled; /**< left 0, the access is undefined */
};

#endif
