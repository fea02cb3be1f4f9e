// SPDX-License-Identifier: MIT
#include "recorder/shim/keep.h"

#include "recorder/shim/shim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HIGH = 900 };

// libc's fstat() is one of these.
static bool may_look(int fd)
{
	return tl_shim_may(SYS_fstat, (uint64_t)fd) && tl_shim_may(SYS_newfstatat, (uint64_t)fd);
}

static bool look(int fd, struct stat *ret)
{
	return may_look(fd) && !fstat(fd, ret);
}

static int copy_high(int fd)
{
	if (!tl_shim_may(SYS_fcntl, (uint64_t)fd, F_DUPFD_CLOEXEC, HIGH))
		return -1;
	return fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
}

int tl_shim_move_up(int fd)
{
	const int high = tl_shim_may(SYS_close, (uint64_t)fd) ? copy_high(fd) : -1;

	if (high < 0)
		return fd;
	tl_shim_real_close(fd);
	return high;
}

void tl_shim_keep(struct tl_shim_kept *kept, int fd)
{
	const int high = tl_shim_move_up(fd);
	struct stat st = { 0 };

	if (!look(high, &st))
		st.st_ino = 0;
	kept->device = st.st_dev;
	kept->inode = st.st_ino;
	kept->pid = tl_shim_pid();
	atomic_store(&kept->number, high + 1);
}

bool tl_shim_kept_is(const struct tl_shim_kept *kept, int fd)
{
	struct stat st;

	if (fd < 0 || fd != atomic_load(&kept->number) - 1)
		return false;
	if (!may_look(fd))
		return true;
	return look(fd, &st) && st.st_dev == kept->device && st.st_ino == kept->inode;
}

int tl_shim_kept_number(const struct tl_shim_kept *kept)
{
	const int fd = atomic_load(&kept->number) - 1;

	return tl_shim_kept_is(kept, fd) ? fd : -1;
}

void tl_shim_kept_make_way(struct tl_shim_kept *kept, int fd)
{
	int copy;

	if (!tl_shim_kept_is(kept, fd) || kept->pid != tl_shim_pid())
		return;
	copy = copy_high(fd);
	if (copy >= 0)
		atomic_store(&kept->number, copy + 1);
}

void tl_shim_kept_close(struct tl_shim_kept *kept)
{
	const int fd = tl_shim_kept_number(kept);

	atomic_store(&kept->number, 0);
	if (fd >= 0)
		tl_shim_real_close(fd);
}
