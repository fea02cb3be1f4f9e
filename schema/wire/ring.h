/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_RING_H
#define TL_SCHEMA_WIRE_RING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A ring carries records from the VMM to the collector through shared memory. Producers reserve
 * room by compare-and-swap and commit by writing the record's header last, so a record is either
 * whole or absent, whatever kills the VMM; a signal handler may produce in the middle of another
 * record. One consumer takes the records in the order of their reservation and leaves zeroes.
 *
 *   record:  | size:32 | type:32 | body ... |     size counts the header, a multiple of 8
 */
enum {
	TL_RING_HEADER = 8, /**< bytes before a record's body */
	TL_RING_PAD = 1,    /**< type of the filler before the ring's end; other types: record.h */
};

/** The part of a ring that both sides write; all offsets only grow. */
struct tl_ring_control {
	_Alignas(64) _Atomic uint64_t reserved; /**< bytes ever reserved, by producers */
	_Atomic uint64_t lost;			/**< records dropped because the ring was full */
	_Atomic uint64_t waited_ns;		/**< time that producers waited for room */
	_Atomic uint64_t waits;			/**< how often they waited */
	_Atomic uint64_t ioctls;		/**< ioctls of ours on the exit path */
	_Atomic uint32_t owner;			/**< pid of the process that uses it; 0: free */
	_Alignas(64) _Atomic uint64_t taken;	/**< bytes ever taken, by the consumer */
};

/** One side's view: `bytes` is a power of two of at least 4096. */
struct tl_ring {
	struct tl_ring_control *control;
	uint8_t *data;
	uint64_t bytes;
};

/**
 * Room for a record of `body` bytes behind its header, or NULL when the ring is full or the record
 * could never fit. The record must be committed. Async-signal-safe, thread-safe.
 */
void *tl_ring_reserve(const struct tl_ring *ring, uint32_t body);

/**
 * Brings the place of the next few hundred bytes of records into this CPU's cache. The consumer had
 * it last, to zero it: a producer that has time now need not wait for it later. Changes nothing.
 */
void tl_ring_warm(const struct tl_ring *ring);

/** Publishes the record whose body was given by tl_ring_reserve() with the same `body` size. */
void tl_ring_commit(void *record, uint32_t type, uint32_t body);

enum tl_ring_status {
	TL_RING_RECORD, /**< a record was copied out */
	TL_RING_EMPTY,	/**< nothing committed */
	TL_RING_BAD,	/**< a header lies: the ring cannot be read any further */
};

/** A record copied out of the ring. */
struct tl_ring_record {
	uint32_t type;
	uint32_t size; /**< bytes of the body */
	uint8_t *body; /**< caller's buffer, `room` bytes */
	uint32_t room;
};

/**
 * Takes the next record at `*at` (the consumer's own offset, starting at 0), copies its body and
 * advances. Trusts nothing in the ring. Fillers are passed over.
 */
enum tl_ring_status tl_ring_take(
	const struct tl_ring *ring, uint64_t *at, struct tl_ring_record *record);

/** Gives everything before `at` back to the producers. */
void tl_ring_release(const struct tl_ring *ring, uint64_t at);

#endif
