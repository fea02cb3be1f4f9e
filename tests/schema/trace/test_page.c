// SPDX-License-Identifier: MIT
// Pages come back from table `page` as they were put, each content once.
#include "schema/trace/page.h"

#include "schema/trace/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct file {
	sqlite3 *db;
	sqlite3_stmt *get;
	struct tl_page_pack pack;
	struct tl_page_store *store;
};

static uint32_t random_number(void)
{
	static uint32_t n = 1;

	n = n * 1664525 + 1013904223;
	return n >> 8;
}

static void fill(uint8_t *bytes)
{
	for (unsigned i = 0; i < TL_PAGE_BYTES; i++)
		bytes[i] = (uint8_t)random_number();
}

// Compressible, and unlike any other's.
static void write_text(uint8_t *bytes, unsigned number)
{
	memset(bytes, 'a' + (int)(number % 26), TL_PAGE_BYTES);
	memcpy(bytes + 100, &number, sizeof(number));
}

static int set_up(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
	assert_null(tl_sql(f->db,
		"CREATE TABLE page(page INTEGER PRIMARY KEY, pages INTEGER, base INTEGER, "
		"bytes BLOB)"));
	assert_int_equal(sqlite3_prepare_v2(f->db, TL_PAGE_GET, -1, &f->get, NULL), SQLITE_OK);
	assert_null(tl_page_store_open(f->db, &f->store));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct file *f = *state;

	tl_page_store_close(f->store);
	sqlite3_finalize(f->get);
	assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
	free(f);
	return 0;
}

static int64_t number(struct file *f, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t n;

	assert_null(tl_page_store_flush(f->store));
	assert_int_equal(sqlite3_prepare_v2(f->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static int64_t put(struct file *f, uint64_t place, const uint8_t *bytes)
{
	int64_t page = -1;

	assert_null(tl_page_store_put(f->store, 0, place * TL_PAGE_BYTES, bytes, &page));
	return page;
}

static void assert_page(struct file *f, int64_t page, const uint8_t *bytes)
{
	uint8_t read[TL_PAGE_BYTES];

	assert_null(tl_page_store_flush(f->store));
	assert_null(tl_page_read(f->get, &f->pack, page, read));
	assert_memory_equal(read, bytes, sizeof(read));
}

static void assert_corrupt(struct file *f, int64_t page, const char *message)
{
	uint8_t read[TL_PAGE_BYTES];
	struct tl_error *err = tl_page_read(f->get, &f->pack, page, read);

	assert_non_null(err);
	assert_int_equal(err->code, TL_ERROR_CORRUPT);
	assert_string_equal(err->message, message);
	tl_error_free(err);
}

static void a_content_is_stored_once_wherever_it_is(void **state)
{
	struct file *f = *state;
	uint8_t text[TL_PAGE_BYTES], other[TL_PAGE_BYTES];
	int64_t page;

	write_text(text, 1);
	write_text(other, 2);
	page = put(f, 1, text);
	assert_int_equal(put(f, 2, text), page);
	assert_int_not_equal(put(f, 1, other), page);
	assert_int_equal(put(f, 1, text), page);
	assert_int_equal(put(f, 1, text), page);
	assert_int_equal(number(f, "SELECT count(*) FROM page"), 2);
	assert_page(f, page, text);
}

static void zeroes_take_no_row(void **state)
{
	const uint8_t zeroes[TL_PAGE_BYTES] = { 0 };
	struct file *f = *state;

	assert_int_equal(put(f, 1, zeroes), TL_PAGE_ZERO);
	assert_int_equal(number(f, "SELECT count(*) FROM page"), 0);
	assert_page(f, TL_PAGE_ZERO, zeroes);
}

static void noise_takes_no_more_than_itself(void **state)
{
	struct file *f = *state;
	uint8_t noise[TL_PAGE_BYTES];

	fill(noise);
	assert_page(f, put(f, 1, noise), noise);
	assert_int_equal(number(f, "SELECT length(bytes) FROM page"), TL_PAGE_BYTES);
}

static void versions_are_differences_and_no_chain_is_too_long(void **state)
{
	enum { VERSIONS = 200 };
	static uint8_t versions[VERSIONS][TL_PAGE_BYTES];
	struct file *f = *state;
	int64_t page[VERSIONS];

	fill(versions[0]);
	for (unsigned i = 0; i < VERSIONS; i++) {
		if (i)
			memcpy(versions[i], versions[i - 1], TL_PAGE_BYTES);
		versions[i][random_number() % TL_PAGE_BYTES] ^= 1;
		page[i] = put(f, 7, versions[i]);
	}
	for (unsigned i = 0; i < VERSIONS; i++)
		assert_page(f, page[i], versions[i]);
	assert_int_equal(number(f, "SELECT count(*) FROM page WHERE base IS NULL"),
		(VERSIONS + TL_PAGE_CHAIN - 1) / TL_PAGE_CHAIN);
	assert_true(number(f, "SELECT max(length(bytes)) FROM page WHERE base IS NOT NULL") < 64);
}

// What a place goes back to may itself be the end of a long chain.
static void a_content_that_comes_back_begins_no_longer_chain(void **state)
{
	enum { VERSIONS = 400 };
	static uint8_t versions[VERSIONS][TL_PAGE_BYTES];
	struct file *f = *state;
	int64_t page[VERSIONS];

	fill(versions[0]);
	for (unsigned i = 0; i < VERSIONS; i++) {
		const unsigned from = i ? random_number() % i : 0;

		memcpy(versions[i], versions[from], TL_PAGE_BYTES);
		put(f, i % 3, versions[from]);
		versions[i][random_number() % TL_PAGE_BYTES] ^= 0x40;
		page[i] = put(f, i % 3, versions[i]);
	}
	for (unsigned i = 0; i < VERSIONS; i++)
		assert_page(f, page[i], versions[i]);
}

// More than the store remembers: contents, their hashes, places.
static void what_is_forgotten_is_read_back(void **state)
{
	enum { PAGES = 40000 };
	struct file *f = *state;
	static int64_t page[PAGES];
	uint8_t text[TL_PAGE_BYTES];

	for (unsigned i = 0; i < PAGES; i++) {
		write_text(text, i);
		page[i] = put(f, i, text);
	}
	for (unsigned i = 0; i < PAGES; i += 7) {
		write_text(text, i);
		assert_page(f, page[i], text);
		text[9] = '!';
		assert_page(f, put(f, i, text), text); // against a version that was read back
		assert_int_equal(
			number(f, "SELECT base FROM page ORDER BY page DESC LIMIT 1"), page[i]);
	}
}

static void places_that_share_their_room_do_not_mix(void **state)
{
	struct file *f = *state;
	uint8_t text[TL_PAGE_BYTES];

	for (unsigned i = 0; i < 300; i++) {
		const uint64_t place = (uint64_t)(i % 3) << 18;

		write_text(text, i);
		assert_page(f, put(f, place, text), text);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM page WHERE base IS NOT NULL"), 0);
}

static void after_forgetting_nothing_refers_to_what_was_there(void **state)
{
	struct file *f = *state;
	uint8_t text[TL_PAGE_BYTES];

	for (unsigned round = 0; round < 3; round++) {
		write_text(text, 1);
		put(f, 1, text);
		assert_null(tl_page_store_flush(f->store));
		assert_null(tl_sql(f->db, "DELETE FROM page"));
		tl_page_store_forget(f->store);
		tl_page_store_forget(f->store);
		text[0] = 'x';
		assert_page(f, put(f, 1, text), text);
		text[0] = 'a';
		text[1] = 'y';
		assert_page(f, put(f, 2, text), text);
		write_text(text, 1);
		assert_page(f, put(f, 3, text), text);
	}
}

static void rows_that_contradict_the_format_are_refused(void **state)
{
	struct file *f = *state;
	uint8_t noise[TL_PAGE_BYTES];

	fill(noise);
	assert_int_equal(put(f, 1, noise), 1);
	assert_page(f, 1, noise);
	assert_null(
		tl_sql(f->db, "INSERT INTO page SELECT 2, 1, 2, bytes FROM page WHERE page = 1;"
			      "INSERT INTO page SELECT 3, 1, 99, bytes FROM page WHERE page = 1;"
			      "INSERT INTO page VALUES(4, 1, NULL, x'0102');"
			      "INSERT INTO page VALUES(5, 1, NULL, NULL);"
			      "INSERT INTO page VALUES(6, 1, NULL, 'text');"
			      "INSERT INTO page VALUES(7, 1, NULL, zeroblob(66000));"
			      "INSERT INTO page SELECT 8, 1, -1, bytes FROM page WHERE page = 1;"
			      "INSERT INTO page SELECT 9, 1, 'x', bytes FROM page WHERE page = 1;"
			      "INSERT INTO page VALUES(10, 1, NULL, x'');"
			      "INSERT INTO page VALUES(11, 0, NULL, x'');"
			      "INSERT INTO page VALUES(12, 17, NULL, zeroblob(4096));"
			      "INSERT INTO page VALUES(13, -1, NULL, zeroblob(4096));"
			      "INSERT INTO page VALUES(14, 2, 1, zeroblob(8192));"
			      "INSERT INTO page VALUES(16, 2, NULL, zeroblob(4096));"
			      "INSERT INTO page VALUES(20, 2, NULL, zeroblob(8192));"));
	assert_corrupt(f, 2, "page 2: is made of more than 32 others");
	assert_corrupt(f, 3, "page 3: page 99: is not there");
	assert_corrupt(f, 4, "page 4: 2 bytes are no zstd frame of 4096 bytes");
	assert_corrupt(f, 5, "page 5: bytes is NULL, expected bytes");
	assert_corrupt(f, 6, "page 6: bytes is text, expected bytes");
	assert_corrupt(f, 7, "page 7: bytes: 66000 bytes, expected at most 65536");
	assert_corrupt(f, 8, "page 8: page -1: is not there");
	assert_corrupt(f, 9, "page 9: base is text, expected a number");
	assert_corrupt(f, 10, "page 10: 0 bytes are no zstd frame of 4096 bytes");
	assert_corrupt(f, 11, "page 11: pages is 0, expected 1 to 16");
	assert_corrupt(f, 12, "page 12: pages is 17, expected 1 to 16");
	assert_corrupt(f, 13, "page 13: pages is -1, expected 1 to 16");
	assert_corrupt(f, 14, "page 14: pages is 2, expected 1 to 1");
	assert_corrupt(f, 16, "page 16: 4096 bytes are no zstd frame of 8192 bytes");
	assert_corrupt(f, 22, "page 22: is not there");
	assert_corrupt(f, INT64_MAX, "page 9223372036854775807: is not there");
}

static void a_row_numbered_below_zero_is_refused(void **state)
{
	struct file *f = *state;

	assert_null(tl_sql(f->db, "INSERT INTO page VALUES(-9223372036854775807 - 1, 1, NULL, "
				  "zeroblob(4096))"));
	assert_corrupt(
		f, 5, "page 5: page is -9223372036854775808, expected 0 to 9223372036854775807");
}

static void new_pages_share_rows(void **state)
{
	enum { PAGES = 40 };
	static uint8_t text[PAGES][TL_PAGE_BYTES];
	struct file *f = *state;

	for (unsigned i = 0; i < PAGES; i++) {
		write_text(text[i], i);
		assert_int_equal(put(f, i, text[i]), i + 1);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM page"), 3);
	assert_int_equal(number(f, "SELECT sum(pages) FROM page"), PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_page(f, (i * 7) % PAGES + 1, text[i * 7 % PAGES]);
	// A difference stands alone, and those that waited before it come first.
	text[0][5] = '!';
	assert_int_equal(put(f, 100, text[0]), PAGES + 1);
	text[1][5] = '!';
	assert_int_equal(put(f, 1, text[1]), PAGES + 2);
	assert_page(f, PAGES + 1, text[0]);
	assert_page(f, PAGES + 2, text[1]);
	assert_int_equal(number(f, "SELECT base FROM page WHERE page = 42"), 2);
}

#define WITH_A_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_FILE(a_content_is_stored_once_wherever_it_is),
		WITH_A_FILE(zeroes_take_no_row),
		WITH_A_FILE(new_pages_share_rows),
		WITH_A_FILE(noise_takes_no_more_than_itself),
		WITH_A_FILE(versions_are_differences_and_no_chain_is_too_long),
		WITH_A_FILE(a_content_that_comes_back_begins_no_longer_chain),
		WITH_A_FILE(what_is_forgotten_is_read_back),
		WITH_A_FILE(places_that_share_their_room_do_not_mix),
		WITH_A_FILE(after_forgetting_nothing_refers_to_what_was_there),
		WITH_A_FILE(rows_that_contradict_the_format_are_refused),
		WITH_A_FILE(a_row_numbered_below_zero_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
