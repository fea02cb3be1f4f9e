/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_DISASSEMBLY_H
#define TL_REPLAYER_DISASSEMBLY_H

#include "arch/trap.h"
#include "schema/error.h"

/** One line: an instruction, or bytes that are none. */
struct tl_disassembled {
	tl_gva va;
	uint8_t bytes[16];
	uint8_t size;
	char mnemonic[32];  /**< "str"; ".word", ".short" or ".byte" when it is no instruction */
	char operands[160]; /**< "w1, [x0], #4" */
	bool is_pc;	    /**< the instruction that trapped */
};

/**
 * The code that the trap has, one line an instruction, in the state's mode (A64, A32, T32; 16,
 * 32, 64 bits; A64 or 64 bits when the registers do not tell). `at` is the virtual address of the
 * instruction that trapped and `at_offset` where its first byte stands in trap->code, which is
 * not PC on x86 behind an OUT. Lines before it are those whose ends meet it. At most `max` lines,
 * `at` among them. Returns how many, 0 when there is no code.
 */
TL_CHECK struct tl_error *tl_disassemble(const struct tl_state *state, const struct tl_trap *trap,
	tl_gva at, unsigned at_offset, struct tl_disassembled *ret, size_t max, size_t *ret_n);

#endif
