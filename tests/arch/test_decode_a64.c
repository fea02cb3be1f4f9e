/* SPDX-License-Identifier: MIT */
// labels: unit here
// A64 decoded, against objdump: random words of every class of loads and stores, TL_SEED says which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "tests/arch/objdump_a64.h"
#include "tests/arch/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 20000 };

// Where loads, stores and what goes with them are; of each as many words.
static const struct space {
	uint32_t mask, value;
} spaces[] = {
	{ 0x3b000000, 0x39000000 }, // unsigned offset
	{ 0x3b200000, 0x38000000 }, // unscaled, post-index, unprivileged, pre-index
	{ 0x3b200c00, 0x38200800 }, // register offset
	{ 0x3b200000, 0x38200000 }, // atomics, and what stands among them
	{ 0x3a000000, 0x28000000 }, // pairs
	{ 0x3b000000, 0x18000000 }, // literals
	{ 0x3f000000, 0x08000000 }, // exclusives, ordered, CAS
	{ 0x3f200c00, 0x19000000 }, // unscaled, ordered
	{ 0xff200000, 0xd9200000 }, // tags
	{ 0xbf000000, 0x0c000000 }, // multiple structures
	{ 0xbf3f0000, 0x0c000000 }, { 0xbf000000, 0x0d000000 }, // single structures
	{ 0xbf1f0000, 0x0d000000 }, { 0xfff00000, 0xd5300000 }, // MRS
	{ 0xfff00000, 0xd5100000 },				// MSR
	{ 0x0a000000, 0x08000000 },				// all
};

static bool is_generic(const char *text)
{
	return text[0] == 's' && strchr("0123", text[1]) && text[2] == '_';
}

// What we do not name is left out: kinds of prefetches, and system registers that have a name.
static void leave_out(const struct tl_arm64_insn *i, struct line *ours, struct line *theirs)
{
	char *next = strstr(theirs->operands, ", ");

	if (!next || !i->does)
		return;
	if (i->does == TL_ARM64_PREFETCHES) {
		memmove(theirs->operands, next + 2, strlen(next + 2) + 1);
	} else if (i->does == TL_ARM64_READS_SYSREG && !is_generic(next + 2)) {
		*next = *strstr(ours->operands, ", ") = '\0';
	} else if (i->does == TL_ARM64_WRITES_SYSREG && !is_generic(theirs->operands)) {
		memmove(theirs->operands, next, strlen(next) + 1);
		next = strstr(ours->operands, ", ");
		memmove(ours->operands, next, strlen(next) + 1);
	}
}

// Older versions of objdump do not know FEAT_LRCPC3, FEAT_LSE128, FEAT_THE and FEAT_GCS.
static bool is_new(const char *name, const struct tl_arm64_insn *i)
{
	static const char *const stems[] = { "rcw", "ldclrp", "ldsetp", "swpp", "ldiapp", "stilp",
		"ldap1", "stl1", "rprfm", "gcsst" };

	for (unsigned n = 0; n < sizeof(stems) / sizeof(stems[0]); n++)
		if (!strncmp(name, stems[n], strlen(stems[n])))
			return true;
	return (!strcmp(name, "stlur") || !strcmp(name, "ldapur")) ? i->vector
	       : !strcmp(name, "ldapr") || !strcmp(name, "stlr")   ? i->address != TL_ARM64_OFFSET
								   : false;
}

static unsigned n_unlike;

static void unlike(uint32_t word, const struct line *ours, const struct line *theirs)
{
	if (++n_unlike <= 40)
		print_message("%08" PRIx32 ": ours '%s' '%s', theirs '%s' '%s'\n", word, ours->name,
			ours->operands, theirs->name, theirs->operands);
}

// What it names though the Arm ARM, C6.2, says UNDEFINED or unallocated: LD64B and its kin with an odd
// Rt or one above 22; atomics of pairs with XZR; LDIAPP and STILP with bit 31 clear.
static bool objdump_is_lenient(uint32_t word, const char *name)
{
	if (strstr(name, "64b"))
		return word & 1 || (word >> 3 & 3) == 3;
	if (!strncmp(name, "ldiapp", 6) || !strncmp(name, "stilp", 5))
		return !(word >> 31);
	return (word & 0xbf200c00) == 0x19200000 && ((word & 31) == 31 || (word >> 16 & 31) == 31);
}

// Bytes of an element of general registers, by name: "ldrb", "casah", "ldursw", or the register's.
static unsigned size_by_name(const struct tl_arm64_insn *i)
{
	const char *end = i->name + strlen(i->name);

	if (!strcmp(i->name, "ldrab") || strstr(i->name, "64b"))
		return 8;
	return end[-1] == 'b' ? 1 : end[-1] == 'h' ? 2 : !strcmp(end - 2, "sw") ? 4 : i->width / 8;
}

static void check_size(const struct tl_arm64_insn *i)
{
	const bool accesses = i->does == TL_ARM64_LOADS || i->does == TL_ARM64_STORES ||
			      i->does == TL_ARM64_UPDATES;

	if (accesses && !i->vector && !i->named_only && (!i->tags || i->rt2 != TL_ARM64_NO_REG))
		assert_int_equal(i->size, size_by_name(i));
}

static void compare(uint32_t word, uint64_t pc, struct line *theirs)
{
	struct tl_arm64_insn insn;
	struct line ours;

	tl_arm64_decode(word, &insn);
	check_size(&insn);
	as_text(&insn, pc, &ours);
	leave_out(&insn, &ours, theirs);
	if (!*insn.name && objdump_is_lenient(word, theirs->name))
		return;
	if (!strcmp(theirs->name, ".inst") && is_new(insn.name, &insn))
		return;
	if (!strcmp(theirs->name, ".inst") && (!*insn.name || insn.unpredictable))
		return;
	if (!strcmp(insn.name, "rprfm") && !strcmp(theirs->name, "prfm"))
		return; // older again
	if (insn.named_only || !strcmp(insn.name, "rprfm")) {
		theirs->name[strlen(ours.name)] = '\0';
		*ours.operands = *theirs->operands = '\0';
	}
	if (strcmp(ours.name, theirs->name) != 0 || strcmp(ours.operands, theirs->operands) != 0)
		unlike(word, &ours, theirs);
}

static uint32_t some_word(void)
{
	const struct space *s = &spaces[below(sizeof(spaces) / sizeof(spaces[0]))];

	return ((uint32_t)any() & ~s->mask) | s->value;
}

static FILE *disassemble(const uint32_t *words, size_t n, const char *options)
{
	char path[] = "/tmp/trapline-words-XXXXXX", command[256];
	const int fd = mkstemp(path);
	FILE *lines;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, words, n * sizeof(*words)), n * sizeof(*words));
	close(fd);
	snprintf(command, sizeof(command),
		"aarch64-linux-gnu-objdump -D -z -b binary -m aarch64 %s %s; rm %s", options, path,
		path);
	lines = popen(command, "r"); // NOLINT: a command of our own
	assert_non_null(lines);
	return lines;
}

static void words_are_what_objdump_says(void **state)
{
	const size_t n = random_rounds(WORDS);
	uint32_t *words = malloc(n * sizeof(*words)), word;
	char text[512];
	struct line theirs;
	size_t seen = 0;
	FILE *lines;

	assert_non_null(words);
	random_start();
	for (size_t i = 0; i < n; i++)
		words[i] = some_word();
	lines = disassemble(words, n, "-M no-aliases");
	while (fgets(text, sizeof(text), lines)) {
		if (!parse(text, &word, &theirs))
			continue;
		assert_int_equal(word, words[seen]);
		compare(word, 4 * seen++, &theirs);
	}
	assert_int_equal(pclose(lines), 0);
	assert_int_equal(seen, n);
	assert_int_equal(n_unlike, 0);
	free(words);
}

// "dc ivac, x0" has a name of its own with aliases only. What is no DC, IC or AT is SYS or has a name
// that we do not know, TLBI and such; some have a name in newer versions of objdump only.
static bool is_newer(const char *name)
{
	static const char *const newer[] = { "at s1e1a", "at s1e2a", "at s1e3a", "dc civaps",
		"dc cigdvaps", "dc cvaoc", "dc cgdvaoc", "dc civaoc", "dc cigdvaoc", "dc cipae",
		"dc cigdpae", "dc cipapa", "dc cigdpapa" };

	for (unsigned i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (!strcmp(name, newer[i]))
			return true;
	return false;
}

static void compare_operation(uint32_t word, const struct line *theirs)
{
	const bool named = !strcmp(theirs->name, "dc") || !strcmp(theirs->name, "ic") ||
			   !strcmp(theirs->name, "at");
	struct tl_arm64_insn insn;
	char name[160];

	tl_arm64_decode(word, &insn);
	snprintf(name, sizeof(name), "%s %.*s", theirs->name, (int)strcspn(theirs->operands, ","),
		theirs->operands);
	if (named || !is_newer(insn.name))
		assert_string_equal(insn.name, named ? name : "sys");
	if (named)
		assert_int_equal(insn.address == TL_ARM64_OPERAND,
			strchr(theirs->operands, ',') &&
				strcmp(name + strlen(name) - 2, "sw") != 0);
}

static void every_cache_and_translation_operation_has_its_name(void **state)
{
	enum { ALL = 1 << 14 };
	static uint32_t words[ALL];
	unsigned seen = 0, named = 0;
	struct line theirs;
	char text[512];
	uint32_t word;
	FILE *lines;

	for (uint32_t i = 0; i < ALL; i++)
		words[i] = 0xd5080000 | i << 5; // all of op1, CRn, CRm, op2; Rt is x0
	lines = disassemble(words, ALL, "");
	while (fgets(text, sizeof(text), lines))
		if (parse(text, &word, &theirs)) {
			compare_operation(word, &theirs);
			seen++;
			named += !strcmp(theirs.name, "dc");
		}
	assert_int_equal(pclose(lines), 0);
	assert_int_equal(seen, ALL);
	assert_true(named > 20);
}

static void what_an_abort_tells_depends_on_the_form(void **state)
{
	static const struct {
		const char *name;
		uint32_t word;
		bool syndrome;
	} forms[] = {
		{ "ldrsw", 0xb9800020, true },
		{ "ldur", 0xb85fc020, true },
		{ "ldr", 0xb8627820, true },
		{ "ldtr", 0xb8400820, true },
		{ "ldr", 0x58000040, true },
		{ "ldar", 0x88dffc20, true },
		{ "stlr", 0x889ffc20, true },
		{ "ldapr", 0xb8bfc020, true },
		{ "ldlar", 0x88df7c20, true },
		{ "ldapur", 0x99404020, true },
		{ "ldraa", 0xf8200420, true },
		{ "ld64b", 0xf83fd020, true },
		{ "st64b", 0xf83f9020, true },
		{ "st64bv", 0xf828b020, true },
		{ "ldr", 0xf8408420, false },
		{ "ldr", 0xf8408c20, false },
		{ "str", 0xb8004401, false },
		{ "ldrab", 0xf8a01c20, false },
		{ "ldp", 0x29400440, false },
		{ "ldp", 0xa8c10440, false },
		{ "ldpsw", 0x69400440, false },
		{ "stgp", 0x69000440, false },
		{ "ldr", 0x3dc00020, false },
		{ "str", 0xbc004420, false },
		{ "ld1", 0x4c407020, false },
		{ "ld1", 0x0d409020, false },
		{ "ldxr", 0x885f7c20, false },
		{ "stxr", 0x88027c20, false },
		{ "ldaxp", 0xc87f8440, false },
		{ "ldadd", 0xf8200041, false },
		{ "swp", 0xf8208041, false },
		{ "casal", 0xc8e0fc41, false },
		{ "casp", 0x48207c82, false },
		{ "dc zva", 0xd50b7420, false },
		{ "dc ivac", 0xd5087620, false },
		{ "dc cvac", 0xd50b7a20, false },
		{ "at s1e1r", 0xd5087800, false },
		{ "prfm", 0xf9800000, false },
		{ "sve", 0xa400a000, false },
		{ "sve", 0x85804000, false },
	};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tl_arm64_insn insn;

		tl_arm64_decode(forms[i].word, &insn);
		assert_string_equal(insn.name, forms[i].name);
		assert_int_equal(insn.syndrome, forms[i].syndrome);
	}
}

static void what_cannot_be_predicted_says_why(void **state)
{
	static const struct {
		uint32_t word;
		const char *why;
	} words[] = {
		{ 0xf8408400,
			"it writes back to a register that it transfers" }, // ldr x0, [x0], #8
		{ 0xf84087ff, NULL },					    // ldr xzr, [sp], #8
		{ 0xf8200c00, "it writes back to a register that it transfers" }, // ldraa x0, [x0]!
		{ 0xa8c10020, "it loads the same register twice" }, // ldp x0, x0, [x1], #16
		{ 0xa9400440, NULL },
		{ 0xc87f0020, "it loads the same register twice" },		// ldxp x0, x0, [x1]
		{ 0x88007c20, "its status goes to a register that it stores" }, // stxr w0, w0, [x1]
		{ 0x88017c20, "its status goes to its base" },			// stxr w1, w0, [x1]
		{ 0x881f7fe0, NULL }, // stxr wzr, w0, [sp]
		{ 0x885e7c20, "bits that should be one are zero" },
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct tl_arm64_insn insn;

		tl_arm64_decode(words[i].word, &insn);
		if (words[i].why)
			assert_string_equal(insn.unpredictable, words[i].why);
		else
			assert_null(insn.unpredictable);
	}
}

static void a_word_that_is_no_access_does_nothing(void **state)
{
	static const uint32_t words[] = { 0, 0x91000400, 0x54000000, 0xd503201f, 0xd65f03c0,
		0xffffffff };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct tl_arm64_insn insn;

		tl_arm64_decode(words[i], &insn);
		assert_int_equal(insn.does, TL_ARM64_NOTHING);
		assert_string_equal(insn.name, "");
		assert_int_equal(insn.rt, TL_ARM64_NO_REG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_what_objdump_says),
		cmocka_unit_test(every_cache_and_translation_operation_has_its_name),
		cmocka_unit_test(what_an_abort_tells_depends_on_the_form),
		cmocka_unit_test(what_cannot_be_predicted_says_why),
		cmocka_unit_test(a_word_that_is_no_access_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
