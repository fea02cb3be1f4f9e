// SPDX-License-Identifier: MIT
// The door: every ioctl and close of the VMM comes through here, and KVM's are told apart.
#include "recorder/shim/shim.h"

#include "recorder/shim/trapline.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <stdarg.h>

static bool hidden_cap(unsigned long cap)
{
	return tl_shim_options()->no_coalesce &&
	       (cap == KVM_CAP_COALESCED_MMIO || cap == KVM_CAP_COALESCED_PIO);
}

static int other(struct tl_shim_object *object, int fd, unsigned long request, void *arg)
{
	int result;

	if (request == KVM_CREATE_VM && object->on == TL_ON_SYSTEM)
		return tl_shim_create_vm(fd, (unsigned long)arg);
	if (request == KVM_CREATE_VCPU && object->on == TL_ON_VM)
		return tl_shim_create_vcpu((struct tl_shim_vm *)object, fd, (unsigned long)arg);
	if (request == KVM_CHECK_EXTENSION && hidden_cap((unsigned long)arg))
		return 0;
	result = tl_shim_dirty_ioctl(object, fd, request, arg);
	tl_shim_input(object, fd, (uint32_t)request, arg, result);
	return result;
}

static void say_nested(struct tl_shim_vcpu *vcpu)
{
	const int error = errno;

	if (!atomic_exchange(&vcpu->nested, true))
		tl_shim_notice(&vcpu->ring, vcpu->index, TL_NOTICE_WARNING,
			"a signal handler of the VMM enters the guest while the recorder is at "
			"work on this vCPU: such exits are not recorded");
	errno = error;
}

// A signal handler comes below the frame that it interrupts; one that longjmp() left behind does not
// count.
static int run(struct tl_shim_vcpu *vcpu, int fd, void *arg)
{
	const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	const uintptr_t outer = atomic_load_explicit(&vcpu->frame, memory_order_relaxed);
	int result;

	if (outer && here < outer) {
		say_nested(vcpu);
		return tl_shim_real_ioctl(fd, KVM_RUN, arg);
	}
	atomic_store_explicit(&vcpu->frame, here, memory_order_relaxed);
	result = tl_shim_run(vcpu, fd, arg);
	atomic_store_explicit(&vcpu->frame, 0, memory_order_relaxed);
	return result;
}

// The recording has ended, and what it has asked KVM for is still asked for.
static int after_the_end(struct tl_shim_object *object, int fd, unsigned long request, void *arg)
{
	const int result = tl_shim_dirty_ioctl(object, fd, request, arg);

	if (result >= 0 && request == KVM_ENABLE_CAP)
		tl_shim_note_cap(object, arg);
	return result;
}

static int on_object(struct tl_shim_object *object, int fd, unsigned long request, void *arg)
{
	if (!object || !tl_shim_object_is_recorded(object))
		return tl_shim_real_ioctl(fd, request, arg);
	if (request == KVM_RUN && object->on == TL_ON_VCPU)
		return run((struct tl_shim_vcpu *)object, fd, arg);
	if (!tl_shim_recording())
		return after_the_end(object, fd, request, arg);
	return other(object, fd, request, arg);
}

// A call that succeeds leaves errno as it was, one that fails leaves the kernel's.
int tl_shim_ioctl(int fd, unsigned long request, void *arg)
{
	struct tl_shim_object *object;
	int result, error = errno;

	if (!tl_shim_attached())
		return tl_shim_real_ioctl(fd, request, arg);
	if ((uint32_t)request == UFFDIO_REGISTER)
		return tl_shim_pagemap_register(fd, request, arg);
	if (_IOC_TYPE(request) != KVMIO)
		return tl_shim_real_ioctl(fd, request, arg);
	object = tl_shim_object_get(fd);
	if (!object && tl_shim_recording())
		object = tl_shim_adopt(fd);
	result = on_object(object, fd, request, arg);
	error = result < 0 ? errno : error;
	if (object)
		tl_shim_object_put(object);
	errno = error;
	return result;
}

int tl_shim_close(int fd)
{
	if (tl_shim_owns_descriptor(fd)) {
		errno = EBADF;
		return -1;
	}
	if (tl_shim_attached())
		tl_shim_descriptor_closed(fd);
	return tl_shim_real_close(fd);
}

int trapline_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return tl_shim_ioctl(fd, request, arg);
}

int trapline_close(int fd)
{
	return tl_shim_close(fd);
}
