/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_TRAP_H
#define TL_ARCH_TRAP_H

#include "arch/state.h"

/** Why the guest stopped, apart from any kernel's numbers. */
enum tl_trap_kind {
	TL_TRAP_OTHER, /**< nothing that an instruction's answer can be given to */
	TL_TRAP_MMIO,
	TL_TRAP_PIO,	 /**< x86 */
	TL_TRAP_NISV,	 /**< arm64: KVM_EXIT_ARM_NISV, or the ENOSYS that stands for it */
	TL_TRAP_LDST64B, /**< arm64: KVM_EXIT_ARM_LDST64B */
	TL_TRAP_IDSR,	 /**< arm64: an IMPLEMENTATION DEFINED system register */
	TL_TRAP_SEA,	 /**< arm64: KVM_EXIT_ARM_SEA */
	TL_TRAP_RDMSR,	 /**< x86 */
	TL_TRAP_WRMSR,	 /**< x86 */
	TL_TRAP_HYPERCALL,
	TL_TRAP_SYSTEM_EVENT,
	TL_TRAP_INTERNAL_ERROR, /**< KVM_EXIT_INTERNAL_ERROR */
	TL_TRAP_FAILED,		/**< KVM_RUN failed, and its errno is all there is */
	TL_TRAP_OOPS,		/**< no exit: the guest's own report of an exception, from a log */
	TL_TRAP_KINDS,
};

/** The name in people's words: "MMIO", "NISV", "failed KVM_RUN". */
const char *tl_trap_name(enum tl_trap_kind kind);

/** One exit as the kernel told it, what it did not tell left out. Pointers are borrowed. */
struct tl_trap {
	enum tl_trap_kind kind;
	int error; /**< errno of KVM_RUN as the VMM saw it; 0: it succeeded */

	bool has_address, has_size, has_write, has_value, has_esr, has_far;
	uint64_t address; /**< guest physical, port, MSR, register (Op0..Op2 as in KVM's SYSREG ids;
			       from AArch32 Op0 is 0 and bit 16 the fourth bit of MRRC's opc1), or
			       number of the hypercall */
	uint64_t size;	  /**< bytes */
	bool write;
	uint64_t value;	 /**< what the guest writes */
	uint32_t count;	 /**< x86 string I/O; else 1 */
	uint64_t esr;	 /**< arm64 */
	bool esr_is_iss; /**< only esr_iss as a NISV exit has it: CM, WnR and FSC */
	uint64_t far;

	const uint8_t *code;		 /**< memory around PC */
	uint16_t code_size, code_before; /**< the byte at PC is number `code_before` */

	bool has_reply; /**< the VMM's answer is known */
	uint64_t reply; /**< of a read */
	bool handled;	/**< IDSR: is_handled; MSR: error was left 0 */
};

/** `size` bytes from `at` bytes behind PC (before it when negative). False when not there. */
bool tl_trap_code(const struct tl_trap *trap, int at, void *buf, size_t size);

#endif
