/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_ROWS_H
#define TL_SHELL_ROWS_H

#include "schema/error.h"

#include <sqlite3.h>
#include <stdint.h>

enum tl_format { TL_FORMAT_TABLE, TL_FORMAT_JSON, TL_FORMAT_CSV };

/** Prints the rows of a statement; adds their number to `*n_rows`. */
TL_CHECK struct tl_error *tl_print_rows(
	sqlite3_stmt *stmt, enum tl_format format, uint64_t *n_rows);

#endif
