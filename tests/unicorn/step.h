/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_STEP_H
#define TL_TESTS_UNICORN_STEP_H

/* One instruction carried out, by Unicorn or by our model: what both tell of it. */

#include "arch/arch.h"
#include "arch/arm64/insn.h"

/** AArch32 has R0 to R14 in `x`, of its current mode, and Q0 to Q15 in `v`. */
struct registers {
	uint64_t x[31];
	uint64_t sp; /**< A64: the one in use */
	uint64_t pc;
	uint64_t pstate;
	uint64_t sctlr; /**< of EE and E0E the A64 bits, which make data big endian */
	uint8_t v[32][16];
};

/** Accesses as single bytes, in their order. */
struct accesses {
	unsigned n;
	struct access {
		tl_gva va;
		bool write;
		uint8_t value;
	} byte[512];
};

enum outcome {
	EXECUTED,
	UNDEFINED, /**< no such instruction; ours: none of memory */
	FAULTED,   /**< an address with nothing there, or one that is not aligned */
	REFUSED,   /**< ours, with the reason */
	NOT_KNOWN, /**< the same */
};

struct step {
	enum outcome outcome;
	char reason[240];
	struct registers after;
	struct accesses accesses;
};

const char *outcome_name(enum outcome outcome);

/** Adds the bytes of one access, from the lowest address on. */
void accesses_add(struct accesses *to, tl_gva va, bool write, const uint8_t *bytes, unsigned n);

/** The same place, direction and value; of `n` in their order. */
bool access_is(const struct access *a, const struct access *b);
bool accesses_are(const struct access *a, const struct access *b, unsigned n);

#endif
