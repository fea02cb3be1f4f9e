// SPDX-License-Identifier: MIT
// What the VMM would have called without us.
#include "recorder/shim/shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// The next library's function, so that others that are preloaded keep working.
void *tl_shim_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int tl_shim_real_ioctl(int fd, unsigned long request, void *arg)
{
	typedef int ioctl_fn(int fd, unsigned long request, ...);
	static _Atomic(ioctl_fn *) next;
	ioctl_fn *fn = atomic_load_explicit(&next, memory_order_relaxed);

	if (!fn) {
		*(void **)&fn = tl_shim_next("ioctl");
		atomic_store(&next, fn);
	}
	return fn ? fn(fd, request, arg) : (int)syscall(SYS_ioctl, fd, request, arg);
}

int tl_shim_own_ioctl(int fd, unsigned long request, void *arg)
{
	if (tl_shim_may(SYS_ioctl, (uint64_t)fd, request, (uintptr_t)arg))
		return tl_shim_real_ioctl(fd, request, arg);
	errno = EPERM;
	return -1;
}

int tl_shim_real_close(int fd)
{
	typedef int close_fn(int fd);
	static _Atomic(close_fn *) next;
	close_fn *fn = atomic_load_explicit(&next, memory_order_relaxed);

	if (!fn) {
		*(void **)&fn = tl_shim_next("close");
		atomic_store(&next, fn);
	}
	return fn ? fn(fd) : (int)syscall(SYS_close, fd);
}
