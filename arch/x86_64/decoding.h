/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_DECODING_H
#define TL_ARCH_X86_64_DECODING_H

/* An instruction on its way through the decoder's files. */

#include "arch/x86_64/opcode.h"

#define TL_X86_REX_B 1
#define TL_X86_REX_X 2
#define TL_X86_REX_R 4
#define TL_X86_REX_W 8

enum tl_x86_map {
	TL_X86_ONE_BYTE,
	TL_X86_TWO_BYTE, /**< 0F */
	TL_X86_MAP_38,
	TL_X86_MAP_3A,
	TL_X86_MAP_XOP = 8,
};

struct tl_x86_text {
	const uint8_t *code;
	size_t size;
	unsigned at;
	bool truncated; /**< bytes were asked for that are not there */
	bool has_66, has_67;
	bool has_rex, vex, evex;
	uint8_t rex;	   /**< of VEX and EVEX too, as REX has it */
	uint8_t mandatory; /**< 0, 0x66, 0xf3 or 0xf2, of vector instructions */
	uint8_t length;	   /**< VEX.L */
	uint8_t segment;   /**< an override, or TL_X86_NO_REG */
	uint8_t map, opcode, modrm;
};

/** The next bytes, little endian; 0 for what is not there. */
unsigned tl_x86_next(struct tl_x86_text *t);
unsigned tl_x86_peek(const struct tl_x86_text *t);
uint64_t tl_x86_take(struct tl_x86_text *t, unsigned size);
int64_t tl_x86_take_signed(struct tl_x86_text *t, unsigned size);

/** Does ModRM follow the opcode? */
static inline bool tl_x86_has_modrm(unsigned shape)
{
	return shape >= TL_X86_REGISTERS && shape <= TL_X86_M_IZ;
}

/** The segment without or with an override. */
static inline uint8_t tl_x86_segment(const struct tl_x86_text *t, unsigned without)
{
	return t->segment != TL_X86_NO_REG ? t->segment : (uint8_t)without;
}

/** decode_place.c: what ModRM says, with what follows it. */
void tl_x86_modrm(struct tl_x86_text *t, struct tl_x86_insn *i, unsigned shape);

/** decode_operands.c: sizes; what follows ModRM; then, with its length, what it accesses. */
void tl_x86_sizes(const struct tl_x86_text *t, struct tl_x86_insn *i, unsigned flags);
void tl_x86_operands(struct tl_x86_text *t, struct tl_x86_insn *i, enum tl_x86_shape shape);
void tl_x86_describe(
	const struct tl_x86_text *t, struct tl_x86_insn *i, const struct tl_x86_opcode *row);

#endif
