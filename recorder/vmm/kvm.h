/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_KVM_H
#define TL_RECORDER_VMM_KVM_H

#include "recorder/vmm/cpu.h"
#include "recorder/vmm/memory.h"
#include "recorder/vmm/vmm.h"

/** A virtual machine of this host's KVM. */
struct tl_kvm {
	int system;
	int vm;
	size_t run_size; /**< bytes of a vCPU's shared pages */
	size_t ring_at;	 /**< where in them the coalesced ring is; 0: nothing is coalesced */
	bool sync_regs;
	bool is_32bit; /**< arm64: of the vCPUs to come */
};

/** A vCPU of it. */
struct tl_kvm_cpu {
	struct tl_cpu cpu;  /**< first, so that one is the other */
	struct tl_kvm *kvm; /**< borrowed */
	int fd;
	bool synced; /**< x86: run->s.regs is the vCPU's state */
};

/** A machine without memory and vCPUs, with the capabilities that `options` ask for. */
TL_CHECK struct tl_error *tl_kvm_open(
	const struct tl_vmm_options *options, bool is_32bit, struct tl_kvm **ret);
void tl_kvm_close(struct tl_kvm *kvm);

/** Shows `memory` (borrowed until close) to the guest. An empty one is nothing. */
TL_CHECK struct tl_error *tl_kvm_add_memory(
	struct tl_kvm *kvm, unsigned slot, const struct tl_memory *memory, bool read_only);

/** A vCPU in the state that the architecture resets it to; owned by the caller. */
TL_CHECK struct tl_error *tl_kvm_cpu_open(struct tl_kvm *kvm, unsigned index, struct tl_cpu **ret);

/** The ioctl, through the recorder. Its error is `name` and errno. */
TL_CHECK struct tl_error *tl_kvm_ioctl(
	int fd, unsigned long request, const void *arg, const char *name);

/** What KVM_CHECK_EXTENSION says of `capability`; 0 when it does not know it. */
int tl_kvm_check(const struct tl_kvm *kvm, int capability);

/** What differs by architecture: kvm-arm64.c, kvm-x86_64.c. */
extern const struct tl_cpu_ops tl_kvm_cpu_ops;
unsigned long tl_kvm_arch_vm_type(const struct tl_kvm *kvm);
TL_CHECK struct tl_error *tl_kvm_arch_init(
	struct tl_kvm *kvm, const struct tl_vmm_options *options);
TL_CHECK struct tl_error *tl_kvm_arch_cpu_init(struct tl_kvm_cpu *cpu);

/** The parts of tl_kvm_cpu_ops that do not. */
int tl_kvm_cpu_run(struct tl_cpu *cpu);
void tl_kvm_cpu_close(struct tl_cpu *cpu);

#endif
