/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_OBJDUMP_A64_H
#define TL_TESTS_ARCH_OBJDUMP_A64_H

/* A decoded instruction as objdump prints it, and what objdump prints. */

#include "arch/arm64/insn.h"

#include <stdio.h>
#include <string.h>

struct line {
	char name[32], operands[120];
};

static bool holds_sp(const struct tl_arm64_insn *i)
{
	return !strcmp(i->name, "stg") || !strcmp(i->name, "stzg") || !strcmp(i->name, "st2g") ||
	       !strcmp(i->name, "stz2g");
}

static void registers(char *text, size_t size, const struct tl_arm64_insn *i, unsigned n)
{
	const char letter =
		!i->vector ? (i->width == 64 ? 'x' : 'w') : "bhsdq"[__builtin_ctz(i->size)];

	if (!i->vector && n == 31)
		snprintf(text, size, holds_sp(i) ? "sp" : "%czr", letter);
	else
		snprintf(text, size, "%c%u", letter, n);
}

static void general(char *text, size_t size, char letter, unsigned n, const char *name_31)
{
	if (n == 31)
		snprintf(text, size, "%s", name_31);
	else
		snprintf(text, size, "%c%u", letter, n);
}

static void index_text(char *text, size_t size, const struct tl_arm64_insn *i, const char *base)
{
	static const char *const extends[] = {
		[2] = "uxtw", [3] = "lsl", [6] = "sxtw", [7] = "sxtx"
	};
	const bool wide = i->extend & 1, shifted = i->word >> 12 & 1;
	char rm[8];

	general(rm, sizeof(rm), wide ? 'x' : 'w', i->rm, wide ? "xzr" : "wzr");
	if (shifted)
		snprintf(text, size, "[%s, %s, %s #%u]", base, rm, extends[i->extend], i->shift);
	else if (i->extend == TL_ARM64_LSL)
		snprintf(text, size, "[%s, %s]", base, rm);
	else
		snprintf(text, size, "[%s, %s, %s]", base, rm, extends[i->extend]);
}

static void address(char *text, size_t size, const struct tl_arm64_insn *i, uint64_t pc)
{
	char base[8];

	general(base, sizeof(base), 'x', i->rn, "sp");
	switch (i->address) {
	case TL_ARM64_OFFSET:
		if (i->imm)
			snprintf(text, size, "[%s, #%lld]", base, (long long)i->imm);
		else
			snprintf(text, size, "[%s]", base);
		break;
	case TL_ARM64_PRE:
		if (i->authenticated && !i->imm)
			snprintf(text, size, "[%s]!", base);
		else
			snprintf(text, size, "[%s, #%lld]!", base, (long long)i->imm);
		break;
	case TL_ARM64_POST:
		snprintf(text, size, "[%s], #%lld", base, (long long)i->imm);
		break;
	case TL_ARM64_POST_REG:
		snprintf(text, size, "[%s], x%u", base, i->rm);
		break;
	case TL_ARM64_INDEX:
		index_text(text, size, i, base);
		break;
	case TL_ARM64_LITERAL:
		snprintf(text, size, "0x%llx", (unsigned long long)pc + (unsigned long long)i->imm);
		break;
	}
}

static void add(struct line *line, const char *text)
{
	const size_t have = strlen(line->operands);

	snprintf(line->operands + have, sizeof(line->operands) - have, "%s%s", have ? ", " : "",
		text);
}

static void add_register(struct line *line, const struct tl_arm64_insn *i, unsigned n)
{
	char text[16];

	registers(text, sizeof(text), i, n);
	add(line, text);
}

static void data(struct line *line, const struct tl_arm64_insn *i)
{
	const bool pairs = i->rs != TL_ARM64_NO_REG && i->does == TL_ARM64_UPDATES && i->n == 2;
	struct tl_arm64_insn status = *i;

	if (i->exclusive && i->does == TL_ARM64_STORES)
		status.width = 32;
	if (i->rs != TL_ARM64_NO_REG)
		add_register(line, &status, i->rs);
	if (pairs)
		add_register(line, i, i->rs | 1);
	add_register(line, i, i->rt);
	if (i->rt2 != TL_ARM64_NO_REG)
		add_register(line, i, i->rt2);
}

static void structures(struct line *line, const struct tl_arm64_insn *i)
{
	static const char *const lanes[][2] = { { "16b", "8b" }, { "8h", "4h" }, { "4s", "2s" },
		{ "2d", "1d" } };
	const unsigned log = (unsigned)__builtin_ctz(i->size),
		       last = (i->rt + i->registers - 1) % 32;
	char of[8], text[64];

	if (i->lane >= 0)
		snprintf(of, sizeof(of), "%c", "bhsd"[log]);
	else
		snprintf(of, sizeof(of), "%s", lanes[log][i->half]);
	if (i->registers == 1)
		snprintf(text, sizeof(text), "{v%u.%s}", i->rt, of);
	else
		snprintf(text, sizeof(text), "{v%u.%s..v%u.%s}", i->rt, of, last, of);
	if (i->lane >= 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[%d]", i->lane);
	add(line, text);
}

static void system_register(struct line *line, const struct tl_arm64_insn *i)
{
	char name[32];

	snprintf(name, sizeof(name), "s%u_%u_c%u_c%u_%u", i->op0, i->op1, i->crn, i->crm, i->op2);
	if (i->does == TL_ARM64_READS_SYSREG)
		add_register(line, i, i->rt);
	add(line, name);
	if (i->does == TL_ARM64_WRITES_SYSREG)
		add_register(line, i, i->rt);
}

// As objdump has it, save that a list of registers is its first and its last.
static void as_text(const struct tl_arm64_insn *i, uint64_t pc, struct line *line)
{
	char where[64] = "";

	memset(line, 0, sizeof(*line));
	snprintf(line->name, sizeof(line->name), "%s", i->name);
	if (!i->does)
		return;
	if (i->does == TL_ARM64_READS_SYSREG || i->does == TL_ARM64_WRITES_SYSREG) {
		system_register(line, i);
		return;
	}
	if (i->interleave)
		structures(line, i);
	else if (i->does != TL_ARM64_PREFETCHES)
		data(line, i);
	address(where, sizeof(where), i, pc);
	add(line, where);
}

// "{v1.8b, v2.8b}", "{v1.8b-v4.8b}" and so on: to the first and the last.
static void shorten(struct line *line)
{
	char *open = strchr(line->operands, '{'), *close = strchr(line->operands, '}'), *first,
	     *last;
	char text[120];

	if (!open || !close)
		return;
	first = strpbrk(open, ",-}");
	for (last = close; last > open && !strchr("{,- ", last[-1]); last--)
		;
	if (*first == '}')
		return;
	snprintf(text, sizeof(text), "%.*s..%s", (int)(first - open), open, last);
	snprintf(open, sizeof(line->operands) - (size_t)(open - line->operands), "%s", text);
}

static bool parse(char *text, uint32_t *ret_word, struct line *ret)
{
	unsigned offset;
	int at = 0;
	char *end;

	if (sscanf(text, " %x: %x %n", &offset, ret_word, &at) != 2 || !at)
		return false;
	memset(ret, 0, sizeof(*ret));
	end = strstr(text + at, "//");
	if (!end)
		end = strchr(text + at, ';');
	if (!end)
		end = strchr(text + at, '\n');
	while (end > text + at && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
	sscanf(text + at, "%31s %119[^\n]", ret->name, ret->operands);
	shorten(ret);
	return true;
}

#endif
