/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_EXITS_H
#define TL_RECORDER_VMM_EXITS_H

#include "recorder/vmm/machine.h"

/** Answers the exit that the vCPU's run holds. An error ends the machine. */
TL_CHECK struct tl_error *tl_exit_handle(struct tl_vcpu *vcpu);

/** Why the run ends after KVM_RUN failed with `number`. */
TL_CHECK struct tl_error *tl_exit_failed(struct tl_vcpu *vcpu, int number);

/** Lets a device do the access, else answers it as the options say. */
TL_CHECK struct tl_error *tl_exit_access(struct tl_vcpu *vcpu, const struct tl_access *access);

#endif
