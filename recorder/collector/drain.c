// SPDX-License-Identifier: MIT
#include "recorder/collector/drain.h"

#include "recorder/collector/intake.h"
#include "schema/wire/ring.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	ROOM = 2 << 20,	       // longest record that a shim makes is a quarter of its ring
	PER_ROUND = 4096,      // records of one ring before the next gets its turn
	ROUND_BYTES = 4 << 20, // and of their bytes
};

struct ring {
	uint64_t at;
	bool bad;
};

struct tl_drain {
	struct tl_arena *arena;
	uint64_t ring_bytes;
	uint8_t *room;
	struct ring rings[TL_ARENA_RINGS];
	struct tl_intake intake;
	struct tl_drain_counts counts;
};

struct tl_error *tl_drain_open(struct tl_arena *arena, uint64_t ring_bytes, enum tl_arch_id arch,
	struct tl_writer *writer, struct tl_drain **ret)
{
	struct tl_drain *d = calloc(1, sizeof(*d));

	if (d)
		d->room = malloc(ROOM);
	if (!d || !d->room) {
		tl_drain_close(d);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	d->arena = arena;
	d->ring_bytes = ring_bytes;
	d->intake.arch = tl_arch_by_id(arch);
	d->intake.writer = writer;
	*ret = d;
	return NULL;
}

void tl_drain_close(struct tl_drain *d)
{
	if (!d)
		return;
	tl_intake_deinit(&d->intake);
	free(d->room);
	free(d);
}

struct tl_drain_counts tl_drain_counts(const struct tl_drain *d)
{
	struct tl_drain_counts counts = d->counts;

	counts.exits = d->intake.exits;
	counts.vms = d->intake.n_vms;
	counts.vcpus = d->intake.n_vcpus;
	counts.processes = d->intake.processes.n;
	counts.lost = d->intake.lost;
	return counts;
}

const char *tl_drain_trouble(const struct tl_drain *d)
{
	return d->intake.trouble;
}

struct tl_process_list *tl_drain_processes(struct tl_drain *d)
{
	return &d->intake.processes;
}

uint32_t tl_drain_living_process(struct tl_drain *d)
{
	return tl_process_list_living(&d->intake.processes);
}

struct tl_error *tl_drain_record(struct tl_drain *d, uint32_t type, const void *body, size_t size)
{
	return tl_intake_record(&d->intake, type, body, size);
}

void tl_drain_reclaim(struct tl_drain *d)
{
	for (unsigned i = 0; i < TL_ARENA_RINGS; i++) {
		struct tl_ring_control *c = &d->arena->ring[i];
		uint32_t owner = atomic_load(&c->owner);

		if (owner && !d->rings[i].bad && atomic_load(&c->reserved) == d->rings[i].at &&
			tl_process_list_is_dead(&d->intake.processes, owner))
			atomic_compare_exchange_strong(&c->owner, &owner, 0);
	}
}

static struct tl_ring ring_of(const struct tl_drain *d, unsigned i)
{
	return (struct tl_ring){ .control = &d->arena->ring[i],
		.data = (uint8_t *)d->arena + tl_arena_ring_at(d->ring_bytes, i),
		.bytes = d->ring_bytes };
}

// What cannot be read is said in the trace, and costs what else is in that ring, but no more.
static struct tl_error *bad(struct tl_drain *d, unsigned i, struct tl_error *why)
{
	const struct tl_record_gap gap_ = { .vcpu = TL_NO_VCPU };
	char text[256];

	snprintf(text, sizeof(text), "ring %u cannot be read any further: %s", i, why->message);
	tl_error_free(why);
	d->rings[i].bad = true;
	return tl_writer_gap(d->intake.writer, &gap_, text);
}

static struct tl_error *drain_ring(struct tl_drain *d, unsigned i, size_t *n)
{
	const struct tl_ring ring = ring_of(d, i);
	struct tl_ring_record record = { .body = d->room, .room = ROOM };
	enum tl_ring_status status = TL_RING_EMPTY;
	struct tl_error *err = NULL;
	const size_t before = *n;
	size_t bytes = 0;

	while (!err && *n - before < PER_ROUND && bytes < ROUND_BYTES &&
		(status = tl_ring_take(&ring, &d->rings[i].at, &record)) == TL_RING_RECORD) {
		err = tl_drain_record(d, record.type, record.body, record.size);
		bytes += record.size;
		(*n)++;
	}
	d->counts.bytes += bytes;
	if (*n != before)
		tl_ring_release(&ring, d->rings[i].at);
	if (err && err->code == TL_ERROR_CORRUPT)
		return bad(d, i, err);
	if (!err && status == TL_RING_BAD)
		return bad(d, i, tl_error_new(TL_ERROR_CORRUPT, "a record's length lies"));
	return err;
}

struct tl_error *tl_drain_round(struct tl_drain *d, size_t *ret)
{
	struct tl_error *err = NULL;
	size_t n = 0;

	for (unsigned i = 0; !err && i < TL_ARENA_RINGS; i++)
		if (!d->rings[i].bad && atomic_load(&d->arena->ring[i].reserved) != d->rings[i].at)
			err = drain_ring(d, i, &n);
	*ret = n;
	return err;
}

struct tl_error *tl_drain_end(struct tl_drain *d)
{
	struct tl_error *err = NULL;
	uint64_t lost = 0;

	for (unsigned i = 0; i < TL_ARENA_RINGS; i++) {
		struct tl_ring_control *c = &d->arena->ring[i];

		lost += atomic_load(&c->lost);
		d->counts.waits += atomic_load(&c->waits);
		d->counts.waited_ns += atomic_load(&c->waited_ns);
		d->counts.ioctls += atomic_load(&c->ioctls);
	}
	if (lost > d->intake.lost) {
		const struct tl_record_gap gap_ = { .lost = lost - d->intake.lost,
			.vcpu = TL_NO_VCPU };

		d->intake.lost = lost;
		err = tl_writer_gap(d->intake.writer, &gap_, "the ring was full until the end");
	}
	return err;
}
