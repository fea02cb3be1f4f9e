// SPDX-License-Identifier: MIT
#include "schema/wire/ring.h"

#include <stdatomic.h>
#include <string.h>

enum { CACHE_LINE = 64, WARM = 512 };

static uint64_t header(uint32_t size, uint32_t type)
{
	return (uint64_t)type << 32 | size;
}

static _Atomic uint64_t *header_at(const struct tl_ring *ring, uint64_t at)
{
	return (_Atomic uint64_t *)(ring->data + (at & (ring->bytes - 1)));
}

static uint64_t whole(uint32_t body)
{
	return ((uint64_t)body + TL_RING_HEADER + 7) & ~UINT64_C(7);
}

static uint64_t until_end(const struct tl_ring *ring, uint64_t at)
{
	return ring->bytes - (at & (ring->bytes - 1));
}

void *tl_ring_reserve(const struct tl_ring *ring, uint32_t body)
{
	const uint64_t size = whole(body);
	uint64_t at = atomic_load_explicit(&ring->control->reserved, memory_order_relaxed);
	uint64_t pad, taken;

	do {
		taken = atomic_load_explicit(&ring->control->taken, memory_order_acquire);
		pad = until_end(ring, at) < size ? until_end(ring, at) : 0;
		if (size > ring->bytes || at + pad + size - taken > ring->bytes)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&ring->control->reserved, &at,
		at + pad + size, memory_order_acq_rel, memory_order_relaxed));
	if (pad)
		atomic_store_explicit(header_at(ring, at), header((uint32_t)pad, TL_RING_PAD),
			memory_order_release);
	return (uint8_t *)header_at(ring, at + pad) + TL_RING_HEADER;
}

void tl_ring_warm(const struct tl_ring *ring)
{
	const uint64_t at = atomic_load_explicit(&ring->control->reserved, memory_order_relaxed);

	for (unsigned ahead = 0; ahead < WARM; ahead += CACHE_LINE)
		__builtin_prefetch(ring->data + ((at + ahead) & (ring->bytes - 1)), 1);
}

void tl_ring_commit(void *record, uint32_t type, uint32_t body)
{
	_Atomic uint64_t *head = (_Atomic uint64_t *)((uint8_t *)record - TL_RING_HEADER);

	atomic_store_explicit(head, header((uint32_t)whole(body), type), memory_order_release);
}

static bool plausible(const struct tl_ring *ring, uint64_t at, uint32_t size)
{
	return size >= TL_RING_HEADER && size % 8 == 0 && size <= until_end(ring, at);
}

static void copy_out(const struct tl_ring *ring, uint64_t at, struct tl_ring_record *record)
{
	memcpy(record->body, (uint8_t *)header_at(ring, at) + TL_RING_HEADER, record->size);
}

// Producers read a zero header as "not committed", so the bytes go back clean.
static void clear(const struct tl_ring *ring, uint64_t at, uint32_t size)
{
	memset((uint8_t *)header_at(ring, at), 0, size);
}

enum tl_ring_status tl_ring_take(
	const struct tl_ring *ring, uint64_t *at, struct tl_ring_record *record)
{
	for (;;) {
		uint64_t head = atomic_load_explicit(header_at(ring, *at), memory_order_acquire);
		uint32_t size = (uint32_t)head;

		if (!head)
			return TL_RING_EMPTY;
		if (!plausible(ring, *at, size))
			return TL_RING_BAD;
		record->type = (uint32_t)(head >> 32);
		record->size = size - TL_RING_HEADER;
		if (record->type != TL_RING_PAD && record->size > record->room)
			return TL_RING_BAD;
		if (record->type != TL_RING_PAD)
			copy_out(ring, *at, record);
		clear(ring, *at, size);
		*at += size;
		if (record->type != TL_RING_PAD)
			return TL_RING_RECORD;
	}
}

void tl_ring_release(const struct tl_ring *ring, uint64_t at)
{
	atomic_store_explicit(&ring->control->taken, at, memory_order_release);
}
