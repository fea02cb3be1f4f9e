/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_EMULATE_PARTS_H
#define TL_ARCH_ARM64_EMULATE_PARTS_H

#include "arch/arm64/emulate.h"
#include "arch/arm64/entry.h"
#include "arch/backing.h"
#include "arch/bytes.h"

/* What the files of tl_arm64_emulate() share. */

/** Bytes of DC ZVA's block: DCZID_EL0 is not recorded, and this is what CPUs have. */
#define TL_EMULATE_BLOCK 64

/** Where an element stands in registers. */
struct tl_emulate_cell {
	bool vector;
	uint8_t reg;	/**< general, or of the 32 V registers */
	uint8_t offset; /**< bytes from V's lowest */
};

/** A stretch of an element in one page. */
struct tl_emulate_place {
	tl_gva va;
	unsigned size;
	bool has_gpa;
	tl_gpa gpa;
	enum tl_backing_kind kind; /**< of a trapped page that no slots tell of: HOLE */
};

/** The page of virtual addresses of which a trap tells where it lies. */
struct tl_emulate_page {
	bool known, has_gpa;
	tl_gva va;
	tl_gpa gpa;
};

/** An instruction as it is carried out. */
struct tl_emulation {
	const struct tl_state *state;
	const struct tl_trap *fault; /**< NULL: nothing trapped */
	const struct tl_arm64_insn *insn;
	const struct tl_device *device;
	bool aarch32;
	bool big_endian;
	uint64_t pstate;

	uint64_t base; /**< what `rn` holds */
	tl_gva va;     /**< of the first byte */
	bool writes_back;
	uint64_t back; /**< what the base gets */
	struct tl_emulate_page trapped;

	enum tl_answer_status status; /**< when a function says false */
	struct tl_effect *ret;
	struct tl_why *why;
};

/** Each is false, so that a function can return it: a rule, or what lacks, in words. */
#define TL_EMULATE_REFUSE(e, ...) ((e)->status = TL_ANSWER_REFUSED, tl_why((e)->why, __VA_ARGS__))
#define TL_EMULATE_LACK(e, ...)	  ((e)->status = TL_ANSWER_NOT_KNOWN, tl_why((e)->why, __VA_ARGS__))

static inline bool tl_emulate_is_el0(const struct tl_emulation *e)
{
	return !(e->pstate & (e->aarch32 ? 0xf : 0xc));
}

/** ITSTATE; 0 outside an IT block. */
static inline unsigned tl_emulate_itstate(const struct tl_emulation *e)
{
	return e->insn->set == TL_ARM64_T32 ? tl_arm32_itstate(e->pstate) : 0;
}

/** A little-endian number of an element's size as the guest has it, or the reverse. */
static inline uint64_t tl_emulate_order(const struct tl_emulation *e, uint64_t value)
{
	return e->big_endian ? tl_bytes_swap(value, e->insn->size) : value;
}

/** One clause more for people; the first one stays. */
static inline void tl_emulate_note(struct tl_emulation *e, const char *note)
{
	if (!e->ret->note)
		e->ret->note = note;
}

/* emulate_regs.c: every register is read as it was before the instruction */

/** Any word of the flat vector. */
bool tl_emulate_needs(struct tl_emulation *e, enum tl_arm64_reg reg, uint64_t *ret);
/** A general register; 31 is XZR, in AArch32 15 is PC as an instruction reads it. */
bool tl_emulate_get(struct tl_emulation *e, unsigned n, uint64_t *ret);
/** The same, but 31 is SP. */
bool tl_emulate_get_base(struct tl_emulation *e, unsigned n, uint64_t *ret);
/** In AArch32, 15 branches, with a change of instruction set. */
bool tl_emulate_set(struct tl_emulation *e, unsigned n, uint64_t value, enum tl_origin origin);
bool tl_emulate_set_base(struct tl_emulation *e, unsigned n, uint64_t value);
/** Makes V registers ready to be loaded, in part or whole. */
bool tl_emulate_clear_vectors(struct tl_emulation *e);
/** The registers of an element, as they are in memory of the guest's byte order. */
bool tl_emulate_take(struct tl_emulation *e, unsigned element, uint8_t *ret);
bool tl_emulate_put(struct tl_emulation *e, unsigned element, const uint8_t *bytes);

/* emulate_cell.c */

struct tl_emulate_cell tl_emulate_cell(const struct tl_arm64_insn *insn, unsigned element);
/** How many there are: VLD1 gives its one element to two registers, in steps of `n`. */
unsigned tl_emulate_cells(const struct tl_arm64_insn *insn);

/* emulate_address.c */

/** Finds `va`, `writes_back` and `back`. */
bool tl_emulate_address(struct tl_emulation *e);
/** `va` and so many bytes on. */
tl_gva tl_emulate_advance(const struct tl_emulation *e, tl_gva va, uint64_t bytes);

/* emulate_place.c */

/** Which page the trap tells of, with an access of so many bytes at `va`. */
bool tl_emulate_find_trapped(struct tl_emulation *e, unsigned bytes);
/**
 * The places of one element: two where it goes on in a page that does not lie behind the first,
 * else the second has no size. Refuses pages that are not alike.
 */
bool tl_emulate_find_places(struct tl_emulation *e, tl_gva va, unsigned size, bool write,
	struct tl_emulate_place ret[2]);
/** The guest's memory, which can always be asked. */
struct tl_mem tl_emulate_mem(const struct tl_emulation *e);

/* emulate_memory.c */

/** One element's bytes in the order of their addresses, up to 16. */
bool tl_emulate_read(struct tl_emulation *e, tl_gva va, unsigned size, uint8_t *ret);
bool tl_emulate_write(struct tl_emulation *e, tl_gva va, unsigned size, const uint8_t *bytes);
/** May it be read and written at once? Refuses what is not memory. */
bool tl_emulate_check_atomic(struct tl_emulation *e, unsigned bytes);

/* emulate_atomic.c */

/** Loads and stores at once, of memory. */
bool tl_emulate_update(struct tl_emulation *e);

/* emulate_rules.c */

/** TBB and TBH, of which the decoder gives the address alone. */
static inline bool tl_emulate_is_table_branch(const struct tl_arm64_insn *insn)
{
	return insn->set == TL_ARM64_T32 && insn->named_only;
}

/** False for an instruction that cannot be carried out, whatever the state. */
bool tl_emulate_check_form(struct tl_emulation *e);
/** False where the guest takes an alignment fault of its own. */
bool tl_emulate_check_alignment(struct tl_emulation *e);

#endif
