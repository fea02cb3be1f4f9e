// SPDX-License-Identifier: MIT
// Memory at exits. With --mem exact it is scanned at the exit and once more before the next
// KVM_RUN, so that the guest's writes can be told from the VMM's. With --mem fault, only when the
// guest is in trouble.
#include "recorder/shim/filter.h"
#include "recorder/shim/shim.h"

#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>

enum { MOST_DUMPS = 8 };

// Several vCPUs may want to scan their VM's memory. Waits no longer than for room in a ring; a
// signal handler on the thread that has it does not wait at all.
static bool take(struct tl_shim_vcpu *vcpu)
{
	const uint64_t start = tl_shim_now();
	uint32_t nobody = 0;

	while (!atomic_compare_exchange_strong(&vcpu->vm->watch.busy, &nobody, vcpu->index + 1)) {
		if (nobody == vcpu->index + 1 || !tl_shim_recording() ||
			tl_shim_now() - start > tl_shim_options()->max_wait_ns)
			return false;
		nobody = 0;
		if (tl_shim_may(SYS_sched_yield))
			sched_yield();
	}
	return true;
}

static void give(struct tl_shim_vcpu *vcpu)
{
	atomic_store(&vcpu->vm->watch.busy, 0);
}

static bool scan_changes(struct tl_shim_vcpu *vcpu, uint64_t seq, enum tl_phase phase)
{
	struct tl_shim_watch *w = &vcpu->vm->watch;
	struct tl_shim_scan scan;

	if (!take(vcpu))
		return false;
	if (phase == TL_PHASE_REPLY && !seq &&
		atomic_load(&w->started)) { // by another vCPU meanwhile
		give(vcpu);
		return true;
	}
	tl_shim_scan_begin(&scan, vcpu);
	if (vcpu->vm->dirty)
		tl_shim_dirty_scan(&scan);
	else
		tl_shim_watch_scan(&scan);
	if (!tl_shim_scan_end(&scan, seq, phase, TL_SCAN_CHANGES))
		w->stale = true;
	atomic_store(&w->started, true);
	give(vcpu);
	return true;
}

static void scan_whole(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	struct tl_shim_scan scan;

	if (!take(vcpu))
		return;
	tl_shim_scan_begin(&scan, vcpu);
	tl_shim_fault_whole(&scan, ret);
	(void)tl_shim_scan_end(&scan, ret->seq, TL_PHASE_EXIT, TL_SCAN_WHOLE);
	give(vcpu);
}

static void scan_pages(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	struct tl_shim_scan scan;

	tl_shim_scan_begin(&scan, vcpu);
	tl_shim_fault_pages(&scan, ret);
	(void)tl_shim_scan_end(&scan, ret->seq, TL_PHASE_EXIT, TL_SCAN_PAGES);
}

static void trouble(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	const unsigned dumps = ret->deadly ? atomic_fetch_add(&vcpu->vm->dumps, 1) : UINT_MAX;

	if (dumps == MOST_DUMPS)
		tl_shim_notice(&vcpu->ring, vcpu->index, TL_NOTICE_INFO,
			"the guest dies again and again: from here on only the pages around it are "
			"recorded, not all its memory");
	if (dumps < MOST_DUMPS)
		scan_whole(vcpu, ret);
	else
		scan_pages(vcpu, ret);
}

void tl_shim_memory_exit(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	const struct tl_record_options *options = tl_shim_options();
	struct tl_shim_watch *w = &vcpu->vm->watch;
	bool due = ret->fault_like;

	vcpu->scanned = 0;
	if (options->mem != TL_MEM_EXACT || !atomic_load(&w->started)) {
		if (due && options->mem != TL_MEM_NONE)
			trouble(vcpu, ret);
		return;
	}
	if (atomic_fetch_add(&w->exits, 1) % options->every == 0)
		due = true;
	if (due && scan_changes(vcpu, ret->seq, TL_PHASE_EXIT))
		vcpu->scanned = ret->seq;
}

bool tl_shim_memory_entry(struct tl_shim_vcpu *vcpu)
{
	const uint64_t seq = vcpu->scanned;
	const bool first = tl_shim_options()->mem == TL_MEM_EXACT &&
			   !atomic_load(&vcpu->vm->watch.started) &&
			   (vcpu->vm->dirty || tl_shim_pagemap_usable());

	vcpu->scanned = 0;
	return (seq || first) && scan_changes(vcpu, seq, TL_PHASE_REPLY);
}

void tl_shim_memory_end(struct tl_shim_vm *vm)
{
	uint32_t nobody = 0;

	if (!atomic_load(&vm->watch.started) ||
		!atomic_compare_exchange_strong(&vm->watch.busy, &nobody, UINT32_MAX))
		return;
	if (!vm->dirty)
		tl_shim_watch_end(vm);
	atomic_store(&vm->watch.started, false);
	atomic_store(&vm->watch.busy, 0);
}

void tl_shim_memory_close(struct tl_shim_vm *vm)
{
	tl_shim_memory_end(vm);
	tl_shim_dirty_close(vm);
}
