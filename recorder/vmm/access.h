/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_ACCESS_H
#define TL_RECORDER_VMM_ACCESS_H

#include "recorder/vmm/machine.h"

/** Lets a device do the access, else does what the machine's policy for unanswered ones says. */
TL_CHECK struct tl_error *tl_access_perform(struct tl_vcpu *vcpu, const struct tl_access *access);

/** Puts the vCPU's program counter before the error, where it can be read. */
struct tl_error *tl_vcpu_at_pc(struct tl_vcpu *vcpu, struct tl_error *err);

#endif
