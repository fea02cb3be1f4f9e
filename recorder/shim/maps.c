// SPDX-License-Identifier: MIT
// What is mapped where in this process, line by line out of /proc/self/maps.
#include "recorder/shim/filter.h"
#include "recorder/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

struct maps {
	int fd;
	int error; // of a read
	size_t at, n;
	char bytes[1024];
};

static bool maps_open(struct maps *maps)
{
	errno = EPERM;
	maps->fd = tl_shim_may(SYS_read) ? tl_shim_own_open("/proc/self/maps", O_RDONLY) : -1;
	maps->at = maps->n = 0;
	maps->error = 0;
	return maps->fd >= 0;
}

static bool next_byte(struct maps *maps, char *ret)
{
	ssize_t n;

	if (maps->at == maps->n) {
		n = read(maps->fd, maps->bytes, sizeof(maps->bytes));
		maps->error = n < 0 ? errno : 0;
		maps->at = 0;
		maps->n = n > 0 ? (size_t)n : 0;
	}
	if (!maps->n)
		return false;
	*ret = maps->bytes[maps->at++];
	return true;
}

// What does not fit is the end of a long name.
static bool next_line(struct maps *maps, char *line, size_t size)
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
static bool maps_next(struct maps *maps, struct tl_shim_mapping *ret)
{
	char line[300], *at = line;

	if (!next_line(maps, line, sizeof(line)))
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

const char *tl_shim_maps_error(void)
{
	return errno == EPERM ? "a seccomp filter of the VMM forbids reading /proc/self/maps"
			      : "/proc/self/maps cannot be read";
}

bool tl_shim_maps_within(const struct tl_shim_ranges *set, tl_shim_part *each, void *ctx)
{
	struct tl_shim_mapping m;
	struct maps maps;
	uint32_t i = 0;

	if (!maps_open(&maps))
		return false;
	while (maps_next(&maps, &m)) {
		while (i < set->n && set->of[i].end <= m.start)
			i++;
		for (uint32_t j = i; j < set->n && set->of[j].start < m.end; j++)
			each(ctx, &m, set->of[j].start > m.start ? set->of[j].start : m.start,
				set->of[j].end < m.end ? set->of[j].end : m.end);
	}
	tl_shim_real_close(maps.fd);
	if (maps.error)
		errno = maps.error;
	return !maps.error;
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
