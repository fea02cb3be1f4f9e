// SPDX-License-Identifier: MIT
// The recording that this process is part of: the arena, and the rings it hands out.
#include "recorder/shim/shim.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct tl_arena *tl_shim_arena;

static int arena_fd = -1;
static bool refused; // by the collector: this process is none of its business

bool tl_shim_recording(void)
{
	return tl_shim_arena && !refused &&
	       !atomic_load_explicit(&tl_shim_arena->stopped, memory_order_relaxed);
}

const struct tl_record_options *tl_shim_options(void)
{
	return &tl_shim_arena->options;
}

uint64_t tl_shim_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void tl_shim_refuse(void)
{
	refused = true;
}

int tl_shim_arena_descriptor(void)
{
	return arena_fd;
}

static void *map(uint64_t offset, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, arena_fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

bool tl_shim_ring_claim(struct tl_shim_ring *ring)
{
	const uint64_t bytes = tl_shim_arena->ring_bytes;
	const uint32_t pid = (uint32_t)getpid();

	for (unsigned i = 0; i < TL_ARENA_RINGS; i++) {
		struct tl_ring_control *control = &tl_shim_arena->ring[i];
		uint32_t nobody = 0;

		if (!atomic_compare_exchange_strong(&control->owner, &nobody, pid))
			continue;
		ring->ring.data = map(tl_arena_ring_at(bytes, i), bytes);
		ring->ring.control = control;
		ring->ring.bytes = bytes;
		ring->number = i;
		ring->gave_up_at = UINT64_MAX;
		if (!ring->ring.data)
			atomic_store(&control->owner, 0);
		return ring->ring.data;
	}
	return false;
}

void tl_shim_ring_free(struct tl_shim_ring *ring)
{
	if (!ring->ring.data)
		return;
	munmap(ring->ring.data, ring->ring.bytes);
	ring->ring.data = NULL;
	atomic_store(&ring->ring.control->owner, 0);
}

// High up, where a VMM that counts on low numbers never meets it.
int tl_shim_move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 900);

	if (high < 0)
		return fd;
	tl_shim_real_close(fd);
	return high;
}

static bool is_ours(const struct tl_arena *arena)
{
	return arena->magic == TL_ARENA_MAGIC && arena->version == TL_ARENA_VERSION &&
	       arena->n_rings == TL_ARENA_RINGS;
}

bool tl_shim_attach(int fd)
{
	struct tl_arena *arena;

	arena_fd = tl_shim_move_up(fd);
	arena = map(0, TL_ARENA_RINGS_AT);
	if (!arena || !is_ours(arena)) {
		tl_shim_real_close(arena_fd);
		arena_fd = -1;
		return false;
	}
	tl_shim_arena = arena;
	atomic_fetch_add(&arena->attached, 1);
	return true;
}
