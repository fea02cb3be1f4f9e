/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_PAGE_H
#define TL_SCHEMA_TRACE_PAGE_H

#include "schema/error.h"
#include "schema/wire/record.h"

#include <sqlite3.h>
#include <stdint.h>

/*
 * Pages of memory in table `page` (FORMAT.md): each content once, by itself or as what differs from
 * an earlier version of its place.
 */
enum {
	TL_PAGE_ZERO = 0,   /**< number of the page of all zeroes, which has no row */
	TL_PAGE_CHAIN = 32, /**< most pages that have to be read for one */
};

#define TL_PAGE_GET "SELECT base, bytes FROM main.page WHERE page = ?"

/**
 * The TL_PAGE_BYTES bytes of a page. `get` is TL_PAGE_GET, prepared. TL_ERROR_CORRUPT when its rows
 * contradict the format.
 */
TL_CHECK struct tl_error *tl_page_read(sqlite3_stmt *get, int64_t page, uint8_t *ret);

/** Where pages are put. Its memory does not grow with their number. */
struct tl_page_store;

/** `db` is borrowed; pages are numbered from 1. */
TL_CHECK struct tl_error *tl_page_store_open(sqlite3 *db, struct tl_page_store **ret);
void tl_page_store_close(struct tl_page_store *store);

/** The number of a page with these bytes, which that place of that VM has now. */
TL_CHECK struct tl_error *tl_page_store_put(struct tl_page_store *store, uint32_t vm, uint64_t host,
	const uint8_t *bytes, int64_t *ret);

/** Rows of `page` were deleted: new pages refer to none that is there. */
void tl_page_store_forget(struct tl_page_store *store);

#endif
