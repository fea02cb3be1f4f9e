/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_STATE_H
#define TL_ARCH_STATE_H

#include "arch/arch.h"

/** The SIMD and FP registers of arm64, which no flat vector holds. */
struct tl_vectors {
	uint8_t v[32][16]; /**< little endian */
	uint32_t known;	   /**< bit n: v[n] was read */
};

/** Guest physical memory that the VMM gave to KVM. */
struct tl_slot {
	tl_gpa gpa;
	uint64_t size; /**< bytes */
	bool read_only;
};

/** "6.12" as a number that compares. */
#define TL_KERNEL(major, minor) ((major) << 16 | (minor))

/** What KVM and its host are like, as far as it decides what happens. 0: not known. */
struct tl_platform {
	uint32_t kernel;       /**< TL_KERNEL() of the host */
	uint8_t ipa_bits;      /**< of the VM */
	uint8_t host_ipa_bits; /**< KVM_CAP_ARM_VM_IPA_SIZE: the host's PARange, as KVM uses it */
	bool nisv_to_user;     /**< KVM_CAP_ARM_NISV_TO_USER was enabled by the VMM */
	bool idsr_to_user;     /**< KVM_CAP_ARM_IDSR_TO_USER was */
	bool serror_esr;       /**< KVM_CAP_ARM_INJECT_SERROR_ESR is there */
	bool mte;	       /**< the guest has MTE */
};

/**
 * One vCPU with its memory at one moment: recorded, imported from a log, or live. Explanations and
 * answers take only this. Pointers are borrowed.
 */
struct tl_state {
	const struct tl_arch *arch;
	struct tl_regs regs;
	struct tl_mem mem;
	const struct tl_slot *slots;
	struct tl_vectors vectors;
	struct tl_platform platform;
	unsigned n_slots;
	bool slots_known;
};

/** Why something cannot be done or said. */
struct tl_why {
	char text[240];	    /**< one line, lower case, no full stop */
	const char *source; /**< of the rule: "KVM API 4.32", "Arm ARM C1.2.3"; NULL: none */
};

/** Fills `why`; false, so that a function can return it. */
__attribute__((format(printf, 3, 4))) bool tl_why(
	struct tl_why *why, const char *source, const char *format, ...);

#endif
