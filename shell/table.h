/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_TABLE_H
#define TL_SHELL_TABLE_H

#include "schema/error.h"

#include <stdbool.h>
#include <stdio.h>

/**
 * Columns on stdout, as wide as what is in them. A long table is laid out by its first rows, so that
 * it need not be held in memory.
 */
struct tl_table;

struct tl_column {
	const char *title;
	bool right; /**< numbers: aligned to the right */
};

/** The columns are borrowed while the table is open. Titles are printed, and as they are. */
TL_CHECK struct tl_error *tl_table_open(
	const struct tl_column *columns, unsigned n_columns, struct tl_table **ret);

/** Where the text of the current cell goes. */
FILE *tl_table_cell(struct tl_table *table);
/** The cell is complete; the next one is current, in the next row after the last column. */
void tl_table_next(struct tl_table *table);

/** Prints what is left and closes. NULL is fine. */
void tl_table_close(struct tl_table *table);

#endif
