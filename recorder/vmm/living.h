/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_LIVING_H
#define TL_RECORDER_VMM_LIVING_H

#include "arch/trap.h"
#include "recorder/vmm/machine.h"

enum { TL_LIVING_CODE = 32 /* bytes around PC */ };

/** An exit of a vCPU that lives, as answers take it. */
struct tl_living {
	struct tl_vcpu *vcpu;		/**< borrowed */
	const struct tl_access *access; /**< borrowed: of MMIO and ports; NULL for other exits */
	struct tl_slot slots[2];
	uint8_t code[TL_LIVING_CODE];
	struct tl_state state; /**< borrows from here: must not be moved */
	struct tl_trap trap;
};

/** Reads registers, code and the exit that the vCPU's run holds. */
TL_CHECK struct tl_error *tl_living_read(struct tl_vcpu *vcpu, enum tl_trap_kind kind,
	const struct tl_access *access, struct tl_living *ret);

/** Where the guest's memory, read-only or not, stands; NULL where there is none. */
void *tl_living_memory(struct tl_machine *machine, tl_gpa gpa, size_t size);

#endif
