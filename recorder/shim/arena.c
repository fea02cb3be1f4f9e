// SPDX-License-Identifier: MIT
// The recording that this process is part of: the arena, and the rings it hands out.
#include "recorder/shim/keep.h"
#include "recorder/shim/shim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct tl_arena *tl_shim_arena;

static struct tl_shim_kept arena_file;
static char arena_path[64]; // where it can be opened again; empty: nowhere
static bool refused;	    // by the collector: this process is none of its business

bool tl_shim_attached(void)
{
	return tl_shim_arena && !refused;
}

bool tl_shim_recording(void)
{
	return tl_shim_attached() &&
	       !atomic_load_explicit(&tl_shim_arena->stopped, memory_order_relaxed);
}

const struct tl_record_options *tl_shim_options(void)
{
	return &tl_shim_arena->options;
}

uint64_t tl_shim_now(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void tl_shim_refuse(void)
{
	refused = true;
}

bool tl_shim_arena_owns(int fd)
{
	return tl_shim_kept_is(&arena_file, fd);
}

void tl_shim_arena_make_way(int fd)
{
	tl_shim_kept_make_way(&arena_file, fd);
}

static void *map_at(int fd, uint64_t offset, size_t size)
{
	const int prot = PROT_READ | PROT_WRITE;
	void *at = MAP_FAILED;

	if (fd >= 0 && tl_shim_may(SYS_mmap, 0, size, prot, MAP_SHARED, (uint64_t)fd, offset))
		at = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)offset);
	return at == MAP_FAILED ? NULL : at;
}

// A VMM may have closed the descriptor by a way that we do not see.
static void open_again(void)
{
	const int fd = *arena_path ? tl_shim_own_open(arena_path, O_RDWR) : -1;

	if (fd >= 0)
		tl_shim_keep(&arena_file, fd);
}

// Another thread may be making way with the descriptor at the same time.
static void *map(uint64_t offset, size_t size)
{
	void *at;
	int fd;

	if (tl_shim_kept_number(&arena_file) < 0)
		open_again();
	for (;;) {
		fd = tl_shim_kept_number(&arena_file);
		at = map_at(fd, offset, size);
		if (!at || fd == tl_shim_kept_number(&arena_file))
			return at;
		munmap(at, size);
	}
}

bool tl_shim_ring_claim(struct tl_shim_ring *ring)
{
	const uint64_t bytes = tl_shim_arena->ring_bytes;
	const uint32_t pid = (uint32_t)tl_shim_pid();

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
	if (tl_shim_may(SYS_munmap, (uintptr_t)ring->ring.data, ring->ring.bytes))
		munmap(ring->ring.data, ring->ring.bytes);
	ring->ring.data = NULL;
	atomic_store(&ring->ring.control->owner, 0);
}

static bool is_ours(const struct tl_arena *arena)
{
	return arena->magic == TL_ARENA_MAGIC && arena->version == TL_ARENA_VERSION &&
	       arena->n_rings == TL_ARENA_RINGS;
}

bool tl_shim_attach(int fd)
{
	const char *path = getenv(TL_ARENA_ENV);
	struct tl_arena *arena;

	tl_shim_keep(&arena_file, fd);
	arena = map(0, TL_ARENA_RINGS_AT);
	if (!arena || !is_ours(arena)) {
		tl_shim_kept_close(&arena_file);
		return false;
	}
	if (path && strlen(path) < sizeof(arena_path))
		strcpy(arena_path, path); // NOLINT: it fits
	tl_shim_arena = arena;
	atomic_fetch_add(&arena->attached, 1);
	return true;
}
