// SPDX-License-Identifier: MIT
#include "recorder/collector/process-list.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TEXT = 1 << 16 };

// A file of /proc as text, its NULs as spaces; NULL when it cannot be read.
static char *read_proc(uint32_t pid, const char *name)
{
	char path[40], *text = malloc(TEXT);
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = text && fd >= 0 ? read(fd, text, TEXT - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n] = 0;
	return text;
}

static char *read_link(uint32_t pid, const char *name)
{
	char path[40], to[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return NULL;
	to[n] = 0;
	return strdup(to);
}

const struct tl_watched *tl_process_list_add(
	struct tl_process_list *list, uint32_t own_pid, uint32_t pid)
{
	struct tl_watched *process = &list->of[list->n];

	if (list->n == TL_PROCESSES)
		return NULL;
	*process = (struct tl_watched){ .own_pid = own_pid,
		.pid = pid,
		.fd = (int)syscall(SYS_pidfd_open, pid, 0),
		.exe = read_link(pid, "exe"),
		.arguments = read_proc(pid, "cmdline") };
	list->n++;
	return process;
}

const struct tl_watched *tl_process_list_find(const struct tl_process_list *list, uint32_t own_pid)
{
	for (unsigned i = list->n; i > 0; i--)
		if (list->of[i - 1].own_pid == own_pid)
			return &list->of[i - 1];
	return NULL;
}

void tl_process_list_deinit(struct tl_process_list *list)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (list->of[i].fd >= 0)
			close(list->of[i].fd);
		free(list->of[i].exe);
		free(list->of[i].arguments);
	}
	list->n = 0;
}

static bool lives(struct tl_watched *process)
{
	struct pollfd ended = { .fd = process->fd, .events = POLLIN };

	if (process->fd < 0)
		return false;
	if (!poll(&ended, 1, 0))
		return true;
	close(process->fd);
	process->fd = -1;
	return false;
}

uint32_t tl_process_list_living(struct tl_process_list *list)
{
	uint32_t pid = 0;

	for (unsigned i = 0; i < list->n; i++)
		if (lives(&list->of[i]))
			pid = list->of[i].pid;
	return pid;
}

// A number may have been given to a second process since.
bool tl_process_list_is_dead(struct tl_process_list *list, uint32_t own_pid)
{
	bool known = false;

	for (unsigned i = 0; i < list->n; i++) {
		if (list->of[i].own_pid != own_pid)
			continue;
		if (lives(&list->of[i]))
			return false;
		known = true;
	}
	return known;
}
