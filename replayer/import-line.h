/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_LINE_H
#define TL_REPLAYER_IMPORT_LINE_H

#include "schema/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { TL_IMPORT_LINE = 4096 /**< bytes of a line that are read; the rest is skipped */ };

/** A line of a log, as plain ASCII: without colours, NULs, line ends and HTML's escapes. */
struct tl_import_line {
	uint64_t number;	       /**< from 1 */
	const char *whole;	       /**< borrowed until the next one */
	const char *text;	       /**< in it: behind quoting, time and the like */
	char stream[32];	       /**< who says it, where the line names that; else "" */
	bool has_cpu, has_time, long_; /**< long_: it was longer than what is read */
	unsigned cpu;		       /**< that the prefix names */
	uint64_t time;		       /**< of the prefix, ns */
};

struct tl_import_lines {
	FILE *from;
	uint64_t number;
	char bytes[TL_IMPORT_LINE + 1];
	char plain[TL_IMPORT_LINE + 1];
};

/** The next line; `*ret_more` is false after the last. */
TL_CHECK struct tl_error *tl_import_next_line(
	struct tl_import_lines *lines, struct tl_import_line *ret, bool *ret_more);

/** The same of a line that is in memory: `plain` has room for `size` + 1 bytes. */
void tl_import_clean_line(const char *bytes, size_t size, char *plain, struct tl_import_line *ret);

#endif
