// SPDX-License-Identifier: MIT
// Records into rings, and what is said when they do not fit.
#include "recorder/shim/shim.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>

static uint64_t taken(const struct tl_shim_ring *ring)
{
	return atomic_load_explicit(&ring->ring.control->taken, memory_order_acquire);
}

// By a call that a filter of the VMM may forbid.
void tl_shim_nap(void)
{
	const struct timespec while_ = { .tv_nsec = 20000 };
	const uint64_t start = tl_shim_now();

	if (tl_shim_may(SYS_clock_nanosleep, CLOCK_MONOTONIC))
		clock_nanosleep(CLOCK_MONOTONIC, 0, &while_, NULL);
	else
		while (tl_shim_now() - start < (uint64_t)while_.tv_nsec)
			;
}

// A collector that did not move during a whole wait is taken for dead until it moves again, so that
// a lost parent costs the guest one wait and not one at every exit.
static bool worth_waiting(struct tl_shim_ring *ring)
{
	return taken(ring) != ring->gave_up_at;
}

// Then nothing is produced any more, by no process of the recording.
static bool collector_is_gone(void)
{
	if (!tl_shim_control_lost())
		return false;
	atomic_store(&tl_shim_arena->stopped, 1);
	return true;
}

static void *wait_for_room(struct tl_shim_ring *ring, uint32_t body)
{
	const uint64_t start = tl_shim_now(), limit = tl_shim_options()->max_wait_ns;
	void *record = NULL;
	uint64_t waited = 0;

	while (!record && waited < limit && tl_shim_recording() && !collector_is_gone()) {
		tl_shim_nap();
		record = tl_ring_reserve(&ring->ring, body);
		waited = tl_shim_now() - start;
	}
	ring->gave_up_at = record ? UINT64_MAX : taken(ring);
	atomic_fetch_add(&ring->ring.control->waits, 1);
	atomic_fetch_add(&ring->ring.control->waited_ns, waited);
	return record;
}

static void *reserve(struct tl_shim_ring *ring, uint32_t body)
{
	void *record = tl_ring_reserve(&ring->ring, body);

	if (record || body > ring->ring.bytes / 4 || !worth_waiting(ring))
		return record;
	return wait_for_room(ring, body);
}

static void count_lost(struct tl_shim_ring *ring, uint64_t exit_seq)
{
	atomic_fetch_add(&ring->lost, 1);
	atomic_fetch_add(&ring->ring.control->lost, 1);
	if (!exit_seq)
		return;
	if (!ring->lost_from)
		ring->lost_from = exit_seq;
	ring->lost_to = exit_seq;
}

static void report_gap(struct tl_shim_ring *ring, uint32_t vcpu)
{
	struct tl_record_gap *gap = tl_ring_reserve(&ring->ring, sizeof(*gap));

	if (!gap)
		return;
	*gap = (struct tl_record_gap){ .from_seq = ring->lost_from,
		.to_seq = ring->lost_to,
		.lost = atomic_exchange(&ring->lost, 0),
		.vcpu = vcpu };
	ring->lost_from = ring->lost_to = 0;
	tl_ring_commit(gap, TL_RECORD_GAP, sizeof(*gap));
}

void *tl_shim_reserve(struct tl_shim_ring *ring, uint32_t vcpu, uint32_t body, uint64_t exit_seq)
{
	void *record;

	if (!ring->ring.data)
		return NULL;
	record = reserve(ring, body);
	if (!record)
		count_lost(ring, exit_seq);
	else if (atomic_load_explicit(&ring->lost, memory_order_relaxed))
		report_gap(ring, vcpu);
	return record;
}

void tl_shim_notice(
	struct tl_shim_ring *ring, uint32_t vcpu, enum tl_notice_level level, const char *text)
{
	const uint32_t size = (uint32_t)strlen(text);
	struct tl_record_notice *body =
		tl_shim_reserve(ring, vcpu, (uint32_t)sizeof(*body) + size, 0);

	if (!body)
		return;
	*body = (struct tl_record_notice){ .seq = atomic_load(&tl_shim_arena->seq),
		.time = tl_shim_now(),
		.vcpu = vcpu,
		.level = level,
		.size = size };
	memcpy(body + 1, text, size);
	tl_ring_commit(body, TL_RECORD_NOTICE, (uint32_t)sizeof(*body) + size);
}
