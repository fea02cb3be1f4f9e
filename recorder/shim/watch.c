// SPDX-License-Identifier: MIT
// The host memory that a VM's slots show, under write protection: what comes under watch is scanned
// whole, from then on the kernel says which pages were written.
#include "recorder/shim/shim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINGER = 64 };

static void put_written(void *ctx, uint64_t start, uint64_t bytes, bool exists)
{
	(void)exists;
	tl_shim_scan_pages(ctx, start, bytes);
}

static void refuse(
	struct tl_shim_scan *scan, const struct tl_shim_mapping *m, uint64_t start, uint64_t end)
{
	const char *reason = "the kernel cannot write-protect such memory";
	char why[192];

	if (errno == EBUSY)
		reason = "somebody else watches it with a userfaultfd";
	else if (errno == EPERM)
		reason = "a seccomp filter of the VMM forbids watching it";
	else if (errno == EEXIST)
		reason = "another VM of the same process has it, too";
	else if (errno == ENOSPC)
		reason = "it is in too many pieces";
	snprintf(why, sizeof(why), "guest memory (%.64s) is not recorded: %s",
		*m->name ? m->name : "anonymous", reason);
	tl_shim_scan_region(scan, start, end, TL_REGION_NONE, why);
	tl_shim_notice(&scan->vcpu->ring, scan->vcpu->index, TL_NOTICE_WARNING, why);
}

// What one VM's scan finds written, another's would miss.
static bool watch_piece(struct tl_shim_vm *vm, uint64_t start, uint64_t end)
{
	if (tl_shim_vm_watching(vm, start, end)) {
		errno = EEXIST;
		return false;
	}
	if (!tl_shim_pagemap_watch(start, end - start))
		return false;
	tl_shim_ranges_add(&vm->watch.range, start, end);
	if (!vm->watch.range.overflow)
		return true;
	vm->watch.range.overflow = false;
	tl_shim_pagemap_unwatch(start, end - start);
	errno = ENOSPC;
	return false;
}

static void watch_part(void *ctx, const struct tl_shim_mapping *m, uint64_t start, uint64_t end)
{
	struct tl_shim_scan *scan = ctx;
	char why[192] = "";

	tl_shim_ranges_add(&scan->vcpu->vm->watch.seen, start, end);
	if (!watch_piece(scan->vcpu->vm, start, end)) {
		refuse(scan, m, start, end);
		return;
	}
	if (m->shared)
		snprintf(why, sizeof(why),
			"%.64s: shared; writes by other processes, through other mappings and by "
			"pwrite() are not seen",
			m->name);
	tl_shim_scan_region(scan, start, end, m->shared ? TL_REGION_SHARED : TL_REGION_EXACT, why);
	tl_shim_scan_first(scan, m, start, end);
}

// Where nothing is mapped now, something may be later; or a thread that may look finds it.
static void watch(struct tl_shim_scan *scan, const struct tl_shim_ranges *set)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;

	(void)tl_shim_scan_parts(scan, set, watch_part);
	for (uint32_t i = 0; i < w->spare.n; i++)
		tl_shim_ranges_add(&w->missing, w->spare.of[i].start, w->spare.of[i].end);
	if (w->missing.overflow || w->range.overflow)
		scan->lost = true; // all counts anew
}

static void unwatch_part(void *ctx, const struct tl_shim_mapping *m, uint64_t start, uint64_t end)
{
	tl_shim_pagemap_unwatch(start, end - start);
}

static void unwatch(struct tl_shim_scan *scan, const struct tl_shim_ranges *set)
{
	if (set->n)
		tl_shim_maps_within(set, unwatch_part, NULL);
	for (uint32_t i = 0; i < set->n; i++)
		tl_shim_scan_region(scan, set->of[i].start, set->of[i].end, TL_REGION_GONE, "");
}

static void remove_from(
	struct tl_shim_watch *w, struct tl_shim_ranges *set, const struct tl_shim_ranges *what)
{
	tl_shim_ranges_minus(set, what, &w->spare);
	tl_shim_ranges_copy(set, &w->spare);
}

// A VMM may take a slot away and give it back at once, as for flash that answers commands. Its memory
// stays under watch for some scans, or all of it would have to be looked at again.
static bool lingers(struct tl_shim_watch *w)
{
	if (!w->change.n || w->linger == 1)
		w->linger = 0;
	else if (!w->linger)
		w->linger = LINGER;
	return w->linger;
}

static void update(struct tl_shim_scan *scan)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;
	uint32_t version;

	// While they change there is nothing to be sure of: the next scan will see.
	if (!tl_shim_slot_ranges(scan->vcpu->vm, &w->now, &version))
		return;
	w->slots_version = version;
	tl_shim_ranges_minus(&w->wanted, &w->now, &w->change);
	if (lingers(w)) {
		for (uint32_t i = 0; i < w->change.n; i++)
			tl_shim_ranges_add(&w->now, w->change.of[i].start, w->change.of[i].end);
	} else {
		unwatch(scan, &w->change);
		remove_from(w, &w->range, &w->change);
		remove_from(w, &w->missing, &w->change);
	}
	tl_shim_ranges_minus(&w->now, &w->wanted, &w->change);
	watch(scan, &w->change);
	tl_shim_ranges_copy(&w->wanted, &w->now);
}

// Its mappings are not those that were put under watch.
static void watch_again(struct tl_shim_scan *scan, struct tl_shim_range range)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;

	w->change.n = 1;
	w->change.overflow = false;
	w->change.of[0] = range;
	remove_from(w, &w->range, &w->change);
	watch(scan, &w->change);
}

static void look_for_missing(struct tl_shim_scan *scan)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;

	tl_shim_ranges_clear(&w->seen);
	tl_shim_maps_within(&w->missing, watch_part, scan);
	remove_from(w, &w->missing, &w->seen);
}

static void start_anew(struct tl_shim_watch *w)
{
	tl_shim_ranges_clear(&w->range);
	tl_shim_ranges_clear(&w->wanted);
	tl_shim_ranges_clear(&w->missing);
	w->slots_version = UINT32_MAX;
	w->linger = 0;
	w->stale = false;
}

// False when memory without a slot is in the way.
static bool scan_ranges(struct tl_shim_scan *scan)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;

	tl_shim_ranges_copy(&w->now, &w->range);
	for (uint32_t i = 0; i < w->now.n; i++) {
		const struct tl_shim_range r = w->now.of[i];

		if (tl_shim_pagemap_mapped(r.start, r.end - r.start) &&
			tl_shim_pagemap_written(r.start, r.end - r.start, put_written, scan))
			continue;
		if (w->linger)
			return false;
		watch_again(scan, r);
	}
	return true;
}

void tl_shim_watch_scan(struct tl_shim_scan *scan)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;

	if (w->stale)
		start_anew(w);
	if (w->linger > 1)
		w->linger--;
	if (w->linger == 1 || w->slots_version != atomic_load(&scan->vcpu->vm->slots_version))
		update(scan);
	if (w->missing.n)
		look_for_missing(scan);
	if (scan_ranges(scan))
		return;
	w->linger = 1;
	update(scan);
	if (!scan_ranges(scan))
		scan->lost = true;
}

void tl_shim_watch_end(struct tl_shim_vm *vm)
{
	tl_shim_maps_within(&vm->watch.range, unwatch_part, NULL);
	vm->watch.range.n = 0;
	vm->watch.stale = true;
}
