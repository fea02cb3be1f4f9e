/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_DECODE_A32_H
#define TL_ARCH_ARM64_DECODE_A32_H

/* The classes of A32 and T32 instructions, each in its file; decode_a32.c, decode_t32.c know them. */

#include "arch/arm64/decode_a64.h"

/* decode_a32_register.c: of one register, or of a pair */
tl_arm64_class tl_a32_immediate, tl_a32_index, tl_a32_extra, tl_a32_preload;

/* decode_a32_ordered.c: with acquire, release, a monitor; SWP */
tl_arm64_class tl_a32_exclusive, tl_a32_swap;

/* decode_a32_multiple.c: LDM, STM, RFE, SRS */
tl_arm64_class tl_a32_multiple, tl_a32_return, tl_a32_store_return;

/* decode_a32_vector.c: VLDR, VLDM and such. T32 has the same words, but 0xf4...... is 0xf9...... there. */
tl_arm64_class tl_a32_float, tl_a32_floats;

/* decode_a32_structure.c: VLD1 to VLD4 and VST1 to VST4, of T32 as well with the first byte of A32 */
tl_arm64_class tl_a32_structures, tl_a32_single_structure;

/* decode_a32_system.c: what coprocessors 14 and 15 became. The same words in T32. */
tl_arm64_class tl_a32_move, tl_a32_move_pair, tl_a32_debug_transfer;

/* decode_t32_register.c, decode_t32_ordered.c, decode_t32_multiple.c: words of 32 bits */
tl_arm64_class tl_t32_single, tl_t32_literal, tl_t32_dual, tl_t32_exclusive, tl_t32_multiple,
	tl_t32_return, tl_t32_store_return, tl_t32_structures;

/* decode_t32_narrow.c: of 16 bits */
tl_arm64_class tl_t32_narrow_literal, tl_t32_narrow_index, tl_t32_narrow_immediate,
	tl_t32_narrow_stack, tl_t32_narrow_multiple, tl_t32_narrow_push;

/** Four bits, from bit `low` on. */
static inline uint8_t tl_a32_reg(uint32_t word, unsigned low)
{
	return word >> low & 15;
}

/** Notes why it is CONSTRAINED UNPREDICTABLE, when it is; the first reason counts. */
static inline void tl_a32_unsure(struct tl_arm64_insn *i, bool when, const char *why)
{
	if (when && !i->unpredictable)
		i->unpredictable = why;
}

/** Bits that the Arm ARM writes in brackets. */
static inline void tl_a32_should_be(struct tl_arm64_insn *i, uint32_t mask, uint32_t value)
{
	tl_a32_unsure(i, (i->word & mask) != value, "a bit is not what it should be");
}

/** One general register: LDR, STRB, LDRSH, LDRT ..., with 1 << log bytes. The address is still to come. */
void tl_a32_one(struct tl_arm64_insn *i, bool loads, unsigned log, bool is_signed);

/** "ldrt" and such: what A32 has with P = 0 and W = 1. */
void tl_a32_unprivileged(struct tl_arm64_insn *i);

/** Once registers and address of one register, or of a pair, are known: what follows from them. */
void tl_a32_finish(struct tl_arm64_insn *i);

/** `rm`, shifted as type (bits 6 and 5) and `amount` say. */
void tl_a32_shift(struct tl_arm64_insn *i, unsigned amount);

/** Of P, U and W: how base and offset go together. */
enum tl_arm64_address tl_a32_mode(bool p, bool w, bool by_register);

/**
 * LDA, LDREX and such; registers and `exclusive` are known. `size` is A32's field: a word, a pair, a
 * byte, a halfword.
 */
void tl_a32_ordered(struct tl_arm64_insn *i, bool loads, bool ordered, unsigned size);

/** LDM and STM: IA, IB, DA and DB by P and U; the list is known. */
void tl_a32_list(struct tl_arm64_insn *i, bool p, bool u, bool w);
void tl_a32_rfe(struct tl_arm64_insn *i, bool p, bool u);
void tl_a32_srs(struct tl_arm64_insn *i, bool p, bool u);

#endif
