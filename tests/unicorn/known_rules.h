/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_KNOWN_RULES_H
#define TL_TESTS_UNICORN_KNOWN_RULES_H

/* The rules of known.c: does that explain the difference? */

#include "tests/unicorn/trial.h"

typedef bool known_rule(
	const struct trial *trial, const struct step *theirs, const struct step *ours);

/* known_refused.c: Unicorn executes it, we refuse */
known_rule needs_monitor, is_atomic_on_device, straddles, is_unpredictable, is_ordered_misaligned,
	is_aarch32_misaligned, is_of_modes, branches_astray, is_skipped, stores_at_pc,
	accesses_nothing;

/* known_unlike.c: we alone execute it, or both in another way */
known_rule is_atomic_misaligned, is_newer, is_unsigned_comparison, is_failed_compare, is_half_first,
	is_zeroed_block;

bool known_says(const struct step *step, const char *text);

/** All that it accesses. */
unsigned known_bytes(const struct tl_arm64_insn *insn);

#endif
