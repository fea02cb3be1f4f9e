/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_COLLECTOR_H
#define TL_RECORDER_COLLECTOR_COLLECTOR_H

#include "schema/error.h"
#include "schema/wire/arena.h"

#include <stdint.h>
#include <sys/types.h>

/**
 * The parent of a recorded VMM: owns the arena, takes records out of its rings and writes them into
 * a trace. Trusts nothing that comes out of the VMM.
 */
struct tl_collector;

struct tl_collector_options {
	const char *path;		 /**< of the trace, which must not exist; borrowed */
	struct tl_record_options record; /**< max_wait_ns 0: one second */
	uint64_t ring_bytes;		 /**< a power of two; 0: 4 MiB */
	uint64_t last;			 /**< keep only so many of the newest exits; 0: all */
	const char *until;		 /**< end after the first exit that this is true for */
	const char *const *arguments;	 /**< the VMM's, for the trace; NULL-terminated; borrowed */
};

/** What a recording came to. */
struct tl_collector_result {
	int status; /**< of the VMM: exit status, or 128 + signal */
	uint64_t exits;
	uint64_t lost; /**< records that no room was found for */
	uint64_t waits, waited_ns;
	uint64_t ioctls; /**< ours, on the exit path */
	uint32_t vms, vcpus;
	uint32_t attached;  /**< programs that loaded the shim */
	uint32_t processes; /**< those that touched KVM */
	/** Why something was refused, in the VMM or by us; empty: nothing was. */
	char trouble[256];
};

TL_CHECK struct tl_error *tl_collector_open(
	const struct tl_collector_options *options, struct tl_collector **ret);

/** The arena's descriptor, for a child that calls tl_shim_attach(). Borrowed. */
int tl_collector_arena(const struct tl_collector *collector);

/**
 * Starts `argv` with the shim preloaded. Refuses what cannot be preloaded (static, set-user-id,
 * file capabilities, another C library) with the reason.
 */
TL_CHECK struct tl_error *tl_collector_spawn(
	struct tl_collector *collector, char *const argv[], pid_t *ret);

/**
 * Collects until `child` and every process that was seen to use KVM have ended. Signals that this
 * process gets meanwhile are passed on to the child. On an error the VMM has run to its end all the
 * same, unrecorded from then on; `ret` is filled in either case.
 */
TL_CHECK struct tl_error *tl_collector_run(
	struct tl_collector *collector, pid_t child, struct tl_collector_result *ret);

/**
 * Collects from a VMM that started us (trapline_start()), whose end of `socket` ends the recording:
 * by a message, or by its own end and that of every process that was seen to use KVM.
 */
TL_CHECK struct tl_error *tl_collector_follow(
	struct tl_collector *collector, int socket, struct tl_collector_result *ret);

/** Ends the trace and closes it. The handle is gone whatever it returns. */
TL_CHECK struct tl_error *tl_collector_finish(struct tl_collector *collector);

/** Closes without ending the trace; NULL is fine. */
void tl_collector_close(struct tl_collector *collector);

/** Why `program`, as exec would find it, cannot be preloaded; NULL when it can. */
TL_CHECK struct tl_error *tl_collector_preloadable(const char *program);

/** The preloaded library's path: owned by the caller (free()). */
TL_CHECK struct tl_error *tl_collector_shim_path(char **ret);

#endif
