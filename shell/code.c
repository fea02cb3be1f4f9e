// SPDX-License-Identifier: MIT
#include "shell/code.h"

#include <inttypes.h>
#include <stdio.h>

static void print_words(const struct tl_exit *e)
{
	for (unsigned i = 0; i + 4 <= e->code_size; i += 4)
		printf("%s%c0x%" PRIx64 ": %02x%02x%02x%02x%s", i % 16 ? " " : "  ",
			i == e->code_before ? '>' : ' ', e->pc - e->code_before + i, e->code[i + 3],
			e->code[i + 2], e->code[i + 1], e->code[i],
			i % 16 == 12 || i + 8 > e->code_size ? "\n" : "");
}

static void print_bytes(const struct tl_exit *e)
{
	fputs("  ", stdout);
	for (unsigned i = 0; i < e->code_size; i++)
		printf("%s%02x", i == e->code_before ? " > " : i ? " " : "", e->code[i]);
	putchar('\n');
}

void tl_print_code(const struct tl_arch *arch, const struct tl_exit *exit)
{
	if (arch->id == TL_ARCH_ARM64)
		print_words(exit);
	else
		print_bytes(exit);
}
