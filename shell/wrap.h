/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WRAP_H
#define TL_SHELL_WRAP_H

#include <stdio.h>

/**
 * Writes text that begins at column `at` and goes on at column `indent` of further lines, broken at
 * spaces so that lines end before column 100, then a line feed. For terminals: as tl_put_string().
 */
void tl_put_wrapped(FILE *to, const char *text, unsigned at, unsigned indent);

#endif
