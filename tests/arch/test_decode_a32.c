// SPDX-License-Identifier: MIT
// labels: unit here
// A32 and T32 decoded, against objdump: random instructions of every class of loads and stores, TL_SEED
// says which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "tests/arch/leniency_a32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INSTRUCTIONS = 20000 };

static unsigned n_unlike;

static void unlike(
	const struct tl_arm64_insn *i, const struct line *ours, const struct line *theirs)
{
	if (++n_unlike <= 40)
		print_message("%s %08" PRIx32 ": ours '%s' '%s' (%s), theirs '%s' '%s'\n",
			i->set == TL_ARM64_T32 ? "t32" : "a32", i->word, ours->name, ours->operands,
			i->unpredictable ? i->unpredictable : "", theirs->name, theirs->operands);
}

static void compare(const struct tl_arm64_insn *i, struct line *theirs)
{
	struct line ours;

	as_text(i, &ours);
	if (*ours.name && objdump_is_lenient(i))
		unlike(i, &ours, theirs);
	if (*ours.name ? i->unpredictable && may_differ(i, &ours, theirs) : may_be_none(i, theirs))
		return;
	unify_both(i, &ours, theirs);
	if (strcmp(ours.name, theirs->name) != 0 || strcmp(ours.operands, theirs->operands) != 0)
		unlike(i, &ours, theirs);
}

static FILE *disassemble(const void *code, size_t size, const char *options)
{
	char path[] = "/tmp/trapline-words-XXXXXX", command[256];
	const int fd = mkstemp(path);
	FILE *lines;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, code, size), size);
	close(fd);
	snprintf(command, sizeof(command),
		"arm-linux-gnueabihf-objdump -D -z -b binary -marm -M reg-names-raw %s %s; rm %s",
		options, path, path);
	lines = popen(command, "r"); // NOLINT: a command of our own
	assert_non_null(lines);
	return lines;
}

static void a32_words_are_what_objdump_says(void **state)
{
	const size_t n = random_rounds(INSTRUCTIONS);
	uint32_t *words = malloc(n * sizeof(*words)), word;
	struct tl_arm64_insn insn;
	struct line theirs;
	char text[512];
	size_t seen = 0;
	unsigned bytes;
	FILE *lines;

	assert_non_null(words);
	random_start();
	n_unlike = 0;
	for (size_t i = 0; i < n; i++)
		words[i] = some_a32();
	lines = disassemble(words, n * sizeof(*words), "");
	while (fgets(text, sizeof(text), lines)) {
		if (!parse(text, &word, &bytes, &theirs))
			continue;
		assert_int_equal(word, words[seen++]);
		tl_arm64_decode_a32(word, &insn);
		compare(&insn, &theirs);
	}
	assert_int_equal(pclose(lines), 0);
	assert_int_equal(seen, n);
	assert_int_equal(n_unlike, 0);
	free(words);
}

static void t32_instructions_are_what_objdump_says(void **state)
{
	const size_t n = random_rounds(INSTRUCTIONS);
	uint16_t *code = calloc(n, 4);
	size_t size = 0, at = 0, seen = 0;
	struct tl_arm64_insn insn;
	struct line theirs;
	unsigned bytes;
	char text[512];
	uint32_t word;
	FILE *lines;

	assert_non_null(code);
	random_start();
	n_unlike = 0;
	for (size_t i = 0; i < n; i++)
		size += some_t32(code + size);
	lines = disassemble(code, size * sizeof(*code), "-M force-thumb");
	while (fgets(text, sizeof(text), lines)) {
		if (!parse(text, &word, &bytes, &theirs))
			continue;
		tl_arm64_decode_t32(code[at], code[at + 1], &insn);
		assert_int_equal(insn.word, word);
		assert_int_equal(insn.bytes, bytes);
		compare(&insn, &theirs);
		at += bytes / 2;
		seen++;
	}
	assert_int_equal(pclose(lines), 0);
	assert_int_equal(seen, n);
	assert_int_equal(n_unlike, 0);
	free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a32_words_are_what_objdump_says),
		cmocka_unit_test(t32_instructions_are_what_objdump_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
