/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_RECORD_H
#define TL_SCHEMA_WIRE_RECORD_H

#include "arch/regs.h"

#include <stdint.h>

/*
 * What the shim tells the collector. Both run on one machine and come from one build (the arena's
 * version), so numbers are native; the collector copies every record before it looks at it and
 * bounds every length against the record's size.
 */
enum tl_record_type {
	/* 1 is TL_RING_PAD */
	TL_RECORD_PROCESS = 2,
	TL_RECORD_VM,
	TL_RECORD_VCPU,
	TL_RECORD_EXIT,
	TL_RECORD_REPLY,
	TL_RECORD_INPUT,
	TL_RECORD_COALESCED,
	TL_RECORD_NOTICE,
	TL_RECORD_GAP,
	TL_RECORD_CLOSED,
	TL_RECORD_REGION,
	TL_RECORD_PAGES,
	TL_RECORD_SCAN,
	TL_RECORD_END,
};

#define TL_NO_VM     UINT32_MAX
#define TL_NO_VCPU   UINT32_MAX
#define TL_NO_REASON UINT32_MAX /**< a KVM_RUN that failed: kvm_run's exit reason is stale */

/** A process that loaded the shim and touched KVM. */
struct tl_record_process {
	uint32_t pid;
	uint32_t pad;
	uint64_t time; /**< ns, CLOCK_MONOTONIC, like every time on the wire */
};

struct tl_record_cap {
	uint32_t cap;  /**< KVM_CAP_* */
	int32_t value; /**< KVM_CHECK_EXTENSION on the VM */
};

/** KVM_CREATE_VM succeeded. Followed by n_caps times struct tl_record_cap. */
struct tl_record_vm {
	uint32_t vm; /**< numbered from 0 over the whole recording */
	uint32_t pid;
	uint64_t time;
	uint64_t type; /**< the argument of KVM_CREATE_VM */
	uint32_t n_caps;
	uint32_t abi; /**< enum tl_abi */
	uint32_t pad;
	uint32_t adopted; /**< its creation was not seen: the descriptor came from elsewhere */
};

/** KVM_CREATE_VCPU succeeded. */
struct tl_record_vcpu {
	uint32_t vcpu; /**< numbered from 0 over the whole recording */
	uint32_t vm;
	uint64_t time;
	uint64_t id;	  /**< the argument of KVM_CREATE_VCPU */
	uint32_t adopted; /**< like tl_record_vm's; `id` is then unknown, UINT64_MAX */
	uint32_t ring;
};

enum {
	TL_EXIT_KEY = 1,	/**< `changed` is against all zeroes, not against the last exit */
	TL_EXIT_GIVEN_BACK = 2, /**< the VMM got ENOSYS instead: it never asked for this exit */
};

/**
 * A return of KVM_RUN. Followed by: the changed words (8 bytes each, ascending), `payload` bytes of
 * kvm_run from offset 32, `data` bytes of string PIO, `code` bytes of memory around PC, and `extra`
 * bytes of struct tl_record_extra with their values, each padded to 8.
 */
struct tl_record_exit {
	uint64_t seq;
	uint64_t entered; /**< time just before KVM_RUN */
	uint64_t exited;  /**< time just after it */
	uint32_t vcpu;
	uint32_t reason; /**< exit_reason or TL_NO_REASON */
	int32_t error;	 /**< errno of KVM_RUN, 0 when it succeeded */
	uint16_t flags;	 /**< TL_EXIT_* */
	uint16_t payload;
	uint16_t data;
	uint16_t code;
	uint16_t code_before; /**< how many of the code bytes stand before PC */
	uint16_t pad;
	uint32_t extra;
	uint64_t known[(TL_REG_WORDS + 63) / 64];
	uint64_t changed[(TL_REG_WORDS + 63) / 64];
};

struct tl_record_extra {
	uint64_t id;
	uint32_t size;
	uint32_t pad;
};

enum {
	TL_REPLY_CR8 = 1,	 /**< cr8 differs from what the exit showed */
	TL_REPLY_IRQ_WINDOW = 2, /**< request_interrupt_window is set */
	TL_REPLY_IMMEDIATE = 4,	 /**< immediate_exit is set */
	TL_REPLY_OURS = 8, /**< the recorder entered again: the VMM did not ask for this exit */
};

/**
 * The VMM called KVM_RUN again: its answer to exit `seq` is complete. Followed by `answer` bytes
 * (the bytes of the payload, or of PIO data, that userspace fills for this kind of exit) and
 * `sync` bytes of kvm_run.s.regs when it set kvm_dirty_regs.
 */
struct tl_record_reply {
	uint64_t seq;
	uint64_t time;
	uint64_t cr8;
	uint64_t dirty; /**< kvm_dirty_regs */
	uint32_t vcpu;
	uint32_t flags; /**< TL_REPLY_* */
	uint32_t answer;
	uint32_t sync;
};

/** A state-changing ioctl. Followed by `size` bytes: its argument, in the words of ioctls.def. */
struct tl_record_input {
	uint64_t seq; /**< the exit it comes after; exits of other vCPUs may be under way */
	uint64_t time;
	uint32_t vm;	 /**< TL_NO_VM for the system descriptor */
	uint32_t vcpu;	 /**< TL_NO_VCPU where it is no vCPU's */
	uint32_t device; /**< descriptor number of a KVM device; 0 where it is none's */
	uint32_t request;
	uint64_t arg;	/**< the argument where it is a value; else 0 */
	int64_t result; /**< -1 when it failed */
	int32_t error;
	uint32_t size;
};

/** A write that KVM queued without an exit, found by the time that exit `seq` returned. */
struct tl_record_coalesced {
	uint64_t seq;
	uint64_t addr;
	uint32_t vm;
	uint32_t size;
	uint32_t pio;
	uint32_t number; /**< in the VM's queue, from 0 */
	uint8_t data[8];
};

enum tl_notice_level { TL_NOTICE_INFO = 1, TL_NOTICE_WARNING, TL_NOTICE_ERROR };

/** Something a person should know. Followed by `size` bytes of text. */
struct tl_record_notice {
	uint64_t seq;
	uint64_t time;
	uint32_t vcpu;
	uint32_t level;
	uint32_t size;
	uint32_t pad;
};

/** Records that never got into the ring, because it stayed full. */
struct tl_record_gap {
	uint64_t from_seq; /**< first lost exit; 0 when only other records were lost */
	uint64_t to_seq;
	uint64_t lost;
	uint32_t vcpu;
	uint32_t pad;
};

/*
 * Memory. A scan is one look at the memory behind a VM's slots. It has a number, which orders it
 * among all scans, and consists of REGION and PAGES records that are followed by one SCAN record:
 * without that one it is not whole. Pages are named by their address in the VMM, where slots may
 * show them at several guest physical addresses.
 */
enum {
	TL_PAGE_BYTES = 4096,
	TL_PAGES_MOST = 64, /**< in one record */
};

/** What a trace knows of a piece of host memory from a scan on. */
enum tl_region_kind {
	TL_REGION_GONE,	  /**< no slot shows it any more */
	TL_REGION_EXACT,  /**< every page that was written since */
	TL_REGION_SHARED, /**< but for writes that do not pass this process's page tables */
	TL_REGION_GUEST,  /**< every page that the guest has written, but not the VMM */
	TL_REGION_NONE,	  /**< nothing */
	TL_REGION_KINDS,
};

/** Host memory comes under watch, or leaves it. Followed by `size` bytes of text: why. */
struct tl_record_region {
	uint64_t scan; /**< the first that counts; it holds every page that is not all zeroes */
	uint64_t host;
	uint64_t bytes;
	uint32_t vm;
	uint32_t kind; /**< enum tl_region_kind */
	uint32_t size;
	uint32_t pad;
};

#define TL_PAGE_UNREADABLE UINT64_C(1) /**< in a page's address: its bytes mean nothing */

/** Followed by `pages` host addresses (8 bytes each) and as many times TL_PAGE_BYTES. */
struct tl_record_pages {
	uint64_t scan;
	uint32_t vm;
	uint32_t pages;
};

enum tl_scan_kind {
	TL_SCAN_PAGES,	 /**< only the pages that it lists */
	TL_SCAN_WHOLE,	 /**< all slots: what it does not list is all zeroes */
	TL_SCAN_CHANGES, /**< in the regions under watch, what was written since the scan before */
	TL_SCAN_KINDS,
};

/** Where an exit is, in the order in which memory may change. */
enum tl_phase {
	TL_PHASE_EXIT,	/**< as KVM_RUN returned */
	TL_PHASE_REPLY, /**< as the VMM calls it again: what the VMM wrote is there */
	TL_PHASES,
};

/** Ends a scan. */
struct tl_record_scan {
	uint64_t scan;
	uint64_t seq; /**< 0 with TL_PHASE_REPLY: before the first exit */
	uint64_t pages;
	uint32_t vm;
	uint32_t phase;	  /**< enum tl_phase */
	uint32_t kind;	  /**< enum tl_scan_kind */
	uint32_t running; /**< other vCPUs of the VM that ran meanwhile */
};

/** A vCPU's or VM's descriptor was closed. */
struct tl_record_closed {
	uint64_t seq;
	uint64_t time;
	uint32_t vm;
	uint32_t vcpu; /**< TL_NO_VCPU: the VM itself */
};

#endif
