/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_STATEMENT_H
#define TL_SCHEMA_TRACE_STATEMENT_H

#include "schema/error.h"

#include <sqlite3.h>

/** Runs SQL that gives no rows. */
TL_CHECK struct tl_error *tl_sql(sqlite3 *db, const char *sql);

/** Prepares a statement, which the caller finalizes. */
TL_CHECK struct tl_error *tl_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret);
/** The same for a text out of sqlite3_mprintf(), which is consumed. */
TL_CHECK struct tl_error *tl_sql_prepare_text(sqlite3 *db, char *sql, sqlite3_stmt **ret);

/**
 * Runs a prepared statement once. One letter a parameter: i int64_t, u uint64_t (bit for bit),
 * o bool and uint64_t (false gives NULL), r int and uint64_t (0 gives NULL, 1 the number, 2 an
 * empty blob), t const char * (NULL gives NULL), b const void * and size_t (NULL gives
 * NULL).
 */
TL_CHECK struct tl_error *tl_step(sqlite3_stmt *stmt, const char *letters, ...);

/** What SQLite last said went wrong: TL_ERROR_CORRUPT where it means that, else TL_ERROR_IO. */
TL_CHECK struct tl_error *tl_sql_error(sqlite3 *db);

#endif
