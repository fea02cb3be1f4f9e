/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_GENERAL_H
#define TL_ARCH_X86_64_GENERAL_H

#include "arch/bytes.h"
#include "arch/state.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/regs.h"

/* The general registers by the numbers that encodings have, whose order is not that of tl_regs. */

enum { TL_X86_A, TL_X86_C, TL_X86_DX, TL_X86_BX, TL_X86_SP, TL_X86_BP, TL_X86_SI, TL_X86_DI };

/** The register of that number: TL_X86_rax for 0. */
enum tl_x86_reg tl_x86_general(unsigned n);

/** The low `size` bytes, or AH to BH. False when it is not known. */
bool tl_x86_general_get(
	const struct tl_regs *regs, unsigned n, unsigned size, bool high, uint64_t *ret);

/** How far RSI and RDI go with one element, by RFLAGS.DF. False when that is not known. */
bool tl_x86_step(const struct tl_regs *regs, const struct tl_x86_insn *insn, int64_t *ret);

/** The linear address of segment:offset. */
bool tl_x86_linear(const struct tl_regs *regs, const struct tl_x86_insn *insn, unsigned segment,
	uint64_t offset, tl_gva *ret);

/** That of SOURCE, DESTINATION or ADDRESS, by the registers as they are. */
bool tl_x86_place(const struct tl_regs *regs, const struct tl_x86_insn *insn,
	enum tl_x86_place place, tl_gva *ret);

/** The guest physical address of a linear one. False when its page is not mapped or not known. */
bool tl_x86_physical(const struct tl_state *state, tl_gva va, tl_gpa *ret);

#endif
