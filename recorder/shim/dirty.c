// SPDX-License-Identifier: MIT
// What the guest has written, slot by slot, as KVM's dirty log says.
#include "recorder/shim/dirty.h"

#include "recorder/shim/filter.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SETMASK = 2 }; // the kernel's SIG_SETMASK, here and on arm64

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

void tl_shim_dirty_open(struct tl_shim_vm *vm, int fd)
{
	char text[320];

	vm->dirty = tl_shim_pages(sizeof(*vm->dirty));
	if (!vm->dirty)
		return;
	vm->dirty->fd = fd;
	snprintf(text, sizeof(text),
		"%s: memory is followed by KVM's dirty log, which has the guest's writes but not "
		"the VMM's",
		tl_shim_pagemap_error());
	tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_WARNING, text);
}

void tl_shim_dirty_close(struct tl_shim_vm *vm)
{
	struct tl_shim_dirty *dirty = vm->dirty;

	if (!dirty)
		return;
	for (uint32_t i = 0; i < dirty->n; i++)
		tl_shim_log_free(&dirty->log[i]);
	if (tl_shim_may(SYS_munmap, (uintptr_t)dirty, sizeof(*dirty)))
		munmap(dirty, sizeof(*dirty));
	vm->dirty = NULL;
}

// A signal handler of the VMM may call KVM too: on the thread that has the log it would wait for
// ever.
void tl_shim_dirty_take(struct tl_shim_dirty *dirty, struct tl_shim_dirty_hold *ret)
{
	// But those that a thread brings upon itself: held back they end the process.
	const uint64_t all = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) |
			       BIT(SIGTRAP) | BIT(SIGSYS));
	uint32_t nobody = 0;

	ret->masked = tl_shim_may(SYS_rt_sigprocmask, SETMASK, (uintptr_t)&all,
			      (uintptr_t)&ret->mask, sizeof(all)) &&
		      !syscall(SYS_rt_sigprocmask, SETMASK, &all, &ret->mask, sizeof(all));
	while (!atomic_compare_exchange_strong(&dirty->busy, &nobody, 1)) {
		nobody = 0;
		if (tl_shim_may(SYS_sched_yield))
			sched_yield();
	}
}

void tl_shim_dirty_give(struct tl_shim_dirty *dirty, const struct tl_shim_dirty_hold *hold)
{
	atomic_store(&dirty->busy, 0);
	if (hold->masked)
		syscall(SYS_rt_sigprocmask, SETMASK, &hold->mask, NULL, sizeof(hold->mask));
}

struct tl_shim_log *tl_shim_log_find(struct tl_shim_dirty *dirty, uint32_t slot)
{
	for (uint32_t i = 0; i < dirty->n; i++)
		if (dirty->log[i].live && dirty->log[i].slot.slot == slot)
			return &dirty->log[i];
	return NULL;
}

struct tl_shim_log *tl_shim_log_new(struct tl_shim_dirty *dirty)
{
	uint32_t i = 0;

	while (i < dirty->n && dirty->log[i].live)
		i++;
	if (i == TL_SHIM_LOGS)
		return NULL;
	if (i == dirty->n)
		dirty->n++;
	return &dirty->log[i];
}

bool tl_shim_log_bits(struct tl_shim_log *log, uint64_t size)
{
	const uint64_t pages = size / tl_shim_host()->page;

	log->words = (size_t)((pages + 63) / 64);
	log->owed = tl_shim_pages(3 * log->words * sizeof(uint64_t));
	if (!log->owed)
		return false;
	log->ours = log->owed + log->words;
	log->room = log->ours + log->words;
	return true;
}

void tl_shim_log_free(struct tl_shim_log *log)
{
	const size_t size = 3 * log->words * sizeof(uint64_t);

	if (log->owed && tl_shim_may(SYS_munmap, (uintptr_t)log->owed, size))
		munmap(log->owed, size);
	*log = (struct tl_shim_log){ 0 };
}

bool tl_shim_log_drain(struct tl_shim_log *log, int fd)
{
	struct kvm_dirty_log arg = { .slot = log->slot.slot, .dirty_bitmap = log->room };
	const bool owed = log->slot.flags & KVM_MEM_LOG_DIRTY_PAGES;

	if (!log->logged || !log->owed)
		return true;
	if (tl_shim_own_ioctl(fd, KVM_GET_DIRTY_LOG, &arg))
		return false;
	for (size_t i = 0; i < log->words; i++) {
		log->ours[i] |= log->room[i];
		log->owed[i] |= owed ? log->room[i] : 0;
	}
	return true;
}
