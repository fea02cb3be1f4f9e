/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_INSN_H
#define TL_ARCH_ARM64_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What an instruction does that may trap. */
enum tl_arm64_does {
	TL_ARM64_NOTHING, /**< none of these, or nothing that is allocated */
	TL_ARM64_LOADS,
	TL_ARM64_STORES,
	TL_ARM64_UPDATES,    /**< loads and stores: LSE atomics, CAS, SWP */
	TL_ARM64_PREFETCHES, /**< never faults */
	TL_ARM64_ZEROES,     /**< DC ZVA, GVA, GZVA: a block of DCZID_EL0 bytes */
	TL_ARM64_MAINTAINS,  /**< DC and IC, by address or not: `address` says */
	TL_ARM64_TRANSLATES, /**< AT */
	TL_ARM64_READS_SYSREG,
	TL_ARM64_WRITES_SYSREG,
};

/** How the address comes about. `rn` is the base, where 31 is SP. */
enum tl_arm64_address {
	TL_ARM64_NO_ADDRESS,
	TL_ARM64_OFFSET,   /**< base + imm */
	TL_ARM64_PRE,	   /**< base + imm, written back */
	TL_ARM64_POST,	   /**< base; base + imm is written back */
	TL_ARM64_INDEX,	   /**< base + the extended and shifted `rm` */
	TL_ARM64_POST_REG, /**< base; base + `rm` is written back */
	TL_ARM64_PRE_REG,  /**< A32: base + `rm`, written back */
	TL_ARM64_LITERAL,  /**< PC + imm; of A32 and T32 PC is that of `set`, aligned to 4 bytes */
	TL_ARM64_OPERAND,  /**< DC, IC, AT: what `rt` holds */
	TL_ARM64_LIST,	   /**< A32, T32: base + imm is the first of `list`; see `back` */
};

/** The instruction sets. */
enum tl_arm64_set { TL_ARM64_A64, TL_ARM64_A32, TL_ARM64_T32 };

/** How A32 and T32 shift `rm`, besides LSL: values as in their type field; RRX is ROR by 0. */
enum tl_arm32_shift { TL_ARM32_LSL, TL_ARM32_LSR, TL_ARM32_ASR, TL_ARM32_ROR };

#define TL_ARM32_ALWAYS 14

/** Values as in the option field of a register offset. */
enum tl_arm64_extend {
	TL_ARM64_UXTW = 2,
	TL_ARM64_LSL = 3,
	TL_ARM64_SXTW = 6,
	TL_ARM64_SXTX = 7,
};

#define TL_ARM64_NO_REG 0xff

/**
 * One instruction, as far as memory and system registers go. Registers are numbers; 31 is XZR but
 * in `rn`, and in the `rt` of STG, STZG, ST2G and STZ2G, where it is SP. Arm ARM C4.1, "A64
 * instruction set encoding".
 */
struct tl_arm64_insn {
	uint32_t word;
	char name[16]; /**< without aliases, lower case: "ldr", "ldaddalb"; "" when not allocated */
	uint8_t does;  /**< enum tl_arm64_does */
	uint8_t address; /**< enum tl_arm64_address */

	uint8_t rt, rt2; /**< data; TL_ARM64_NO_REG when there is none, as in all that follow */
	uint8_t rn, rm;
	uint8_t rs;	/**< status of exclusives and ST64BV; operand of atomics, compared by CAS */
	int64_t imm;	/**< bytes */
	uint8_t extend; /**< enum tl_arm64_extend, of `rm` */
	uint8_t shift;	/**< bits, of `rm` */

	uint8_t size;	/**< bytes of one element; a power of two, 1 to 16; 0 without data */
	uint8_t n;	/**< elements in memory, one after the other */
	uint8_t width;	/**< bits of a general register: 32 or 64 */
	bool is_signed; /**< a load extends the sign to `width` */
	bool vector;	/**< `rt` and `rt2` are SIMD and FP registers */

	uint8_t registers;  /**< LD1 to ST4, LD64B: so many from `rt` on, modulo 32; else 0 */
	uint8_t interleave; /**< LD1 to ST4: elements of a structure, 1 to 4; else 0 */
	int8_t lane;	/**< LD1 to ST4 of single structures: the one lane; -1: all, or none such */
	bool replicate; /**< LD1R to LD4R */
	bool half;	/**< LD1 to ST4 and LD1R to LD4R: 64-bit vectors */

	bool acquires, releases;
	bool exclusive;	   /**< by the monitor */
	bool unprivileged; /**< as EL0 would, at EL1 */
	bool non_temporal;
	bool authenticated; /**< LDRAA and LDRAB: the base is authenticated first */
	bool tags;	    /**< of allocation tags (FEAT_MTE) */
	/** SVE, SME, MOPS: registers and sizes are not decoded; TBB, TBH: they branch. */
	bool named_only;

	/** An abort at stage 2 comes with a syndrome: ISV. Arm ARM D17.2.37, data abort. */
	bool syndrome;
	/** Why what it does is CONSTRAINED UNPREDICTABLE; NULL: it is not. */
	const char *unpredictable;

	uint8_t op0, op1, crn, crm, op2; /**< of MRS, MSR, SYS and SYSL; opc1, CRn, ... of MCR */

	uint8_t set;   /**< enum tl_arm64_set */
	uint8_t bytes; /**< its length: 4; of T32 also 2 */

	/*
	 * A32 and T32. Registers are R0 to R15; in `rn` and in data 15 is PC, which reads as the
	 * instruction's address + 8 (A32) or + 4 (T32). `rt` of a vector is an S register when
	 * `size` is 2 or 4 and there are no structures (`interleave`), else a D register.
	 */
	uint8_t cond;	    /**< the condition, TL_ARM32_ALWAYS without one; of T32 see ITSTATE */
	bool subtracts;	    /**< the offset `rm` is subtracted */
	uint8_t shift_kind; /**< enum tl_arm32_shift, of `rm` by `shift` bits */
	uint16_t list;	    /**< LDM, STM, PUSH, POP: bit n: Rn is transferred */
	bool writes_back;   /**< TL_ARM64_LIST: base + `back` is written back */
	int16_t back;	    /**< bytes */
	bool user_bank;	    /**< LDM and STM with ^: the registers of User mode */
	bool returns; /**< it loads PC with ^, or is RFE, which loads PC and CPSR with `list` 0 */
	uint8_t mode; /**< SRS: the base is R13 of this mode; LR and SPSR are stored, `list` is 0 */
	uint8_t coprocessor; /**< of MCR, MRC, MCRR, MRRC, LDC, STC: 14 or 15; `crn` of LDC: CRd */
	/**
	 * VLD1 to VST4: element k of structure r is of D register rt + r + k * apart, where r is
	 * below registers / interleave. VLDM and VSTM: `registers` from `rt` on, of TL_ARM64_LIST.
	 */
	uint8_t apart;
	uint8_t aligned; /**< VLD1 to VST4: an address that is no multiple of it faults; bytes */
};

#endif
