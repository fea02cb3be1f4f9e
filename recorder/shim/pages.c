// SPDX-License-Identifier: MIT
// A scan of memory on its way into the ring: pages collect until a record is full.
#include "recorder/shim/shim.h"

#include <stdio.h>
#include <string.h>

void tl_shim_scan_begin(struct tl_shim_scan *scan, struct tl_shim_vcpu *vcpu)
{
	*scan = (struct tl_shim_scan){ .vcpu = vcpu,
		.others = tl_shim_others(vcpu),
		.number = atomic_fetch_add(&tl_shim_arena->scan, 1) + 1 };
}

// Whoever came and went meanwhile counts too.
static unsigned ran_meanwhile(const struct tl_shim_scan *scan)
{
	const struct tl_shim_others before = scan->others, now = tl_shim_others(scan->vcpu);
	const unsigned most = now.running > before.running ? now.running : before.running;

	return most ? most : now.entries != before.entries;
}

// A small ring takes small records.
static unsigned most_pages(const struct tl_shim_scan *scan)
{
	const uint64_t room = scan->vcpu->ring.ring.bytes / 4 / (TL_PAGE_BYTES + 8);

	return room < TL_PAGES_MOST ? (unsigned)room + !room : TL_PAGES_MOST;
}

static void flush(struct tl_shim_scan *scan)
{
	struct tl_shim_vcpu *vcpu = scan->vcpu;
	const uint32_t size = (uint32_t)(sizeof(struct tl_record_pages) +
					 scan->n * (TL_PAGE_BYTES + sizeof(uint64_t)));
	struct tl_record_pages *body = tl_shim_reserve(&vcpu->ring, vcpu->index, size, 0);
	uint64_t *hosts = (uint64_t *)(body + 1);

	if (body) {
		*body = (struct tl_record_pages){ scan->number, vcpu->vm->index, scan->n };
		tl_shim_read_pages(scan->host, scan->n, (uint8_t *)(hosts + scan->n));
		memcpy(hosts, scan->host, scan->n * sizeof(*hosts));
		tl_ring_commit(body, TL_RECORD_PAGES, size);
	} else {
		scan->lost = true;
	}
	scan->n = 0;
}

void tl_shim_scan_pages(struct tl_shim_scan *scan, uint64_t host, uint64_t bytes)
{
	const unsigned most = most_pages(scan);

	for (uint64_t at = 0; at < bytes && !scan->lost; at += TL_PAGE_BYTES) {
		scan->host[scan->n++] = host + at;
		scan->pages++;
		if (scan->n >= most)
			flush(scan);
	}
}

// A part of a mapping: of a file, pages may exist that are in no page table.
struct piece {
	struct tl_shim_scan *scan;
	bool file, stored;
};

static void put_page(void *ctx, uint64_t start, uint64_t bytes, bool exists)
{
	struct piece *piece = ctx;

	if (exists || piece->stored)
		tl_shim_scan_pages(piece->scan, start, bytes);
	else if (piece->file)
		tl_shim_pagemap_cached(start, bytes, put_page, ctx);
}

void tl_shim_scan_first(struct tl_shim_scan *scan, const struct tl_shim_mapping *mapping,
	uint64_t start, uint64_t end)
{
	struct piece piece = { scan, mapping->file, tl_shim_mapping_is_stored(mapping) };

	// What is not there yet is not reported by this, nor protected: there is nothing to protect.
	if (!tl_shim_pagemap_first(start, end - start, put_page, &piece))
		scan->lost = true;
}

void tl_shim_scan_existing(struct tl_shim_scan *scan, const struct tl_shim_mapping *mapping,
	uint64_t start, uint64_t end)
{
	struct piece piece = { scan, mapping->file, tl_shim_mapping_is_stored(mapping) };

	if (!tl_shim_pagemap_existing(start, end - start, put_page, &piece))
		scan->lost = true;
}

void tl_shim_scan_region(struct tl_shim_scan *scan, uint64_t start, uint64_t end,
	enum tl_region_kind kind, const char *why)
{
	struct tl_shim_vcpu *vcpu = scan->vcpu;
	const uint32_t text = (uint32_t)strlen(why);
	const uint32_t size = (uint32_t)sizeof(struct tl_record_region) + text;
	struct tl_record_region *body = tl_shim_reserve(&vcpu->ring, vcpu->index, size, 0);

	if (!body) {
		scan->lost = true;
		return;
	}
	*body = (struct tl_record_region){ .scan = scan->number,
		.host = start,
		.bytes = end - start,
		.vm = vcpu->vm->index,
		.kind = kind,
		.size = text };
	memcpy(body + 1, why, text);
	tl_ring_commit(body, TL_RECORD_REGION, size);
}

bool tl_shim_scan_parts(
	struct tl_shim_scan *scan, const struct tl_shim_ranges *set, tl_shim_part *each)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;
	char why[192] = "the VMM has nothing mapped there";
	bool known;

	tl_shim_ranges_clear(&w->seen);
	known = !set->n || tl_shim_maps_within(set, each, scan);
	if (!known) {
		snprintf(
			why, sizeof(why), "guest memory is not recorded: %s", tl_shim_maps_error());
		tl_shim_notice(&scan->vcpu->ring, scan->vcpu->index, TL_NOTICE_WARNING, why);
	}
	tl_shim_ranges_minus(set, &w->seen, &w->spare);
	for (uint32_t i = 0; i < w->spare.n; i++)
		tl_shim_scan_region(
			scan, w->spare.of[i].start, w->spare.of[i].end, TL_REGION_NONE, why);
	if (w->spare.overflow)
		scan->lost = true;
	return known;
}

bool tl_shim_scan_end(
	struct tl_shim_scan *scan, uint64_t seq, enum tl_phase phase, enum tl_scan_kind kind)
{
	struct tl_shim_vcpu *vcpu = scan->vcpu;
	struct tl_record_scan *body;

	if (scan->n && !scan->lost)
		flush(scan);
	if (scan->lost)
		return false;
	body = tl_shim_reserve(&vcpu->ring, vcpu->index, sizeof(*body), 0);
	if (!body)
		return false;
	*body = (struct tl_record_scan){ .scan = scan->number,
		.seq = seq,
		.pages = scan->pages,
		.vm = vcpu->vm->index,
		.phase = phase,
		.kind = kind,
		.running = ran_meanwhile(scan) };
	tl_ring_commit(body, TL_RECORD_SCAN, sizeof(*body));
	return true;
}
