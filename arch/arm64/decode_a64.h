/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_DECODE_A64_H
#define TL_ARCH_ARM64_DECODE_A64_H

#include "arch/arm64/insn.h"

/* The classes of A64 instructions, each in its file; decode.c knows them all. */

/** False when the word is not allocated; what is in `i` then does not count. */
typedef bool tl_arm64_class(uint32_t word, struct tl_arm64_insn *i);

/** Words whose bits of `mask` are `value` are of a class. */
struct tl_arm64_row {
	uint32_t mask, value;
	tl_arm64_class *decode;
};

/**
 * Decodes `ret`'s word by the first row that fits. Without one, or when the word is not allocated, `ret`
 * is an instruction that does nothing.
 */
void tl_arm64_decode_by(const struct tl_arm64_row *rows, unsigned n, struct tl_arm64_insn *ret);

/** An instruction that does nothing. */
static inline void tl_arm64_clear(uint32_t word, enum tl_arm64_set set, unsigned bytes,
	unsigned cond, struct tl_arm64_insn *ret)
{
	*ret = (struct tl_arm64_insn){ .word = word,
		.rt = TL_ARM64_NO_REG,
		.rt2 = TL_ARM64_NO_REG,
		.rn = TL_ARM64_NO_REG,
		.rm = TL_ARM64_NO_REG,
		.rs = TL_ARM64_NO_REG,
		.lane = -1,
		.set = (uint8_t)set,
		.bytes = (uint8_t)bytes,
		.cond = (uint8_t)cond };
}

/* decode_a64_register.c: loads and stores of one register or of a pair */
tl_arm64_class tl_a64_immediate9, tl_a64_immediate12, tl_a64_index, tl_a64_literal, tl_a64_pair;

/* decode_a64_ordered.c: with acquire, release, a monitor; atomics */
tl_arm64_class tl_a64_guarded, tl_a64_exclusive, tl_a64_atomic, tl_a64_atomic_pair,
	tl_a64_unscaled_ordered, tl_a64_ordered_pair, tl_a64_checked_swap, tl_a64_authenticated;

/* decode_a64_vector.c: LD1 to LD4 and ST1 to ST4 */
tl_arm64_class tl_a64_structures, tl_a64_single_structure;

/* decode_a64_system.c: system registers and instructions */
tl_arm64_class tl_a64_system;

/* decode_a64_named.c: what is told by its name, or hardly more */
tl_arm64_class tl_a64_tags, tl_a64_mops, tl_a64_sve, tl_a64_sme;

/** Bits `high` to `low` of the word. */
static inline unsigned tl_a64_bits(uint32_t word, unsigned high, unsigned low)
{
	return word >> low & ((UINT32_C(2) << (high - low)) - 1);
}

static inline unsigned tl_a64_bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

/** The same, with a sign. */
static inline int64_t tl_a64_signed(uint32_t word, unsigned high, unsigned low)
{
	return (int32_t)(word << (31 - high)) >> (31 - high + low);
}

/**
 * One register, with size, direction and extension as bits 31, 30, 26, 23 and 22 say; the stems are
 * the names of its store and its load.
 */
bool tl_a64_one(uint32_t word, const char *const stems[2], struct tl_arm64_insn *i);

/** Of a form that writes its base back: an abort tells nothing, and registers may be in conflict. */
void tl_a64_write_back(struct tl_arm64_insn *i);

/** A load of a pair into one register is none that can be predicted. */
void tl_a64_load_once(struct tl_arm64_insn *i);

/** Adds to the name. */
void tl_a64_name(struct tl_arm64_insn *i, const char *text);

/** "b", "h" or "" for data of 1 << log bytes in a general register. */
const char *tl_a64_suffix(unsigned log);

#endif
