/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_DRAIN_H
#define TL_RECORDER_COLLECTOR_DRAIN_H

#include "recorder/collector/process-list.h"
#include "schema/trace/writer.h"
#include "schema/wire/arena.h"

#include <stdbool.h>
#include <stddef.h>

/** Takes records out of the rings, checks them, and gives them to a writer. */
struct tl_drain;

/** `arena` is the whole mapped arena; `writer` is borrowed. */
TL_CHECK struct tl_error *tl_drain_open(struct tl_arena *arena, uint64_t ring_bytes,
	enum tl_arch_id arch, struct tl_writer *writer, struct tl_drain **ret);
void tl_drain_close(struct tl_drain *drain);

/** One round over all rings. `*ret` says how many records there were. */
TL_CHECK struct tl_error *tl_drain_round(struct tl_drain *drain, size_t *ret);

/** One record, as if it had come out of a ring: for a test of what a VMM might send. */
TL_CHECK struct tl_error *tl_drain_record(
	struct tl_drain *drain, uint32_t type, const void *body, size_t size);

/** Gives rings back whose process is gone and that are empty. */
void tl_drain_reclaim(struct tl_drain *drain);

/** Gaps that no producer lived to report. */
TL_CHECK struct tl_error *tl_drain_end(struct tl_drain *drain);

struct tl_drain_counts {
	uint64_t exits, lost, waits, waited_ns, ioctls;
	uint64_t bytes; /**< of records taken */
	uint32_t vms, vcpus, processes;
};
struct tl_drain_counts tl_drain_counts(const struct tl_drain *drain);

/** The last error that the shim had to say; empty when there was none. Borrowed. */
const char *tl_drain_trouble(const struct tl_drain *drain);

/** The processes that are watched; the control channel adds to them. Borrowed. */
struct tl_process_list *tl_drain_processes(struct tl_drain *drain);

/** The pid of a process that was seen to use KVM and is still there; 0 when none is. */
uint32_t tl_drain_living_process(struct tl_drain *drain);

#endif
