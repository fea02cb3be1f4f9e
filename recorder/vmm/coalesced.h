/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_COALESCED_H
#define TL_RECORDER_VMM_COALESCED_H

#include "recorder/vmm/machine.h"

/** Performs the writes that KVM queued without an exit (KVM API 4.116), if it queues any. */
TL_CHECK struct tl_error *tl_coalesced_drain(struct tl_vcpu *vcpu);

#endif
