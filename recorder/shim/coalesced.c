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

static const struct kvm_coalesced_mmio_ring *ring_of(const struct tl_shim_vcpu *vcpu)
{
	size_t page, at;

	if (!atomic_load_explicit(&vcpu->vm->coalescing, memory_order_relaxed))
		return NULL;
	page = tl_shim_host()->page;
	at = KVM_COALESCED_MMIO_PAGE_OFFSET * page;
	if (vcpu->run_bytes < at + page)
		return NULL;
	return (const void *)((const char *)vcpu->run + at);
}

// The kernel's page decides how many there are.
static uint32_t capacity(void)
{
	return tl_shim_host()->coalesced;
}

static uint32_t slot_after(uint32_t slot)
{
	return slot + 1 < capacity() ? slot + 1 : 0;
}

// tl_shim_vm.coalesced_seen, taken apart and moved on.
static uint32_t slot_of(uint64_t seen)
{
	return (uint32_t)seen;
}

static uint32_t number_of(uint64_t seen)
{
	return (uint32_t)(seen >> 32);
}

static uint64_t one_more(uint64_t seen)
{
	return (uint64_t)(number_of(seen) + 1) << 32 | slot_after(slot_of(seen));
}

static void publish(struct tl_shim_vcpu *vcpu, uint64_t seq, uint32_t number,
	const struct kvm_coalesced_mmio *write)
{
	struct tl_record_coalesced *body =
		tl_shim_reserve(&vcpu->ring, vcpu->index, sizeof(*body), 0);

	if (!body)
		return;
	*body = (struct tl_record_coalesced){ .seq = seq,
		.addr = write->phys_addr,
		.vm = vcpu->vm->index,
		.size = write->len,
		.pio = write->pio,
		.number = number };
	memcpy(body->data, write->data, sizeof(body->data));
	tl_ring_commit(body, TL_RECORD_COALESCED, sizeof(*body));
}

static uint32_t last_of(const struct kvm_coalesced_mmio_ring *ring)
{
	return __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
}

// What KVM is in the middle of writing stands in the ring a moment later.
static bool stays(const struct kvm_coalesced_mmio_ring *ring, uint32_t last)
{
	for (unsigned i = 0; i < 1000; i++)
		if (last_of(ring) != last)
			return false;
	return true;
}

static bool differs(
	const struct tl_shim_vm *vm, const struct kvm_coalesced_mmio_ring *ring, uint32_t slot)
{
	return memcmp(&ring->coalesced_mmio[slot], &vm->coalesced[slot],
		       sizeof(vm->coalesced[slot])) != 0;
}

// A VMM that empties the ring while a guest runs lets KVM go round it between two looks. Then what
// stands behind the newest write, or in the one entry that is left, is no longer what we took from
// there. Equal writes hide that, until the next look.
static bool was_lapped(const struct tl_shim_vm *vm, const struct kvm_coalesced_mmio_ring *ring,
	uint64_t seen, uint32_t last)
{
	const uint32_t next = slot_after(last), slot = next == slot_of(seen) ? last : next;

	return differs(vm, ring, slot) && stays(ring, last) && differs(vm, ring, slot) &&
	       atomic_load(&vm->coalesced_seen) == seen;
}

static void report_lap(struct tl_shim_vcpu *vcpu, const struct kvm_coalesced_mmio_ring *ring)
{
	memcpy(vcpu->vm->coalesced, ring->coalesced_mmio,
		capacity() * sizeof(ring->coalesced_mmio[0]));
	tl_shim_notice(&vcpu->ring, vcpu->index, TL_NOTICE_WARNING,
		"coalesced writes before this exit are missing: the VMM emptied their ring while "
		"the guest ran on (--no-coalesce records every write)");
}

// Takes the writes one by one, each copied before it is claimed: another vCPU that looks at the same
// time gets the others. What was seen is read before what there is, so that it is never more.
void tl_shim_coalesced(struct tl_shim_vcpu *vcpu, uint64_t seq)
{
	const struct kvm_coalesced_mmio_ring *ring = ring_of(vcpu);
	struct tl_shim_vm *vm = vcpu->vm;

	while (ring) {
		uint64_t seen = atomic_load(&vm->coalesced_seen);
		const uint32_t last = last_of(ring), slot = slot_of(seen);
		struct kvm_coalesced_mmio write;

		if (last >= capacity())
			return;
		if (was_lapped(vm, ring, seen, last))
			report_lap(vcpu, ring);
		if (slot == last)
			return;
		write = ring->coalesced_mmio[slot];
		if (!atomic_compare_exchange_strong(&vm->coalesced_seen, &seen, one_more(seen)))
			continue;
		vm->coalesced[slot] = write;
		publish(vcpu, seq, number_of(seen), &write);
	}
}
