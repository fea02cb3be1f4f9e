/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_BATCH_H
#define TL_SCHEMA_TRACE_BATCH_H

#include "schema/error.h"
#include "schema/trace/exit.h"

#include <stddef.h>

/*
 * Exits that wait for a commit. A reply nearly always comes in time to be merged, and exits of
 * several vCPUs get into one order, so that the file grows at its end.
 */
struct tl_batch_exit {
	struct tl_exit exit; /**< its byte pointers mean nothing here: see the offsets */
	const struct tl_exit_kind *kind;
	size_t payload_at, data_at;
	int64_t code; /**< row of table `code`, 0 for none */
	bool keep_payload;
};

struct tl_batch;

/** NULL without memory. */
struct tl_batch *tl_batch_open(void);
void tl_batch_close(struct tl_batch *batch);

/** Copies the exit with its payload and data. */
TL_CHECK struct tl_error *tl_batch_add(struct tl_batch *batch, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, int64_t code);

/** The exit of that vCPU with that seq if it still waits, else NULL. Only its last one is found. */
struct tl_batch_exit *tl_batch_last(struct tl_batch *batch, uint32_t vcpu, tl_seq seq);

/** Replaces the data of a waiting exit. */
TL_CHECK struct tl_error *tl_batch_set_data(
	struct tl_batch *batch, struct tl_batch_exit *exit, const uint8_t *data, uint32_t size);

/** All that wait, by seq; their byte pointers are set. Valid until the batch is changed. */
struct tl_batch_exit *tl_batch_sorted(struct tl_batch *batch, size_t *n);

void tl_batch_clear(struct tl_batch *batch);

#endif
