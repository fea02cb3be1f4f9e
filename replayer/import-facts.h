/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_FACTS_H
#define TL_REPLAYER_IMPORT_FACTS_H

#include "arch/regs.h"
#include "replayer/import.h"

/** Whose registers are named. ARMS is one of the two that follow. */
enum tl_import_isa { TL_ISA_NONE, TL_ISA_ARMS, TL_ISA_ARM64, TL_ISA_ARM32, TL_ISA_X86 };

enum {
	TL_FACT_REASON = 1 << 0,
	TL_FACT_ERROR = 1 << 1,
	TL_FACT_PC = 1 << 2,
	TL_FACT_SP = 1 << 3,
	TL_FACT_LR = 1 << 4,
	TL_FACT_FLAGS = 1 << 5, /**< PSTATE, CPSR */
	TL_FACT_ESR = 1 << 6,
	TL_FACT_FAR = 1 << 7,
	TL_FACT_IPA = 1 << 8,
	TL_FACT_ADDR = 1 << 9, /**< of an access: port, MSR, system register */
	TL_FACT_SIZE = 1 << 10,
	TL_FACT_WRITE = 1 << 11,
	TL_FACT_VALUE = 1 << 12, /**< that the guest wrote */
	TL_FACT_REPLY = 1 << 13, /**< that a read gave */
	TL_FACT_MODE = 1 << 14,	 /**< PSTATE.M alone */
};

/** What stands under each of TL_FACT_PC ... TL_FACT_IPA, by the number of its bit. */
#define TL_FACT_NUMBERS 15

#define TL_IMPORT_CODE 64
#define TL_IMPORT_DATA 16

/** What a line says, or all lines of a report together. All zero: nothing. */
struct tl_import_facts {
	enum tl_import_source source;
	enum tl_import_isa isa;
	bool begins;	 /**< enough for a report to begin with it */
	bool heads;	 /**< a title: what was before belongs to another report */
	bool said;	 /**< anything at all */
	bool user_rip;	 /**< x86: registers of the program that made a system call follow */
	bool kernel_rip; /**< x86: and the kernel's */
	bool idsr;	 /**< `reason` is in the ABI of the IDSR patch */

	uint32_t has; /**< TL_FACT_* */
	uint32_t reason;
	int error;
	/** pc, sp, ...; of TL_FACT_REASON and _ERROR see above */
	uint64_t number[TL_FACT_NUMBERS];
	uint32_t count; /**< of a string PIO access; else 0 */

	/** By the words of its architecture; R0 to R14 of AArch32 in x0 to x14 in any mode. */
	struct tl_regs regs;

	uint8_t code[TL_IMPORT_CODE];
	uint16_t code_size, code_before;

	bool has_suberror;
	uint32_t suberror;
	unsigned n_data; /**< "extra data[n]" of an internal error */
	uint64_t data[TL_IMPORT_DATA];

	unsigned n_entries;
	struct tl_import_entry entry[TL_IMPORT_ENTRIES];

	bool has_cpu;
	unsigned cpu; /**< the guest's, or the VMM's name for it */

	char trouble[120]; /**< what could not be taken, "" for nothing */
};

static inline bool tl_fact(const struct tl_import_facts *facts, uint32_t which)
{
	return facts->has & which;
}

uint64_t tl_fact_get(const struct tl_import_facts *facts, uint32_t which);
void tl_fact_set(struct tl_import_facts *facts, uint32_t which, uint64_t value);

/** The same of the hex number at `at`, where there is one of at most 64 bits; NULL: nowhere. */
void tl_fact_set_hex(struct tl_import_facts *facts, uint32_t which, const char *at);

/** KVM_EXIT_*, and what KVM_RUN failed with. */
void tl_fact_set_reason(struct tl_import_facts *facts, uint32_t reason);
void tl_fact_set_error(struct tl_import_facts *facts, int error);

/** What could not be taken; the first that is said stays. */
TL_PRINTF(2, 3) void tl_fact_trouble(struct tl_import_facts *facts, const char *format, ...);

/** Both can be of one machine. */
bool tl_import_isa_fits(enum tl_import_isa a, enum tl_import_isa b);

/** The one that says more. */
enum tl_import_isa tl_import_isa_both(enum tl_import_isa a, enum tl_import_isa b);

/** The architecture of traces; NULL for TL_ISA_NONE. */
const struct tl_arch *tl_import_isa_arch(enum tl_import_isa isa);

/** A number or register has another value in the one than in the other. */
bool tl_import_differ(const struct tl_import_facts *a, const struct tl_import_facts *b);

/** Adds what `line` says; what `report` has already stays. */
void tl_import_join(struct tl_import_facts *report, const struct tl_import_facts *line);

#endif
