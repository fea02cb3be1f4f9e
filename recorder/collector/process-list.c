// SPDX-License-Identifier: MIT
#include "recorder/collector/process-list.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

void tl_process_list_add(struct tl_process_list *list, uint32_t pid)
{
	if (list->n < TL_PROCESSES)
		list->of[list->n++] =
			(struct tl_watched){ pid, (int)syscall(SYS_pidfd_open, pid, 0) };
}

void tl_process_list_deinit(struct tl_process_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		if (list->of[i].fd >= 0)
			close(list->of[i].fd);
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
bool tl_process_list_is_dead(struct tl_process_list *list, uint32_t pid)
{
	bool known = false;

	for (unsigned i = 0; i < list->n; i++) {
		if (list->of[i].pid != pid)
			continue;
		if (lives(&list->of[i]))
			return false;
		known = true;
	}
	return known;
}
