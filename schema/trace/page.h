/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_PAGE_H
#define TL_SCHEMA_TRACE_PAGE_H

#include "schema/error.h"
#include "schema/wire/record.h"

#include <sqlite3.h>
#include <stdint.h>

/*
 * Pages of memory in table `page` (FORMAT.md): each content once. A row holds up to TL_PAGE_PACK pages
 * in one zstd frame, numbered from its own number on, or one page as what differs from another.
 */
enum {
	TL_PAGE_ZERO = 0,   /**< number of the page of all zeroes, which has no row */
	TL_PAGE_CHAIN = 32, /**< most rows that have to be read for one page */
	TL_PAGE_PACK = 16,
};

/** The row that holds a page. */
#define TL_PAGE_GET                                                                                \
	"SELECT page, pages, base, bytes FROM main.page WHERE page <= ? ORDER BY page DESC LIMIT " \
	"1"

/** What was unpacked last stays, since its neighbours are asked for next. All zero is fine. */
struct tl_page_pack {
	int64_t first; /**< its number */
	unsigned pages;
	uint8_t bytes[TL_PAGE_PACK][TL_PAGE_BYTES];
};

/**
 * The TL_PAGE_BYTES bytes of a page. `get` is TL_PAGE_GET, prepared; `pack` is that statement's own.
 * TL_ERROR_CORRUPT when its rows contradict the format.
 */
TL_CHECK struct tl_error *tl_page_read(
	sqlite3_stmt *get, struct tl_page_pack *pack, int64_t page, uint8_t *ret);

/** Where pages are put. Its memory does not grow with their number. */
struct tl_page_store;

/** `db` is borrowed; pages are numbered from 1. */
TL_CHECK struct tl_error *tl_page_store_open(sqlite3 *db, struct tl_page_store **ret);
void tl_page_store_close(struct tl_page_store *store);

/** The number of a page with these bytes, which that place of that VM has now; not yet its row. */
TL_CHECK struct tl_error *tl_page_store_put(struct tl_page_store *store, uint32_t vm, uint64_t host,
	const uint8_t *bytes, int64_t *ret);

/** Everything put so far has its row. */
TL_CHECK struct tl_error *tl_page_store_flush(struct tl_page_store *store);

/** Rows of `page` were deleted: new pages refer to none that is there. */
void tl_page_store_forget(struct tl_page_store *store);

#endif
