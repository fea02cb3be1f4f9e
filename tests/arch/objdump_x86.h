/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_OBJDUMP_X86_H
#define TL_TESTS_ARCH_OBJDUMP_X86_H

/* A decoded instruction as objdump prints it in Intel's syntax. */

#include "arch/x86_64/insn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *register_name(char *text, size_t size, unsigned n, unsigned bytes, bool high)
{
	static const char *const names[] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };

	if (n >= 8)
		snprintf(text, size, "r%u%s", n,
			bytes == 1   ? "b"
			: bytes == 2 ? "w"
			: bytes == 4 ? "d"
				     : "");
	else if (bytes == 1 && (high || n < 4))
		snprintf(text, size, "%c%c", names[n][0], high ? 'h' : 'l');
	else if (bytes == 1)
		snprintf(text, size, "%sl", names[n]);
	else
		snprintf(text, size, "%s%s", bytes == 8 ? "r" : bytes == 4 ? "e" : "", names[n]);
	return text;
}

static const char *size_word(unsigned bytes)
{
	static const char *const words[] = { [1] = "BYTE",
		[2] = "WORD",
		[4] = "DWORD",
		[8] = "QWORD",
		[16] = "XMMWORD",
		[32] = "YMMWORD" };

	return bytes < 33 && words[bytes] ? words[bytes] : "?";
}

static const char *segment_name(unsigned segment)
{
	static const char *const names[] = { "es", "cs", "ss", "ds", "fs", "gs" };

	return names[segment];
}

static void add_text(char *text, size_t size, const char *more)
{
	const size_t have = strlen(text);

	snprintf(text + have, size - have, "%s", more);
}

static void address_text(char *text, size_t size, const struct tl_x86_insn *i)
{
	const bool bare = i->base == TL_X86_NO_REG && i->index == TL_X86_NO_REG && !i->rip;
	char part[32], name[8];

	*text = '\0';
	if (bare) {
		const uint64_t mask =
			i->width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * i->width) - 1;

		snprintf(text, size, "0x%" PRIx64, (uint64_t)i->displacement & mask);
		return;
	}
	add_text(text, size, "[");
	if (i->rip)
		add_text(text, size, i->width == 8 ? "rip" : "eip");
	if (i->base != TL_X86_NO_REG)
		add_text(text, size, register_name(name, sizeof(name), i->base, i->width, false));
	if (i->index != TL_X86_NO_REG) {
		snprintf(part, sizeof(part), "%s%s", i->base != TL_X86_NO_REG ? "+" : "",
			register_name(name, sizeof(name), i->index, i->width, false));
		add_text(text, size, part);
		snprintf(part, sizeof(part), "*%u", i->scale);
		add_text(text, size, i->width == 2 ? "" : part);
	}
	if (i->displacement) {
		const bool negative = i->displacement < 0 && !i->rip;

		snprintf(part, sizeof(part), "%c0x%" PRIx64, negative ? '-' : '+',
			(uint64_t)(negative ? -i->displacement : i->displacement));
		add_text(text, size, part);
	}
	add_text(text, size, "]");
}

// "BYTE PTR ds:[rax+0x10]", always with its segment.
static void memory_text(
	char *text, size_t size, const struct tl_x86_insn *i, unsigned segment, const char *address)
{
	snprintf(text, size, "%s PTR %s:%s", size_word(i->size), segment_name(segment), address);
}

static void string_text(char *text, size_t size, const struct tl_x86_insn *i, bool source)
{
	char address[16], name[8];

	snprintf(address, sizeof(address), "[%s]",
		register_name(name, sizeof(name), source ? 6 : 7, i->width, false));
	memory_text(text, size, i, source ? i->segment : TL_X86_ES, address);
}

static void immediate_text(char *text, size_t size, const struct tl_x86_insn *i)
{
	const bool bit = i->op >= TL_X86_BT && i->op <= TL_X86_BTC;
	const unsigned bytes = bit || i->op == TL_X86_IN || i->op == TL_X86_OUT ? 1 : i->size;
	const uint64_t mask = bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;

	snprintf(text, size, "0x%" PRIx64, (uint64_t)i->immediate & mask);
}

static void place_text(char *text, size_t size, const struct tl_x86_insn *i)
{
	char address[64];

	address_text(address, sizeof(address), i);
	if (i->is_register)
		register_name(text, size, i->rm, i->size, i->high_rm);
	else
		memory_text(text, size, i, i->segment, address);
}

static void strings_text(char *first, char *second, size_t size, const struct tl_x86_insn *i)
{
	char *const destination = i->op == TL_X86_CMPS || i->op == TL_X86_SCAS ? second : first;
	char *const source = i->op == TL_X86_CMPS ? first : second;

	snprintf(first, size, "dx");
	snprintf(second, size, "dx");
	if (i->reg != TL_X86_NO_REG)
		register_name(i->op == TL_X86_STOS ? second : first, size, 0, i->size, false);
	if (i->place != TL_X86_SOURCE)
		string_text(destination, size, i, false);
	if (i->place != TL_X86_DESTINATION)
		string_text(source, size, i, true);
}

static void port_text(char *first, char *second, size_t size, const struct tl_x86_insn *i)
{
	const bool in = i->op == TL_X86_IN;

	register_name(in ? first : second, size, 0, i->size, false);
	snprintf(in ? second : first, size, "dx");
	if (i->has_immediate)
		immediate_text(in ? second : first, size, i);
}

/** The two operands; "" where there is none, or a vector register. */
static void operand_texts(char *first, char *second, size_t size, const struct tl_x86_insn *i)
{
	*first = *second = '\0';
	if (i->op == TL_X86_IN || i->op == TL_X86_OUT) {
		port_text(first, second, size, i);
	} else if (i->place > TL_X86_ADDRESS) {
		strings_text(first, second, size, i);
	} else {
		place_text(i->loads ? second : first, size, i);
		if (i->reg != TL_X86_NO_REG)
			register_name(
				i->loads ? first : second, size, i->reg, i->reg_size, i->high);
		else if (i->has_immediate)
			immediate_text(second, size, i);
	}
}

#endif
