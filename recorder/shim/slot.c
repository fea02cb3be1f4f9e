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

static void begin(struct tl_shim_vm *vm)
{
	uint32_t version = atomic_load(&vm->slots_version);

	do
		version &= ~UINT32_C(1);
	while (!atomic_compare_exchange_weak(&vm->slots_version, &version, version + 1));
}

// The VMM may unmap what was a slot as soon as we return, so no vCPU may still be reading it.
static void end(struct tl_shim_vm *vm)
{
	atomic_fetch_add(&vm->slots_version, 1);
	tl_shim_wait_for_readers(vm);
}

void tl_shim_slot_set(struct tl_shim_vm *vm, const struct tl_shim_slot *slot)
{
	struct tl_shim_slot *at;

	begin(vm);
	at = same_slot(vm, slot->slot);
	if (!at && slot->size && vm->n_slots < TL_SHIM_SLOTS)
		at = &vm->slots[vm->n_slots++];
	if (at && slot->size)
		*at = *slot;
	else if (at)
		*at = vm->slots[--vm->n_slots];
	end(vm);
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
