/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARCH_H
#define TL_ARCH_ARCH_H

#include "arch/regs.h"

/** Stored in traces: never renumber. */
enum tl_arch_id { TL_ARCH_ARM64 = 1, TL_ARCH_X86_64 = 2 };

typedef uint64_t tl_gpa; /**< guest physical address (IPA on arm64), bytes */
typedef uint64_t tl_gva; /**< guest virtual address, bytes */

/**
 * Reads guest physical memory for a walk: `size` bytes at `gpa` into `buf`. False when the bytes
 * are not there (no slot, not recorded); `buf` is then undefined.
 */
struct tl_mem {
	bool (*read)(void *ctx, tl_gpa gpa, void *buf, size_t size);
	void *ctx;
};

enum tl_walk_status {
	TL_WALK_OK,
	/**
	 * The tables do not map it. The level is the one that the CPU reports (arm64, ESR.FSC), or
	 * that of the entry which stopped the walk (x86); 0 and no step for an address that is not
	 * canonical.
	 */
	TL_WALK_FAULT,
	TL_WALK_NO_MEMORY,   /**< a table's bytes could not be read */
	TL_WALK_NOT_KNOWN,   /**< a register that the walk needs was not read */
	TL_WALK_UNSUPPORTED, /**< a form of translation that this walker does not do */
};

/** One table entry that a walk read. */
struct tl_walk_step {
	int8_t level;	/**< arm64: -1..3; x86: 5 (PML5) .. 1 (page table) */
	uint8_t size;	/**< bytes of the entry: 4 or 8 */
	tl_gpa gpa;	/**< where the entry stands */
	uint64_t entry; /**< its value */
};

#define TL_WALK_STEPS 5

struct tl_walk {
	enum tl_walk_status status;
	unsigned n_steps;
	struct tl_walk_step step[TL_WALK_STEPS];
	int8_t level; /**< where the walk ended, see enum tl_walk_status; 0 without paging */
	tl_gpa gpa;   /**< TL_WALK_OK: the translation; TL_WALK_NO_MEMORY: the entry not read */
	uint64_t page_size; /**< bytes mapped alike around it: 4096, 2 MiB, ...; 0 without paging */
};

/** What a machine is. Pure functions: no allocation, no I/O. */
struct tl_arch {
	enum tl_arch_id id;
	const char *name; /**< "arm64", "x86_64" */
	const struct tl_reg *regs;
	unsigned n_regs;
	unsigned words;	 /**< how many words of struct tl_regs it uses */
	unsigned pc_reg; /**< index into regs: PC, RIP */
	/** The virtual address that the CPU fetches from: PC; CS.base + RIP. False if not known. */
	bool (*fetch_address)(const struct tl_regs *regs, tl_gva *ret);
	/** The virtual address that the stack pointer in use holds. False if not known. */
	bool (*stack_pointer)(const struct tl_regs *regs, tl_gva *ret);
	/**
	 * Translates `va` as the CPU with these registers would, stage 1 only. Does not judge
	 * permissions or the access flag: the entries are in the steps.
	 */
	void (*walk)(const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va,
		struct tl_walk *ret);
};

extern const struct tl_arch tl_arch_arm64, tl_arch_x86_64;

/** NULL when there is no such architecture. */
const struct tl_arch *tl_arch_by_id(unsigned id);
const struct tl_arch *tl_arch_by_name(const char *name);

/** The architecture that this program was compiled for. */
#if defined(__aarch64__)
#define TL_ARCH_HOST tl_arch_arm64
#elif defined(__x86_64__)
#define TL_ARCH_HOST tl_arch_x86_64
#else
#error "trapline records on arm64 and x86_64"
#endif

/** The register called `name`, in any case, or NULL. */
const struct tl_reg *tl_arch_reg(const struct tl_arch *arch, const char *name);

/** The register's value; false when its word was not read at this exit. */
bool tl_reg_get(const struct tl_reg *reg, const struct tl_regs *regs, uint64_t *ret);

/**
 * Bits of `value` above the register's width are dropped. False, and nothing written, when the
 * register is a part of a word that was not read: its neighbours would become known with it.
 */
bool tl_reg_set(const struct tl_reg *reg, struct tl_regs *regs, uint64_t value);

#endif
