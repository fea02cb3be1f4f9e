/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_SHIM_H
#define TL_RECORDER_SHIM_SHIM_H

#include "arch/arch.h"
#include "recorder/shim/filter.h"
#include "schema/wire/arena.h"
#include "schema/wire/exit.h"
#include "schema/wire/ioctl.h"
#include "schema/wire/record.h"

#include <linux/kvm.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The part of the recorder that lives in the VMM. It must outlive its own mistakes for the guest's
 * sake: nothing here ends the process, and whatever cannot be recorded is passed through.
 */

/** Where producers of one owner put their records, and what they could not put. */
struct tl_shim_ring {
	struct tl_ring ring; /**< ring.data is NULL when there is none */
	unsigned number;
	uint64_t
		gave_up_at; /**< consumer's offset when a wait ran out; no more waits until it moves */
	_Atomic uint64_t lost;	     /**< records since the last gap record */
	uint64_t lost_from, lost_to; /**< exits among them */
};

enum {
	TL_SHIM_SLOTS = 1024,
	TL_SHIM_COALESCED = 2730, /**< as many as a page of 64 KiB has */
};

/** A memory slot: guest physical memory that the VMM gave to KVM. */
struct tl_shim_slot {
	uint32_t slot; /**< address space in the upper 16 bits */
	uint32_t flags;
	tl_gpa gpa;
	uint64_t size;
	uint64_t host; /**< address in this process */
};

/** Addresses in this process: ranges that ascend and do not touch each other. */
struct tl_shim_range {
	uint64_t start, end;
};

struct tl_shim_ranges {
	uint32_t n;
	bool overflow; /**< there were more than TL_SHIM_SLOTS */
	struct tl_shim_range of[TL_SHIM_SLOTS];
};

/** The memory behind a VM's slots, with --mem exact. Whoever is `busy` with it has it alone. */
struct tl_shim_watch {
	_Atomic uint32_t busy;	       /**< vCPU number + 1, or UINT32_MAX: its end; 0: nobody */
	_Atomic uint64_t exits;	       /**< of all vCPUs, since the recording began */
	_Atomic bool started;	       /**< the start image was made */
	bool stale;		       /**< a scan was lost: all must come under watch anew */
	uint32_t slots_version;	       /**< of the slots that `wanted` stands for */
	uint32_t linger;	       /**< so many scans more with memory that no slot shows now */
	struct tl_shim_ranges wanted;  /**< what the slots show */
	struct tl_shim_ranges range;   /**< of that, what can be and is under watch */
	struct tl_shim_ranges missing; /**< where nothing was mapped */
	struct tl_shim_ranges now, change, spare, seen;
};

/** With --stop-all: who keeps a VM's other vCPUs out of the guest. */
struct tl_shim_hold {
	const void *_Atomic by;		      /**< tl_shim_thread(); NULL: nobody */
	struct tl_ring_control *_Atomic ring; /**< which it records into */
	_Atomic bool said;		      /**< that some vCPU cannot be stopped */
};

/** How a vCPU can be stopped. Written by its own thread, and by the one that kicks it. */
struct tl_shim_stop {
	_Atomic uint32_t tid;	  /**< that last called KVM_RUN */
	_Atomic bool takes_kicks; /**< a filter of the VMM lets it */
	_Atomic bool shared;	/**< at a kick others had a signal to get it out of KVM_RUN with */
	_Atomic uint64_t kicks; /**< signals sent to it; signal n is bit n - 1 */
};

enum tl_shim_life { TL_SHIM_FREE, TL_SHIM_CHANGING, TL_SHIM_LIVE };

/** One thing that a KVM descriptor stands for. Lives as long as a descriptor or a call needs it. */
struct tl_shim_object {
	_Atomic uint32_t users; /**< descriptors and calls under way */
	_Atomic uint32_t life;	/**< enum tl_shim_life */
	enum tl_descriptor on;
};

struct tl_shim_vm {
	struct tl_shim_object object;
	uint32_t index;
	enum tl_abi abi;	 /**< whose exit numbers its kernel uses */
	bool nisv_ours;		 /**< we enabled KVM_CAP_ARM_NISV_TO_USER */
	_Atomic bool nisv_asked; /**< the VMM did */
	bool idsr_ours;		 /**< the same for TL_CAP_ARM_IDSR_TO_USER */
	_Atomic bool idsr_asked;
	_Atomic bool refused;	 /**< a confidential guest: nothing more is recorded of it */
	_Atomic bool coalescing; /**< the VMM has made a zone of coalesced writes, or may have */
	_Atomic uint32_t slots_version; /**< odd while the slots change */
	uint32_t n_slots;
	_Atomic uint64_t coalesced_seen; /**< how many were taken << 32 | the next one's slot */
	struct kvm_coalesced_mmio coalesced[TL_SHIM_COALESCED]; /**< its entries when taken */
	struct tl_shim_slot slots[TL_SHIM_SLOTS];
	_Atomic uint32_t dumps; /**< how often all memory was recorded since the guest was dying */
	struct tl_shim_watch watch;
	struct tl_shim_dirty *dirty; /**< what follows memory instead (dirty.h); NULL: nothing */
	struct tl_shim_hold hold;
	void (*let_go)(struct tl_shim_vm *vm); /**< called at its end; NULL: it was never opened */
};

_Static_assert(offsetof(struct tl_shim_vm, coalesced) <= 64,
	"what an exit looks at, where nothing is coalesced, is one line of the cache");

enum { TL_SHIM_KEY = 5 };

/**
 * A translation of PC's page that holds while the table entries read for it stay the same. Every
 * place in it has been read through the kernel once.
 */
struct tl_shim_translation {
	bool valid;
	uint32_t slots_version;
	tl_gva page;
	uint64_t key[TL_SHIM_KEY]; /**< the registers that the walk depends on */
	uint64_t page_host;
	uint32_t n_entries;
	struct {
		uint32_t size;
		uint64_t host;
		uint64_t raw; /**< as it stands in memory */
	} entry[TL_WALK_STEPS];
};

struct tl_shim_vcpu {
	struct tl_shim_object object;
	uint32_t index;
	struct tl_shim_vm *vm; /**< one user of the VM is ours */
	struct kvm_run *run;   /**< our own mapping of the descriptor */
	size_t run_bytes;
	struct tl_shim_ring ring;

	uint64_t open_seq; /**< exit whose reply is due; 0: none */
	const struct tl_exit_kind *open_kind;
	uint32_t open_data_at, open_data_size; /**< PIO data in kvm_run, when userspace fills it */
	uint64_t open_cr8;

	const struct tl_exit_kind *kind; /**< of the last exit that had one that we know */
	unsigned answer_from, answer_to; /**< its tl_exit_answer() */
	bool key;			 /**< the next exit is published whole */
	uint64_t exits;
	_Atomic(const void *) reading; /**< the thread that reads memory of the slots; or NULL */
	_Atomic uintptr_t frame;       /**< of the call that works on it; 0: none */
	_Atomic bool nested;	       /**< that was said */
	_Atomic bool running;	       /**< in KVM_RUN */
	_Atomic uint64_t entries;      /**< into KVM_RUN, and one */
	uint64_t scanned;	       /**< the last exit, when its memory was scanned; else 0 */

	bool again;	 /**< the last exit was none for the VMM: we enter again */
	uint8_t *extras; /**< TL_SHIM_EXTRAS bytes, with --regs full */
	uint32_t extras_size;
	uint32_t vmm_valid_regs; /**< x86: kvm_valid_regs as the VMM set it */
	bool vmm_uses_sync;	 /**< x86: s.regs is not left to us alone */

	struct tl_regs regs; /**< at the last exit; 0 where they are not known */
	struct tl_shim_translation translation[2];
	uint8_t union_before[24]; /**< bytes 32..55 of kvm_run before KVM_RUN, on arm64 */
	struct tl_shim_stop stop;
	uint8_t vmm_sync[sizeof(struct kvm_sync_regs)];
};

enum { TL_SHIM_EXTRAS = 1 << 16 };

struct tl_shim_device {
	struct tl_shim_object object;
	uint32_t vm;
	uint32_t type;
};

/** What happened in one KVM_RUN, on its way into a record. */
struct tl_shim_return {
	uint64_t seq, entered, exited;
	int error;			 /**< errno, 0 when KVM_RUN succeeded */
	uint32_t reason;		 /**< or TL_NO_REASON */
	const struct tl_exit_kind *kind; /**< NULL for a number that we do not know */
	uint32_t data_at, data_size;	 /**< PIO data in kvm_run */
	bool fault_like;		 /**< the guest, or KVM, is in trouble: worth a full look */
	bool deadly;			 /**< so much that it may not run again */
	bool give_back; /**< the VMM gets ENOSYS, for it did not ask for this exit */
	bool again;	/**< the VMM gets another exit than this one */
	uint64_t changed[(TL_REG_WORDS + 63) / 64]; /**< words of the vCPU's registers */
	uint8_t code[64];
	uint16_t code_size, code_before;
};

/*
 * The files, from the bottom up: each uses only those before it.
 */

/* next.c: what the VMM would have called without us */
void *tl_shim_next(const char *name);
/** The function of that name, looked up once. */
#define TL_SHIM_NEXT(name)                                                                         \
	({                                                                                         \
		static _Atomic(void *) next_;                                                      \
		__typeof__(name) *fn_;                                                             \
		if (!atomic_load_explicit(&next_, memory_order_relaxed))                           \
			atomic_store(&next_, tl_shim_next(#name));                                 \
		*(void **)&fn_ = atomic_load_explicit(&next_, memory_order_relaxed);               \
		fn_;                                                                               \
	})
int tl_shim_real_ioctl(int fd, unsigned long request, void *arg);
int tl_shim_real_close(int fd);

/* arena.c: the recording that this process is part of */
extern struct tl_arena *tl_shim_arena; /**< NULL: nothing is being recorded */
/** Consumes the arena's descriptor. False when it is not an arena of ours. */
bool tl_shim_attach(int fd);
bool tl_shim_recording(void);
/** Recording, or it has been: what it asked KVM for, and which descriptors are what, goes on. */
bool tl_shim_attached(void);
void tl_shim_refuse(void); /**< this process is not to be recorded after all */
const struct tl_record_options *tl_shim_options(void);
bool tl_shim_arena_owns(int fd);
void tl_shim_arena_make_way(int fd);
uint64_t tl_shim_now(void);
bool tl_shim_ring_claim(struct tl_shim_ring *ring);
void tl_shim_ring_free(struct tl_shim_ring *ring);

/* control.c: the control channel */
bool tl_shim_control_owns(int fd);
void tl_shim_control_make_way(int fd);
bool tl_shim_control_open(void); /**< false: the collector does not want us */
/** The collector has ended, and did not say so. */
bool tl_shim_control_lost(void);
void tl_shim_control_forget(void);

/* produce.c: records into rings */
/** Room for a record; NULL when it is lost. `exit_seq` is 0 for a record that is no exit. */
void *tl_shim_reserve(struct tl_shim_ring *ring, uint32_t vcpu, uint32_t body, uint64_t exit_seq);
void tl_shim_notice(
	struct tl_shim_ring *ring, uint32_t vcpu, enum tl_notice_level level, const char *text);

/** For 20 us, as far as the VMM's filters allow. */
void tl_shim_nap(void);

/* memory.c: reads that cannot fault */
bool tl_shim_read(uint64_t host, void *buf, size_t size);
/** Pages into `buf`, one after the other; the addresses of those that are not there are marked. */
void tl_shim_read_pages(uint64_t *hosts, unsigned n, uint8_t *buf);

/* host.c: what KVM offers here */
struct tl_shim_host {
	size_t run_bytes;     /**< KVM_GET_VCPU_MMAP_SIZE, 0 if unknown */
	uint32_t sync_regs;   /**< KVM_CAP_SYNC_REGS */
	const uint32_t *msrs; /**< x86: KVM_GET_MSR_INDEX_LIST */
	uint32_t n_msrs;
	size_t page;	    /**< bytes of a page of this host */
	uint32_t coalesced; /**< entries of KVM's ring of coalesced writes, which is one page */
	struct tl_regs pc;  /**< `known`: the words that --regs pc keeps */
};
const struct tl_shim_host *tl_shim_host(void);

/* pagemap.c: which pages were written, and which exist */
/** Pages in ascending order; `exists` is false where nothing was ever put there. */
typedef void tl_shim_page_run(void *ctx, uint64_t start, uint64_t bytes, bool exists);

bool tl_shim_pagemap_usable(void);	 /**< the kernel tells us which pages were written */
const char *tl_shim_pagemap_error(void); /**< why it does not */
bool tl_shim_pagemap_owns(int fd);
void tl_shim_pagemap_make_way(int fd);
/** Within one mapping, from now on; sets errno. What others watch is left alone. */
bool tl_shim_pagemap_watch(uint64_t start, uint64_t bytes);
void tl_shim_pagemap_unwatch(uint64_t start, uint64_t bytes);
/** UFFDIO_REGISTER of the VMM's: what it watches itself we do not. */
int tl_shim_pagemap_register(int fd, unsigned long request, void *arg);
bool tl_shim_pagemap_mapped(uint64_t start, uint64_t bytes); /**< all of it */
/** All that is there, and protects it. `each` may have pages twice. */
bool tl_shim_pagemap_first(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx);
/** What was written since it was protected, and protects it. False when not all is under watch. */
bool tl_shim_pagemap_written(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx);
/** Protects nothing. */
bool tl_shim_pagemap_existing(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx);
/** Of a mapped file, what is in memory, mapped or not. */
void tl_shim_pagemap_cached(uint64_t start, uint64_t bytes, tl_shim_page_run *each, void *ctx);

/* process.c: this process in the recording */
/** The ring for everything that is no vCPU's own; without memory (ring.data) there is none. */
struct tl_shim_ring *tl_shim_process_ring(void);
bool tl_shim_joined(void); /**< it has used KVM */
/** What the VMM's filters take from a recording goes into it. */
void tl_shim_filter_say(void);
bool tl_shim_owns_descriptor(int fd);
/** Of those, what can be elsewhere goes there, since the VMM wants this number. */
void tl_shim_descriptor_make_way(int fd);

/* ranges.c: sets of addresses */
void tl_shim_ranges_add(struct tl_shim_ranges *set, uint64_t start, uint64_t end);
void tl_shim_ranges_clear(struct tl_shim_ranges *set);
void tl_shim_ranges_copy(struct tl_shim_ranges *to, const struct tl_shim_ranges *from);
/** `ret` is neither of the others. */
void tl_shim_ranges_minus(
	const struct tl_shim_ranges *a, const struct tl_shim_ranges *b, struct tl_shim_ranges *ret);
/** Does some of it lie between these? */
bool tl_shim_ranges_meet(const struct tl_shim_ranges *set, uint64_t start, uint64_t end);

/* object.c: what descriptors stand for; who makes or gets an object is one of its users */
/** Memory of our own, all zero; NULL when there is none. */
void *tl_shim_pages(size_t size);
/** In a forked child: its parent's stay the parent's, and their memory is not used again. */
void tl_shim_objects_forget(void);
struct tl_shim_vm *tl_shim_vm_new(void);
struct tl_shim_vcpu *tl_shim_vcpu_new(struct tl_shim_vm *vm, int fd);
/** Does a VM, other than this one, have some of that memory under watch? */
bool tl_shim_vm_watching(const struct tl_shim_vm *but, uint64_t start, uint64_t end);
struct tl_shim_device *tl_shim_device_new(void);
void tl_shim_object_put(struct tl_shim_object *object);
/** What stands for a descriptor that is none of ours to record: one user more of it. */
struct tl_shim_object *tl_shim_object_unrecorded(void);
bool tl_shim_object_is_recorded(const struct tl_shim_object *object);
/** Calls `each` for the vCPUs of its VM but this one. */
typedef void tl_shim_vcpu_fn(void *ctx, struct tl_shim_vcpu *vcpu);
void tl_shim_each_other(const struct tl_shim_vcpu *vcpu, tl_shim_vcpu_fn *each, void *ctx);
struct tl_shim_others {
	unsigned running; /**< how many of them are in KVM_RUN */
	uint64_t entries; /**< how often they have entered it, all together and one more each */
};
struct tl_shim_others tl_shim_others(const struct tl_shim_vcpu *vcpu);
/** Tells threads apart, without a system call. */
const void *tl_shim_thread(void);
/** Returns when no vCPU reads memory of the slots as they were before. */
void tl_shim_wait_for_readers(const struct tl_shim_vm *vm);

/* descriptor.c: which object each descriptor stands for */
enum { TL_SHIM_DESCRIPTORS = 1 << 16 };
struct tl_shim_object *tl_shim_object_get(int fd);
bool tl_shim_descriptor_known(int fd);
void tl_shim_descriptor_made(int fd, struct tl_shim_object *object); /**< consumes a user */
void tl_shim_descriptor_closed(int fd);
void tl_shim_descriptor_copied(int from, int to);
/** One that stands for it, `hint` if that does; -1: there is none. */
int tl_shim_descriptor_of(const struct tl_shim_object *object, int hint);

/* slot.c: guest physical memory in this process */
/** False when there are too many to keep, and memory of this one is not recorded. */
bool tl_shim_slot_set(struct tl_shim_vm *vm, const struct tl_shim_slot *slot);
uint64_t tl_shim_slot_find(const struct tl_shim_vm *vm, unsigned space, tl_gpa gpa, size_t size);
/** The address space that the vCPU uses: x86 in system management mode has its own. */
unsigned tl_shim_address_space(const struct tl_shim_vcpu *vcpu);
/** The memory that they show; false while they change. */
bool tl_shim_slot_ranges(
	const struct tl_shim_vm *vm, struct tl_shim_ranges *ret, uint32_t *ret_version);

/* maps.c: what is mapped in this process */
struct tl_shim_mapping {
	uint64_t start, end;
	bool shared, file;
	bool internal;	/**< a file of the kernel's own: memfd, shared anonymous memory */
	char name[200]; /**< may be cut short, or empty */
};

/**
 * Calls `each` for the parts of mappings that lie in `set`, in ascending order. False, with errno,
 * when there may be more of them; tl_shim_maps_error() has that in words.
 */
typedef void tl_shim_part(
	void *ctx, const struct tl_shim_mapping *mapping, uint64_t start, uint64_t end);
bool tl_shim_maps_within(const struct tl_shim_ranges *set, tl_shim_part *each, void *ctx);
const char *tl_shim_maps_error(void);
/** Where a page of it that is not in memory has other bytes than zeroes: in a file, or swapped. */
bool tl_shim_mapping_is_stored(const struct tl_shim_mapping *mapping);

/* regs.c: what differs from the last exit */
/** Puts `n` words in place, from `first` on; those that differ are changed. */
void tl_shim_regs_take(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret, unsigned first,
	unsigned n, const uint64_t *words);

/* regs-arm64.c, regs-x86_64.c: registers at an exit, as far as --regs says */
void tl_shim_regs_before(struct tl_shim_vcpu *vcpu);
void tl_shim_regs_after(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret);
void tl_shim_extras(struct tl_shim_vcpu *vcpu, int fd);
void tl_shim_translation_key(const struct tl_regs *regs, uint64_t key[TL_SHIM_KEY]);

/* code.c: memory around PC */
void tl_shim_code(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret);

/* pages.c: a scan of memory into the ring */
struct tl_shim_scan {
	struct tl_shim_vcpu *vcpu; /**< whose ring */
	uint64_t number;
	uint64_t pages;
	bool lost;		      /**< a record did not fit */
	struct tl_shim_others others; /**< as it began */
	unsigned n;
	uint64_t host[TL_PAGES_MOST];
};

void tl_shim_scan_begin(struct tl_shim_scan *scan, struct tl_shim_vcpu *vcpu);
void tl_shim_scan_pages(struct tl_shim_scan *scan, uint64_t host, uint64_t bytes);
/** False when the scan is not whole. */
bool tl_shim_scan_end(
	struct tl_shim_scan *scan, uint64_t seq, enum tl_phase phase, enum tl_scan_kind kind);

/** All that exists in a part of a mapping, and it is protected. */
void tl_shim_scan_first(struct tl_shim_scan *scan, const struct tl_shim_mapping *mapping,
	uint64_t start, uint64_t end);
/** All that exists in a part of a mapping. */
void tl_shim_scan_existing(struct tl_shim_scan *scan, const struct tl_shim_mapping *mapping,
	uint64_t start, uint64_t end);
/**
 * Calls `each`, which adds them to `watch.seen`, for the mapped parts of `set`. The rest, which is in
 * `watch.spare` then, is none, by a region that says why. False, after a notice, when nothing says what
 * is mapped.
 */
bool tl_shim_scan_parts(
	struct tl_shim_scan *scan, const struct tl_shim_ranges *set, tl_shim_part *each);
void tl_shim_scan_region(struct tl_shim_scan *scan, uint64_t start, uint64_t end,
	enum tl_region_kind kind, const char *why);

/* watch.c: the memory of the slots, under write protection */
void tl_shim_watch_scan(struct tl_shim_scan *scan);
void tl_shim_watch_end(struct tl_shim_vm *vm); /**< leaves the memory to the VMM */

/* dirty.c, dirty-calls.c, dirty-scan.c: the same by KVM's dirty log, which has no VMM's writes */
void tl_shim_dirty_open(struct tl_shim_vm *vm, int fd);
void tl_shim_dirty_close(struct tl_shim_vm *vm);
/** Any ioctl but KVM_RUN, with the result that the VMM would have had without us. */
int tl_shim_dirty_ioctl(struct tl_shim_object *object, int fd, unsigned long request, void *arg);
void tl_shim_dirty_scan(struct tl_shim_scan *scan);

/* fault.c: the pages that tell why a guest is in trouble */
void tl_shim_fault_pages(struct tl_shim_scan *scan, const struct tl_shim_return *ret);
/** All memory; those pages alone where nothing says what there is of it. */
void tl_shim_fault_whole(struct tl_shim_scan *scan, const struct tl_shim_return *ret);

/* scan.c: memory at exits, by --mem */
void tl_shim_memory_exit(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret);
bool tl_shim_memory_entry(struct tl_shim_vcpu *vcpu); /**< false: there was nothing to do */
/** The recording has ended: nothing follows the VM's memory any more. */
void tl_shim_memory_end(struct tl_shim_vm *vm);
void tl_shim_memory_close(struct tl_shim_vm *vm); /**< the same at the VM's end */

/* kick.c: a signal that gets another thread out of KVM_RUN */
/** NULL, or why there is none that it admits. It may take more than one. */
const char *tl_shim_kick(struct tl_shim_vcpu *vcpu);
/**
 * Called by the vCPU's thread when nobody kicks it: how it was kicked, bit n - 1 for signal n. A kick
 * of ours that it did not meet in KVM_RUN does not meet it in the VMM's code then, nor is it pending
 * for ever where the VMM admits it in KVM_RUN alone.
 */
uint64_t tl_shim_kicks_taken(struct tl_shim_vcpu *vcpu);

/* hold.c: with --stop-all, no other vCPU runs while an exit in trouble is recorded */
/** Sets `running` when nobody holds the VM. True: that took a while. */
bool tl_shim_hold_enter(struct tl_shim_vcpu *vcpu);
/** False: the others were not asked to stop, and there is nothing to release. */
bool tl_shim_hold(struct tl_shim_vcpu *vcpu);
void tl_shim_hold_release(struct tl_shim_vcpu *vcpu);
/** True when only we have interrupted KVM_RUN, and the VMM could not have. */
bool tl_shim_hold_leave(struct tl_shim_vcpu *vcpu, int error);

/* coalesced.c, reply.c, exit.c, run.c: KVM_RUN */
void tl_shim_coalesced(struct tl_shim_vcpu *vcpu, uint64_t seq);
void tl_shim_reply(struct tl_shim_vcpu *vcpu, uint64_t now);
void tl_shim_exit(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret);
int tl_shim_run(struct tl_shim_vcpu *vcpu, int fd, void *arg);

/* input.c: every other ioctl */
void tl_shim_input(struct tl_shim_object *object, int fd, uint32_t request, void *arg, int result);
/** A capability that the VMM has enabled. */
void tl_shim_note_cap(struct tl_shim_object *object, const struct kvm_enable_cap *cap);

/* machine.c: VMs and vCPUs come up */
int tl_shim_create_vm(int fd, unsigned long type);
int tl_shim_create_vcpu(struct tl_shim_vm *vm, int fd, unsigned long id);
void tl_shim_vm_opened(struct tl_shim_vm *vm, int fd, uint64_t type, bool adopted);
void tl_shim_vcpu_opened(struct tl_shim_vcpu *vcpu, uint64_t id, bool adopted);

/* adopt.c: descriptors that we did not see being made */
struct tl_shim_object *tl_shim_adopt(int fd);

/* call.c: the door */
int tl_shim_ioctl(int fd, unsigned long request, void *arg);
int tl_shim_close(int fd);

/* interpose-syscall.c: seccomp filters (filter.h) */
/** Filters that were there before this program, but are not those of the collector, at that path. */
void tl_shim_filters_inherited(const char *arena_path);

#endif
