// SPDX-License-Identifier: MIT
#include "tests/unicorn/unpredictable.h"

#include <string.h>

enum { SP = 13, LR = 14, PC = 15 };

static bool is_in_list(const struct tl_arm64_insn *i, unsigned reg)
{
	return i->list >> reg & 1;
}

static bool has_pc(const struct trial *trial)
{
	const struct tl_arm64_insn *i = &trial->insn;

	return i->rt == PC || i->rt2 == PC || i->rn == PC || i->rm == PC || i->rs == PC ||
	       is_in_list(i, PC);
}

static bool transfers_base(const struct trial *trial)
{
	const struct tl_arm64_insn *i = &trial->insn;

	return i->rn == i->rt || i->rn == i->rt2 || (i->rn < PC && is_in_list(i, i->rn));
}

static bool loads_twice(const struct trial *trial)
{
	return trial->insn.rt == trial->insn.rt2;
}

static bool loads_its_offset(const struct trial *trial)
{
	return trial->insn.rm == trial->insn.rt || trial->insn.rm == trial->insn.rt2;
}

static bool is_odd(const struct trial *trial)
{
	return trial->insn.rt & 1;
}

static bool is_empty(const struct trial *trial)
{
	return !trial->insn.list && !trial->insn.n;
}

static bool has_one(const struct trial *trial)
{
	return __builtin_popcount(trial->insn.list) == 1;
}

static bool has_sp(const struct trial *trial)
{
	return is_in_list(&trial->insn, SP);
}

static bool has_both(const struct trial *trial)
{
	return is_in_list(&trial->insn, LR) && is_in_list(&trial->insn, PC);
}

static bool is_vector(const struct trial *trial)
{
	return trial->insn.vector;
}

static bool is_conditional(const struct trial *trial)
{
	return trial->insn.cond != TL_ARM32_ALWAYS;
}

static bool is_swap(const struct trial *trial)
{
	return !strncmp(trial->insn.name, "swp", 3);
}

static bool is_neither_index(const struct trial *trial)
{
	return !(trial->word >> 24 & 1) && (trial->word >> 21 & 1);
}

// Of a random word it is not known here which bits should be so.
static bool lacks_bits(const struct trial *trial)
{
	const struct family *f = trial->family;

	return (~trial->word & f->ones) || (trial->word & f->zeros) || !(f->ones | f->zeros);
}

static const struct {
	const char *reason;
	bool (*is_true)(const struct trial *trial);
} reasons[] = {
	{ "it transfers PC", has_pc },
	{ "its base is PC", has_pc },
	{ "its offset is PC", has_pc },
	{ "its status goes to PC", has_pc },
	{ "its list has PC", has_pc },
	{ "it writes back to PC", has_pc },
	{ "it prefetches for a write at PC", has_pc },
	{ "it writes back to a register that it transfers", transfers_base },
	{ "it stores its base, which it writes back", transfers_base },
	{ "it loads the same register twice", loads_twice },
	{ "it loads the register that is its offset", loads_its_offset },
	{ "its pair starts with an odd register", is_odd },
	{ "its list is empty", is_empty },
	{ "its list has one register", has_one },
	{ "its list has SP", has_sp },
	{ "its list has both LR and PC", has_both },
	{ "its list goes beyond the last register", is_vector },
	{ "it has a condition", is_conditional },
	{ "it is undefined since ARMv8", is_swap },
	{ "it is neither post-indexed nor pre-indexed", is_neither_index },
	{ "bits that should be one are zero", lacks_bits },
	{ "a bit is not what it should be", lacks_bits },
};

bool unpredictable(const struct trial *trial)
{
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (trial->insn.unpredictable &&
			!strcmp(trial->insn.unpredictable, reasons[i].reason))
			return reasons[i].is_true(trial);
	return false;
}
