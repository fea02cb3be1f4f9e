/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_OBJDUMP_A32_H
#define TL_TESTS_ARCH_OBJDUMP_A32_H

/* A decoded A32 or T32 instruction as objdump prints it, and what objdump prints. */

#include "arch/arm64/insn.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
	char name[32], operands[160];
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	const size_t have = strlen(line->operands);
	va_list args;

	va_start(args, format);
	vsnprintf(line->operands + have, sizeof(line->operands) - have, format, args);
	va_end(args);
}

static char data_letter(const struct tl_arm64_insn *i)
{
	return !i->vector ? 'r' : i->size == 8 || i->interleave ? 'd' : 's';
}

static void index_text(struct line *line, const struct tl_arm64_insn *i)
{
	static const char *const kinds[] = { "lsl", "lsr", "asr", "ror" };

	add(line, ", %sr%u", i->subtracts ? "-" : "", i->rm);
	if (i->shift)
		add(line, ", %s #%u", kinds[i->shift_kind], i->shift);
	else if (i->shift_kind == TL_ARM32_ROR)
		add(line, ", rrx");
}

static void aligned_base(struct line *line, const struct tl_arm64_insn *i)
{
	add(line, "[r%u", i->rn);
	if (i->aligned > 1)
		add(line, " :%u", 8 * i->aligned);
	add(line, "]");
	if (i->address == TL_ARM64_POST)
		add(line, "!");
	else if (i->address == TL_ARM64_POST_REG)
		add(line, ", r%u", i->rm);
}

static void address(struct line *line, const struct tl_arm64_insn *i)
{
	const long long imm = i->imm;

	switch ((enum tl_arm64_address)i->address) {
	case TL_ARM64_OFFSET:
	case TL_ARM64_LITERAL:
		if (imm)
			add(line, "[r%u, #%lld]", i->rn, imm);
		else
			add(line, "[r%u]", i->rn);
		break;
	case TL_ARM64_PRE:
		add(line, "[r%u, #%lld]!", i->rn, imm);
		break;
	case TL_ARM64_POST:
		add(line, "[r%u], #%lld", i->rn, imm);
		break;
	case TL_ARM64_INDEX:
	case TL_ARM64_PRE_REG:
		add(line, "[r%u", i->rn);
		index_text(line, i);
		add(line, i->address == TL_ARM64_PRE_REG ? "]!" : "]");
		break;
	case TL_ARM64_POST_REG:
		add(line, "[r%u]", i->rn);
		index_text(line, i);
		break;
	case TL_ARM64_NO_ADDRESS:
	case TL_ARM64_OPERAND:
	case TL_ARM64_LIST:
		break;
	}
}

static void core_list(struct line *line, const struct tl_arm64_insn *i)
{
	const char *comma = "";

	add(line, "{");
	for (unsigned n = 0; n < 16; n++)
		if (i->list >> n & 1) {
			add(line, "%sr%u", comma, n);
			comma = ", ";
		}
	add(line, i->user_bank || i->returns ? "}^" : "}");
}

static void vector_list(struct line *line, const struct tl_arm64_insn *i)
{
	const char letter = data_letter(i);

	if (i->registers == 1)
		add(line, "{%c%u}", letter, i->rt);
	else
		add(line, "{%c%u-%c%u}", letter, i->rt, letter, i->rt + i->registers - 1);
}

static void multiple(struct line *line, const struct tl_arm64_insn *i)
{
	if (!strstr(i->name, "push") && !strstr(i->name, "pop"))
		add(line, "r%u%s", i->rn, i->writes_back ? "!" : "");
	if (!strncmp(i->name, "rfe", 3))
		return;
	if (strstr(i->name, "ldm") || strstr(i->name, "stm"))
		add(line, ", ");
	if (!strncmp(i->name, "srs", 3))
		add(line, ", #%u", i->mode);
	else if (i->vector)
		vector_list(line, i);
	else
		core_list(line, i);
}

// Registers of one structure after the other; as a range where they follow each other.
static void structures(struct line *line, const struct tl_arm64_insn *i)
{
	const unsigned of_each = i->registers / i->interleave;
	const unsigned last = i->rt + of_each - 1 + (unsigned)(i->interleave - 1) * i->apart;
	char lane[8] = "";

	if (i->lane >= 0)
		snprintf(lane, sizeof(lane), "[%d]", i->lane);
	else if (i->replicate)
		snprintf(lane, sizeof(lane), "[]");
	if (i->registers == 1) {
		add(line, "{d%u%s}", i->rt, lane);
	} else if (i->lane < 0 && (i->apart == 1 || of_each == 2)) {
		add(line, "{d%u%s-d%u%s}", i->rt, lane, last, lane);
	} else {
		for (unsigned n = 0; n < i->registers; n++)
			add(line, "%cd%u%s", n ? ',' : '{', i->rt + n * i->apart, lane);
		add(line, "}");
	}
	add(line, ", ");
	aligned_base(line, i);
}

static void coprocessor(struct line *line, const struct tl_arm64_insn *i)
{
	if (i->rt2 != TL_ARM64_NO_REG)
		add(line, "%u, %u, r%u, r%u, cr%u", i->coprocessor, i->op1, i->rt, i->rt2, i->crm);
	else
		add(line, "%u, %u, r%u, cr%u, cr%u, {%u}", i->coprocessor, i->op1, i->rt, i->crn,
			i->crm, i->op2);
}

static void one(struct line *line, const struct tl_arm64_insn *i)
{
	const bool optional = i->coprocessor && !(i->word & 0x01200000);
	const bool names_both = i->set == TL_ARM64_T32 || i->acquires || i->releases;

	if (i->coprocessor)
		add(line, "%u, cr%u, ", i->coprocessor, i->crn);
	if (i->does == TL_ARM64_UPDATES) // SWP
		add(line, "r%u, r%u, ", i->rt, i->rs);
	else if (i->rs != TL_ARM64_NO_REG)
		add(line, "r%u, ", i->rs);
	if (i->rt != TL_ARM64_NO_REG && i->does != TL_ARM64_UPDATES)
		add(line, "%c%u, ", data_letter(i), i->rt);
	if (i->rt2 != TL_ARM64_NO_REG && names_both)
		add(line, "r%u, ", i->rt2);
	address(line, i);
	if (optional)
		add(line, ", {%u}", i->word & 0xff);
}

static void as_text(const struct tl_arm64_insn *i, struct line *line)
{
	static const char *const conditions[] = { "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
		"hi", "ls", "ge", "lt", "gt", "le", "" };
	const bool is_stack = !strcmp(i->name, "push") || !strcmp(i->name, "pop");
	char type[8] = "";

	memset(line, 0, sizeof(*line));
	if (!*i->name)
		return;
	if (i->interleave)
		snprintf(type, sizeof(type), ".%d", 8 * i->size);
	snprintf(line->name, sizeof(line->name), "%s%s%s", i->name, conditions[i->cond], type);
	if (is_stack && i->address != TL_ARM64_LIST)
		add(line, "{r%u}", i->rt);
	else if (i->address == TL_ARM64_LIST)
		multiple(line, i);
	else if (i->interleave)
		structures(line, i);
	else if (i->address == TL_ARM64_NO_ADDRESS || i->address == TL_ARM64_OPERAND)
		coprocessor(line, i);
	else
		one(line, i);
}

static void cut(char *text, const char *at)
{
	char *found = strstr(text, at);

	if (found)
		*found = '\0';
	for (size_t n = strlen(text); n && strchr(" \t\n", text[n - 1]); n--)
		text[n - 1] = '\0';
}

// The first `what` becomes `by`; there is room for it.
static void replace(char *text, const char *what, const char *by)
{
	char *at = strstr(text, what), rest[200];

	if (!at)
		return;
	snprintf(rest, sizeof(rest), "%s%s", by, at + strlen(what));
	memmove(at, rest, strlen(rest) + 1);
}

// What is one thing to us: "#-0" and "#0", "[r1, #0]" and "[r1]", "ldmia" and "ldm", ".w" and none.
static void unify(struct line *line)
{
	char *zero = strstr(line->operands, "#-0"), *dot;
	const bool has_type = !strncmp(line->name, "vld", 3) || !strncmp(line->name, "vst", 3);

	if (zero && strchr("],", zero[3]))
		memmove(zero + 1, zero + 2, strlen(zero + 2) + 1);
	zero = strstr(line->operands, ", #0]");
	if (zero && zero[5] != '!')
		memmove(zero, zero + 4, strlen(zero + 4) + 1);
	replace(line->operands, "[pc", "[r15");
	replace(line->operands, "[sp", "[r13");
	replace(line->operands, "APSR_nzcv", "r15");
	if (!strncmp(line->name, "ldmia", 5) || !strncmp(line->name, "stmia", 5))
		memmove(line->name + 3, line->name + 5, strlen(line->name + 5) + 1);
	dot = strchr(line->name, '.');
	if (dot && !(has_type && line->name[3] >= '1' && line->name[3] <= '4'))
		*dot = '\0';
}

/* A line of objdump's: its code, of `bytes`, and its text; false when it is none. */
static bool parse(char *text, uint32_t *ret_word, unsigned *ret_bytes, struct line *ret)
{
	char *save, *code, *name, *operands;
	unsigned offset, first, second;
	int n;

	if (sscanf(text, " %x:", &offset) != 1 || !strtok_r(text, "\t", &save))
		return false;
	code = strtok_r(NULL, "\t", &save);
	if (!code || (n = sscanf(code, "%x %x", &first, &second)) < 1)
		return false;
	*ret_word = n == 2 ? first << 16 | second : first;
	*ret_bytes = n == 2 || strspn(code, "0123456789abcdef") == 8 ? 4 : 2;
	memset(ret, 0, sizeof(*ret));
	name = strtok_r(NULL, "\t", &save);
	operands = strtok_r(NULL, "", &save);
	if (!name || *name == '@' || strstr(operands ? operands : name, "<UNDEFINED>"))
		return true;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->operands, sizeof(ret->operands), "%s", operands ? operands : "");
	cut(ret->operands, "@");
	cut(ret->operands, ";");
	cut(ret->name, " ");
	unify(ret);
	return true;
}

#endif
