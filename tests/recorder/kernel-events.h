/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_KERNEL_EVENTS_H
#define TL_TESTS_RECORDER_KERNEL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What KVM itself says happened: its trace events kvm_userspace_exit, kvm_mmio and, by the machine,
 * kvm_pio or kvm_exit and kvm_mmio_nisv, from a tracefs instance of the test's own. They are made in the kernel,
 * next to the thing itself.
 */
enum kernel_event_kind {
	KERNEL_EXIT,	   /**< KVM_RUN returns */
	KERNEL_MMIO_WRITE, /**< before anybody, in the kernel or outside, has taken it */
	KERNEL_MMIO_ASKED, /**< a read that leaves for userspace ("unsatisfied-read") */
	KERNEL_MMIO_READ,  /**< a read with its value: from the kernel, or userspace's answer */
	KERNEL_PIO_OUT,	   /**< before anybody has taken it */
	KERNEL_PIO_IN,	   /**< with its value, like KERNEL_MMIO_READ */
	KERNEL_NISV,	   /**< arm64: an access without syndrome, whoever asked for its exit */
	KERNEL_TRAP,	   /**< arm64: the guest is left; `value` is the exception class, or 0 */
};

struct kernel_event {
	enum kernel_event_kind kind;
	int thread;
	int64_t reason;	      /**< KERNEL_EXIT: KVM_EXIT_*, or -errno when KVM_RUN failed */
	uint64_t addr, value; /**< the others; of a string instruction the first value; NISV: ESR */
	uint64_t pc;	      /**< KERNEL_NISV, KERNEL_TRAP */
	unsigned size, count;
	bool taken; /**< the reader's own mark */
};

struct kernel_events;

/** NULL, after saying why, where this kernel has no tracefs with these events. */
struct kernel_events *kernel_events_open(void);
void kernel_events_close(struct kernel_events *events);

/** From now on the events of that process alone, of its threads and of its children to come. */
void kernel_events_follow(struct kernel_events *events, pid_t pid);

/** All that happened, in order; fails when the kernel lost any. Valid until the next call. */
struct kernel_event *kernel_events_read(struct kernel_events *events, size_t *ret_n);

#endif
