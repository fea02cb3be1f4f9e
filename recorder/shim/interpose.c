// SPDX-License-Identifier: MIT
// What the preloaded library puts in front of libc: only what touches descriptors. Not part of the
// linkable library.
#include "recorder/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int ioctl(int fd, unsigned long request, ...);
EXPORT int close(int fd);
EXPORT int dup(int fd);
EXPORT int dup2(int from, int to);
EXPORT int dup3(int from, int to, int flags);
EXPORT int fcntl(int fd, int command, ...);
EXPORT int fcntl64(int fd, int command, ...);
EXPORT int close_range(unsigned int first, unsigned int last, int flags);
EXPORT void closefrom(int first);

__attribute__((constructor)) static void attach(void)
{
	const char *path = getenv(TL_ARENA_ENV);
	int fd;

	if (path)
		tl_shim_filters_inherited(path);
	fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd >= 0)
		(void)tl_shim_attach(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return tl_shim_ioctl(fd, request, arg);
}

int close(int fd)
{
	return tl_shim_close(fd);
}

int dup(int fd)
{
	int copy = TL_SHIM_NEXT(dup)(fd);

	if (copy >= 0 && tl_shim_attached())
		tl_shim_descriptor_copied(fd, copy);
	return copy;
}

static int replace(int from, int to, int flags)
{
	int copy;

	if (tl_shim_owns_descriptor(to))
		tl_shim_descriptor_make_way(to);
	copy = TL_SHIM_NEXT(dup3)(from, to, flags);
	if (copy >= 0 && tl_shim_attached())
		tl_shim_descriptor_copied(from, copy);
	return copy;
}

int dup2(int from, int to)
{
	if (from == to)
		return fcntl(from, F_GETFD) < 0 ? -1 : to;
	return replace(from, to, 0);
}

int dup3(int from, int to, int flags)
{
	return replace(from, to, flags);
}

static int control(int fd, int command, void *arg)
{
	int result = TL_SHIM_NEXT(fcntl)(fd, command, arg);

	if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC) && tl_shim_attached())
		tl_shim_descriptor_copied(fd, result);
	return result;
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, command);
	arg = va_arg(ap, void *);
	va_end(ap);
	return control(fd, command, arg);
}

// What fcntl() is called in programs that were compiled for large files; the same on our machines.
int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

static int range(unsigned int first, unsigned int last, int flags)
{
	return TL_SHIM_NEXT(close_range)(first, last, flags);
}

static bool next_of_ours(unsigned int first, unsigned int last, unsigned int *ret)
{
	for (unsigned int fd = first; fd <= last && fd < TL_SHIM_DESCRIPTORS; fd++)
		if (tl_shim_owns_descriptor((int)fd)) {
			*ret = fd;
			return true;
		}
	return false;
}

// Around our own descriptors, which the VMM never opened.
int close_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int ours;

	if (first > last)
		return range(first, last, flags);
	if (!(flags & CLOSE_RANGE_CLOEXEC) && tl_shim_attached())
		for (unsigned int fd = first; fd <= last && fd < TL_SHIM_DESCRIPTORS; fd++)
			if (!tl_shim_owns_descriptor((int)fd))
				tl_shim_descriptor_closed((int)fd);
	for (; first <= last && next_of_ours(first, last, &ours); first = ours + 1)
		if (ours > first && range(first, ours - 1, flags))
			return -1;
	return first <= last ? range(first, last, flags) : 0;
}

void closefrom(int first)
{
	close_range(first < 0 ? 0 : (unsigned int)first, ~0U, 0);
}
