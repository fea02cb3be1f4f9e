/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_INSN_H
#define TL_ARCH_X86_64_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What an instruction does, as far as it may trap. */
enum tl_x86_op {
	TL_X86_OTHER, /**< none of these */
	TL_X86_MOV,
	TL_X86_MOVZX,
	TL_X86_MOVSX, /**< MOVSXD too */
	TL_X86_MOVBE,
	TL_X86_ADD, /**< from here to TL_X86_CMP in the order of their opcodes */
	TL_X86_OR,
	TL_X86_ADC,
	TL_X86_SBB,
	TL_X86_AND,
	TL_X86_SUB,
	TL_X86_XOR,
	TL_X86_CMP,
	TL_X86_TEST,
	TL_X86_INC,
	TL_X86_DEC,
	TL_X86_NOT,
	TL_X86_NEG,
	TL_X86_XCHG,
	TL_X86_XADD,
	TL_X86_CMPXCHG,
	TL_X86_BT, /**< from here to TL_X86_BTC in the order of their opcodes */
	TL_X86_BTS,
	TL_X86_BTR,
	TL_X86_BTC,
	TL_X86_SETCC,
	TL_X86_CMOVCC,
	TL_X86_PUSH, /**< of memory, as all here */
	TL_X86_POP,
	TL_X86_MOVS,
	TL_X86_CMPS,
	TL_X86_STOS,
	TL_X86_LODS,
	TL_X86_SCAS,
	TL_X86_MOVE_VECTOR, /**< MMX, SSE and AVX moves; their registers are no part of tl_regs */
	TL_X86_IN,
	TL_X86_OUT,
	TL_X86_INS,
	TL_X86_OUTS,
	TL_X86_RDMSR,
	TL_X86_WRMSR,
	TL_X86_VMCALL, /**< VMMCALL too */
};

/** Which memory it accesses. */
enum tl_x86_place {
	TL_X86_NO_PLACE,
	TL_X86_ADDRESS,	    /**< base + index * scale + displacement */
	TL_X86_SOURCE,	    /**< segment:RSI */
	TL_X86_DESTINATION, /**< ES:RDI */
	TL_X86_BOTH,	    /**< MOVS, CMPS */
};

/** Values as in ModRM and descriptors. */
enum tl_x86_segment { TL_X86_ES, TL_X86_CS, TL_X86_SS, TL_X86_DS, TL_X86_FS, TL_X86_GS };

enum { TL_X86_NO_REG = 0xff, TL_X86_LONGEST = 15 };

/**
 * One instruction. Registers are numbered as encodings have them: RAX 0, RCX 1, RDX 2, ... R15
 * 15.
 */
struct tl_x86_insn {
	/** In Intel syntax, lower case; "" where no memory, port or MSR is known to be accessed */
	char name[16];
	uint8_t op;	/**< enum tl_x86_op */
	uint8_t length; /**< bytes, 1 to 15 */
	uint8_t mode;	/**< 16, 32 or 64: of the code segment */

	uint8_t repeat; /**< 0; the prefix 0xf2 or 0xf3 */
	bool lock;
	uint8_t operand; /**< bytes of a general operand: 2, 4 or 8 */
	uint8_t width;	 /**< bytes of an address: 2, 4 or 8 */

	uint8_t place; /**< enum tl_x86_place */
	uint8_t size;  /**< bytes of one element in memory or at a port; 0: not known, or none */
	bool reads, writes;  /**< of memory or the port; both: read, then written. MOVS: RSI, RDI */
	uint8_t segment;     /**< enum tl_x86_segment, that counts for `place` but for RDI */
	uint8_t base, index; /**< registers, or TL_X86_NO_REG */
	uint8_t scale;	     /**< 1, 2, 4 or 8 */
	bool rip;	     /**< relative to the next instruction */
	int64_t displacement;

	bool is_register;   /**< the operand of ModRM is the register `rm`: no memory is accessed */
	uint8_t rm;	    /**< then */
	bool loads;	    /**< `reg` is the destination */
	uint8_t reg;	    /**< the other operand, or TL_X86_NO_REG */
	uint8_t reg_size;   /**< bytes of it */
	bool high;	    /**< AH to BH: bits 15:8 of `reg`, which is RAX to RBX */
	bool high_rm;	    /**< the same of `rm` */
	bool has_immediate; /**< the other operand, or the port */
	int64_t immediate;  /**< with its sign; the port without */
	uint8_t condition;  /**< SETcc, CMOVcc: as the low bits of the opcode have it */

	/* What tl_x86_trapping() adds. */
	int at;	   /**< bytes from RIP to it: 0, or negative when RIP is already behind it */
	bool past; /**< RSI, RDI and RCX are already those of the next element */
};

#endif
