/* SPDX-License-Identifier: MIT */
/**
 * The reference VMM: one small machine (RAM, a UART, an exit port) that runs a static ELF file.
 * It is also the example of how a VMM embeds the recorder: kvm.c and its two companions are all
 * that changes, where every KVM ioctl goes through trapline_ioctl().
 *
 *		   x86_64				arm64
 *   RAM	   from 0				from 0x40000000
 *   UART	   16550, ports 0x3f8..0x3ff		PL011, 0x09000000
 *   exit port	   out 0xf4, al				a 32-bit write to 0x090f0000
 *   start	   every vCPU at the entry point	vCPU 0 at the entry point; PSCI CPU_ON
 *   given	   rdi = vCPU, rsi = how many		x0 = vCPU, x1 = how many
 *
 * More on how a vCPU starts is in board.h.
 */
#ifndef TL_RECORDER_VMM_VMM_H
#define TL_RECORDER_VMM_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/answer.h"
#include "schema/error.h"

/** What becomes of an access to an address or port where there is nothing. */
enum tl_unanswered {
	TL_UNANSWERED_STOP,  /**< the run ends with an error that names the access */
	TL_UNANSWERED_ZERO,  /**< reads give 0, writes are lost */
	TL_UNANSWERED_ONES,  /**< reads give all ones, writes are lost */
	TL_UNANSWERED_ABORT, /**< arm64: an external data abort */
};

/** What becomes of an access that KVM cannot describe (arm64: ESR_EL2.ISV is 0). */
enum tl_nisv {
	TL_NISV_OFF, /**< KVM_CAP_ARM_NISV_TO_USER stays off: KVM_RUN fails, and the run with it */
	TL_NISV_ABORT, /**< an external data abort */
	TL_NISV_STOP,  /**< the run ends with an error that names IPA and syndrome */
	TL_NISV_SKIP,  /**< the instruction has no effect */
};

/** What becomes of an access to an IMPLEMENTATION DEFINED register (arm64, a kernel with that exit). */
enum tl_idsr {
	TL_IDSR_OFF,   /**< KVM_CAP_ARM_IDSR_TO_USER stays off: undefined, without an exit */
	TL_IDSR_RAZ,   /**< reads give 0, writes are lost */
	TL_IDSR_CELL,  /**< each register of each vCPU holds what was written last, 0 at first */
	TL_IDSR_UNDEF, /**< undefined */
};

enum { TL_VMM_ANSWERS = 8, TL_VMM_VALUES = 16 };

/** An answer that is always given to exits of one kind. */
struct tl_vmm_answer {
	enum tl_trap_kind kind; /**< MMIO and PIO: where no device answers; NISV, IDSR: always */
	enum tl_answer_id id;
	unsigned n_values; /**< EMULATE: of reads, else the bus answers them */
	uint64_t values[TL_VMM_VALUES];
};

/** The names people use, in the order of the enums; NULL ends them. */
extern const char *const tl_unanswered_names[];
extern const char *const tl_nisv_names[];
extern const char *const tl_idsr_names[];

/** Guest physical addresses, or ports. */
struct tl_range {
	uint64_t base;
	uint64_t size; /**< 0: there is none */
};

/** All zero but for `elf` gives a machine with TL_VMM_RAM of RAM, one vCPU and the console on 0. */
struct tl_vmm_options {
	const char *elf;  /**< borrowed: the guest */
	uint64_t ram;	  /**< bytes, whole pages; 0: TL_VMM_RAM */
	unsigned n_vcpus; /**< at most TL_VMM_VCPUS; 0: 1 */
	int console; /**< descriptor that the UART's bytes are written to; stays the caller's */
	enum tl_unanswered unanswered;
	enum tl_nisv nisv;
	enum tl_idsr idsr;
	unsigned n_answers; /**< they come before the policies above */
	struct tl_vmm_answer answers[TL_VMM_ANSWERS];
	struct tl_range rom;		/**< zeroed memory that is read-only to the guest */
	struct tl_range coalesced_mmio; /**< writes here queue without an exit */
	struct tl_range coalesced_pio;	/**< x86: the same for ports */
	bool sync_regs;			/**< x86: registers cross in kvm_run (KVM_CAP_SYNC_REGS) */
	unsigned interrupt_every; /**< every n-th KVM_RUN has immediate_exit set, n > 1; 0: none */
	/** Counts every return of KVM_RUN, failed ones too; may be shared memory. NULL: none. */
	_Atomic uint64_t *n_runs;
};

#define TL_VMM_RAM   (64ULL << 20)
#define TL_VMM_VCPUS 16

/**
 * Runs the guest to its end on the KVM of this machine, in one thread per vCPU. Gives the status
 * that the guest wrote to its exit port; 0 when it powered off (PSCI SYSTEM_OFF) or when its last
 * vCPU halted. A guest that ends in any other way (triple fault, reset, an access under a policy
 * of `stop`) is an error.
 *
 * Takes SIGRTMIN for the process, and keeps it: the signal gets vCPUs out of KVM_RUN.
 */
TL_CHECK struct tl_error *tl_vmm_run(const struct tl_vmm_options *options, int *ret_status);

#endif
