// SPDX-License-Identifier: MIT
// Where guest physical memory is in this process. vCPU threads read while others write: a version
// number that is odd during a change tells a reader to take nothing.
#include "recorder/shim/shim.h"

static struct tl_shim_slot *same_slot(struct tl_shim_vm *vm, uint32_t slot)
{
	for (uint32_t i = 0; i < vm->n_slots; i++)
		if (vm->slots[i].slot == slot)
			return &vm->slots[i];
	return NULL;
}

// A signal handler of the VMM may come in the middle of a change that its own thread makes.
static _Thread_local bool changing;

static bool begin(struct tl_shim_vm *vm)
{
	uint32_t version = atomic_load(&vm->slots_version);

	if (changing)
		return false;
	changing = true;
	do
		version &= ~UINT32_C(1);
	while (!atomic_compare_exchange_weak(&vm->slots_version, &version, version + 1));
	return true;
}

// The VMM may unmap what was a slot as soon as we return, so no vCPU may still be reading it.
static void end(struct tl_shim_vm *vm)
{
	atomic_fetch_add(&vm->slots_version, 1);
	changing = false;
	tl_shim_wait_for_readers(vm);
}

bool tl_shim_slot_set(struct tl_shim_vm *vm, const struct tl_shim_slot *slot)
{
	struct tl_shim_slot *at;

	if (!begin(vm))
		return false;
	at = same_slot(vm, slot->slot);
	if (!at && slot->size && vm->n_slots < TL_SHIM_SLOTS)
		at = &vm->slots[vm->n_slots++];
	if (at && slot->size)
		*at = *slot;
	else if (at)
		*at = vm->slots[--vm->n_slots];
	end(vm);
	return at || !slot->size;
}

static uint64_t look_up(const struct tl_shim_vm *vm, unsigned space, tl_gpa gpa, size_t size)
{
	for (uint32_t i = 0; i < vm->n_slots && i < TL_SHIM_SLOTS; i++) {
		const struct tl_shim_slot *s = &vm->slots[i];

		if (s->slot >> 16 == space && gpa >= s->gpa && gpa - s->gpa < s->size &&
			size <= s->size - (gpa - s->gpa))
			return s->host + (gpa - s->gpa);
	}
	return 0;
}

uint64_t tl_shim_slot_find(const struct tl_shim_vm *vm, unsigned space, tl_gpa gpa, size_t size)
{
	const uint32_t version = atomic_load_explicit(&vm->slots_version, memory_order_acquire);
	uint64_t host;

	if (version & 1)
		return 0;
	host = look_up(vm, space, gpa, size);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&vm->slots_version, memory_order_relaxed) == version ? host : 0;
}

unsigned tl_shim_address_space(const struct tl_shim_vcpu *vcpu)
{
#ifdef KVM_RUN_X86_SMM
	return vcpu->run->flags & KVM_RUN_X86_SMM ? 1 : 0;
#else
	(void)vcpu;
	return 0;
#endif
}

bool tl_shim_slot_ranges(
	const struct tl_shim_vm *vm, struct tl_shim_ranges *ret, uint32_t *ret_version)
{
	const uint32_t version = atomic_load_explicit(&vm->slots_version, memory_order_acquire);

	tl_shim_ranges_clear(ret);
	for (uint32_t i = 0; i < vm->n_slots && i < TL_SHIM_SLOTS; i++)
		tl_shim_ranges_add(ret, vm->slots[i].host, vm->slots[i].host + vm->slots[i].size);
	*ret_version = version;
	atomic_thread_fence(memory_order_acquire);
	return !(version & 1) &&
	       atomic_load_explicit(&vm->slots_version, memory_order_relaxed) == version;
}
