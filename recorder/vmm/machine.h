/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_MACHINE_H
#define TL_RECORDER_VMM_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "recorder/vmm/board.h"
#include "recorder/vmm/kvm.h"

/** A vCPU and the thread that runs it. */
struct tl_vcpu {
	struct tl_machine *machine;
	struct tl_cpu *cpu; /**< owned */
	pthread_t thread;
	bool halted;	 /**< it waits for an interrupt, and none can come */
	uint64_t *cells; /**< owned: what IMPLEMENTATION DEFINED registers hold (idsr.c) */
};

enum { TL_MACHINE_MAPPED = 16 };

/** The machine under way: what its vCPUs share. */
struct tl_machine {
	const struct tl_vmm_options *options;
	const struct tl_board *board;
	struct tl_memory ram, rom;
	struct tl_memory mapped[TL_MACHINE_MAPPED]; /**< that answers made appear */
	unsigned n_mapped;
	struct tl_kvm *kvm; /**< owned */
	struct tl_vcpu vcpus[TL_VMM_VCPUS];
	unsigned n_vcpus;
	unsigned n_threads;

	pthread_mutex_t bus_lock;  /**< devices */
	uint8_t uart_scratch;	   /**< 16550: SCR */
	pthread_mutex_t ring_lock; /**< the ring of coalesced writes */

	pthread_mutex_t end_lock; /**< the rest */
	atomic_bool ended;
	int status;
	struct tl_error *error; /**< owned: why it ended early */
	unsigned n_halted;
};

/** Any thread may get a vCPU out of the guest; only its own takes that back. */
void tl_vcpu_leave(struct tl_vcpu *vcpu, bool at_once);

/** Runs all vCPUs until the machine ends; its status, or its error, which then is the caller's. */
TL_CHECK struct tl_error *tl_machine_run(struct tl_machine *machine, int *ret_status);

/**
 * Ends the machine, with a status or an error (consumed), and gets its vCPUs out of the guest. The
 * first end is the one that counts. The caller holds no lock of the machine but bus_lock or
 * ring_lock.
 */
void tl_machine_end(struct tl_machine *machine, int status, struct tl_error *err);

/** This vCPU waits for an interrupt; when all do, the machine ends with status 0. */
void tl_machine_halt(struct tl_vcpu *vcpu);

#endif
