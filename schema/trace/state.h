/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_STATE_H
#define TL_SCHEMA_TRACE_STATE_H

#include "arch/arch.h"
#include "schema/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Registers of many exits of one vCPU as one compressed chunk (FORMAT.md, "state"). A chunk starts
 * from all zeroes, so it can be read by itself.
 */
enum { TL_STATE_EXITS = 4096 /**< most exits in a chunk */ };

struct tl_state_writer;

/** For registers of `words` words. Owned by the caller. */
TL_CHECK struct tl_error *tl_state_writer_open(unsigned words, struct tl_state_writer **ret);
void tl_state_writer_close(struct tl_state_writer *writer);

/** Adds the registers of exit `seq`; seqs ascend. Not when the chunk is full. */
TL_CHECK struct tl_error *tl_state_add(
	struct tl_state_writer *writer, uint64_t seq, const struct tl_regs *regs);

unsigned tl_state_count(const struct tl_state_writer *writer);
uint64_t tl_state_first(const struct tl_state_writer *writer);

/** The chunk so far, compressed; borrowed until the next call on this writer. */
TL_CHECK struct tl_error *tl_state_chunk(
	struct tl_state_writer *writer, const void **bytes, size_t *size);

/** Starts a new chunk. */
void tl_state_restart(struct tl_state_writer *writer);

/**
 * The registers of exit `seq` out of a chunk: TL_ERROR_NOT_RECORDED when it does not hold that
 * exit, TL_ERROR_CORRUPT when its bytes contradict the format.
 */
TL_CHECK struct tl_error *tl_state_read(
	const void *chunk, size_t size, unsigned words, uint64_t seq, struct tl_regs *ret);

/** Every exit of a chunk, in order, until one gives an error. */
TL_CHECK struct tl_error *tl_state_each(const void *chunk, size_t size, unsigned words,
	struct tl_error *(*each)(void *ctx, uint64_t seq, const struct tl_regs *regs), void *ctx);

/** zstd for blobs: *ret is owned by the caller (free()). */
TL_CHECK struct tl_error *tl_pack(const void *bytes, size_t size, void **ret, size_t *ret_size);
/** Refuses to give more than `most` bytes. */
TL_CHECK struct tl_error *tl_unpack(
	const void *bytes, size_t size, size_t most, void **ret, size_t *ret_size);

#endif
