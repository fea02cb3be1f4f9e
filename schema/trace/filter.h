/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_FILTER_H
#define TL_SCHEMA_TRACE_FILTER_H

#include "schema/trace/reader.h"

/** Which exits are meant: all that fit everything said. All zeroes is every exit. */
struct tl_filter {
	const char *where;  /**< an SQL condition over view `exits`; NULL: none */
	const char *reason; /**< name or number of the exit; NULL: any */
	bool has_addr, has_vcpu;
	uint64_t addr, addr_end; /**< the access starts in addr..addr_end, unsigned */
	uint32_t vcpu;
	tl_seq from, to;    /**< inclusive; `to` 0: to the last */
	uint64_t limit;	    /**< at most so many; 0: all */
	bool limit_is_last; /**< of all that fit, the last ones; else the first */
};

/**
 * TL_ERROR_USAGE with SQLite's words when `where` is not one SQL expression over view `exits`, which
 * that database has.
 */
TL_CHECK struct tl_error *tl_filter_check(sqlite3 *db, const char *where);

/** The exits that fit, in the order of their seq. */
struct tl_cursor;

/**
 * Refuses a `where` that is not one SQL expression (TL_ERROR_USAGE, with SQLite's words), and a
 * reason that no exit has.
 */
TL_CHECK struct tl_error *tl_cursor_open(
	struct tl_trace *trace, const struct tl_filter *filter, struct tl_cursor **ret);
void tl_cursor_close(struct tl_cursor *cursor);

/** The next one; 0 after the last. */
TL_CHECK struct tl_error *tl_cursor_next(struct tl_cursor *cursor, tl_seq *ret);

#endif
