// SPDX-License-Identifier: MIT
// What userspace answered to the last exit, as it stands in kvm_run when it calls KVM_RUN again.
#include "recorder/shim/shim.h"

#include <string.h>

static uint32_t flags(const struct tl_shim_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	return (vcpu->again ? TL_REPLY_OURS : 0) | (run->cr8 != vcpu->open_cr8 ? TL_REPLY_CR8 : 0) |
	       (run->request_interrupt_window ? TL_REPLY_IRQ_WINDOW : 0) |
	       (run->immediate_exit ? TL_REPLY_IMMEDIATE : 0);
}

// Where in kvm_run the answer to this exit stands. The last kind that we know is that of this exit, if
// it has one.
static void answer(const struct tl_shim_vcpu *vcpu, const uint8_t **at, uint32_t *size)
{
	unsigned from = 0, to = 0;

	if (vcpu->open_kind) {
		from = vcpu->answer_from;
		to = vcpu->answer_to;
	}
	if (vcpu->open_data_size) {
		from = vcpu->open_data_at;
		to = from + vcpu->open_data_size;
	}
	*at = (const uint8_t *)vcpu->run + from;
	*size = to - from;
}

void tl_shim_reply(struct tl_shim_vcpu *vcpu, uint64_t now)
{
	const uint64_t dirty = vcpu->run->kvm_dirty_regs;
	const uint32_t sync = dirty ? sizeof(vcpu->run->s.regs) : 0;
	struct tl_record_reply *body;
	const uint8_t *bytes;
	uint32_t size;

	if (!vcpu->open_seq)
		return;
	answer(vcpu, &bytes, &size);
	body = tl_shim_reserve(&vcpu->ring, vcpu->index, (uint32_t)sizeof(*body) + size + sync, 0);
	if (!body)
		return;
	*body = (struct tl_record_reply){ .seq = vcpu->open_seq,
		.time = now,
		.cr8 = vcpu->run->cr8,
		.dirty = dirty,
		.vcpu = vcpu->index,
		.flags = flags(vcpu),
		.answer = size,
		.sync = sync };
	memcpy(body + 1, bytes, size);
	memcpy((uint8_t *)(body + 1) + size, &vcpu->run->s.regs, sync);
	tl_ring_commit(body, TL_RECORD_REPLY, (uint32_t)sizeof(*body) + size + sync);
	vcpu->open_seq = 0;
}
