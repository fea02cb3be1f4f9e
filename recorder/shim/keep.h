/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_KEEP_H
#define TL_RECORDER_SHIM_KEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * A descriptor of the recorder's own in a process whose program may close every number there is, or
 * open something else under it. All zero is none.
 */
struct tl_shim_kept {
	_Atomic int number; /**< + 1; 0: none */
	pid_t pid; /**< whose it is: a child of vfork() shares our memory, not our descriptors */
	uint64_t device, inode;
};

/** The descriptor under a high number, where a VMM that counts on low ones never meets it. */
int tl_shim_move_up(int fd);

/** Consumes `fd` and moves it up. */
void tl_shim_keep(struct tl_shim_kept *kept, int fd);

/** Its number; -1 when there is none, or the program has closed it or put something else there. */
int tl_shim_kept_number(const struct tl_shim_kept *kept);

/** Is that number ours, and still what we opened? */
bool tl_shim_kept_is(const struct tl_shim_kept *kept, int fd);

/** Gives the number up for what the program wants there, and takes another one. */
void tl_shim_kept_make_way(struct tl_shim_kept *kept, int fd);

/** Closes it, if it is still ours. */
void tl_shim_kept_close(struct tl_shim_kept *kept);

#endif
