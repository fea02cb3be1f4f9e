/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_IDSR_H
#define TL_RECORDER_VMM_IDSR_H

#include "recorder/vmm/machine.h"

/** What the vCPU's registers hold, where the machine's policy is `cell`. */
TL_CHECK struct tl_error *tl_idsr_init(struct tl_vcpu *vcpu);
void tl_idsr_deinit(struct tl_vcpu *vcpu);

/** Answers KVM_EXIT_ARM_IDSR by the machine's policy. */
TL_CHECK struct tl_error *tl_idsr_exit(struct tl_vcpu *vcpu);

#endif
