/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_ARENA_H
#define TL_SCHEMA_WIRE_ARENA_H

#include "schema/wire/ring.h"

/*
 * The arena is one sealed memfd that `trapline record` makes before it starts the VMM. It holds
 * this header and the rings:
 *
 *   | struct tl_arena | ring 0 | ring 1 | ...
 *
 * The shim opens it by the path in the environment variable TRAPLINE_ARENA, so that nothing
 * depends on descriptors that a VMM may close before it executes another program.
 */
#define TL_ARENA_ENV	 "TRAPLINE_ARENA"
#define TL_ARENA_MAGIC	 UINT64_C(0x616e657261706172) /* "raparena" */
#define TL_ARENA_VERSION 2

enum {
	TL_ARENA_RINGS = 256,
	TL_ARENA_RINGS_AT = 1 << 16, /**< offset of ring 0 */
};

enum tl_mem_policy {
	TL_MEM_NONE,
	TL_MEM_FAULT, /**< code at PC; at fault-like exits the pages that tell why */
	TL_MEM_EXACT, /**< a whole image, then the pages written since */
};

/** What the person asked for; written before the VMM starts, constant afterwards. */
struct tl_record_options {
	uint32_t level;	      /**< enum tl_reg_level */
	uint32_t mem;	      /**< enum tl_mem_policy */
	uint32_t no_coalesce; /**< hide coalesced MMIO and PIO from the VMM */
	uint32_t every;	   /**< TL_MEM_EXACT: look for written pages at each so many exits; >= 1 */
	uint32_t stop_all; /**< hold the other vCPUs while a fault-like exit is recorded */
	uint32_t pad;
	uint64_t max_wait_ns; /**< how long an exit may wait for room in its ring */
};

struct tl_arena {
	uint64_t magic;
	uint32_t version;
	uint32_t n_rings;
	uint64_t ring_bytes;
	struct tl_record_options options;
	char control[64]; /**< abstract address of the control channel (control.h) */
	_Alignas(64) _Atomic uint64_t seq; /**< of the last exit, over all vCPUs */
	_Atomic uint32_t vms;		   /**< VMs numbered so far */
	_Atomic uint32_t vcpus;		   /**< vCPUs numbered so far */
	_Atomic uint32_t attached;	   /**< programs that loaded the shim */
	_Atomic uint32_t stopped;	   /**< the recording has ended: produce nothing */
	_Atomic uint64_t scan;		   /**< number of the last scan of memory, over all VMs */
	struct tl_ring_control ring[TL_ARENA_RINGS];
};

_Static_assert(sizeof(struct tl_arena) <= TL_ARENA_RINGS_AT, "the header fits before the rings");

static inline uint64_t tl_arena_ring_at(uint64_t ring_bytes, unsigned ring)
{
	return TL_ARENA_RINGS_AT + ring_bytes * ring;
}

static inline uint64_t tl_arena_size(uint64_t ring_bytes)
{
	return tl_arena_ring_at(ring_bytes, TL_ARENA_RINGS);
}

#endif
