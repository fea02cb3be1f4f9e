// SPDX-License-Identifier: MIT
// A scan by KVM's dirty log: what is new is taken whole, of the rest what the guest has written. The
// VMM's own writes are in none of it, which the kind of its regions says.
#include "recorder/shim/dirty.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Pages that are known to be written, taken while the log is ours alone: to record them may take long.
struct batch {
	uint32_t log; // where to go on
	size_t word;
	unsigned n;
	uint64_t host[TL_PAGES_MOST];
};

static void stop_following(struct tl_shim_dirty *dirty)
{
	if (dirty->why)
		return;
	switch (errno) {
	case EPERM:
		dirty->why = "a seccomp filter of the VMM forbids KVM_GET_DIRTY_LOG";
		break;
	case EBADF:
		dirty->why = "the VMM has closed the VM's descriptor, by which KVM's dirty log is "
			     "read";
		break;
	default:
		dirty->why = "KVM's dirty log cannot be read";
	}
}

static void drain(struct tl_shim_vm *vm)
{
	struct tl_shim_dirty *dirty = vm->dirty;

	if (dirty->why)
		return;
	dirty->fd = tl_shim_descriptor_of(&vm->object, dirty->fd);
	for (uint32_t i = 0; i < dirty->n; i++)
		if (dirty->log[i].live && !tl_shim_log_drain(&dirty->log[i], dirty->fd))
			stop_following(dirty);
}

// Up to a batch of one word's pages; true when the word is done.
static bool collect_word(struct tl_shim_log *log, struct batch *batch)
{
	const uint64_t page = tl_shim_host()->page;
	const uint64_t at = log->slot.host + batch->word * 64 * page;
	uint64_t *word = &log->ours[batch->word];

	while (*word && batch->n < TL_PAGES_MOST) {
		batch->host[batch->n++] = at + (uint64_t)__builtin_ctzll(*word) * page;
		*word &= *word - 1;
	}
	return !*word;
}

static void collect(struct tl_shim_dirty *dirty, struct batch *batch)
{
	batch->n = 0;
	for (; batch->log < dirty->n; batch->log++, batch->word = 0) {
		struct tl_shim_log *log = &dirty->log[batch->log];

		for (; log->owed && batch->word < log->words; batch->word++)
			if (log->ours[batch->word] && !collect_word(log, batch))
				return;
	}
}

static void put_written(struct tl_shim_scan *scan, struct batch *batch)
{
	struct tl_shim_dirty *dirty = scan->vcpu->vm->dirty;
	struct tl_shim_dirty_hold hold;

	while (batch->n) {
		for (unsigned i = 0; i < batch->n; i++)
			tl_shim_scan_pages(scan, batch->host[i], tl_shim_host()->page);
		if (batch->log == dirty->n)
			return;
		tl_shim_dirty_take(dirty, &hold);
		collect(dirty, batch);
		tl_shim_dirty_give(dirty, &hold);
	}
}

static void put_regions(struct tl_shim_scan *scan, const struct tl_shim_ranges *set,
	enum tl_region_kind kind, const char *why)
{
	for (uint32_t i = 0; i < set->n; i++)
		tl_shim_scan_region(scan, set->of[i].start, set->of[i].end, kind, why);
}

static void refuse(struct tl_shim_scan *scan, const struct tl_shim_ranges *set)
{
	const char *reason = scan->vcpu->vm->dirty->said;
	char why[192];

	if (!set->n)
		return;
	snprintf(why, sizeof(why), "guest memory is not recorded: %s",
		reason ? reason : "KVM does not log what is written to it");
	put_regions(scan, set, TL_REGION_NONE, why);
	tl_shim_notice(&scan->vcpu->ring, scan->vcpu->index, TL_NOTICE_WARNING, why);
}

static void put_part(void *ctx, const struct tl_shim_mapping *mapping, uint64_t start, uint64_t end)
{
	tl_shim_scan_region(ctx, start, end, TL_REGION_GUEST,
		"nothing here tells which pages the VMM wrote (Linux 6.7, userfaultfd)");
	tl_shim_scan_existing(ctx, mapping, start, end);
}

// What cannot be followed, and what counts anew.
static void look_at_logs(struct tl_shim_dirty *dirty, const struct tl_shim_ranges *all,
	struct tl_shim_ranges *ret_gone)
{
	struct tl_shim_dirty_hold hold;

	tl_shim_dirty_take(dirty, &hold);
	*ret_gone = dirty->gone;
	tl_shim_ranges_clear(&dirty->gone);
	tl_shim_ranges_clear(&dirty->none);
	dirty->said = dirty->why;
	if (dirty->why)
		dirty->none = *all;
	for (uint32_t i = 0; i < dirty->n && !dirty->why; i++) {
		const struct tl_shim_log *log = &dirty->log[i];

		if (log->live && !log->followed)
			tl_shim_ranges_add(
				&dirty->none, log->slot.host, log->slot.host + log->slot.size);
	}
	tl_shim_dirty_give(dirty, &hold);
}

// The next scan, which is anew since this one is lost, says so.
static void stop_because(struct tl_shim_dirty *dirty, const char *why)
{
	struct tl_shim_dirty_hold hold;

	tl_shim_dirty_take(dirty, &hold);
	if (!dirty->why)
		dirty->why = why;
	tl_shim_dirty_give(dirty, &hold);
}

static void update(struct tl_shim_scan *scan)
{
	struct tl_shim_watch *w = &scan->vcpu->vm->watch;
	struct tl_shim_dirty *d = scan->vcpu->vm->dirty;
	uint32_t version;

	// While they change there is nothing to be sure of: the next scan will see.
	if (!tl_shim_slot_ranges(scan->vcpu->vm, &w->now, &version))
		return;
	w->slots_version = version;
	look_at_logs(d, &w->now, &w->spare);
	tl_shim_ranges_minus(&w->now, &d->none, &d->good);
	tl_shim_ranges_minus(&w->range, &w->spare, &d->work);
	tl_shim_ranges_minus(&w->wanted, &w->now, &w->change);
	put_regions(scan, &w->change, TL_REGION_GONE, "");
	tl_shim_ranges_minus(&w->wanted, &w->range, &w->spare); // those refused before
	tl_shim_ranges_minus(&d->good, &d->work, &w->change);
	if (w->change.n && !tl_shim_maps_within(&w->change, put_part, scan)) {
		scan->lost = true;
		if (errno == EPERM)
			stop_because(d, tl_shim_maps_error());
	}
	if (w->change.overflow)
		scan->lost = true; // all counts anew
	tl_shim_ranges_minus(&w->now, &d->good, &d->work);
	tl_shim_ranges_minus(&d->work, &w->spare, &w->change);
	refuse(scan, &w->change);
	w->range = d->good;
	w->wanted = w->now;
}

void tl_shim_dirty_scan(struct tl_shim_scan *scan)
{
	struct tl_shim_vm *vm = scan->vcpu->vm;
	struct tl_shim_watch *w = &vm->watch;
	struct batch batch = { 0 };
	struct tl_shim_dirty_hold hold;

	if (w->stale || !atomic_load(&w->started)) {
		tl_shim_ranges_clear(&w->range);
		tl_shim_ranges_clear(&w->wanted);
		w->slots_version = UINT32_MAX;
		w->stale = false;
	}
	// Before anything is read: what is written from now on is in the next scan.
	tl_shim_dirty_take(vm->dirty, &hold);
	drain(vm);
	collect(vm->dirty, &batch);
	tl_shim_dirty_give(vm->dirty, &hold);
	if (w->slots_version != atomic_load(&vm->slots_version) ||
		vm->dirty->said != vm->dirty->why)
		update(scan);
	put_written(scan, &batch);
}
