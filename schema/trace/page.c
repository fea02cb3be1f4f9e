// SPDX-License-Identifier: MIT
#include "schema/trace/page.h"

#include "schema/trace/row.h"
#include "schema/trace/statement.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static void exclusive_or(uint8_t *to, const uint8_t *from)
{
	for (unsigned i = 0; i < TL_PAGE_BYTES; i++)
		to[i] ^= from[i];
}

// One row's bytes onto `ret`; `*base` is the next row's number, 0 when this was the last.
static struct tl_error *read_row(sqlite3_stmt *get, int64_t page, int64_t *base, uint8_t *ret)
{
	struct tl_row row = { .stmt = get };
	uint8_t bytes[TL_PAGE_BYTES];
	const uint8_t *packed;
	struct tl_error *err;
	size_t size;

	sqlite3_reset(get);
	sqlite3_bind_int64(get, 1, page);
	if (!tl_row_next(&row)) {
		err = tl_row_error(&row);
		return err ? err : tl_error_new(TL_ERROR_CORRUPT, "is not there");
	}
	*base = (int64_t)tl_row_u64_or(&row, 0, 0);
	packed = tl_row_bytes(&row, 1, TL_PAGE_BYTES, &size);
	err = tl_row_error(&row);
	if (err)
		return err;
	if (!packed)
		return tl_error_new(TL_ERROR_CORRUPT, "bytes is NULL, expected bytes");
	if (size == TL_PAGE_BYTES)
		memcpy(bytes, packed, size);
	else if (ZSTD_decompress(bytes, sizeof(bytes), packed, size) != sizeof(bytes))
		return tl_error_new(TL_ERROR_CORRUPT, "%zu bytes are no zstd frame of %d bytes",
			size, TL_PAGE_BYTES);
	exclusive_or(ret, bytes);
	return NULL;
}

struct tl_error *tl_page_read(sqlite3_stmt *get, int64_t page, uint8_t *ret)
{
	struct tl_error *err = NULL;
	int64_t at = page, next;

	memset(ret, 0, TL_PAGE_BYTES);
	for (unsigned i = 0; !err && at != TL_PAGE_ZERO; i++, at = next) {
		next = TL_PAGE_ZERO;
		if (i == TL_PAGE_CHAIN)
			err = tl_error_new(
				TL_ERROR_CORRUPT, "is made of more than %d others", TL_PAGE_CHAIN);
		else
			err = read_row(get, at, &next, ret);
		if (i && i < TL_PAGE_CHAIN)
			err = tl_error_in(err, "page %lld", (long long)at);
	}
	sqlite3_reset(get);
	return tl_error_in(err, "page %lld", (long long)page);
}

enum {
	CONTENTS = 1 << 14, // of the newest pages, 64 MiB
	INDEX = 1 << 18,
	PLACES = 1 << 18,
	DIFFERENCE_LEVEL = 1, // mostly zeroes
	PAGE_LEVEL = 5,
};

struct place {
	uint64_t host;
	int64_t page; // 0: nothing is known
	uint32_t vm;
	uint32_t chain; // how many pages make up this one
};

struct tl_page_store {
	sqlite3_stmt *get, *put;
	ZSTD_CCtx *zstd;
	int64_t pages;
	struct {
		uint64_t hash;
		int64_t page;
	} index[INDEX];		     // by content
	struct place places[PLACES]; // the newest version of each
	int64_t content_page[CONTENTS];
	uint8_t content[CONTENTS][TL_PAGE_BYTES];
	uint8_t scratch[TL_PAGE_BYTES], packed[2][2 * TL_PAGE_BYTES];
};

static struct tl_error *prepare(sqlite3 *db, struct tl_page_store *s)
{
	static const char put[] = "INSERT INTO page VALUES(?, ?, ?)";

	if (sqlite3_prepare_v3(db, TL_PAGE_GET, -1, SQLITE_PREPARE_PERSISTENT, &s->get, NULL) ||
		sqlite3_prepare_v3(db, put, -1, SQLITE_PREPARE_PERSISTENT, &s->put, NULL))
		return tl_sql_error(db);
	return NULL;
}

struct tl_error *tl_page_store_open(sqlite3 *db, struct tl_page_store **ret)
{
	struct tl_page_store *s = calloc(1, sizeof(*s));
	struct tl_error *err;

	if (s)
		s->zstd = ZSTD_createCCtx();
	if (!s || !s->zstd) {
		tl_page_store_close(s);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	err = prepare(db, s);
	if (err) {
		tl_page_store_close(s);
		return err;
	}
	*ret = s;
	return NULL;
}

void tl_page_store_close(struct tl_page_store *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->get);
	sqlite3_finalize(s->put);
	ZSTD_freeCCtx(s->zstd);
	free(s);
}

void tl_page_store_forget(struct tl_page_store *s)
{
	memset(s->index, 0, sizeof(s->index));
	memset(s->places, 0, sizeof(s->places));
	memset(s->content_page, 0, sizeof(s->content_page));
}

static uint64_t hash(const uint8_t *bytes)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15), word;

	for (unsigned i = 0; i < TL_PAGE_BYTES; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	return h;
}

static bool all_zero(const uint8_t *bytes)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, TL_PAGE_BYTES - 1);
}

// Kept, or read back; borrowed until the next call.
static struct tl_error *content(struct tl_page_store *s, int64_t page, const uint8_t **ret)
{
	*ret = s->content[page % CONTENTS];
	if (s->content_page[page % CONTENTS] == page)
		return NULL;
	*ret = s->scratch;
	return tl_page_read(s->get, page, s->scratch);
}

static void keep(struct tl_page_store *s, int64_t page, const uint8_t *bytes)
{
	s->content_page[page % CONTENTS] = page;
	memcpy(s->content[page % CONTENTS], bytes, TL_PAGE_BYTES);
}

// What does not get smaller stays as it is.
static size_t pack(struct tl_page_store *s, const uint8_t *bytes, int level, uint8_t *ret)
{
	size_t size;

	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, level);
	size = ZSTD_compress2(s->zstd, ret, 2 * TL_PAGE_BYTES, bytes, TL_PAGE_BYTES);
	if (!ZSTD_isError(size) && size < TL_PAGE_BYTES)
		return size;
	memcpy(ret, bytes, TL_PAGE_BYTES);
	return TL_PAGE_BYTES;
}

static struct place *place_of(struct tl_page_store *s, uint32_t vm, uint64_t host)
{
	const uint64_t number = host / TL_PAGE_BYTES + (uint64_t)vm * 0x9e3779b1;
	struct place *p = &s->places[number % PLACES];

	if (p->host != host || p->vm != vm)
		*p = (struct place){ .host = host, .vm = vm };
	return p;
}

// A difference that is small beats the page itself, of which it saves the packing.
static struct tl_error *put_new(struct tl_page_store *s, struct place *place, const uint8_t *bytes)
{
	size_t size = TL_PAGE_BYTES, difference = SIZE_MAX;
	const uint8_t *before;
	struct tl_error *err;
	bool whole;

	if (place->page && place->chain < TL_PAGE_CHAIN) {
		err = content(s, place->page, &before);
		if (err)
			return err;
		memmove(s->scratch, before, TL_PAGE_BYTES);
		exclusive_or(s->scratch, bytes);
		difference = pack(s, s->scratch, DIFFERENCE_LEVEL, s->packed[0]);
	}
	if (difference > TL_PAGE_BYTES / 8)
		size = pack(s, bytes, PAGE_LEVEL, s->packed[1]);
	whole = difference > TL_PAGE_BYTES / 8 && size <= difference;
	err = tl_step(s->put, "iob", s->pages + 1, !whole, (uint64_t)place->page, s->packed[whole],
		whole ? size : difference);
	if (err)
		return err;
	place->page = ++s->pages;
	place->chain = whole ? 1 : place->chain + 1;
	keep(s, place->page, bytes);
	return NULL;
}

static struct tl_error *find(
	struct tl_page_store *s, uint64_t h, const uint8_t *bytes, int64_t *ret)
{
	const int64_t page = s->index[h % INDEX].hash == h ? s->index[h % INDEX].page : 0;
	const uint8_t *there;
	struct tl_error *err;

	*ret = 0;
	if (!page)
		return NULL;
	err = content(s, page, &there);
	if (!err && !memcmp(there, bytes, TL_PAGE_BYTES))
		*ret = page;
	return err;
}

struct tl_error *tl_page_store_put(
	struct tl_page_store *s, uint32_t vm, uint64_t host, const uint8_t *bytes, int64_t *ret)
{
	struct place *place = place_of(s, vm, host);
	struct tl_error *err;
	int64_t page;
	uint64_t h;

	if (all_zero(bytes)) {
		*place = (struct place){ 0 };
		*ret = TL_PAGE_ZERO;
		return NULL;
	}
	h = hash(bytes);
	err = find(s, h, bytes, &page);
	if (err)
		return err;
	if (page && place->page != page) { // how long its chain is was not kept: the next is whole
		place->page = page;
		place->chain = TL_PAGE_CHAIN;
	} else if (!page) {
		err = put_new(s, place, bytes);
		if (err)
			return err;
		s->index[h % INDEX].hash = h;
		s->index[h % INDEX].page = place->page;
	}
	*ret = place->page;
	return NULL;
}
