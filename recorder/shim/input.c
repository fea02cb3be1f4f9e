// SPDX-License-Identifier: MIT
// Every state-changing KVM ioctl as an input (ioctls.def says which are none, and why).
#include "recorder/shim/shim.h"
#include "schema/wire/idsr.h"

#include "recorder/shim/argument.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>

static const struct tl_ioctl unknown = { .name = "?", .rule = TL_IOCTL_STRUCT };

static struct tl_shim_vm *vm_of(struct tl_shim_object *object)
{
	if (object->on == TL_ON_VM)
		return (struct tl_shim_vm *)object;
	return object->on == TL_ON_VCPU ? ((struct tl_shim_vcpu *)object)->vm : NULL;
}

static uint32_t vm_index(struct tl_shim_object *object)
{
	const struct tl_shim_vm *vm = vm_of(object);

	if (object->on == TL_ON_DEVICE)
		return ((struct tl_shim_device *)object)->vm;
	return vm ? vm->index : TL_NO_VM;
}

static struct tl_shim_ring *ring_of(struct tl_shim_object *object)
{
	return object->on == TL_ON_VCPU ? &((struct tl_shim_vcpu *)object)->ring
					: tl_shim_process_ring();
}

static void publish(struct tl_shim_object *object, int fd, uint32_t request, uint64_t value,
	const struct tl_shim_argument *arg, int result)
{
	struct tl_shim_ring *ring = ring_of(object);
	const uint32_t vcpu =
		object->on == TL_ON_VCPU ? ((struct tl_shim_vcpu *)object)->index : TL_NO_VCPU;
	const uint32_t size = arg->size + arg->tail_size;
	struct tl_record_input *body =
		tl_shim_reserve(ring, vcpu, (uint32_t)sizeof(*body) + size, 0);
	uint8_t *at = (uint8_t *)(body + 1);

	if (!body)
		return;
	*body = (struct tl_record_input){ .seq = atomic_load(&tl_shim_arena->seq),
		.time = tl_shim_now(),
		.vm = vm_index(object),
		.vcpu = vcpu,
		.device = object->on == TL_ON_DEVICE ? (uint32_t)fd : 0,
		.request = request,
		.arg = value,
		.result = result,
		.size = size };
	if (arg->size)
		memcpy(at, arg->bytes, arg->size);
	if (arg->tail_size && !tl_shim_read((uintptr_t)arg->tail, at + arg->size, arg->tail_size))
		memset(at + arg->size, 0, arg->tail_size);
	tl_ring_commit(body, TL_RECORD_INPUT, (uint32_t)sizeof(*body) + size);
}

static void note_slot(struct tl_shim_object *object, uint32_t request, const void *arg)
{
	const struct kvm_userspace_memory_region *region = arg;
	static _Atomic bool said;
	struct tl_shim_slot slot;

	if (object->on != TL_ON_VM || (_IOC_NR(request) != 0x46 && _IOC_NR(request) != 0x49))
		return;
	slot = (struct tl_shim_slot){ .slot = region->slot,
		.flags = region->flags,
		.gpa = region->guest_phys_addr,
		.size = region->memory_size,
		.host = region->userspace_addr };
	if (!tl_shim_slot_set((struct tl_shim_vm *)object, &slot) && !atomic_exchange(&said, true))
		tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_WARNING,
			"more memory slots than the recorder keeps: memory and code in the others "
			"are not recorded");
}

void tl_shim_note_cap(struct tl_shim_object *object, const struct kvm_enable_cap *cap)
{
	if (object->on == TL_ON_VM && cap->cap == KVM_CAP_ARM_NISV_TO_USER)
		atomic_store(&((struct tl_shim_vm *)object)->nisv_asked, true);
	if (object->on == TL_ON_VM && cap->cap == TL_CAP_ARM_IDSR_TO_USER)
		atomic_store(&((struct tl_shim_vm *)object)->idsr_asked, true);
}

static void note_device(struct tl_shim_object *object, const void *arg)
{
	const struct kvm_create_device *create = arg;
	struct tl_shim_device *device;

	if (object->on != TL_ON_VM || create->flags & KVM_CREATE_DEVICE_TEST)
		return;
	device = tl_shim_device_new();
	if (!device)
		return;
	device->vm = ((struct tl_shim_vm *)object)->index;
	device->type = create->type;
	tl_shim_descriptor_made((int)create->fd, &device->object);
}

// What the recorder itself must know of what the VMM did.
static void note(struct tl_shim_object *object, uint32_t request, const void *arg)
{
	note_slot(object, request, arg);
	if (request == KVM_ENABLE_CAP)
		tl_shim_note_cap(object, arg);
	if (request == KVM_CREATE_DEVICE)
		note_device(object, arg);
	if (request == KVM_REGISTER_COALESCED_MMIO && object->on == TL_ON_VM)
		atomic_store(&((struct tl_shim_vm *)object)->coalescing, true);
}

static void refuse(struct tl_shim_object *object)
{
	struct tl_shim_vm *vm = vm_of(object);

	if (vm && !atomic_exchange(&vm->refused, true))
		tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_ERROR,
			"confidential guest (encrypted memory or guest_memfd): its memory and "
			"registers "
			"cannot be read, so its exits are not recorded");
}

void tl_shim_input(struct tl_shim_object *object, int fd, uint32_t request, void *arg, int result)
{
	const struct tl_ioctl *entry = tl_ioctl_find(object->on, request);
	const int error = errno;
	struct tl_shim_argument argument = { 0 };

	if (result < 0)
		return;
	note(object, request, arg);
	if (entry && entry->rule == TL_IOCTL_SKIPPED)
		return;
	if (!entry)
		entry = &unknown;
	if (entry->rule == TL_IOCTL_CONFIDENTIAL)
		refuse(object);
	if (_IOC_DIR(request) != _IOC_NONE && arg)
		argument = tl_shim_argument(entry, request, arg);
	publish(object, fd, request, _IOC_DIR(request) == _IOC_NONE ? (uint64_t)(uintptr_t)arg : 0,
		&argument, result);
	errno = error;
}
