// SPDX-License-Identifier: MIT
// Writes that KVM queued without an exit (KVM API 4.116, KVM_CAP_COALESCED_MMIO). The ring is the
// VM's; the VMM drains it when it likes, which moves `first`. Only `last` says what is new to us.
#include "recorder/shim/shim.h"

#include <string.h>

#ifndef KVM_COALESCED_MMIO_PAGE_OFFSET
#ifdef __x86_64__
#define KVM_COALESCED_MMIO_PAGE_OFFSET 2
#else
#define KVM_COALESCED_MMIO_PAGE_OFFSET 1
#endif
#endif

enum { PAGE = 4096 };

static const struct kvm_coalesced_mmio_ring *ring_of(const struct tl_shim_vcpu *vcpu)
{
	const size_t at = (size_t)KVM_COALESCED_MMIO_PAGE_OFFSET * PAGE;

	if (vcpu->run_bytes < at + PAGE)
		return NULL;
	return (const void *)((const char *)vcpu->run + at);
}

static uint32_t capacity(void)
{
	return (PAGE - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio);
}

static void publish(struct tl_shim_vcpu *vcpu, uint64_t seq, const struct kvm_coalesced_mmio *write)
{
	struct tl_record_coalesced *body =
		tl_shim_reserve(&vcpu->ring, vcpu->index, sizeof(*body), 0);

	if (!body)
		return;
	*body = (struct tl_record_coalesced){ .seq = seq,
		.addr = write->phys_addr,
		.vm = vcpu->vm->index,
		.size = write->len,
		.pio = write->pio };
	memcpy(body->data, write->data, sizeof(body->data));
	tl_ring_commit(body, TL_RECORD_COALESCED, sizeof(*body));
}

// Takes the writes one by one, each copied before it is claimed: another vCPU that returns at the
// same time gets the others.
void tl_shim_coalesced(struct tl_shim_vcpu *vcpu, uint64_t seq)
{
	const struct kvm_coalesced_mmio_ring *ring = ring_of(vcpu);
	uint32_t last, seen;

	if (!ring)
		return;
	last = __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
	seen = atomic_load_explicit(&vcpu->vm->coalesced_seen, memory_order_relaxed);
	while (seen != last && last < capacity()) {
		struct kvm_coalesced_mmio write = ring->coalesced_mmio[seen];

		if (!atomic_compare_exchange_strong(
			    &vcpu->vm->coalesced_seen, &seen, (seen + 1) % capacity()))
			continue;
		publish(vcpu, seq, &write);
		seen = (seen + 1) % capacity();
	}
}
