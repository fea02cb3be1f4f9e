/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WRAP_H
#define TL_SHELL_WRAP_H

#include <stdio.h>

/**
 * Writes text that begins at column `at` and goes on at column `indent` of further lines, broken at
 * spaces so that lines end before column 100, then a line feed. For terminals: as tl_put_string().
 */
void tl_put_wrapped(FILE *to, const char *text, unsigned at, unsigned indent);

/** Text that is put together in memory, to be wrapped. */
struct tl_paragraph {
	FILE *to; /**< NULL: out of memory, and the text goes to stdout as it is */
	char *bytes;
	size_t size;
};

/** Where its text is written to. */
FILE *tl_paragraph_open(struct tl_paragraph *paragraph);
/** Writes it to stdout as tl_put_wrapped() does. */
void tl_paragraph_close(struct tl_paragraph *paragraph, unsigned at, unsigned indent);

#endif
