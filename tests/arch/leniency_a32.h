/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_LENIENCY_A32_H
#define TL_TESTS_ARCH_LENIENCY_A32_H

/* Where objdump and we may differ over A32 and T32, by the word of the Arm ARM. */

#include "tests/arch/objdump_a32.h"
#include "tests/arch/spaces_a32.h"

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

// No instruction that accesses neither memory nor a coprocessor has such a name.
static bool is_ours(const char *name)
{
	static const char *const stems[] = { "ldr", "str", "ldm", "stm", "lda", "stl", "push",
		"pop", "swp", "pld", "pli", "vld", "vst", "vpush", "vpop", "fldm", "fstm", "rfe",
		"srs", "mcr", "mrc", "mrrc", "ldc", "stc", "tbb", "tbh" };

	for (unsigned n = 0; n < LENGTH(stems); n++)
		if (starts(name, stems[n]))
			return true;
	return false;
}

static bool fits(uint32_t word, const struct space *spaces, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((word & spaces[i].mask) == spaces[i].value)
			return true;
	return false;
}

// What it names though the Arm ARM says that it is not allocated, or a hint that is none. Structures of
// T32 are looked up as those of A32.
static bool objdump_is_lenient(const struct tl_arm64_insn *i)
{
	static const struct space a32[] = {
		{ 0xfe300010, 0xf6100010 }, // F4.1, preload by register: bit 4 is 0
		{ 0xfd700000, 0xf4100000 }, // F4.1, unallocated memory hint
		{ 0xff900f20, 0xf4000720 }, // F6.1, VLD1, VLD2, VLD3: alignments that there are not
		{ 0xff900f20, 0xf4000620 }, { 0xff900e20, 0xf4000420 }, { 0xff900e30, 0xf4000830 },
		{ 0xff900f30, 0xf4000a30 },
		{ 0xffb00fd0, 0xf4a00fc0 }, // F6.1, VLD4 to all lanes: size 3 is aligned
	};
	static const struct space t32[] = {
		{ 0xff1f0000, 0xf80f0000 }, // F5.1, STR and such: PC is no base
		{ 0xff7ff000, 0xf93ff000 }, // F3.1, reserved memory hints
		{ 0xfff0f000, 0xf9b0f000 },
		{ 0xfff0ff00, 0xf930fc00 },
		{ 0xfff0f800, 0xf930f000 },
	};
	static const struct space t32_index[] = { // F3.1, by register: bits 11 to 6 are 0
		{ 0xff800840, 0xf8000040 }, { 0xff800880, 0xf8000080 }, { 0xff900840, 0xf9100040 },
		{ 0xff900880, 0xf9100080 }
	};
	static const struct space v8_1_m[] = { // VLDR of system registers, Armv8.1-M alone
		{ 0x0f000f80, 0x0d000f80 }, { 0x0f200f80, 0x0c200f80 }
	};
	const bool structure = (i->word & 0xff100000) == 0xf9000000,
		   literal = (i->word & 0xfe1f0000) == 0xf81f0000;

	if (fits(i->word, v8_1_m, LENGTH(v8_1_m)))
		return true;
	if (i->set == TL_ARM64_A32)
		return fits(i->word, a32, LENGTH(a32));
	return fits(i->word, t32, LENGTH(t32)) ||
	       (!literal && fits(i->word, t32_index, LENGTH(t32_index))) ||
	       (structure && fits(i->word - 0x05000000, a32, LENGTH(a32)));
}

// Since ARMv8 there are coprocessors 14 and 15 alone, LDC and STC of c5 of the first of them, and no LDC2,
// MCR2 and such. Arm ARM F4.1, "System register access".
static bool is_of_old_coprocessor(const struct tl_arm64_insn *i, const char *name)
{
	const bool moves = starts(name, "mcr") || starts(name, "mrc") || starts(name, "mrrc"),
		   transfers = starts(name, "ldc") || starts(name, "stc");

	if (!moves && !transfers)
		return false;
	if (i->word >> 28 == 15 || (i->word >> 9 & 7) != 7)
		return true;
	return transfers && ((i->word & 0x0040ff00) != 0x00005e00 || !(i->word & 0x01a00000));
}

static bool objdump_doubts(const struct line *theirs)
{
	return strchr(theirs->name, '<') || strchr(theirs->name, '?') ||
	       strstr(theirs->operands, "<bad align") || strstr(theirs->operands, "<undefined>");
}

// Ours has no name.
static bool may_be_none(const struct tl_arm64_insn *i, const struct line *theirs)
{
	return !is_ours(theirs->name) || objdump_is_lenient(i) ||
	       is_of_old_coprocessor(i, theirs->name) || objdump_doubts(theirs);
}

// What is CONSTRAINED UNPREDICTABLE is no instruction to objdump, or another one, or has other registers.
static bool may_differ(
	const struct tl_arm64_insn *i, const struct line *ours, const struct line *theirs)
{
	if (!*theirs->name || !is_ours(theirs->name))
		return true;
	if (!strcmp(i->unpredictable, "it transfers PC") && starts(theirs->name, "pl"))
		return true; // F5.1, LDRB: with PC it is a hint only without write-back
	return !strcmp(ours->name, theirs->name) &&
	       (starts(i->unpredictable, "its list") || starts(i->name, "srs"));
}

// PUSH and POP are also written as what they are.
static void unify_stack(const struct line *ours, struct line *theirs)
{
	static const char *const names[][2] = { { "stmdb", "push" }, { "stmfd", "push" },
		{ "str", "push" }, { "ldmfd", "pop" }, { "ldm", "pop" }, { "ldr", "pop" } };
	const char *end = starts(ours->name, "push") ? ", [r13, #-4]!" : ", [r13], #4";

	for (unsigned n = 0; n < LENGTH(names); n++)
		if (starts(theirs->name, names[n][0]))
			replace(theirs->name, names[n][0], names[n][1]);
	replace(theirs->operands, "r13!, ", "");
	if (strstr(theirs->operands, end)) {
		replace(theirs->operands, end, "}");
		replace(theirs->operands, "r", "{r");
	}
}

// Where objdump writes one thing in two ways. With an offset of 0, or to PC, it may hide the write-back.
static void unify_both(const struct tl_arm64_insn *i, struct line *ours, struct line *theirs)
{
	if (!i->imm || i->rn == 15) {
		replace(ours->operands, ", #0]", "]");
		replace(ours->operands, "]!", "]");
		replace(theirs->operands, ", #0]", "]");
		replace(theirs->operands, "]!", "]");
	}
	if (i->coprocessor) {
		replace(ours->operands, "], #0", "]");
		replace(theirs->operands, "], #0", "]");
	}
	if (starts(i->name, "push") || starts(i->name, "pop"))
		unify_stack(ours, theirs);
	if (i->does == TL_ARM64_MAINTAINS || i->does == TL_ARM64_TRANSLATES)
		replace(ours->name, i->name, "mcr");
	if (i->address == TL_ARM64_LITERAL && i->set == TL_ARM64_T32)
		replace(theirs->name, "t", ""); // F5.1, LDRT: of PC it is LDR (literal)
}

#endif
