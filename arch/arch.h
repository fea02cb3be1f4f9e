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
 * are not there (no slot, not recorded); `buf` is then undefined. NULL: nothing is there.
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

enum tl_entry_kind {
	TL_ENTRY_INVALID,
	TL_ENTRY_RESERVED, /**< x86: present, with a reserved bit set */
	TL_ENTRY_TABLE,
	TL_ENTRY_BLOCK, /**< block, section or supersection; large page of x86 */
	TL_ENTRY_PAGE,
};

/** One table entry that a walk read. */
struct tl_walk_step {
	int8_t level;	/**< arm64: -1..3; x86: 5 (PML5) .. 1 (page table) */
	uint8_t size;	/**< bytes of the entry: 4 or 8 */
	uint8_t kind;	/**< enum tl_entry_kind */
	tl_gpa gpa;	/**< where the entry stands */
	uint64_t entry; /**< its value */
	tl_gpa output;	/**< the next table, or the first byte mapped; 0 when it is neither */
};

#define TL_WALK_STEPS 5

struct tl_walk {
	enum tl_walk_status status;
	unsigned n_steps;
	struct tl_walk_step step[TL_WALK_STEPS];
	tl_gva va;    /**< what was to be translated, as it was given */
	int8_t level; /**< where the walk ended, see enum tl_walk_status; 0 without paging */
	tl_gpa gpa;   /**< TL_WALK_OK: the translation; TL_WALK_NO_MEMORY: the entry not read */
	uint64_t page_size; /**< bytes mapped alike around it: 4096, 2 MiB, ...; 0 without paging */
};

/** What may be done, as a set. */
enum tl_right { TL_RIGHT_READ = 1, TL_RIGHT_WRITE = 2, TL_RIGHT_EXECUTE = 4 };

/**
 * What a translation allows and how its memory is used, by the entries of a walk and the registers.
 * Only what a comment gives to any walk has a meaning when its status is not TL_WALK_OK.
 */
struct tl_attributes {
	uint8_t privileged; /**< enum tl_right, by tables and WXN, UWXN or CR0.WP; see `pan` */
	uint8_t user;	    /**< the same for EL0, or CPL 3 */

	bool user_page;	  /**< what `pan` and `smep` refuse to the privileged */
	bool pan;	  /**< no data of a user page: PSTATE.PAN; CR4.SMAP with RFLAGS.AC clear */
	bool smep;	  /**< no code of a user page: CR4.SMEP */
	bool wxn;	  /**< what is writable is not executable: SCTLR_EL1.WXN */
	bool uwxn;	  /**< nor what EL0 may write, at EL1: AArch32's SCTLR.UWXN */
	bool wp;	  /**< x86: CR0.WP; without it the privileged write to any page */
	bool flat;	  /**< rights of table entries do not count: TCR_EL1.HPDn */
	bool short_form;  /**< any walk: AArch32's short descriptors */
	bool disabled;	  /**< any walk: stage 1 or paging is off */
	bool no_fetch;	  /**< any walk: the tag of `va` is none to a fetch (TCR_EL1.TBIDn) */
	bool no_user;	  /**< any walk: EL0 may not use this range (TCR_EL1.E0PDn) */
	bool oversized;	  /**< any walk: an address is too large, at `oversized_level` */
	bool fetch_named; /**< any walk: x86: error codes tell fetches (SMEP, or NXE with PAE) */
	int8_t oversized_level;

	bool accessed;	    /**< AF; x86: A. True where the form of translation has no such bit */
	bool sets_accessed; /**< the CPU sets it itself: TCR_EL1.HA; always on x86 */
	bool dbm;	 /**< arm64: the dirty bit modifier; with `sets_dirty` it makes writable */
	bool dirty;	 /**< x86: D; arm64: written, by DBM and AP[2]. False where there is none */
	bool sets_dirty; /**< the CPU sets it itself: TCR_EL1.HD; always on x86 */
	bool global;	 /**< for all ASIDs: not nG; G with CR4.PGE */
	uint64_t run;	 /**< bytes of the run of contiguous entries that it is of; 0: of none */

	uint8_t memory_index; /**< AttrIndx; TEX[0], C, B; x86: PAT, PCD, PWT */
	bool memory_known;    /**< `memory` is */
	uint8_t memory; /**< arm64: as a byte of MAIR_EL1. Not known on x86 (IA32_PAT, MTRRs) */
	uint8_t shareability; /**< arm64: 0 non, 2 outer, 3 inner, as PAR_EL1.SH has it */

	uint8_t domain;	       /**< short descriptors */
	uint8_t domain_access; /**< its field of DACR: 1 client, 3 manager; 1 where there are none */

	uint8_t key;	     /**< x86: protection key */
	bool key_checked;    /**< CR4.PKE for a user page, CR4.PKS for others */
	bool key_known;	     /**< left false: PKRU and IA32_PKRS are no part of tl_regs */
	uint8_t key_refuses; /**< enum tl_right, for whoever knows them: AD is both, WD is write */
};

/** Who wants to do what. */
struct tl_attempt {
	enum tl_right right; /**< one of them */
	bool user;	     /**< at EL0, or CPL 3 */
};

enum tl_verdict {
	TL_VERDICT_OK,
	TL_VERDICT_TRANSLATION,
	TL_VERDICT_ADDRESS_SIZE, /**< arm64 */
	TL_VERDICT_ACCESS_FLAG,	 /**< arm64 */
	TL_VERDICT_DOMAIN,	 /**< short descriptors */
	TL_VERDICT_PERMISSION,
	TL_VERDICT_RESERVED,	  /**< x86: a reserved bit */
	TL_VERDICT_NOT_CANONICAL, /**< x86: not a page fault, but #GP or #SS */
	TL_VERDICT_NOT_KNOWN,	  /**< the walk has no end, or the key's register is not known */
};

/** What the CPU makes of an attempt. Stage 2, alignment, watchpoints and tags are no part of it. */
struct tl_judgement {
	enum tl_verdict verdict;
	int8_t level; /**< that the fault names, or where x86's walk ended */
	/**
	 * arm64: ESR_EL1.ISS[5:0], which long descriptors have in xFSR too; with short ones FS of
	 * xFSR. x86: the page fault's error code. 0 when it is no such fault.
	 */
	uint16_t code;
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
	 * Translates `va` as the CPU with these registers would, stage 1 only. Does not judge:
	 * permissions, the access flag and the size of addresses are for `attributes` and `judge`.
	 */
	void (*walk)(const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va,
		struct tl_walk *ret);
	/** Of a walk that these registers gave. False when one that it needs was not read. */
	bool (*attributes)(
		const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret);
	/** Changes neither: the access flag that the CPU would set is not set. */
	void (*judge)(const struct tl_walk *walk, const struct tl_attributes *attributes,
		struct tl_attempt attempt, struct tl_judgement *ret);
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
