/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_OPCODE_H
#define TL_ARCH_X86_64_OPCODE_H

#include "arch/x86_64/insn.h"

/** What follows the opcode. */
enum tl_x86_shape {
	TL_X86_UNUSED, /**< no such opcode */
	TL_X86_ALONE,
	TL_X86_REGISTERS, /**< ModRM whose mod does not count */
	TL_X86_M,	  /**< ModRM: register or memory */
	TL_X86_M_R,	  /**< ModRM: register or memory, register */
	TL_X86_R_M,	  /**< ModRM: register, register or memory */
	TL_X86_M_I8,
	TL_X86_M_IZ, /**< 2 or 4 bytes, by the operand's size */
	TL_X86_I8,
	TL_X86_I16,
	TL_X86_IZ,
	TL_X86_IV,     /**< 2, 4 or 8 bytes */
	TL_X86_JZ,     /**< a near branch's: 4 bytes in 64-bit code */
	TL_X86_I16_I8, /**< ENTER */
	TL_X86_FAR,    /**< an offset and a selector */
	TL_X86_A_O,    /**< the accumulator, an offset of the address' size */
	TL_X86_O_A,
	TL_X86_STRING,
	TL_X86_I_PORT,
	TL_X86_D_PORT,
};

/** The size of what is in memory. */
enum tl_x86_size {
	TL_X86_NO_SIZE,
	TL_X86_B,
	TL_X86_W,
	TL_X86_D,
	TL_X86_V, /**< the operand's: 2, 4 or 8 bytes */
	TL_X86_Z, /**< the same without 8: ports */
	TL_X86_Y, /**< 4 or 8 bytes: never 2 */
};

enum tl_x86_opcode_flag {
	TL_X86_READS = 1,
	TL_X86_WRITES = 2,
	TL_X86_NOT_64 = 4, /**< no instruction in 64-bit code */
	TL_X86_WIDE = 8,   /**< the operand is of 8 bytes in 64-bit code, without REX.W */
};

struct tl_x86_opcode {
	char name[10];
	uint8_t op;    /**< enum tl_x86_op */
	uint8_t shape; /**< enum tl_x86_shape */
	uint8_t size;  /**< enum tl_x86_size */
	uint8_t flags; /**< enum tl_x86_opcode_flag */
	uint8_t group; /**< ModRM.reg tells more: number of tl_x86_groups, from 1 on; 0: none */
};

enum { TL_X86_N_GROUPS = 8 };

extern const struct tl_x86_opcode tl_x86_one_byte[256], tl_x86_two_byte[256];
extern const struct tl_x86_opcode tl_x86_groups[TL_X86_N_GROUPS][8];

/** How a move of MMX, SSE or AVX is told; 0 in `prefix` is none of 0x66, 0xf3, 0xf2. */
struct tl_x86_move {
	uint8_t map; /**< 1: 0F, 2: 0F 38 */
	uint8_t opcode, prefix;
	char name[10];
	uint8_t size;	/**< bytes; 0: 4 or 8, by REX.W */
	bool writes;	/**< to memory */
	bool mmx;	/**< has no VEX form */
	bool by_length; /**< VEX.L doubles the size */
};

/** NULL when it is none. */
const struct tl_x86_move *tl_x86_move(unsigned map, unsigned opcode, unsigned prefix);

#endif
