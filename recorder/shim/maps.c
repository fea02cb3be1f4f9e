// SPDX-License-Identifier: MIT
// What is mapped where in this process, line by line out of /proc/self/maps.
#include "recorder/shim/filter.h"
#include "recorder/shim/shim.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

bool tl_shim_maps_open(struct tl_shim_maps *maps)
{
	maps->fd = -1;
	if (tl_shim_may(SYS_openat, (uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC) &&
		tl_shim_may(SYS_read))
		maps->fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	maps->at = maps->n = 0;
	return maps->fd >= 0;
}

void tl_shim_maps_close(struct tl_shim_maps *maps)
{
	if (maps->fd >= 0)
		tl_shim_real_close(maps->fd);
}

static bool next_byte(struct tl_shim_maps *maps, char *ret)
{
	ssize_t n;

	if (maps->at == maps->n) {
		n = read(maps->fd, maps->bytes, sizeof(maps->bytes));
		maps->at = 0;
		maps->n = n > 0 ? (size_t)n : 0;
	}
	if (!maps->n)
		return false;
	*ret = maps->bytes[maps->at++];
	return true;
}

// What does not fit is the end of a long name.
static bool next_line(struct tl_shim_maps *maps, char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (next_byte(maps, &c)) {
		if (c == '\n') {
			line[n] = 0;
			return true;
		}
		if (n + 1 < size)
			line[n++] = c;
	}
	return false;
}

static char *next_field(char *at)
{
	at += strcspn(at, " ");
	return at + strspn(at, " ");
}

// start-end perms offset dev inode name
bool tl_shim_maps_next(struct tl_shim_maps *maps, struct tl_shim_mapping *ret)
{
	char line[300], *at = line;

	if (maps->fd < 0 || !next_line(maps, line, sizeof(line)))
		return false;
	ret->start = strtoull(at, &at, 16);
	ret->end = strtoull(at + (*at == '-'), &at, 16);
	at += strspn(at, " ");
	ret->shared = strnlen(at, 4) == 4 && at[3] == 's';
	at = next_field(next_field(at)); // perms, offset
	ret->internal = !strncmp(at, "00:01 ", 6);
	at = next_field(at);
	ret->file = strtoull(at, &at, 10) != 0;
	at += strspn(at, " ");
	snprintf(ret->name, sizeof(ret->name), "%s", at);
	return true;
}

// Something of the kernel's memory is on disk.
static bool swaps(void)
{
	struct sysinfo info;

	return !tl_shim_may(SYS_sysinfo) || sysinfo(&info) || info.totalswap != info.freeswap;
}

// By its folder: the file itself may be deleted.
static bool in_memory_only(const char *file)
{
	char folder[200];
	struct statfs fs;

	snprintf(folder, sizeof(folder), "%s", file);
	*(strrchr(folder, '/') + 1) = 0;
	return tl_shim_may(SYS_statfs) && !statfs(folder, &fs) &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == HUGETLBFS_MAGIC);
}

bool tl_shim_mapping_is_stored(const struct tl_shim_mapping *m)
{
	static const char huge[] = "/anon_hugepage", memfd[] = "/memfd:";

	if (!m->file || !strncmp(m->name, huge, sizeof(huge) - 1))
		return false;
	if (m->internal || !strncmp(m->name, memfd, sizeof(memfd) - 1) ||
		(*m->name == '/' && in_memory_only(m->name)))
		return swaps();
	return true;
}
