/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_IDSR_H
#define TL_RECORDER_VMM_IDSR_H

#include "recorder/vmm/machine.h"
#include "schema/wire/idsr.h"

/** What the vCPU's registers hold, where the machine's policy is `cell`. */
TL_CHECK struct tl_error *tl_idsr_init(struct tl_vcpu *vcpu);
void tl_idsr_deinit(struct tl_vcpu *vcpu);

/** The payload of KVM_EXIT_ARM_IDSR, borrowed from the run. */
struct tl_run_idsr *tl_idsr_of(struct kvm_run *run);

/** What the register that the exit is about holds. */
uint64_t tl_idsr_cell(const struct tl_vcpu *vcpu);

/** Fills in what userspace says. A write that is handled goes into the register's cell. */
void tl_idsr_reply(struct tl_vcpu *vcpu, bool handled, bool has_value, uint64_t value);

#endif
