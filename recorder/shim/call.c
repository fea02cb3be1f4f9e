// SPDX-License-Identifier: MIT
// The door: every ioctl and close of the VMM comes through here, and KVM's are told apart.
#include "recorder/shim/shim.h"

#include "recorder/shim/trapline.h"

#include <errno.h>
#include <linux/ioctl.h>
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
	result = tl_shim_real_ioctl(fd, request, arg);
	tl_shim_input(object, fd, (uint32_t)request, arg, result);
	return result;
}

int tl_shim_ioctl(int fd, unsigned long request, void *arg)
{
	struct tl_shim_object *object;
	int result;

	if (_IOC_TYPE(request) != KVMIO || !tl_shim_recording())
		return tl_shim_real_ioctl(fd, request, arg);
	object = tl_shim_object_get(fd);
	if (!object)
		object = tl_shim_adopt(fd);
	if (!object)
		return tl_shim_real_ioctl(fd, request, arg);
	if (request == KVM_RUN && object->on == TL_ON_VCPU)
		result = tl_shim_run((struct tl_shim_vcpu *)object, fd, arg);
	else
		result = other(object, fd, request, arg);
	tl_shim_object_put(object);
	return result;
}

int tl_shim_close(int fd)
{
	if (tl_shim_owns_descriptor(fd)) {
		errno = EBADF;
		return -1;
	}
	if (tl_shim_recording())
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
