// SPDX-License-Identifier: MIT
// Which pages of this process were written, and which exist: userfaultfd's asynchronous write
// protection and PAGEMAP_SCAN (Linux 6.7; Documentation/admin-guide/mm/pagemap.rst, userfaultfd.rst).
// Headers of that age are not everywhere, so what the kernel wants is spelt out here.
#include "recorder/shim/filter.h"
#include "recorder/shim/keep.h"
#include "recorder/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	WP_MATCHING = 1, // protect what is reported
	CHECK_WPASYNC = 2,

	PAGE_WRITTEN = 2,
	PAGE_PRESENT = 8,
	PAGE_SWAPPED = 16,

	RUNS = 64,
	TRIES = 8,
};

struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end;
	uint64_t vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

struct page_region {
	uint64_t start, end, categories;
};

#define PAGEMAP_SCAN_ _IOWR('f', 16, struct pm_scan_arg)

struct uffd_api {
	uint64_t api, features, ioctls;
};

struct uffd_range {
	uint64_t start, len;
};

struct uffd_register {
	struct uffd_range range;
	uint64_t mode, ioctls;
};

#define UFFD_API_	 _IOWR(0xaa, 0x3f, struct uffd_api)
#define UFFD_REGISTER_	 _IOWR(0xaa, 0x00, struct uffd_register)
#define UFFD_UNREGISTER_ _IOR(0xaa, 0x01, struct uffd_range)

enum {
	UFFD_USER_MODE = 1,
	UFFD_MODE_WP = 2,
	UFFD_PAGEFAULT_FLAG_WP = 1 << 0,
	UFFD_WP_HUGETLBFS_SHMEM = 1 << 12,
	UFFD_WP_UNPOPULATED = 1 << 13,
	UFFD_WP_ASYNC = 1 << 15,
};

static struct tl_shim_kept pagemap, uffd;
static pid_t asked;  // the process that `unusable` is about; 0: nobody asked yet
static int unusable; // errno; 0: it is usable

bool tl_shim_pagemap_owns(int fd)
{
	return tl_shim_kept_is(&pagemap, fd) || tl_shim_kept_is(&uffd, fd);
}

void tl_shim_pagemap_make_way(int fd)
{
	tl_shim_kept_make_way(&pagemap, fd);
	tl_shim_kept_make_way(&uffd, fd);
}

// Those that a forked child inherits are about its parent's memory.
static int number_of(const struct tl_shim_kept *kept)
{
	return kept->pid == tl_shim_pid() ? tl_shim_kept_number(kept) : -1;
}

static int open_pagemap(void)
{
	return tl_shim_own_open("/proc/self/pagemap", O_RDONLY);
}

static int open_uffd(void)
{
	struct uffd_api api = { .api = 0xaa,
		.features = UFFD_WP_ASYNC | UFFD_WP_UNPOPULATED | UFFD_WP_HUGETLBFS_SHMEM |
			    UFFD_PAGEFAULT_FLAG_WP };
	const int flags = O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE;
	int fd = -1;

	errno = EPERM;
	if (tl_shim_may(SYS_userfaultfd, flags))
		fd = (int)syscall(SYS_userfaultfd, flags);
	if (fd < 0 || !tl_shim_own_ioctl(fd, UFFD_API_, &api))
		return fd;
	tl_shim_real_close(fd);
	return -1;
}

// A VMM may have closed it.
static bool open_again(struct tl_shim_kept *kept, int (*open_it)(void))
{
	const int fd = number_of(kept) < 0 ? open_it() : -1;

	if (fd >= 0)
		tl_shim_keep(kept, fd);
	return number_of(kept) >= 0;
}

bool tl_shim_pagemap_usable(void)
{
	struct pm_scan_arg nothing = { .size = sizeof(nothing) };

	if (asked == tl_shim_pid())
		return !unusable;
	errno = 0;
	if (open_again(&uffd, open_uffd) && open_again(&pagemap, open_pagemap) &&
		tl_shim_own_ioctl(number_of(&pagemap), PAGEMAP_SCAN_, &nothing) >= 0)
		unusable = 0;
	else
		unusable = errno ? errno : ENOSYS;
	asked = tl_shim_pid();
	return !unusable;
}

const char *tl_shim_pagemap_error(void)
{
	switch (unusable) {
	case ENOSYS: // no userfaultfd
	case EINVAL: // not all that we need of it
	case ENOTTY: // no PAGEMAP_SCAN
		return "this kernel does not tell which pages a process wrote (Linux 6.7, "
		       "userfaultfd)";
	}
	return "this process cannot use userfaultfd and /proc/self/pagemap (a seccomp filter or a "
	       "container may forbid them), which tell what pages it wrote";
}

static bool claim(uint64_t start, uint64_t bytes)
{
	struct uffd_register reg = { .range = { start, bytes }, .mode = UFFD_MODE_WP };

	return !tl_shim_own_ioctl(number_of(&uffd), UFFD_REGISTER_, &reg);
}

static void let_go(uint64_t start, uint64_t bytes)
{
	struct uffd_range range = { start, bytes };

	tl_shim_own_ioctl(number_of(&uffd), UFFD_UNREGISTER_, &range);
}

bool tl_shim_pagemap_watch(uint64_t start, uint64_t bytes)
{
	if (!open_again(&uffd, open_uffd) || !open_again(&pagemap, open_pagemap) ||
		!claim(start, bytes))
		return false;
	let_go(start, bytes); // what was protected before counts anew
	return claim(start, bytes);
}

void tl_shim_pagemap_unwatch(uint64_t start, uint64_t bytes)
{
	// The kernel would also let go what another userfaultfd watches.
	if (claim(start, bytes))
		let_go(start, bytes);
}

// The next scan finds that the memory is not ours any more, and says so. One that is under way may
// have taken it back meanwhile.
int tl_shim_pagemap_register(int fd, unsigned long request, void *arg)
{
	int result = tl_shim_real_ioctl(fd, request, arg), error = errno;
	struct uffd_register reg;

	for (unsigned i = 0; i < TRIES && result < 0 && error == EBUSY; i++) {
		if (!tl_shim_read((uintptr_t)arg, &reg, sizeof(reg)) ||
			!claim(reg.range.start, reg.range.len))
			break; // somebody else has it
		let_go(reg.range.start, reg.range.len);
		result = tl_shim_real_ioctl(fd, request, arg);
		error = errno;
	}
	errno = error;
	return result;
}

// msync() looks whether all is mapped, and with MS_ASYNC does nothing else.
bool tl_shim_pagemap_mapped(uint64_t start, uint64_t bytes)
{
	if (!tl_shim_may(SYS_msync, start, bytes, MS_ASYNC))
		return true;
	return !msync((void *)(uintptr_t)start, bytes, MS_ASYNC) || errno != ENOMEM; // NOLINT
}

static bool scan(int fd, struct pm_scan_arg *arg, tl_shim_page_run *each, void *ctx)
{
	struct page_region runs[RUNS];
	int n;

	for (arg->walk_end = arg->start; arg->walk_end < arg->end; arg->start = arg->walk_end) {
		arg->vec = (uintptr_t)runs;
		arg->vec_len = RUNS;
		n = tl_shim_own_ioctl(fd, PAGEMAP_SCAN_, arg);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		for (int i = 0; i < n; i++)
			each(ctx, runs[i].start, runs[i].end - runs[i].start,
				runs[i].categories & (PAGE_PRESENT | PAGE_SWAPPED));
	}
	return true;
}

// The kernel has a short way for exactly these masks. Called at each exit, so the descriptor is not
// looked at before: if it is something else by now, that says ENOTTY.
bool tl_shim_pagemap_written(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx)
{
	struct pm_scan_arg arg = { .size = sizeof(arg),
		.flags = WP_MATCHING | CHECK_WPASYNC,
		.start = start,
		.end = start + bytes,
		.category_mask = PAGE_WRITTEN,
		.return_mask = PAGE_WRITTEN };

	return scan(atomic_load(&pagemap.number) - 1, &arg, each, ctx);
}

bool tl_shim_pagemap_first(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx)
{
	struct pm_scan_arg arg = { .size = sizeof(arg),
		.flags = WP_MATCHING | CHECK_WPASYNC,
		.start = start,
		.end = start + bytes,
		.category_mask = PAGE_WRITTEN,
		.return_mask = PAGE_WRITTEN | PAGE_PRESENT | PAGE_SWAPPED };

	return scan(number_of(&pagemap), &arg, each, ctx);
}

// An entry of /proc/self/pagemap: bit 63 present, bit 62 swapped.
static bool read_entries(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx)
{
	const uint64_t page = tl_shim_host()->page;
	const int fd = number_of(&pagemap);
	uint64_t entries[RUNS], n = 0;
	ssize_t got;

	if (!tl_shim_may(SYS_pread64, (uint64_t)fd))
		return false;
	for (uint64_t at = start; at < start + bytes; at += n * page) {
		n = (start + bytes - at) / page;
		n = n < RUNS ? n : RUNS;
		got = pread(
			fd, entries, n * sizeof(*entries), (off_t)(at / page * sizeof(*entries)));
		if (got < (ssize_t)(n * sizeof(*entries)))
			return false;
		for (uint64_t i = 0; i < n; i++)
			each(ctx, at + i * page, page, entries[i] >> 62 != 0);
	}
	return true;
}

bool tl_shim_pagemap_existing(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx)
{
	struct pm_scan_arg arg = { .size = sizeof(arg),
		.start = start,
		.end = start + bytes,
		.category_mask = 0,
		.return_mask = PAGE_PRESENT | PAGE_SWAPPED };

	open_again(&pagemap, open_pagemap);
	return scan(number_of(&pagemap), &arg, each, ctx) || read_entries(start, bytes, each, ctx);
}

void tl_shim_pagemap_cached(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx)
{
	const uint64_t page = tl_shim_host()->page;
	unsigned char resident[RUNS];
	uint64_t n;

	if (!tl_shim_may(SYS_mincore, start, bytes)) { // then all of it may be
		each(ctx, start, bytes, true);
		return;
	}
	for (uint64_t at = start; at < start + bytes; at += n * page) {
		n = (start + bytes - at) / page;
		n = n < RUNS ? n : RUNS;
		if (mincore((void *)(uintptr_t)at, n * page, resident)) // NOLINT: the kernel checks
			return;
		for (uint64_t i = 0; i < n; i++)
			if (resident[i] & 1)
				each(ctx, at + i * page, page, true);
	}
}
