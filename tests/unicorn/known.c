// SPDX-License-Identifier: MIT
#include "tests/unicorn/known.h"

#include "tests/unicorn/known_rules.h"

static const struct row {
	const char *name; // and who is right
	enum difference difference;
	known_rule *applies;
} rows[] = {
	{ "store-exclusive: refused, it may fail at any time (Arm ARM B2.12)", ONLY_THEIRS,
		needs_monitor },
	{ "atomic on a device: refused, it is two accesses when emulated", ONLY_THEIRS,
		is_atomic_on_device },
	{ "access to RAM and a device: refused, an exit tells of one of them", ONLY_THEIRS,
		straddles },
	{ "CONSTRAINED UNPREDICTABLE: refused (Arm ARM K1.1, K1.2)", ONLY_THEIRS,
		is_unpredictable },
	{ "acquire or release beyond 16 bytes: aligned (Arm ARM B2.8.2), QEMU does not ask",
		ONLY_THEIRS, is_ordered_misaligned },
	{ "A32, T32: pairs, lists, vectors, ordered: aligned (Arm ARM E2.5.2), QEMU does not ask",
		ONLY_THEIRS, is_aarch32_misaligned },
	{ "A32, T32: exception return, User mode's registers, SRS, SWP: refused", ONLY_THEIRS,
		is_of_modes },
	{ "A32, T32: a branch to A32 needs a multiple of 4 (Arm ARM E1.2.1)", ONLY_THEIRS,
		branches_astray },
	{ "A32, T32: unallocated, its condition fails: NOP or UNDEFINED (Arm ARM G1.16)",
		ONLY_THEIRS, is_skipped },
	{ "T32: a store with PC as base is UNDEFINED (Arm ARM F5.1, STR), QEMU executes it",
		ONLY_THEIRS, stores_at_pc },
	{ "no load, store or cache operation, it accesses nothing: refused", ONLY_THEIRS,
		accesses_nothing },
	{ "misaligned atomic within 16 bytes: FEAT_LSE2 (Arm ARM B2.8.2), which QEMU lacks",
		ONLY_OURS, is_atomic_misaligned },
	{ "of an extension that QEMU lacks", ONLY_OURS, is_newer },
	{ "LDSMAX, LDSMIN: of signed numbers (Arm ARM C6.2, SInt()), QEMU compares without sign",
		MEMORY, is_unsigned_comparison },
	{ "CAS without a match writes nothing (Arm ARM J1), QEMU writes what it read", ACCESSES,
		is_failed_compare },
	{ "big endian Q register: QEMU accesses its upper address first", ACCESSES, is_half_first },
	{ "DC ZVA: QEMU touches a byte before it writes the block", ACCESSES, is_zeroed_block },
};

bool known(enum difference difference, const struct trial *trial, const struct step *theirs,
	const struct step *ours, unsigned *ret)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].difference != difference || !rows[i].applies(trial, theirs, ours))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

const char *known_name(unsigned row)
{
	return row < sizeof(rows) / sizeof(rows[0]) ? rows[row].name : NULL;
}
