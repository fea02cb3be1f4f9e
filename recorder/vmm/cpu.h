/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_CPU_H
#define TL_RECORDER_VMM_CPU_H

#include "arch/state.h"
#include "schema/error.h"

struct kvm_run;
struct kvm_coalesced_mmio_ring;
struct tl_cpu;

/** What makes a vCPU run: KVM (kvm.h), or anything else that reports its exits in KVM's form. */
struct tl_cpu_ops {
	/**
	 * Completes what the last exit left open, then runs until the next exit, which cpu->run
	 * holds afterwards. 0, or the errno of KVM_RUN (KVM API 4.10): EINTR after a signal or with
	 * run->immediate_exit set; cpu->run then holds no new exit.
	 */
	int (*run)(struct tl_cpu *cpu);
	/** Reads the registers of that level; a register that this vCPU does not have stays
	 * unknown. */
	struct tl_error *(*get)(struct tl_cpu *cpu, enum tl_reg_level level, struct tl_regs *ret);
	/** Writes the known words of `regs`, and no other register. */
	struct tl_error *(*set)(struct tl_cpu *cpu, const struct tl_regs *regs);
	/** The access of the last exit ends in an external data abort. NULL: the CPU has no such
	 * thing. */
	struct tl_error *(*abort)(struct tl_cpu *cpu);
	/** A system error interrupt becomes pending; `esr` is its ISS when `has_esr`. NULL: as above. */
	struct tl_error *(*serror)(struct tl_cpu *cpu, bool has_esr, uint64_t esr);
	/** SIMD and FP registers, and those of `mask` set. NULL: not by this. */
	struct tl_error *(*get_vectors)(struct tl_cpu *cpu, struct tl_vectors *ret);
	struct tl_error *(*set_vectors)(
		struct tl_cpu *cpu, const struct tl_vectors *vectors, uint32_t mask);
	void (*close)(struct tl_cpu *cpu);
};

/** One vCPU. Used by one thread at a time, but for run->immediate_exit, which any thread may set.
 */
struct tl_cpu {
	const struct tl_cpu_ops *ops;
	unsigned index;			      /**< counts from 0 */
	struct kvm_run *run;		      /**< the last exit, and the reply to it */
	struct kvm_coalesced_mmio_ring *ring; /**< writes queued without an exit; NULL: none are */
};

#endif
