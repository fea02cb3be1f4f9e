// SPDX-License-Identifier: MIT
// What Unicorn executes and our model refuses. "QEMU" is version 5.0.1, of which Unicorn 2.1 is made.
#include "tests/unicorn/known_rules.h"

#include "tests/unicorn/unpredictable.h"
#include "tests/unicorn/window.h"

#include <string.h>

bool known_says(const struct step *step, const char *text)
{
	return strstr(step->reason, text);
}

unsigned known_bytes(const struct tl_arm64_insn *insn)
{
	return (unsigned)insn->size * insn->n;
}

static bool meets(const struct accesses *a, enum page kind)
{
	for (unsigned i = 0; i < a->n; i++)
		if (window_page(a->byte[i].va) == kind)
			return true;
	return false;
}

bool needs_monitor(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return trial->insn.exclusive && trial->insn.does == TL_ARM64_STORES &&
	       known_says(ours, "monitor");
}

bool is_atomic_on_device(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return trial->insn.does == TL_ARM64_UPDATES && meets(&theirs->accesses, PAGE_DEVICE) &&
	       known_says(ours, "not atomic when emulated");
}

bool straddles(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return meets(&theirs->accesses, PAGE_DEVICE) && meets(&theirs->accesses, PAGE_RAM) &&
	       known_says(ours, "straddle two pages that are not alike");
}

bool is_ordered_misaligned(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct tl_arm64_insn *i = &trial->insn;

	return i->set == TL_ARM64_A64 && (i->acquires || i->releases) &&
	       i->does != TL_ARM64_UPDATES &&
	       theirs->accesses.byte[0].va % 16 + known_bytes(i) > 16 &&
	       known_says(ours, "an alignment fault of its own");
}

// What AArch32 wants an address to be a multiple of, whatever SCTLR.A is. Arm ARM E2.5.2.
bool is_aarch32_misaligned(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct tl_arm64_insn *i = &trial->insn;
	const bool whole = i->exclusive || i->acquires || i->releases;
	unsigned needs = i->vector && i->size < 4 ? i->size : 4;

	if (i->interleave)
		needs = i->aligned;
	else if (whole)
		needs = known_bytes(i);
	return i->set != TL_ARM64_A64 && known_says(ours, "an alignment fault of its own") &&
	       needs && theirs->accesses.byte[0].va % needs != 0 &&
	       (whole || i->vector || i->n > 1 || i->address == TL_ARM64_LIST);
}

// What it stores or returns to is more than registers and memory that are here.
bool is_of_modes(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return (trial->insn.returns && known_says(ours, "it returns from an exception")) ||
	       (trial->insn.user_bank && known_says(ours, "registers of User mode")) ||
	       (trial->insn.mode && known_says(ours, "the state to return to")) ||
	       (!strncmp(trial->insn.name, "swp", 3) && known_says(ours, "UNDEFINED since ARMv8"));
}

bool branches_astray(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return (theirs->after.pc & 3) == 2 && !(theirs->after.pstate & 0x20) &&
	       known_says(ours, "in A32 not a multiple of 4");
}

static bool is_conditional(const struct trial *trial)
{
	const uint64_t in_block = 0x06000c00; // ITSTATE[3:0]

	return trial->insn.set == TL_ARM64_A32 ? trial->word >> 28 < TL_ARM32_ALWAYS
					       : (trial->before.pstate & in_block) != 0;
}

bool is_skipped(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return trial->insn.set != TL_ARM64_A64 && !*trial->insn.name && is_conditional(trial) &&
	       !theirs->accesses.n && theirs->outcome == EXECUTED;
}

bool stores_at_pc(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return trial->insn.set == TL_ARM64_T32 && !*trial->insn.name &&
	       (trial->word & 0xff1f0000) == 0xf80f0000;
}

// A branch must be the last of its IT block.
static bool branches_in_block(const struct trial *trial)
{
	const struct tl_arm64_insn *i = &trial->insn;
	const unsigned mask = (trial->before.pstate >> 8 & 0xc) | (trial->before.pstate >> 25 & 3);
	const bool branches = i->rt == 15 || i->list >> 15 || !strncmp(i->name, "tb", 2);

	return i->set == TL_ARM64_T32 && branches && mask && mask != 8;
}

bool is_unpredictable(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return known_says(ours, "CONSTRAINED UNPREDICTABLE") &&
	       (unpredictable(trial) || (known_says(ours, "IT block") && branches_in_block(trial)));
}

bool accesses_nothing(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	return !theirs->accesses.n && known_says(ours, "no load, store or cache operation");
}
