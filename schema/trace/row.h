/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_ROW_H
#define TL_SCHEMA_TRACE_ROW_H

#include "schema/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Rows of a query on a file that nobody vouches for. The columns say what they are expected to be;
 * the first that is something else is the error, and the values given from then on mean nothing.
 */
struct tl_row {
	sqlite3_stmt *stmt;   /**< borrowed */
	struct tl_error *err; /**< owned; taken with tl_row_error() */
};

/** One number from a statement; `*ret` stays as it is where that gives no row. */
TL_CHECK struct tl_error *tl_row_ask(sqlite3 *db, const char *sql, int64_t *ret);

/** Steps: false after the last row, or on an error. */
bool tl_row_next(struct tl_row *row);

/** The error so far, now the caller's; NULL when there was none. */
TL_CHECK struct tl_error *tl_row_error(struct tl_row *row);

/** False when the column is NULL. */
bool tl_row_has(const struct tl_row *row, int column);

/** A number that is there, bit for bit. */
uint64_t tl_row_u64(struct tl_row *row, int column);
/** The same, of at most `most`. */
uint64_t tl_row_bounded(struct tl_row *row, int column, uint64_t most);
/** The same; `otherwise` where the column is NULL. */
uint64_t tl_row_u64_or(struct tl_row *row, int column, uint64_t otherwise);

/** Bytes, borrowed until the next step; NULL and 0 where the column is NULL. At most `most` bytes. */
const uint8_t *tl_row_bytes(struct tl_row *row, int column, size_t most, size_t *ret_size);

/** Any value as text, borrowed until the next step; NULL where the column is NULL. */
const char *tl_row_text(struct tl_row *row, int column);

#endif
