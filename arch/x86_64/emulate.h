/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_EMULATE_H
#define TL_ARCH_X86_64_EMULATE_H

#include "arch/answer.h"
#include "arch/x86_64/insn.h"

/**
 * What KVM does when userspace has answered: `value` is what a read gives, each element the same
 * where string I/O asks for several; it does not count for a write. Registers, flags and RIP as
 * KVM_GET_REGS shows them before the guest goes on; accesses to memory, and to the device where one
 * read leads to a write. Registers stand still where KVM has carried the instruction out before the
 * exit. Not known, with the reason: an instruction that is not found or that is not modelled, a
 * register that was not recorded, memory whose translation is not known. `insn` may be NULL: it was
 * not found.
 */
enum tl_answer_status tl_x86_complete_mmio(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_x86_insn *insn, uint64_t value, struct tl_effect *ret,
	struct tl_why *ret_why);
enum tl_answer_status tl_x86_complete_port(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_x86_insn *insn, uint64_t value, struct tl_effect *ret,
	struct tl_why *ret_why);

#endif
