// SPDX-License-Identifier: MIT
// What the VMM would have called without us.
#include "recorder/shim/shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The next library's function, so that others that are preloaded keep working.
void *tl_shim_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int tl_shim_real_ioctl(int fd, unsigned long request, void *arg)
{
	int (*fn)(int fd, unsigned long request, ...) = TL_SHIM_NEXT(ioctl);

	return fn ? fn(fd, request, arg) : (int)syscall(SYS_ioctl, fd, request, arg);
}

int tl_shim_own_ioctl(int fd, unsigned long request, void *arg)
{
	if (tl_shim_may(SYS_ioctl, (uint64_t)fd, request, (uintptr_t)arg))
		return tl_shim_real_ioctl(fd, request, arg);
	errno = EPERM;
	return -1;
}

// libc's open() is openat(). What we open is closed again.
int tl_shim_own_open(const char *path, int flags)
{
	flags |= O_CLOEXEC;
	if (tl_shim_may(SYS_openat, (uint64_t)AT_FDCWD, (uintptr_t)path, (uint64_t)flags) &&
		tl_shim_may(SYS_close))
		return open(path, flags);
	errno = EPERM;
	return -1;
}

int tl_shim_real_close(int fd)
{
	int (*fn)(int fd) = TL_SHIM_NEXT(close);

	return fn ? fn(fd) : (int)syscall(SYS_close, fd);
}
