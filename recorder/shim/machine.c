// SPDX-License-Identifier: MIT
// VMs and vCPUs come up: what the machine is goes into the trace, and NISV is asked for.
#include "recorder/shim/shim.h"
#include "schema/wire/idsr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	MOST_CAPS = 320,
};

// A VM that we have not seen being made may have been asked for these exits before.
static void enable_nisv(struct tl_shim_vm *vm, int fd, bool adopted)
{
#ifdef __aarch64__
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	if (!adopted &&
		tl_shim_own_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_ARM_NISV_TO_USER) > 0)
		vm->nisv_ours = !tl_shim_own_ioctl(fd, KVM_ENABLE_CAP, &cap);
#else
	(void)vm;
	(void)fd;
	(void)adopted;
#endif
}

static void enable_idsr(struct tl_shim_vm *vm, int fd, bool adopted)
{
	struct kvm_enable_cap cap = { .cap = TL_CAP_ARM_IDSR_TO_USER };

	if (vm->abi == TL_ABI_IDSR && !adopted)
		vm->idsr_ours = !tl_shim_own_ioctl(fd, KVM_ENABLE_CAP, &cap);
}

static enum tl_abi abi_of(const struct tl_record_cap *caps, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (caps[i].cap == TL_CAP_ARM_IDSR_TO_USER && TL_ARCH_HOST.id == TL_ARCH_ARM64)
			return TL_ABI_IDSR;
	return TL_ABI_MAINLINE;
}

static uint32_t read_caps(int fd, struct tl_record_cap *caps)
{
	uint32_t n = 0;

	for (uint32_t cap = 0; fd >= 0 && cap < MOST_CAPS; cap++) {
		int value = tl_shim_own_ioctl(fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

		if (value > 0)
			caps[n++] = (struct tl_record_cap){ cap, value };
	}
	return n;
}

// Of an adopted VM nobody knows what slots it has, and who else uses its log.
static void follow(struct tl_shim_vm *vm, int fd, bool adopted)
{
	char text[320];

	if (tl_shim_options()->mem != TL_MEM_EXACT || tl_shim_pagemap_usable())
		return;
	if (!adopted) {
		tl_shim_dirty_open(vm, fd);
		return;
	}
	snprintf(text, sizeof(text),
		"%s, and this VM came from elsewhere: its memory is not recorded",
		tl_shim_pagemap_error());
	tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_WARNING, text);
}

void tl_shim_vm_opened(struct tl_shim_vm *vm, int fd, uint64_t type, bool adopted)
{
	struct tl_shim_ring *ring = tl_shim_process_ring();
	struct tl_record_cap caps[MOST_CAPS];
	const uint32_t n = read_caps(fd, caps);
	const uint32_t size = (uint32_t)(sizeof(struct tl_record_vm) + n * sizeof(*caps));
	struct tl_record_vm *body = tl_shim_reserve(ring, TL_NO_VCPU, size, 0);

	vm->let_go = tl_shim_memory_close;
	vm->abi = abi_of(caps, n);
	atomic_store(&vm->coalescing, adopted);
	enable_nisv(vm, fd, adopted);
	enable_idsr(vm, fd, adopted);
	follow(vm, fd, adopted);
	if (!body)
		return;
	*body = (struct tl_record_vm){ .vm = vm->index,
		.pid = atomic_load(&ring->ring.control->owner),
		.time = tl_shim_now(),
		.type = type,
		.n_caps = n,
		.abi = vm->abi,
		.adopted = adopted };
	memcpy(body + 1, caps, n * sizeof(*caps));
	tl_ring_commit(body, TL_RECORD_VM, size);
}

void tl_shim_vcpu_opened(struct tl_shim_vcpu *vcpu, uint64_t id, bool adopted)
{
	struct tl_record_vcpu *body = tl_shim_reserve(&vcpu->ring, vcpu->index, sizeof(*body), 0);

	if (tl_shim_options()->level == TL_REGS_FULL)
		vcpu->extras = tl_shim_pages(TL_SHIM_EXTRAS);
	if (!body)
		return;
	*body = (struct tl_record_vcpu){ .vcpu = vcpu->index,
		.vm = vcpu->vm->index,
		.time = tl_shim_now(),
		.id = id,
		.adopted = adopted,
		.ring = vcpu->ring.number };
	tl_ring_commit(body, TL_RECORD_VCPU, sizeof(*body));
}

int tl_shim_create_vm(int fd, unsigned long type)
{
	int vm_fd = tl_shim_real_ioctl(fd, KVM_CREATE_VM, (void *)type);
	struct tl_shim_vm *vm = vm_fd < 0 ? NULL : tl_shim_vm_new();
	const int error = errno;

	if (vm) {
		tl_shim_vm_opened(vm, vm_fd, type, false);
		tl_shim_descriptor_made(vm_fd, &vm->object);
	} else if (vm_fd >= 0) {
		tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_ERROR,
			"too many VMs at once in this process: one is not recorded");
		tl_shim_descriptor_made(vm_fd, tl_shim_object_unrecorded());
	}
	errno = error;
	return vm_fd;
}

int tl_shim_create_vcpu(struct tl_shim_vm *vm, int fd, unsigned long id)
{
	int vcpu_fd = tl_shim_real_ioctl(fd, KVM_CREATE_VCPU, (void *)id);
	struct tl_shim_vcpu *vcpu = vcpu_fd < 0 ? NULL : tl_shim_vcpu_new(vm, vcpu_fd);
	const int error = errno;

	if (vcpu) {
		tl_shim_vcpu_opened(vcpu, id, false);
		tl_shim_descriptor_made(vcpu_fd, &vcpu->object);
	} else if (vcpu_fd >= 0) {
		tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_ERROR,
			"no ring is free: a vCPU is not recorded");
		tl_shim_descriptor_made(vcpu_fd, tl_shim_object_unrecorded());
	}
	errno = error;
	return vcpu_fd;
}
