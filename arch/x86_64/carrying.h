/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_CARRYING_H
#define TL_ARCH_X86_64_CARRYING_H

#include "arch/answer.h"
#include "arch/x86_64/decode.h"
#include "arch/x86_64/general.h"

/* An instruction that is being carried out. What returns false has said why in `why`. */
struct tl_x86_carrying {
	const struct tl_state *state;
	const struct tl_trap *trap;
	const struct tl_x86_insn *insn;
	uint64_t data; /**< that the device gives */
	struct tl_effect *ret;
	struct tl_why *why;
};

/** Registers as they are by now. */
bool tl_x86_carry_get(
	struct tl_x86_carrying *c, unsigned n, unsigned size, bool high, uint64_t *ret);
bool tl_x86_carry_rflags(struct tl_x86_carrying *c, uint64_t *ret);

/** Where they differ from what they were. */
void tl_x86_carry_flags(struct tl_x86_carrying *c, uint64_t rflags);

/** 4 bytes clear the upper half, 1 and 2 bytes leave the rest as it is. */
bool tl_x86_carry_set(struct tl_x86_carrying *c, unsigned n, unsigned size, bool high,
	uint64_t value, enum tl_origin origin);

/** Sets a register that is no general one, or a field of one, where it is known. */
void tl_x86_carry_field(
	struct tl_effect *effect, enum tl_x86_reg reg, uint64_t value, enum tl_origin origin);

/** An access to memory, page by page. */
bool tl_x86_carry_write(struct tl_x86_carrying *c, tl_gva va, uint64_t data, unsigned size);

/** An access to the device that trapped. */
void tl_x86_carry_device(struct tl_x86_carrying *c, bool write, uint64_t data);

/** On to the next instruction. */
bool tl_x86_carry_retire(struct tl_x86_carrying *c);

/** emulate_string.c: LODS, MOVS, SCAS that read a device; INS that has read a port. */
bool tl_x86_carry_lods(struct tl_x86_carrying *c);
bool tl_x86_carry_movs(struct tl_x86_carrying *c);
bool tl_x86_carry_scas(struct tl_x86_carrying *c);
bool tl_x86_carry_ins(struct tl_x86_carrying *c);

#endif
