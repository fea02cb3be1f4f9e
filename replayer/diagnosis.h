/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_DIAGNOSIS_H
#define TL_REPLAYER_DIAGNOSIS_H

#include "arch/arm64/insn.h"
#include "arch/arm64/syndrome.h"
#include "arch/backing.h"
#include "arch/x86_64/insn.h"
#include "replayer/devices.h"
#include "replayer/disassembly.h"
#include "replayer/situation.h"
#include "replayer/symbols.h"

enum {
	TL_DIAGNOSIS_LINES = 9, /**< of disassembly */
	TL_DIAGNOSIS_ELFS = 16,
	TL_DIAGNOSIS_CAUSES = 8,
	TL_DIAGNOSIS_MISSING = 8,
	TL_DIAGNOSIS_DEVICES = 5,
	TL_DIAGNOSIS_CANDIDATES = 4,
	TL_CAUSE_EVIDENCE = 5,
};

enum tl_certainty { TL_CERTAIN, TL_LIKELY, TL_POSSIBLE, TL_UNLIKELY, TL_NO_CAUSE };

/** Why an exit happened, or may have. */
struct tl_cause {
	const char *name;	     /**< stable, for programs: "merged-device-access" */
	unsigned weight;	     /**< 1 to 100: causes are ranked by it */
	enum tl_certainty certainty; /**< TL_NO_CAUSE: of "unknown" */
	char what[200];
	unsigned n_evidence;
	char evidence[TL_CAUSE_EVIDENCE][200];
	const char *guest, *vmm; /**< what to do there; NULL: nothing */
};

/** A register whose value is the address of something that is no RAM, as far as is known. */
struct tl_candidate {
	const char *reg;
	uint64_t value;
	char what[120];
};

/** All that can be said of an exit. What is not known is left out, and named in `missing`. */
struct tl_diagnosis {
	struct tl_situation *situation; /**< borrowed */

	/** What of the rest is known; `has_insn`: one that trapped, or that a failed run was about. */
	bool has_insn, has_at, has_symbol, has_va, has_gpa, has_syndrome;
	bool device_seen, device_in_kernel, device_assumed; /**< what `device` rests on */

	struct tl_arm64_insn arm64; /**< on arm64 */
	struct tl_x86_insn x86;	    /**< on x86_64 */
	tl_gva at;		    /**< of the instruction that trapped, which need not be PC */
	char deed[120]; /**< "a post-index store of 4 bytes"; empty when it is not known */

	size_t n_lines;
	struct tl_disassembled line[TL_DIAGNOSIS_LINES];
	struct tl_symbol symbol;

	tl_gva va;	     /**< of the access */
	struct tl_walk walk; /**< of `va` */

	tl_gpa gpa;
	struct tl_backing backing;
	struct tl_device_guess device;
	char device_name[120];	 /**< the best of its names; empty when there is none */
	unsigned n_device_lines; /**< what `device` says, in words; facts first, then assumptions */
	char device_line[TL_DIAGNOSIS_DEVICES][320];

	unsigned n_candidates; /**< without an address: registers that could be its base */
	struct tl_candidate candidate[TL_DIAGNOSIS_CANDIDATES];

	struct tl_arm64_syndrome syndrome;
	unsigned n_contradictions;
	struct tl_why contradiction[TL_ARM64_CONTRADICTIONS];

	unsigned n_causes; /**< the likeliest first; at least one */
	struct tl_cause cause[TL_DIAGNOSIS_CAUSES];
	unsigned n_missing;
	char missing[TL_DIAGNOSIS_MISSING][120];
};

/**
 * Works it out. `elfs` are borrowed for as long as the diagnosis; where none holds the instruction there
 * is no symbol. Errors are those of the trace.
 */
TL_CHECK struct tl_error *tl_diagnose(struct tl_situation *situation,
	struct tl_symbols *const *elfs, unsigned n_elfs, struct tl_diagnosis *ret);

#endif
