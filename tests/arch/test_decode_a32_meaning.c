// SPDX-License-Identifier: MIT
// What no disassembly says of A32 and T32 instructions: sizes, ranges, what an abort tells.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "tests/arch/spaces_a32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUCTIONS = 100000 };

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool ends(const char *text, const char *with)
{
	const size_t n = strlen(text), m = strlen(with);

	return n >= m && !strcmp(text + n - m, with);
}

static bool is_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void check_direction(const struct tl_arm64_insn *i)
{
	static const char *const loads[] = { "ld", "vld", "fld", "pop", "vpop", "rfe", "tb" },
				 *const stores[] = { "st", "vst", "fst", "push", "vpush", "srs" };
	bool does_load = false, does_store = false;

	for (size_t n = 0; n < LENGTH(loads); n++)
		does_load |= starts(i->name, loads[n]);
	for (size_t n = 0; n < LENGTH(stores); n++)
		does_store |= starts(i->name, stores[n]);
	assert_int_equal(i->does == TL_ARM64_LOADS, does_load);
	assert_int_equal(i->does == TL_ARM64_STORES, does_store);
	assert_int_equal(i->does == TL_ARM64_PREFETCHES, starts(i->name, "pl"));
	assert_int_equal(i->does == TL_ARM64_UPDATES, starts(i->name, "swp"));
	assert_int_equal(i->does == TL_ARM64_NOTHING, !*i->name);
	assert_int_equal(i->does == TL_ARM64_READS_SYSREG, starts(i->name, "mr"));
	if (starts(i->name, "mc"))
		assert_int_equal(i->does, TL_ARM64_WRITES_SYSREG);
}

// Of LDR, STR, LDA, STL and what is made of them.
static void check_size(const struct tl_arm64_insn *i)
{
	char name[16];

	snprintf(name, sizeof(name), "%s", i->name);
	assert_int_equal(i->unprivileged, ends(name, "t"));
	assert_int_equal(i->exclusive, strstr(name, "ex") != NULL);
	assert_int_equal(i->acquires, starts(name, "lda"));
	assert_int_equal(i->releases, starts(name, "stl"));
	assert_int_equal(i->is_signed, starts(name, "ldrs"));
	if (i->unprivileged)
		name[strlen(name) - 1] = '\0';
	assert_int_equal(i->size, ends(name, "b") ? 1 : ends(name, "h") ? 2 : 4);
	assert_int_equal(i->n, ends(name, "d") ? 2 : 1);
	assert_int_equal(i->width, 32);
}

// The Arm ARM's words, D17.2.37, of ISV.
static void check_syndrome(const struct tl_arm64_insn *i)
{
	static const char *const names[] = { "ldr", "lda", "ldrt", "ldrsh", "ldrsht", "ldrh",
		"ldah", "ldrht", "ldrsb", "ldrsbt", "ldrb", "ldab", "ldrbt", "str", "stl", "strt",
		"strh", "stlh", "strht", "strb", "stlb", "strbt" };
	const bool writes_back = i->address == TL_ARM64_PRE || i->address == TL_ARM64_POST ||
				 i->address == TL_ARM64_PRE_REG || i->address == TL_ARM64_POST_REG;

	assert_int_equal(
		i->syndrome, is_of(i->name, names, LENGTH(names)) && !writes_back && i->rt != 15);
}

// "push", "vldmdb", "rfeia": DA, IA, DB, IB.
static void check_range(const struct tl_arm64_insn *i)
{
	const char *name = i->name;
	const bool x = starts(name, "f"); // FLDMX: a word that does not count
	const int bytes = i->size * i->n + (x ? 4 : 0);
	const bool down = ends(name, "push") || strstr(name, "da") || strstr(name, "db");
	const bool apart = (ends(name, "da") || ends(name, "ib"));

	if (starts(name, "rfe") || starts(name, "srs"))
		assert_int_equal(i->n, 2);
	else if (!i->vector)
		assert_int_equal(i->n, __builtin_popcount(i->list));
	assert_int_equal(i->width, i->list ? 32 : i->width);
	assert_int_equal(i->mode, starts(name, "srs") ? i->word & 31 : 0);
	assert_int_equal(
		i->returns, starts(name, "rfe") ||
				    (i->set == TL_ARM64_A32 && !i->vector && starts(name, "ldm") &&
					    i->word >> 22 & 1 && i->list >> 15));
	assert_int_equal(i->size, i->vector && i->size == 8 ? 8 : 4);
	assert_int_equal(i->imm, (down ? -bytes : 0) + (apart ? 4 : 0));
	assert_int_equal(i->back, down ? -bytes : bytes);
}

static void check_structures(const struct tl_arm64_insn *i)
{
	assert_int_equal(i->interleave, i->name[3] - '0');
	assert_true(i->half && (i->apart == 1 || i->apart == 2));
	assert_int_equal(__builtin_popcount(i->aligned), 1);
	assert_true(i->registers >= i->interleave && i->registers % i->interleave == 0);
	if (i->lane >= 0 || i->replicate)
		assert_int_equal(i->n, i->interleave);
	else
		assert_int_equal(i->n * i->size, 8 * i->registers);
	assert_int_equal(i->address == TL_ARM64_OFFSET, (i->word & 15) == 15);
	if (i->address == TL_ARM64_POST)
		assert_int_equal(i->imm, i->n * i->size);
	if (i->lane >= 0)
		assert_true((i->lane + 1) * i->size <= 8);
}

// A load with an offset from PC is a literal, but LDREX and its kind and structures have no such form.
static void check_literal(const struct tl_arm64_insn *i)
{
	const bool other = i->exclusive || i->acquires || i->interleave;

	if (i->does == TL_ARM64_LOADS && i->address == TL_ARM64_OFFSET && i->rn == 15)
		assert_true(other);
	if (i->address == TL_ARM64_LITERAL)
		assert_int_equal(i->rn, 15);
}

static void check_others(const struct tl_arm64_insn *i)
{
	if (i->does == TL_ARM64_UPDATES)
		assert_int_equal(i->size, ends(i->name, "b") ? 1 : 4);
	if (i->does == TL_ARM64_UPDATES || starts(i->name, "mr") || starts(i->name, "mc"))
		assert_int_equal(i->width, 32);
	assert_int_equal(i->named_only, starts(i->name, "tb"));
	if (i->named_only)
		assert_int_equal(i->size, ends(i->name, "h") ? 2 : 1);
	if (starts(i->name, "ldc") || starts(i->name, "stc"))
		assert_int_equal(i->size, 4);
	if (starts(i->name, "vldr") || starts(i->name, "vstr"))
		assert_int_equal(i->size, 1 << (i->word >> 8 & 3));
	if (i->does == TL_ARM64_UPDATES || i->named_only || starts(i->name, "ldc") ||
		starts(i->name, "stc") || starts(i->name, "vldr") || starts(i->name, "vstr"))
		assert_int_equal(i->n, 1);
}

static void check(const struct tl_arm64_insn *i)
{
	static const char *const singles[] = { "ldr", "str", "lda", "stl" };
	bool single = false;

	for (size_t n = 0; n < LENGTH(singles); n++)
		single |= starts(i->name, singles[n]);
	check_direction(i);
	check_literal(i);
	if (single)
		check_size(i);
	if (i->address == TL_ARM64_LIST)
		check_range(i);
	if (i->interleave)
		check_structures(i);
	check_others(i);
	check_syndrome(i);
}

static void fields_agree_with_the_name(void **state)
{
	const unsigned n = random_rounds(INSTRUCTIONS);
	struct tl_arm64_insn insn;
	uint16_t code[2] = { 0 };

	random_start();
	for (unsigned i = 0; i < n; i++) {
		tl_arm64_decode_a32(some_a32(), &insn);
		assert_int_equal(insn.bytes, 4);
		check(&insn);
		some_t32(code);
		tl_arm64_decode_t32(code[0], code[1], &insn);
		assert_int_equal(insn.bytes, code[0] < 0xe800 ? 2 : 4);
		check(&insn);
	}
}

static void what_an_abort_tells_depends_on_the_form(void **state)
{
	static const struct {
		const char *name;
		uint32_t word;
		bool t32, syndrome;
	} forms[] = {
		{ "ldr", 0xe5910004, false, true },
		{ "ldr", 0xe59f0004, false, true }, // literal
		{ "ldr", 0xe4910004, false, false },
		{ "ldr", 0xe591f004, false, false },
		{ "ldrt", 0xe4b10004, false, false },
		{ "ldrsh", 0xe1d100f2, false, true },
		{ "ldrd", 0xe1c200d0, false, false },
		{ "lda", 0xe1910c9f, false, true },
		{ "ldrex", 0xe1910f9f, false, false },
		{ "ldm", 0xe8910001, false, false },
		{ "vldr", 0xed910b00, false, false },
		{ "ldrt", 0xf8510e04, true, true },
		{ "ldr", 0x6848, true, true },
		{ "push", 0xb401, true, false },
		{ "tbb", 0xe8d1f000, true, false },
		{ "pld", 0xf891f000, true, false },
	};

	for (unsigned i = 0; i < LENGTH(forms); i++) {
		struct tl_arm64_insn insn;

		decode_32(forms[i].t32, forms[i].word, &insn);
		assert_string_equal(insn.name, forms[i].name);
		assert_int_equal(insn.syndrome, forms[i].syndrome);
	}
}

static void operations_of_coprocessor_15_have_their_names(void **state)
{
	static const struct {
		const char *name;
		uint32_t word;
		enum tl_arm64_does does;
		bool by_address;
	} words[] = {
		{ "bpiallis", 0xee073fd1, TL_ARM64_MAINTAINS, false },
		{ "bpiall", 0xee073fd5, TL_ARM64_MAINTAINS, false },
		{ "bpimva", 0xee073ff5, TL_ARM64_MAINTAINS, true },
		{ "icialluis", 0xee073f11, TL_ARM64_MAINTAINS, false },
		{ "icimvau", 0xee073f35, TL_ARM64_MAINTAINS, true },
		{ "dcimvac", 0xee073f36, TL_ARM64_MAINTAINS, true },
		{ "dcisw", 0xee073f56, TL_ARM64_MAINTAINS, false },
		{ "ats1cpr", 0xee073f18, TL_ARM64_TRANSLATES, true },
		{ "ats1hw", 0xee873f38, TL_ARM64_TRANSLATES, true },
		{ "dccmvac", 0xee073f3a, TL_ARM64_MAINTAINS, true },
		{ "dccmvau", 0xee073f3b, TL_ARM64_MAINTAINS, true },
		{ "dccimvac", 0xee073f3e, TL_ARM64_MAINTAINS, true },
		{ "mcr", 0xee073f14, TL_ARM64_WRITES_SYSREG, false }, // PAR
		{ "mcr", 0xee073e36, TL_ARM64_WRITES_SYSREG, false }, // coprocessor 14
		{ "mrc", 0xee173f36, TL_ARM64_READS_SYSREG, false },
	};

	for (unsigned i = 0; i < LENGTH(words); i++) {
		struct tl_arm64_insn insn;

		decode_32(i % 2, words[i].word, &insn); // the words are the same
		assert_string_equal(insn.name, words[i].name);
		assert_int_equal(insn.does, words[i].does);
		assert_int_equal(insn.address == TL_ARM64_OPERAND, words[i].by_address);
		assert_int_equal(insn.rt, 3);
	}
}

// They have the CRm and op2 of what A64 calls otherwise.
static void operations_are_encoded_as_those_of_a64(void **state)
{
	static const struct {
		const char *a32, *a64;
	} names[] = { { "icialluis", "ic ialluis" }, { "iciallu", "ic iallu" },
		{ "icimvau", "ic ivau" }, { "dcimvac", "dc ivac" }, { "dcisw", "dc isw" },
		{ "ats1cpr", "at s1e1r" }, { "ats1cpw", "at s1e1w" }, { "ats1cur", "at s1e0r" },
		{ "ats1cuw", "at s1e0w" }, { "ats12nsopr", "at s12e1r" },
		{ "ats12nsopw", "at s12e1w" }, { "ats12nsour", "at s12e0r" },
		{ "ats12nsouw", "at s12e0w" }, { "ats1cprp", "at s1e1rp" },
		{ "ats1cpwp", "at s1e1wp" }, { "dccmvac", "dc cvac" }, { "dccsw", "dc csw" },
		{ "dccmvau", "dc cvau" }, { "dccimvac", "dc civac" }, { "dccisw", "dc cisw" },
		{ "ats1hr", "at s1e2r" }, { "ats1hw", "at s1e2w" } };
	unsigned seen = 0;

	for (uint32_t i = 0; i < 1 << 10; i++) {
		const uint32_t op1 = i >> 7, crm = i >> 3 & 15, op2 = i & 7;
		struct tl_arm64_insn a32, a64;

		tl_arm64_decode_a32(0xee070f10 | op1 << 21 | op2 << 5 | crm, &a32);
		for (unsigned n = 0; n < LENGTH(names) * 8; n++) {
			if (strcmp(a32.name, names[n / 8].a32) != 0)
				continue;
			tl_arm64_decode(0xd5087000 | (n % 8) << 16 | crm << 8 | op2 << 5, &a64);
			seen += !strcmp(a64.name, names[n / 8].a64) &&
				op1 == (starts(a32.name, "ats1h") ? 4 : 0);
		}
	}
	assert_int_equal(seen, LENGTH(names));
}

static void a_word_that_is_no_access_does_nothing(void **state)
{
	static const uint32_t words[] = { 0xe1a00000, 0xe0810002, 0xea000000, 0xef000000,
		0xe7f000f0, 0xf57ff04f, 0xee070a10, 0x4770, 0xbf00, 0xf3af8000, 0xf0008000 };

	for (unsigned i = 0; i < LENGTH(words); i++) {
		struct tl_arm64_insn insn;

		decode_32(i >= 7, words[i], &insn);
		assert_int_equal(insn.does, TL_ARM64_NOTHING);
		assert_string_equal(insn.name, "");
		assert_int_equal(insn.rt, TL_ARM64_NO_REG);
		assert_int_equal(insn.set, i >= 7 ? TL_ARM64_T32 : TL_ARM64_A32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_agree_with_the_name),
		cmocka_unit_test(what_an_abort_tells_depends_on_the_form),
		cmocka_unit_test(operations_of_coprocessor_15_have_their_names),
		cmocka_unit_test(operations_are_encoded_as_those_of_a64),
		cmocka_unit_test(a_word_that_is_no_access_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
