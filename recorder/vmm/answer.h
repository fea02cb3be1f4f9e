/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_ANSWER_H
#define TL_RECORDER_VMM_ANSWER_H

#include "recorder/vmm/machine.h"

/** What the options say to exits of that kind; NULL when they say nothing. */
const struct tl_vmm_answer *tl_vmm_answer_to(
	const struct tl_vmm_options *options, enum tl_trap_kind kind);

/** To an access that no device answers. Values are for reads, and ignoring is for writes. */
const struct tl_vmm_answer *tl_vmm_answer_to_access(
	const struct tl_vmm_options *options, const struct tl_access *access);

/**
 * Gives that answer to the exit that the vCPU's run holds, by the same model that works out what answers
 * would have done (arch/answer.h). `access` is the MMIO or port access; NULL for other exits. Its error
 * says why such an answer cannot be given.
 */
TL_CHECK struct tl_error *tl_vmm_answer_give(
	struct tl_vcpu *vcpu, const struct tl_vmm_answer *answer, const struct tl_access *access);

#endif
