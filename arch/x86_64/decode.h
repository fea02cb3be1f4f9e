/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_DECODE_H
#define TL_ARCH_X86_64_DECODE_H

#include "arch/trap.h"
#include "arch/x86_64/insn.h"

enum tl_x86_decoded {
	TL_X86_DECODED,
	TL_X86_TRUNCATED, /**< it goes on behind the bytes */
	TL_X86_UNDEFINED, /**< no instruction, or one of more than 15 bytes */
};

/**
 * Decodes the instruction that `code` begins with, where `mode` is 16, 32 or 64: the length of any,
 * and what else struct tl_x86_insn names. Near branches are those of Intel's CPUs, where in 64-bit
 * code an operand size prefix does not shorten them. Does not judge what only the CPU's features or
 * registers forbid. SDM volume 2, chapter 2 and appendix A.
 */
enum tl_x86_decoded tl_x86_decode(
	unsigned mode, const uint8_t *code, size_t size, struct tl_x86_insn *ret);

/** The kind of code that CS is: 16, 32 or 64. False when a register that says so is not known. */
bool tl_x86_mode(const struct tl_regs *regs, unsigned *ret);

/**
 * The instruction that trapped, found in the code around RIP; `*ret_at` is how far from RIP it
 * begins: 0 or negative. KVM leaves RIP on an instruction that reads, and on a repeated string
 * instruction; what writes memory is already behind RIP, and an OUT may be either (since Linux 5.1
 * VMX and SVM leave RIP on it, the emulator does not). Of what could have made the exit the one is
 * taken whose direction, size, address and value agree best. Of an exit that is no access it is
 * what stands at RIP. False when there is none, or when code or a register is not known.
 */
bool tl_x86_trapping(const struct tl_state *state, const struct tl_trap *trap,
	struct tl_x86_insn *ret, int *ret_at);

/**
 * The linear address that a trapping instruction accessed: of a string instruction the element that
 * trapped; of MOVS and CMPS their source, or behind a write MOVS' destination. False when it
 * accesses none or a register that it needs is not known.
 */
bool tl_x86_effective_address(
	const struct tl_state *state, const struct tl_x86_insn *insn, tl_gva *ret);

#endif
