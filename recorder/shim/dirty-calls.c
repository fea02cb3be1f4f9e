// SPDX-License-Identifier: MIT
// The VMM's own use of the dirty log, which stays what it would be without us: virt/kvm/kvm_main.c
// says what that is.
#include "recorder/shim/dirty.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>

enum {
	LOG = KVM_MEM_LOG_DIRTY_PAGES,
	GUEST_MEMFD = 1 << 2, // KVM_MEM_GUEST_MEMFD: it cannot be logged
	REGION2_BYTES = 160,
	CAP_RING_ACQ_REL = 223,
};

#define SET_REGION2 _IOC(_IOC_WRITE, KVMIO, 0x49, REGION2_BYTES)

union region {
	struct kvm_userspace_memory_region head;
	uint8_t bytes[REGION2_BYTES]; // KVM_SET_USER_MEMORY_REGION2 begins in the same way
};

struct call {
	struct tl_shim_dirty *dirty;
	int fd;
	unsigned long request;
	void *arg;
};

static int as_it_is(const struct call *call)
{
	return tl_shim_real_ioctl(call->fd, call->request, call->arg);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

// Every slot that the guest can write, from its beginning; of others what the VMM wants to know.
static bool is_to_be_logged(const struct tl_shim_log *log, uint32_t flags)
{
	if (flags & LOG)
		return true;
	return tl_shim_recording() && !(flags & (KVM_MEM_READONLY | GUEST_MEMFD)) &&
	       (!log->live || log->logged);
}

static bool all_is_owed(const struct call *call)
{
	return call->dirty->manual & KVM_DIRTY_LOG_INITIALLY_SET;
}

static void owe(struct tl_shim_log *log, bool all)
{
	const uint64_t pages = log->slot.size / tl_shim_host()->page;

	memset(log->owed, all ? 0xff : 0, log->words * sizeof(uint64_t));
	if (all && pages % 64)
		log->owed[log->words - 1] = (UINT64_C(1) << pages % 64) - 1;
}

static void was_set(const struct call *call, struct tl_shim_log *log,
	const struct kvm_userspace_memory_region *region, bool logged)
{
	const bool asked = log->live && log->slot.flags & LOG;
	const bool as_before = !log->live || log->followed;

	log->slot = (struct tl_shim_slot){ .slot = region->slot,
		.flags = region->flags,
		.gpa = region->guest_phys_addr,
		.size = region->memory_size,
		.host = region->userspace_addr };
	log->followed = region->flags & KVM_MEM_READONLY || (as_before && logged && log->owed);
	log->live = true;
	log->logged = logged;
	// Whether a log is new is the kernel's question to its flag, which is not the VMM's.
	if (region->flags & LOG && !asked && log->owed)
		owe(log, all_is_owed(call));
}

// Memory that KVM will not log is memory all the same.
static int set(const struct call *call, struct tl_shim_log *log, union region *region)
{
	const uint32_t flags = region->head.flags;
	bool logged = is_to_be_logged(log, flags);
	int result;

	if (logged && !log->owed && !tl_shim_log_bits(log, region->head.memory_size))
		logged = flags & LOG;
	region->head.flags = logged ? flags | LOG : flags;
	result = tl_shim_real_ioctl(call->fd, call->request, region);
	if (result < 0 && region->head.flags != flags) {
		logged = false;
		region->head.flags = flags;
		result = as_it_is(call);
	}
	region->head.flags = flags;
	if (!result)
		was_set(call, log, &region->head, logged);
	else if (!log->live)
		tl_shim_log_free(log);
	return result;
}

// The guest may have written to it until the last moment: what others show of it counts anew.
static int remove_slot(const struct call *call, struct tl_shim_log *log)
{
	const int result = as_it_is(call);

	if (result)
		return result;
	tl_shim_ranges_add(&call->dirty->gone, log->slot.host, log->slot.host + log->slot.size);
	tl_shim_log_free(log);
	return 0;
}

static int set_region(const struct call *call)
{
	struct tl_shim_log *log;
	union region region;

	if (!tl_shim_read((uintptr_t)call->arg, &region, _IOC_SIZE(call->request)))
		return as_it_is(call);
	log = tl_shim_log_find(call->dirty, region.head.slot);
	if (!region.head.memory_size)
		return log ? remove_slot(call, log) : as_it_is(call);
	if (log)
		(void)tl_shim_log_drain(log, call->fd);
	else
		log = tl_shim_log_new(call->dirty);
	return log ? set(call, log, &region) : as_it_is(call);
}

// A GET that clears nothing (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2), whatever the VMM wants.
static bool keep(const struct call *call, bool yes)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args = { yes ? KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE : 0 } };

	return !tl_shim_own_ioctl(call->fd, KVM_ENABLE_CAP, &cap);
}

// The kernel has just filled that bitmap, so it can be written.
static void answer(struct tl_shim_log *log, uint8_t *bitmap, bool cleared)
{
	uint64_t word;

	for (size_t i = 0; i < log->words; i++) {
		memcpy(&word, bitmap + i * sizeof(word), sizeof(word));
		if (cleared) {
			log->ours[i] |= word;
			log->owed[i] |= word;
		}
		memcpy(bitmap + i * sizeof(word), &log->owed[i], sizeof(word));
	}
}

static int get_log(const struct call *call)
{
	struct kvm_dirty_log get;
	struct tl_shim_log *log;
	bool kept;
	int result, error;

	if (!tl_shim_read((uintptr_t)call->arg, &get, sizeof(get)))
		return as_it_is(call);
	log = tl_shim_log_find(call->dirty, get.slot);
	if (!log || !log->owed)
		return as_it_is(call);
	if (!(log->slot.flags & LOG))
		return fail(ENOENT);
	(void)tl_shim_log_drain(log, call->fd);
	kept = keep(call, true);
	result = as_it_is(call);
	error = errno;
	if (kept)
		(void)keep(call, false);
	if (!result)
		answer(log, get.dirty_bitmap, !kept);
	// What could not be copied is lost to the VMM, too.
	if ((!result || error == EFAULT) && !call->dirty->manual)
		owe(log, false);
	errno = error;
	return result;
}

static int clear_log(const struct call *call)
{
	struct kvm_clear_dirty_log clear, none;
	struct tl_shim_log *log;
	size_t words;

	if (!tl_shim_read((uintptr_t)call->arg, &clear, sizeof(clear)))
		return as_it_is(call);
	log = tl_shim_log_find(call->dirty, clear.slot);
	if (!log || !log->owed)
		return as_it_is(call);
	if (!(log->slot.flags & LOG))
		return fail(clear.first_page & 63 ? EINVAL : ENOENT);
	(void)tl_shim_log_drain(log, call->fd);
	// The kernel looks at the numbers and clears nothing.
	memset(log->room, 0, log->words * sizeof(uint64_t));
	none = clear;
	none.dirty_bitmap = log->room;
	if (tl_shim_real_ioctl(call->fd, call->request, &none))
		return -1;
	words = (clear.num_pages + 63) / 64;
	if (!tl_shim_read((uintptr_t)clear.dirty_bitmap, log->room, words * sizeof(uint64_t)))
		return fail(EFAULT);
	for (size_t i = 0; i < words; i++)
		log->owed[clear.first_page / 64 + i] &= ~log->room[i];
	return 0;
}

// Slots that only we wanted logged would fill the VMM's ring.
static void give_up(const struct call *call, const char *why)
{
	struct tl_shim_dirty *dirty = call->dirty;

	for (uint32_t i = 0; i < dirty->n; i++) {
		const struct tl_shim_log *log = &dirty->log[i];
		struct kvm_userspace_memory_region region = { .slot = log->slot.slot,
			.flags = log->slot.flags,
			.guest_phys_addr = log->slot.gpa,
			.memory_size = log->slot.size,
			.userspace_addr = log->slot.host };

		if (log->live && log->logged && !(log->slot.flags & LOG))
			(void)tl_shim_own_ioctl(call->fd, KVM_SET_USER_MEMORY_REGION, &region);
	}
	dirty->given_up = true;
	dirty->why = why;
}

// The kernel's log stays one that is cleared when read; the VMM sees its own.
static int enable_cap(const struct call *call)
{
	const int result = as_it_is(call);
	const struct kvm_enable_cap *cap = call->arg;

	if (result < 0)
		return result;
	switch (cap->cap) {
	case KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2:
		call->dirty->manual = cap->args[0];
		(void)keep(call, false);
		break;
	case KVM_CAP_DIRTY_LOG_RING:
	case CAP_RING_ACQ_REL:
		give_up(call, "the VMM uses KVM's dirty ring, beside which there is no dirty log");
		break;
	}
	return result;
}

// QEMU keeps requests in an int, whose sign goes into the upper half.
static int (*handler(uint32_t request))(const struct call *call)
{
	switch (request) {
	case KVM_SET_USER_MEMORY_REGION:
	case SET_REGION2:
		return set_region;
	case KVM_GET_DIRTY_LOG:
		return get_log;
	case KVM_CLEAR_DIRTY_LOG:
		return clear_log;
	case KVM_ENABLE_CAP:
		return enable_cap;
	}
	return as_it_is;
}

int tl_shim_dirty_ioctl(struct tl_shim_object *object, int fd, unsigned long request, void *arg)
{
	struct call call = { NULL, fd, request, arg };
	int (*handle)(const struct call *call) = handler((uint32_t)request);
	struct tl_shim_dirty_hold hold;
	int result, error;

	if (object->on == TL_ON_VM)
		call.dirty = ((struct tl_shim_vm *)object)->dirty;
	if (!call.dirty || handle == as_it_is)
		return as_it_is(&call);
	tl_shim_dirty_take(call.dirty, &hold);
	call.dirty->fd = fd;
	result = call.dirty->given_up ? as_it_is(&call) : handle(&call);
	error = errno;
	tl_shim_dirty_give(call.dirty, &hold);
	errno = error;
	return result;
}
