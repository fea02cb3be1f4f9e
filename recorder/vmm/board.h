/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_BOARD_H
#define TL_RECORDER_VMM_BOARD_H

#include "recorder/vmm/bus.h"
#include "recorder/vmm/cpu.h"
#include "recorder/vmm/elf.h"
#include "recorder/vmm/memory.h"
#include "recorder/vmm/vmm.h"

/** What the machine looks like to its guest. */
struct tl_board {
	const char *name;     /**< of the architecture: "arm64", "x86_64" */
	uint16_t elf_machine; /**< e_machine of the 64-bit guests it runs */
	uint16_t elf_32;      /**< e_machine of the 32-bit ones; EM_NONE: it runs none */
	tl_gpa ram_base;
	uint64_t ram_limit;	  /**< bytes: the most RAM it can have */
	struct tl_range reserved; /**< RAM that the start state takes, so that no segment may */
	const struct tl_bus_device *devices;
	unsigned n_devices;
	/** Gives `cpu` the registers it starts with, and RAM what they point to. */
	struct tl_error *(*start)(struct tl_cpu *cpu, const struct tl_image *image,
		const struct tl_memory *ram, unsigned n_vcpus);
};

/**
 * The board of this host's architecture.
 *
 * x86_64: an ELF64 file starts in long mode, the first 4 GiB mapped to themselves by 2 MiB pages
 * (tables at 0x1000..0x7000), an ELF32 file in 32-bit protected mode without paging. Segments are
 * flat and there is no descriptor table: a guest that loads a segment register or takes an
 * exception brings its own. rsp is the end of RAM less 64 KiB per vCPU before this one. Interrupts
 * are off and there is no APIC.
 *
 * arm64: EL1h, MMU and caches off, interrupts masked, as KVM_ARM_VCPU_INIT leaves it; SP is not
 * set. An ELF32 file starts in SVC mode, r0 and r1 standing for x0 and x1. No GIC. Other vCPUs are
 * off until PSCI CPU_ON (HVC) starts them.
 */
extern const struct tl_board tl_board;

#endif
