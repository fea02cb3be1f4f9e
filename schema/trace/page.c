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

static struct tl_error *unpack(const uint8_t *packed, size_t size, size_t expected, uint8_t *ret)
{
	if (size == expected)
		memcpy(ret, packed, size);
	else if (ZSTD_decompress(ret, expected, packed, size) != expected)
		return tl_error_new(TL_ERROR_CORRUPT, "%zu bytes are no zstd frame of %zu bytes",
			size, expected);
	return NULL;
}

// The row of `page` into `pack`; `*base` is what it differs from, TL_PAGE_ZERO when it stands alone.
static struct tl_error *read_pack(
	struct tl_row *row, int64_t page, struct tl_page_pack *pack, int64_t *base)
{
	const int64_t first = (int64_t)tl_row_bounded(row, 0, INT64_MAX);
	const uint64_t pages = tl_row_u64(row, 1);
	uint64_t most;
	const uint8_t *packed;
	struct tl_error *err;
	size_t size;

	*base = (int64_t)tl_row_u64_or(row, 2, TL_PAGE_ZERO);
	packed = tl_row_bytes(row, 3, sizeof(pack->bytes), &size);
	err = tl_row_error(row);
	if (err)
		return err;
	most = *base == TL_PAGE_ZERO ? TL_PAGE_PACK : 1; // a difference stands alone
	if (pages < 1 || pages > most)
		return tl_error_new(TL_ERROR_CORRUPT, "pages is %lld, expected 1 to %llu",
			(long long)pages, (unsigned long long)most);
	if (page - first >= (int64_t)pages)
		return tl_error_new(TL_ERROR_CORRUPT, "is not there");
	if (!packed)
		return tl_error_new(TL_ERROR_CORRUPT, "bytes is NULL, expected bytes");
	err = unpack(packed, size, pages * TL_PAGE_BYTES, pack->bytes[0]);
	if (err)
		return err;
	pack->first = first;
	pack->pages = (unsigned)pages;
	return NULL;
}

// One row's part onto `ret`; `*base` is the next page's number, TL_PAGE_ZERO when this was the last.
static struct tl_error *read_row(
	sqlite3_stmt *get, struct tl_page_pack *pack, int64_t page, int64_t *base, uint8_t *ret)
{
	struct tl_row row = { .stmt = get };
	struct tl_error *err;

	if (page < pack->first || page - pack->first >= (int64_t)pack->pages) {
		pack->pages = 0;
		sqlite3_reset(get);
		sqlite3_bind_int64(get, 1, page);
		if (!tl_row_next(&row)) {
			err = tl_row_error(&row);
			return err ? err : tl_error_new(TL_ERROR_CORRUPT, "is not there");
		}
		err = read_pack(&row, page, pack, base);
		if (err)
			return err;
	}
	exclusive_or(ret, pack->bytes[page - pack->first]);
	if (*base != TL_PAGE_ZERO) // a difference is no page
		pack->pages = 0;
	return NULL;
}

struct tl_error *tl_page_read(
	sqlite3_stmt *get, struct tl_page_pack *pack, int64_t page, uint8_t *ret)
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
			err = read_row(get, pack, at, &next, ret);
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
	PAGE_LEVEL = 3,
	WORTH_IT = TL_PAGE_BYTES / 4, // bytes of a difference; a page packs to about a third
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
	int64_t forgotten; // none up to this one is known any more
	struct {
		uint64_t hash;
		int64_t page;
	} index[INDEX];		     // by content
	struct place places[PLACES]; // the newest version of each
	int64_t content_page[CONTENTS];
	uint8_t content[CONTENTS][TL_PAGE_BYTES];
	uint8_t scratch[TL_PAGE_BYTES], packed[ZSTD_COMPRESSBOUND(TL_PAGE_PACK * TL_PAGE_BYTES)];
	struct tl_page_pack read;    // what was read back
	struct tl_page_pack waiting; // pages that have a number but no row yet
};

static struct tl_error *prepare(sqlite3 *db, struct tl_page_store *s)
{
	static const char put[] = "INSERT INTO page VALUES(?, ?, ?, ?)";

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
	if (s->pages == s->forgotten) // there is nothing to forget, and much memory not touched yet
		return;
	s->forgotten = s->pages;
	memset(s->index, 0, sizeof(s->index));
	memset(s->places, 0, sizeof(s->places));
	memset(s->content_page, 0, sizeof(s->content_page));
	s->read.pages = 0;
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
	return tl_page_read(s->get, &s->read, page, s->scratch);
}

static void keep(struct tl_page_store *s, int64_t page, const uint8_t *bytes)
{
	s->content_page[page % CONTENTS] = page;
	memcpy(s->content[page % CONTENTS], bytes, TL_PAGE_BYTES);
}

// What does not get smaller stays as it is. There is room for ZSTD_COMPRESSBOUND(size).
static size_t pack(
	struct tl_page_store *s, const uint8_t *bytes, size_t size, int level, uint8_t *ret)
{
	size_t packed;

	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, level);
	packed = ZSTD_compress2(s->zstd, ret, ZSTD_COMPRESSBOUND(size), bytes, size);
	if (!ZSTD_isError(packed) && packed < size)
		return packed;
	memcpy(ret, bytes, size);
	return size;
}

struct tl_error *tl_page_store_flush(struct tl_page_store *s)
{
	struct tl_page_pack *w = &s->waiting;
	const unsigned pages = w->pages;
	size_t size;

	if (!pages)
		return NULL;
	w->pages = 0;
	size = pack(s, w->bytes[0], (size_t)pages * TL_PAGE_BYTES, PAGE_LEVEL, s->packed);
	return tl_step(
		s->put, "iiob", w->first, (int64_t)pages, false, (uint64_t)0, s->packed, size);
}

static struct place *place_of(struct tl_page_store *s, uint32_t vm, uint64_t host)
{
	const uint64_t number = host / TL_PAGE_BYTES + (uint64_t)vm * 0x9e3779b1;
	struct place *p = &s->places[number % PLACES];

	if (p->host != host || p->vm != vm)
		*p = (struct place){ .host = host, .vm = vm };
	return p;
}

// The next number, with a row of its own for what differs from `base`.
static struct tl_error *put_difference(
	struct tl_page_store *s, int64_t base, const uint8_t *packed, size_t size)
{
	struct tl_error *err = tl_page_store_flush(s);

	return err ? err
		   : tl_step(s->put, "iiob", s->pages + 1, (int64_t)1, true, (uint64_t)base, packed,
			     size);
}

static struct tl_error *put_whole(struct tl_page_store *s, const uint8_t *bytes)
{
	struct tl_page_pack *w = &s->waiting;
	struct tl_error *err = w->pages == TL_PAGE_PACK ? tl_page_store_flush(s) : NULL;

	if (err)
		return err;
	if (!w->pages)
		w->first = s->pages + 1;
	memcpy(w->bytes[w->pages++], bytes, TL_PAGE_BYTES);
	return NULL;
}

// How the page before differs, packed into `ret`; more than is worth it when there is none.
static struct tl_error *differ(struct tl_page_store *s, const struct place *place,
	const uint8_t *bytes, uint8_t *ret, size_t *ret_size)
{
	const uint8_t *before;
	struct tl_error *err;

	*ret_size = SIZE_MAX;
	if (!place->page || place->chain >= TL_PAGE_CHAIN)
		return NULL;
	err = content(s, place->page, &before);
	if (err)
		return err;
	memmove(s->scratch, before, TL_PAGE_BYTES);
	exclusive_or(s->scratch, bytes);
	*ret_size = pack(s, s->scratch, TL_PAGE_BYTES, DIFFERENCE_LEVEL, ret);
	return NULL;
}

static struct tl_error *put_new(struct tl_page_store *s, struct place *place, const uint8_t *bytes)
{
	uint8_t packed[ZSTD_COMPRESSBOUND(TL_PAGE_BYTES)];
	struct tl_error *err;
	size_t size;
	bool whole;

	err = differ(s, place, bytes, packed, &size);
	if (err)
		return err;
	whole = size > WORTH_IT;
	err = whole ? put_whole(s, bytes) : put_difference(s, place->page, packed, size);
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
