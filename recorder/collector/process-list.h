/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_PROCESS_LIST_H
#define TL_RECORDER_COLLECTOR_PROCESS_LIST_H

#include <stdbool.h>
#include <stdint.h>

enum { TL_PROCESSES = 1024 };

/** The processes that were seen to use KVM. All zero is an empty list. */
struct tl_process_list {
	unsigned n;
	struct tl_watched {
		uint32_t own_pid;      /**< as it sees itself, and names itself in its records */
		uint32_t pid;	       /**< as we see it; the same outside of pid namespaces */
		int fd;		       /**< pidfd; -1 once it has ended */
		char *exe, *arguments; /**< owned; NULL: not known */
	} of[TL_PROCESSES];
};

/**
 * Watches one more, whose program and arguments are read now; NULL when there are TL_PROCESSES
 * already. Borrowed.
 */
const struct tl_watched *tl_process_list_add(
	struct tl_process_list *list, uint32_t own_pid, uint32_t pid);

/** The newest that names itself so; NULL when there is none. Borrowed. */
const struct tl_watched *tl_process_list_find(const struct tl_process_list *list, uint32_t own_pid);

void tl_process_list_deinit(struct tl_process_list *list);

/** The pid of one that is still there; 0 when none is. */
uint32_t tl_process_list_living(struct tl_process_list *list);

/** True when we know that process and it has ended. */
bool tl_process_list_is_dead(struct tl_process_list *list, uint32_t own_pid);

#endif
