/* SPDX-License-Identifier: MIT */
// labels: unit x86_64
// Instructions decoded, against objdump: random bytes, as TL_SEED says, and this program's own
// code.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/decode.h"
#include "tests/arch/objdump_x86.h"
#include "tests/arch/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// An instruction stands at the start of a slot. Behind its bytes are NOPs: none crosses into the
// next.
enum { INSTRUCTIONS = 5000, SLOT = 32, BYTES = 15 };

struct line {
	unsigned at;
	char text[160];
};

static unsigned n_unlike, n_compared, n_bad;

static const char *const prefix_words[] = { "lock", "rep", "repz", "repnz", "data16", "data32",
	"addr16", "addr32", "cs", "ds", "es", "ss", "fs", "gs", "xacquire", "xrelease", "bnd",
	"notrack", "{disp8}", "{disp16}", "{disp32}" };

static bool is_prefix(const char *word, size_t length)
{
	if (length >= 3 && strncmp(word, "rex", 3) == 0)
		return true;
	for (unsigned i = 0; i < sizeof(prefix_words) / sizeof(prefix_words[0]); i++)
		if (strlen(prefix_words[i]) == length && !strncmp(word, prefix_words[i], length))
			return true;
	return false;
}

static const char *without_prefixes(const char *text)
{
	for (;;) {
		const size_t length = strcspn(text, " ");

		if (!length || !is_prefix(text, length))
			return text;
		text += length;
		text += strspn(text, " ");
	}
}

static void cut(char *text, const char *piece, const char *instead)
{
	char *at = strstr(text, piece), rest[160];

	if (!at)
		return;
	snprintf(rest, sizeof(rest), "%s", at + strlen(piece));
	snprintf(at, sizeof(rest) - (size_t)(at - text), "%s%s", instead, rest);
}

// An index register that is none, a displacement of zero.
static void leave_out(char *operand)
{
	static const char *const pieces[] = { "+riz*1", "+riz*2", "+riz*4", "+riz*8", "+eiz*1",
		"+eiz*2", "+eiz*4", "+eiz*8" };

	for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		cut(operand, pieces[i], "");
	cut(operand, "+0x0]", "]");
}

// "[riz*4-0x10]" is an address without registers.
static void leave_index_out(char *operand)
{
	char *open = strstr(operand, "[riz*"), digits[32];
	uint64_t value;

	open = open ? open : strstr(operand, "[eiz*");
	if (!open)
		return;
	value = strtoull(open + 7, NULL, 16);
	value = open[6] == '-' ? -value : value;
	value = open[1] == 'e' ? (uint32_t)value : value;
	snprintf(digits, sizeof(digits), "%s0x%" PRIx64, open[-1] == ':' ? "" : "ds:", value);
	memcpy(open, digits, strlen(digits) + 1);
}

// The segment that addresses are in when objdump names none.
static void add_segment(char *operand)
{
	char *open = strchr(operand, '['), *name;

	if (!open || (open > operand && open[-1] == ':'))
		return;
	name = open + 1 + strspn(open + 1, "re");
	if ((!strncmp(name, "sp", 2) || !strncmp(name, "bp", 2)) && name[2] != '*')
		cut(operand, "[", "ss:[");
	else
		cut(operand, "[", "ds:[");
}

// objdump gives none for an absolute offset.
static void leave_size_out(char *ours, const char *theirs)
{
	char *size = strstr(ours, " PTR ");

	if (size && !strstr(theirs, " PTR "))
		memmove(ours, size + 5, strlen(size + 5) + 1);
}

static void split(char *operands, char *first, char *second, size_t size)
{
	char *comma = strrchr(operands, ',');

	cut(operands, "        #", "\n");
	operands[strcspn(operands, "\n#<")] = '\0';
	while (*operands && operands[strlen(operands) - 1] == ' ')
		operands[strlen(operands) - 1] = '\0';
	snprintf(second, size, "%s", comma ? comma + 1 : "");
	if (comma)
		*comma = '\0';
	snprintf(first, size, "%s", operands);
	leave_out(first);
	leave_out(second);
	leave_index_out(first);
	leave_index_out(second);
	add_segment(first);
	add_segment(second);
}

static bool has_operands(const struct tl_x86_insn *i)
{
	return i->op != TL_X86_OTHER && i->op != TL_X86_MOVE_VECTOR && i->op < TL_X86_RDMSR;
}

static void unlike(const uint8_t *code, const struct tl_x86_insn *i, const char *what,
	const char *ours, const char *theirs)
{
	if (++n_unlike > 40)
		return;
	print_message("%u:", i->mode);
	for (unsigned n = 0; n < BYTES; n++)
		print_message(" %02x", code[n]);
	print_message(": %s: ours '%s', theirs '%s'\n", what, ours, theirs);
}

// It has 16 bits for MOVSXD with a prefix 66, of Intel's CPUs. AMD's read 32, with REX.W all do,
// and so does KVM.
static bool differs_by_vendor(const uint8_t *code, const struct tl_x86_insn *i)
{
	return !strcmp(i->name, "movsxd") && memchr(code, 0x66, i->length);
}

static void compare_operands(const uint8_t *code, const struct tl_x86_insn *i, char *operands)
{
	char first[120], second[120], ours[2][120];

	split(operands, first, second, sizeof(first));
	operand_texts(ours[0], ours[1], sizeof(ours[0]), i);
	leave_size_out(ours[0], first);
	leave_size_out(ours[1], second);
	if (*ours[0] && strcmp(ours[0], first) != 0)
		unlike(code, i, "first operand", ours[0], first);
	if (*ours[1] && strcmp(ours[1], second) != 0 && !differs_by_vendor(code, i))
		unlike(code, i, "second operand", ours[1], second);
}

static void compare_text(const uint8_t *code, const struct tl_x86_insn *i, const char *theirs)
{
	char name[32] = "", operands[120] = "";

	sscanf(theirs, "%31s %119[^\n]", name, operands);
	if (!*i->name)
		return;
	if (!strcmp(name, "movabs"))
		name[3] = '\0';
	if (strcmp(name, i->name) != 0)
		unlike(code, i, "name", i->name, theirs);
	else if (has_operands(i) || i->op == TL_X86_MOVE_VECTOR)
		compare_operands(code, i, operands);
}

// FWAIT is an instruction of its own, which objdump joins with the next.
static bool is_wait(const uint8_t *code)
{
	for (unsigned n = 0; n < BYTES; n++)
		if (code[n] == 0x9b)
			return true;
	return false;
}

// A prefix on a line of its own does not count for objdump's next line.
static bool has_lost(const uint8_t *code, unsigned at)
{
	for (unsigned n = 0; n < at; n++)
		if (code[n] == 0x66 || code[n] == 0x67)
			return true;
	return false;
}

// APX: REX2, and what EVEX has for it. KVM's emulator knows none of it; binutils from 2.42 on do.
static bool is_apx(unsigned mode, const uint8_t *code)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0,
		0xf2, 0xf3 };
	unsigned at = 0;

	while (at < SLOT &&
		(memchr(prefixes, code[at], sizeof(prefixes)) || (code[at] & 0xf0) == 0x40))
		at++;
	return mode == 64 && at < SLOT && (code[at] == 0xd5 || code[at] == 0x62);
}

// Their line begins `at` bytes into the slot.
static void compare(
	unsigned mode, const uint8_t *code, unsigned at, unsigned length, const char *theirs)
{
	struct tl_x86_insn insn = { .mode = (uint8_t)mode };
	const enum tl_x86_decoded got = tl_x86_decode(mode, code, SLOT, &insn);
	char ours[8], text[8];

	if (strstr(theirs, "(bad)") || has_lost(code, at)) {
		n_bad++;
		return;
	}
	if (got == TL_X86_UNDEFINED && is_apx(mode, code)) {
		n_bad++;
		return;
	}
	n_compared++;
	assert_int_not_equal(got, TL_X86_TRUNCATED);
	if (got == TL_X86_UNDEFINED) {
		unlike(code, &insn, "instruction", "undefined", theirs);
		return;
	}
	snprintf(ours, sizeof(ours), "%u", insn.length);
	snprintf(text, sizeof(text), "%u", length);
	if (insn.length == length && !at)
		compare_text(code, &insn, theirs);
	else if (insn.length != length && !is_wait(code))
		unlike(code, &insn, theirs, ours, text);
}

static FILE *disassemble(const uint8_t *code, size_t size, unsigned mode)
{
	static const char *const machines[] = { "i8086", "i386", "i386:x86-64" };
	char path[] = "/tmp/trapline-bytes-XXXXXX", command[256];
	const int fd = mkstemp(path);
	FILE *lines;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, code, size), size);
	close(fd);
	snprintf(command, sizeof(command),
		"objdump -D -z -w -b binary -m %s -M intel,intel64 --no-show-raw-insn %s; rm %s",
		machines[mode / 32], path, path);
	lines = popen(command, "r"); // NOLINT: a command of our own
	assert_non_null(lines);
	return lines;
}

static bool next_line(FILE *lines, struct line *ret)
{
	char text[512];
	int at;

	while (fgets(text, sizeof(text), lines)) {
		at = 0;
		if (sscanf(text, " %x: %n", &ret->at, &at) != 1 || !at)
			continue;
		snprintf(ret->text, sizeof(ret->text), "%.159s", text + at);
		ret->text[strcspn(ret->text, "\n")] = '\0';
		return true;
	}
	return false;
}

// The first instruction of each slot. Prefixes that objdump cannot place have a line of their own.
static unsigned compare_slots(const uint8_t *code, size_t n, unsigned mode)
{
	FILE *lines = disassemble(code, n * SLOT, mode);
	unsigned slots = 0;
	struct line line, first;
	bool has_first = false, more;

	while ((more = next_line(lines, &line)) || has_first) {
		const char *text = without_prefixes(first.text);

		if (has_first && *text) {
			const unsigned start = first.at / SLOT * SLOT;

			compare(mode, code + start, first.at - start,
				(more ? line.at : (unsigned)(n * SLOT)) - start, text);
			has_first = false;
			slots++;
		}
		if (!more)
			break;
		if (line.at % SLOT == 0 || has_first) {
			first = line;
			has_first = true;
		}
	}
	assert_int_equal(pclose(lines), 0);
	return slots;
}

static void put_random(uint8_t *slot)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0,
		0xf2, 0xf3, 0x48, 0x41, 0x44, 0x4f, 0x40, 0x0f, 0x0f, 0xc5, 0xc4, 0x62, 0x8f };
	unsigned at = 0;

	memset(slot, 0x90, SLOT);
	while (at < 4 && one_in(2))
		slot[at++] = prefixes[below(sizeof(prefixes))];
	while (at < BYTES)
		slot[at++] = (uint8_t)any();
}

static void report(unsigned mode, unsigned slots, size_t n)
{
	print_message("note: %u-bit code: %u compared, %u bad\n", mode, n_compared, n_bad);
	assert_int_equal(slots, n);
	assert_int_equal(n_unlike, 0);
	n_compared = n_bad = 0;
}

static void random_bytes_are_what_objdump_says(void **state)
{
	static const unsigned modes[] = { 64, 32, 16 };
	const size_t n = random_rounds(INSTRUCTIONS);
	uint8_t *code = malloc(n * SLOT);

	assert_non_null(code);
	for (unsigned m = 0; m < 3; m++) {
		for (size_t i = 0; i < n; i++)
			put_random(code + i * SLOT);
		report(modes[m], compare_slots(code, n, modes[m]), n);
	}
	free(code);
}

// Each instruction of a run of code as we find them: one wrong length spoils all that follow.
static void this_program_is_what_objdump_says(void **state)
{
	extern const uint8_t etext[];
	const uint8_t *from = (const uint8_t *)(uintptr_t)tl_x86_decode;
	uint8_t *code = malloc((size_t)INSTRUCTIONS * SLOT);
	struct tl_x86_insn insn;
	size_t n = 0;

	assert_non_null(code);
	for (; n < INSTRUCTIONS && from < etext - SLOT; n++) {
		memset(code + n * SLOT, 0x90, SLOT);
		memcpy(code + n * SLOT, from, BYTES);
		assert_int_equal(tl_x86_decode(64, from, SLOT, &insn), TL_X86_DECODED);
		from += insn.length;
	}
	report(64, compare_slots(code, n, 64), n);
	free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_are_what_objdump_says),
		cmocka_unit_test(this_program_is_what_objdump_says),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
