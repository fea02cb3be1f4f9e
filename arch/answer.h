/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ANSWER_H
#define TL_ARCH_ANSWER_H

#include "arch/effect.h"
#include "arch/trap.h"

/** The answers that userspace can give to an exit, by name. */
enum tl_answer_id {
	TL_ANSWER_RECORDED, /**< what the VMM said */
	TL_ANSWER_VALUE,    /**< a read gives that; the result of a hypercall */
	TL_ANSWER_ZERO,
	TL_ANSWER_ONES,
	TL_ANSWER_IGNORE,     /**< a write is accepted and lost */
	TL_ANSWER_EMULATE,    /**< the instruction is carried out against a device */
	TL_ANSWER_ABORT,      /**< external data abort */
	TL_ANSWER_UNDEF,      /**< undefined instruction */
	TL_ANSWER_SIZE_FAULT, /**< address size fault */
	TL_ANSWER_SERROR,
	TL_ANSWER_SKIP, /**< on to the next instruction, without any effect */
	TL_ANSWER_RAZ,	/**< IDSR: reads as zero, writes are ignored */
	TL_ANSWER_CELL, /**< IDSR: reads what was written last */
	TL_ANSWER_RETRY,
	TL_ANSWER_MAP,	   /**< a memory slot appears */
	TL_ANSWER_GP,	   /**< x86: #GP */
	TL_ANSWER_RESTART, /**< the VM starts over */
	TL_ANSWER_SUSPEND,
	TL_ANSWER_DUMP,
	TL_ANSWER_STOP,
	TL_ANSWERS,
};

/** What a device gives. */
struct tl_device {
	/** `size` bytes at `gpa`, little endian. False: nobody has said. */
	bool (*read)(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret);
	void *ctx;
};

/** An answer with what belongs to it. */
struct tl_choice {
	enum tl_answer_id id;
	bool has_value;
	uint64_t value;		 /**< VALUE; CELL: what the cell holds; SERROR: the syndrome */
	struct tl_device device; /**< EMULATE; `read` may be NULL */
};

enum tl_answer_status {
	TL_ANSWER_DONE,
	TL_ANSWER_REFUSED, /**< a rule forbids it: `why` quotes it */
	TL_ANSWER_NOT_KNOWN, /**< it is allowed, but what it does is not known: `why` says what lacks */
};

/** "value", "size-fault"; and one line on what it is. */
const char *tl_answer_name(enum tl_answer_id id);
const char *tl_answer_summary(enum tl_answer_id id);
bool tl_answer_named(const char *name, enum tl_answer_id *ret);

/** Is it an answer to such exits at all? NULL when so, else the rule, with its source in `why`. */
bool tl_answer_is_legal(const struct tl_state *state, const struct tl_trap *trap,
	enum tl_answer_id id, struct tl_why *ret_why);

/** What the answer does. `ret` is valid for TL_ANSWER_DONE, `ret_why` for the others. */
enum tl_answer_status tl_answer_give(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *ret_why);

#endif
