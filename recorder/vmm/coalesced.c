// SPDX-License-Identifier: MIT
#include "recorder/vmm/coalesced.h"

#include <linux/kvm.h>
#include <unistd.h>

#include "recorder/vmm/exits.h"

static struct tl_error *perform(struct tl_vcpu *vcpu, struct kvm_coalesced_mmio *write)
{
	struct tl_access access = {
		.space = write->pio ? TL_SPACE_PIO : TL_SPACE_MMIO,
		.address = write->phys_addr,
		.size = write->len,
		.is_write = true,
		.data = write->data,
	};

	return tl_exit_access(vcpu, &access);
}

// The kernel moves `last`, we move `first`; the ring takes the rest of its page.
static struct tl_error *drain(struct tl_vcpu *vcpu, struct kvm_coalesced_mmio_ring *ring)
{
	uint32_t entries = (uint32_t)(((size_t)sysconf(_SC_PAGESIZE) - sizeof(*ring)) /
				      sizeof(ring->coalesced_mmio[0]));
	struct tl_error *err = NULL;

	while (!err && ring->first != __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE)) {
		err = perform(vcpu, &ring->coalesced_mmio[ring->first]);
		__atomic_store_n(&ring->first, (ring->first + 1) % entries, __ATOMIC_RELEASE);
	}
	return err;
}

struct tl_error *tl_coalesced_drain(struct tl_vcpu *vcpu)
{
	struct tl_machine *machine = vcpu->machine;
	struct tl_error *err;

	if (!vcpu->cpu->ring)
		return NULL;
	pthread_mutex_lock(&machine->ring_lock);
	err = drain(vcpu, vcpu->cpu->ring);
	pthread_mutex_unlock(&machine->ring_lock);
	return err;
}
