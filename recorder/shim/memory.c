// SPDX-License-Identifier: MIT
// Guest memory that the VMM may unmap at any moment. The first read of a place goes through the
// kernel, which says EFAULT where we would have died. Code is read again and again: see code.c.
#include "recorder/shim/shim.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LEAST_PAGE = 4096 };

// EPERM where a filter forbids it, ours to know or not.
static ssize_t copy(const struct iovec *to, const struct iovec *from, unsigned n)
{
	static _Atomic bool refused;
	ssize_t got;

	errno = EPERM;
	if (refused || !tl_shim_may(SYS_process_vm_readv))
		return -1;
	got = process_vm_readv(tl_shim_pid(), to, 1, from, n, 0);
	if (got < 0 && (errno == EPERM || errno == ENOSYS))
		refused = true;
	return got;
}

// A call that hardly a filter forbids reads 8 bytes before it finds that it makes no sense.
static bool is_there(uint64_t at)
{
	if (!tl_shim_may(SYS_rt_sigprocmask, UINT64_MAX, at, 0, 8))
		return false;
	return syscall(SYS_rt_sigprocmask, -1L, at, 0L, 8L) < 0 && errno == EINVAL;
}

static bool load(uint64_t host, void *buf, size_t size)
{
	const uint64_t end = host + size;

	for (uint64_t at = host & ~UINT64_C(7); at < end;
		at = (at & ~(uint64_t)(LEAST_PAGE - 1)) + LEAST_PAGE)
		if (!is_there(at))
			return false;
	memcpy(buf, (const void *)(uintptr_t)host, size); // NOLINT
	return true;
}

bool tl_shim_read(uint64_t host, void *buf, size_t size)
{
	const struct iovec to = { buf, size };
	const struct iovec from = { (void *)(uintptr_t)host, size }; // NOLINT: the kernel checks it
	const int error = errno;
	const ssize_t got = copy(&to, &from, 1);
	const bool there =
		got < 0 && errno != EFAULT ? load(host, buf, size) : got == (ssize_t)size;

	errno = error;
	return there;
}

void tl_shim_read_pages(uint64_t *hosts, unsigned n, uint8_t *buf)
{
	const struct iovec to = { buf, (size_t)n * TL_PAGE_BYTES };
	struct iovec from[TL_PAGES_MOST] = { 0 };
	ssize_t got;

	for (unsigned i = 0; i < n; i++)
		from[i] = (struct iovec){ (void *)(uintptr_t)hosts[i], TL_PAGE_BYTES }; // NOLINT
	got = copy(&to, from, n);
	for (unsigned i = got < 0 ? 0 : (unsigned)(got / TL_PAGE_BYTES); i < n; i++)
		if (!tl_shim_read(hosts[i], buf + (size_t)i * TL_PAGE_BYTES, TL_PAGE_BYTES))
			hosts[i] |= TL_PAGE_UNREADABLE;
}
