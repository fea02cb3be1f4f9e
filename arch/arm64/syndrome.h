/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_SYNDROME_H
#define TL_ARCH_ARM64_SYNDROME_H

#include "arch/arm64/insn.h"
#include "arch/trap.h"

/** One named field of a syndrome: "WnR" 1 "a write". */
struct tl_arm64_syndrome_field {
	char name[12];	   /**< as the Arm ARM writes it */
	uint8_t high, low; /**< bits of ESR */
	uint64_t value;
	const char *meaning; /**< NULL: the value says all */
};

#define TL_ARM64_SYNDROME_FIELDS 24

/** A syndrome taken apart. Arm ARM D17.2.37, D17.2.39 (AArch64), ESR_EL2 and HSR. */
struct tl_arm64_syndrome {
	bool has_class; /**< false for esr_iss, which has no EC */
	uint8_t ec;
	const char *ec_name; /**< "data abort from a lower EL"; NULL: reserved */
	bool il;	     /**< a 32-bit instruction, or none; false for esr_iss */
	bool is_abort, is_fetch;
	bool isv, wnr, cm, s1ptw, fnv, ea, sf, ar, sse; /**< of aborts; false where not told */
	uint8_t sas;					/**< log2 bytes */
	uint8_t srt, lst;
	uint8_t fsc;
	unsigned n_fields;
	struct tl_arm64_syndrome_field
		field[TL_ARM64_SYNDROME_FIELDS]; /**< from the highest bit on */
};

/**
 * `is_iss`: the esr_iss of a NISV exit, in which KVM leaves CM, WnR and FSC alone (6.12, 7.2). That
 * of an LDST64B exit is a whole syndrome without FSC, which then has 0 and a meaning that says so.
 */
void tl_arm64_syndrome(uint64_t esr, bool is_iss, struct tl_arm64_syndrome *ret);

/** "data abort from a lower EL", for an EC of any kind; NULL when it is reserved. */
const char *tl_arm64_exception_class(unsigned ec);

/** What does not fit together in an exit, one line each: see tl_arm64_contradictions(). */
#define TL_ARM64_CONTRADICTIONS 8

/**
 * Holds syndrome, registers, addresses and the instruction at PC against each other: ISV=1 for a
 * class that gives no syndrome; direction against WnR (LSE atomics report a read when the read
 * would fault); size against SAS; register against SRT; FAR, or the IPA's low 12 bits, against the
 * effective address; the walk of the address against the IPA (naming both, and when only the low 32
 * bits are equal); PC not 4-aligned. `insn` may be NULL, when the code at PC is not known. Lines
 * that cannot be checked for lack of something are left out. Returns how many; each `text` says
 * both sides and what it would mean to trust the syndrome.
 */
unsigned tl_arm64_contradictions(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_arm64_insn *insn, struct tl_why ret[TL_ARM64_CONTRADICTIONS]);

#endif
