/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_DIRTY_H
#define TL_RECORDER_SHIM_DIRTY_H

#include "recorder/shim/shim.h"

/*
 * KVM's dirty log (KVM API 4.8, 4.117), where the kernel does not tell which pages this process wrote
 * (pagemap.c). It has one log per slot, and to read it is to clear it; the VMM may be using it too.
 * So every slot is logged, the kernel's log is emptied into two of ours, and the VMM is given its own.
 */

/** What the guest has written in one slot: a bit for each page of this host, in three bitmaps. */
struct tl_shim_log {
	bool live;
	bool logged;		  /**< KVM logs it */
	bool followed;		  /**< since it was made, or the guest cannot write there */
	struct tl_shim_slot slot; /**< as the VMM set it */
	size_t words;
	uint64_t *owed; /**< what KVM's log would be to the VMM; NULL: there is no memory for it */
	uint64_t *ours; /**< written since the last scan */
	uint64_t *room; /**< for the kernel's answer */
};

/** As many as a VM may have slots in two address spaces. */
enum { TL_SHIM_LOGS = 1 << 16 };

struct tl_shim_dirty {
	_Atomic uint32_t busy; /**< somebody has all that stands below */
	bool given_up;	       /**< what the VMM calls goes to the kernel as it is */
	const char *why;       /**< it cannot be followed any more; NULL: it can */
	const char *said;      /**< of that, what the trace has */
	uint64_t manual;       /**< KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 as the VMM enabled it */
	int fd;		       /**< where the VM was last seen */
	uint32_t n;
	struct tl_shim_ranges gone; /**< of slots that were removed since the last scan */
	struct tl_shim_ranges none, good, work; /**< a scan's own */
	struct tl_shim_log log[TL_SHIM_LOGS];
};

/** Alone until tl_shim_dirty_give(), on a thread that no signal interrupts. */
struct tl_shim_dirty_hold {
	bool masked;
	uint64_t mask;
};
void tl_shim_dirty_take(struct tl_shim_dirty *dirty, struct tl_shim_dirty_hold *ret);
void tl_shim_dirty_give(struct tl_shim_dirty *dirty, const struct tl_shim_dirty_hold *hold);

/* All that follows is for whoever has it alone. */

struct tl_shim_log *tl_shim_log_find(struct tl_shim_dirty *dirty, uint32_t slot);
/** One that is not live yet; NULL when there is no room. */
struct tl_shim_log *tl_shim_log_new(struct tl_shim_dirty *dirty);
/** Bitmaps for so many bytes of memory, all zero. */
bool tl_shim_log_bits(struct tl_shim_log *log, uint64_t size);
void tl_shim_log_free(struct tl_shim_log *log);
/** The kernel's log goes over to ours and, where the VMM asked for one, to the VMM's. */
bool tl_shim_log_drain(struct tl_shim_log *log, int fd);

#endif
