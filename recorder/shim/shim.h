/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_SHIM_H
#define TL_RECORDER_SHIM_SHIM_H

#include "arch/arch.h"
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
	_Atomic bool refused;	 /**< a confidential guest: nothing more is recorded of it */
	_Atomic bool coalescing; /**< the VMM has made a zone of coalesced writes, or may have */
	_Atomic uint64_t coalesced_seen; /**< how many were taken << 32 | the next one's slot */
	struct kvm_coalesced_mmio coalesced[TL_SHIM_COALESCED]; /**< its entries when taken */
	_Atomic uint32_t slots_version;				/**< odd while the slots change */
	uint32_t n_slots;
	struct tl_shim_slot slots[TL_SHIM_SLOTS];
};

/**
 * A translation of PC's page that holds while the table entries read for it stay the same. Every
 * place in it has been read through the kernel once.
 */
struct tl_shim_translation {
	bool valid;
	uint32_t slots_version;
	tl_gva page;
	uint64_t key[6]; /**< the registers that the walk depends on */
	struct tl_walk walk;
	uint64_t step_host[TL_WALK_STEPS];
	uint64_t step_raw[TL_WALK_STEPS]; /**< the entries as they stand in memory */
	uint64_t page_host;
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
	struct tl_regs last;		 /**< registers as last published */
	bool key;			 /**< the next exit is published whole */
	uint64_t exits;
	struct tl_shim_translation translation[2];
	_Atomic bool reading; /**< memory of the slots, at this moment */

	uint32_t vmm_valid_regs; /**< x86: kvm_valid_regs as the VMM set it */
	uint8_t vmm_sync[sizeof(struct kvm_sync_regs)];
	uint8_t union_before[16]; /**< bytes 32..47 of kvm_run before KVM_RUN */
	uint8_t *extras;	  /**< TL_SHIM_EXTRAS bytes, with --regs full */
	uint32_t extras_size;
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
	bool give_back;
	struct tl_regs regs;
	uint8_t code[64];
	uint16_t code_size, code_before;
};

/*
 * The files, from the bottom up: each uses only those before it.
 */

/* next.c: what the VMM would have called without us */
void *tl_shim_next(const char *name);
int tl_shim_real_ioctl(int fd, unsigned long request, void *arg);
int tl_shim_real_close(int fd);

/* arena.c: the recording that this process is part of */
extern struct tl_arena *tl_shim_arena; /**< NULL: nothing is being recorded */
/** Consumes the arena's descriptor. False when it is not an arena of ours. */
bool tl_shim_attach(int fd);
bool tl_shim_recording(void);
void tl_shim_refuse(void); /**< this process is not to be recorded after all */
const struct tl_record_options *tl_shim_options(void);
int tl_shim_arena_descriptor(void);
uint64_t tl_shim_now(void);
/** The descriptor under a high number, where a VMM that counts on low ones never meets it. */
int tl_shim_move_up(int fd);
bool tl_shim_ring_claim(struct tl_shim_ring *ring);
void tl_shim_ring_free(struct tl_shim_ring *ring);

/* produce.c: records into rings */
/** Room for a record; NULL when it is lost. `exit_seq` is 0 for a record that is no exit. */
void *tl_shim_reserve(struct tl_shim_ring *ring, uint32_t vcpu, uint32_t body, uint64_t exit_seq);
void tl_shim_notice(
	struct tl_shim_ring *ring, uint32_t vcpu, enum tl_notice_level level, const char *text);

/* control.c: the control channel */
int tl_shim_control_descriptor(void);
bool tl_shim_control_open(void); /**< false: the collector does not want us */
void tl_shim_control_forget(void);

/* process.c: this process in the recording */
/** The ring for everything that is no vCPU's own; without memory (ring.data) there is none. */
struct tl_shim_ring *tl_shim_process_ring(void);
bool tl_shim_owns_descriptor(int fd);

/* host.c: what KVM offers here */
struct tl_shim_host {
	size_t run_bytes;     /**< KVM_GET_VCPU_MMAP_SIZE, 0 if unknown */
	uint32_t sync_regs;   /**< KVM_CAP_SYNC_REGS */
	const uint32_t *msrs; /**< x86: KVM_GET_MSR_INDEX_LIST */
	uint32_t n_msrs;
	size_t page;	    /**< bytes of a page of this host */
	uint32_t coalesced; /**< entries of KVM's ring of coalesced writes, which is one page */
};
const struct tl_shim_host *tl_shim_host(void);

/* object.c: what descriptors stand for; who makes or gets an object is one of its users */
struct tl_shim_vm *tl_shim_vm_new(void);
struct tl_shim_vcpu *tl_shim_vcpu_new(struct tl_shim_vm *vm, int fd);
struct tl_shim_device *tl_shim_device_new(void);
void tl_shim_object_put(struct tl_shim_object *object);
/** Returns when no vCPU reads memory of the slots as they were before. */
void tl_shim_wait_for_readers(const struct tl_shim_vm *vm);

/* descriptor.c: which object each descriptor stands for */
enum { TL_SHIM_DESCRIPTORS = 1 << 16 };
struct tl_shim_object *tl_shim_object_get(int fd);
bool tl_shim_descriptor_known(int fd);
void tl_shim_descriptor_made(int fd, struct tl_shim_object *object); /**< consumes a user */
void tl_shim_descriptor_closed(int fd);
void tl_shim_descriptor_copied(int from, int to);

/* slot.c: guest physical memory in this process */
void tl_shim_slot_set(struct tl_shim_vm *vm, const struct tl_shim_slot *slot);
uint64_t tl_shim_slot_find(const struct tl_shim_vm *vm, unsigned space, tl_gpa gpa, size_t size);

/* memory.c: reads that cannot fault */
bool tl_shim_read(uint64_t host, void *buf, size_t size);

/* code.c: memory around PC */
void tl_shim_code(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret);

/* regs-arm64.c, regs-x86_64.c: registers at an exit, as far as --regs says */
void tl_shim_regs_before(struct tl_shim_vcpu *vcpu);
void tl_shim_regs_after(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret);
void tl_shim_extras(struct tl_shim_vcpu *vcpu, int fd);
void tl_shim_translation_key(const struct tl_regs *regs, uint64_t key[6]);

/* coalesced.c, reply.c, exit.c, run.c: KVM_RUN */
void tl_shim_coalesced(struct tl_shim_vcpu *vcpu, uint64_t seq);
void tl_shim_reply(struct tl_shim_vcpu *vcpu, uint64_t now);
void tl_shim_exit(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret);
int tl_shim_run(struct tl_shim_vcpu *vcpu, int fd, void *arg);

/* input.c: every other ioctl */
void tl_shim_input(struct tl_shim_object *object, int fd, uint32_t request, void *arg, int result);

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

#endif
