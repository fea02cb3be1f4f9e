// SPDX-License-Identifier: MIT
#include "shell/space.h"

#include "schema/trace/ask.h"
#include "schema/trace/row.h"

#include <stdio.h>
#include <string.h>

enum {
	MOST_ROWS = 20000,	// of one table that are looked at when it must be quick
	QUICK_BYTES = 32 << 20, // a file of which every page may be counted
};

/*
 * The parts, by the tables that make them. Where pages are not counted: the lengths of the blobs,
 * with a guess of what a row takes beside them, and how many rows there are when not all of them are
 * looked at (NULL: then the part belongs to the rest).
 */
static const struct part {
	const char *name, *tables, *lengths, *rows;
} parts[] = {
	{ "exits", "exit", NULL, NULL },
	{ "registers", "state", "SELECT length(chunk) + 12 AS n FROM main.state",
		"SELECT count(*) FROM main.state" },
	{ "extra registers", "extra", "SELECT length(chunk) + 12 AS n FROM main.extra", NULL },
	{ "payloads", "detail",
		"SELECT ifnull(length(payload), 0) + ifnull(length(data), 0) + 12 AS n FROM "
		"main.detail",
		NULL },
	{ "replies", "answer",
		"SELECT ifnull(length(bytes), 0) + ifnull(length(sync), 0) + 24 AS n FROM "
		"main.answer",
		NULL },
	{ "inputs", "input input_seq", "SELECT ifnull(length(data), 0) + 40 AS n FROM main.input",
		"SELECT ifnull(max(id), 0) FROM main.input" },
	{ "coalesced", "coalesced coalesced_seq", "SELECT 36 AS n FROM main.coalesced",
		"SELECT ifnull(sum((SELECT max(id) + 1 - (vm.vm << 32) FROM main.coalesced "
		"WHERE id BETWEEN vm.vm << 32 AND (vm.vm << 32) + 0xffffffff)), 0) FROM main.vm" },
	{ "code", "code", "SELECT length(bytes) + 8 AS n FROM main.code",
		"SELECT ifnull(max(code), 0) FROM main.code" },
	{ "pages", "page page_version scan scan_seq region",
		"SELECT length(bytes) + 40 AS n FROM main.page",
		"SELECT ifnull(max(page), 0) FROM main.page" },
};

enum { N_PARTS = sizeof(parts) / sizeof(*parts) };
_Static_assert((int)N_PARTS < (int)TL_SPACES, "with the rest");

// From the first rows to all of them.
static struct tl_error *scale(struct tl_trace *trace, const struct part *part, uint64_t *bytes)
{
	struct tl_error *err;
	uint64_t rows = 0;
	bool found;

	if (!part->rows) {
		*bytes = 0;
		return NULL;
	}
	err = tl_ask(trace, part->rows, NULL, &rows, 1, &found);
	if (!err && rows > MOST_ROWS)
		*bytes = (uint64_t)((double)*bytes / MOST_ROWS * (double)rows);
	return err;
}

static struct tl_error *guess(struct tl_trace *trace, const struct part *part, uint64_t *ret)
{
	uint64_t sum[2] = { 0 };
	struct tl_error *err;
	char sql[256];
	bool found;

	*ret = 0;
	if (!part->lengths)
		return NULL;
	snprintf(sql, sizeof(sql), "SELECT count(*), ifnull(sum(n), 0) FROM (%s LIMIT %d)",
		part->lengths, MOST_ROWS);
	err = tl_ask(trace, sql, NULL, sum, 2, &found);
	if (!err && sum[0] == MOST_ROWS)
		err = scale(trace, part, &sum[1]);
	*ret = sum[1];
	return err;
}

static bool has_word(const char *words, const char *word)
{
	const size_t n = strlen(word);

	for (; words; words = strchr(words, ' ')) {
		words += *words == ' ';
		if (!strncmp(words, word, n) && (!words[n] || words[n] == ' '))
			return true;
	}
	return false;
}

static void add_table(struct tl_row *row, uint64_t *bytes)
{
	const char *table = tl_row_has(row, 0) ? tl_row_text(row, 0) : "";

	for (unsigned i = 0; i < N_PARTS; i++)
		if (has_word(parts[i].tables, table))
			bytes[i] += tl_row_u64(row, 1);
}

static struct tl_error *count_pages(struct tl_trace *trace, uint64_t *bytes)
{
	struct tl_row row = { 0 };
	struct tl_error *err;

	memset(bytes, 0, N_PARTS * sizeof(*bytes));
	err = tl_trace_prepare(trace, "SELECT name, pgsize FROM dbstat('main', 1)", &row.stmt);
	while (!err && tl_row_next(&row))
		add_table(&row, bytes);
	if (!err)
		err = tl_row_error(&row);
	sqlite3_finalize(row.stmt);
	return tl_error_in(err, "%s: space", tl_trace_path(trace));
}

static struct tl_error *guess_all(struct tl_trace *trace, uint64_t *bytes)
{
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < N_PARTS; i++)
		err = guess(trace, &parts[i], &bytes[i]);
	return err;
}

static void list(const uint64_t *bytes, uint64_t file_bytes, bool counted, struct tl_space *ret,
	size_t *ret_n)
{
	size_t n = 0;

	for (unsigned i = 0; i < N_PARTS; i++) {
		if (!bytes[i] || bytes[i] > file_bytes)
			continue;
		ret[n++] = (struct tl_space){ parts[i].name, bytes[i] };
		file_bytes -= bytes[i];
	}
	if (file_bytes)
		ret[n++] = (struct tl_space){ counted ? "the rest" : "exits and the rest",
			file_bytes };
	*ret_n = n;
}

struct tl_error *tl_space(struct tl_trace *trace, uint64_t file_bytes, bool exactly,
	struct tl_space *ret, size_t *ret_n)
{
	const bool can = sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB");
	const bool counted = can && (exactly || file_bytes <= QUICK_BYTES);
	uint64_t bytes[N_PARTS];
	struct tl_error *err;

	if (exactly && !can)
		return tl_error_new(
			TL_ERROR_UNSUPPORTED, "this SQLite cannot count pages (dbstat)");
	err = counted ? count_pages(trace, bytes) : guess_all(trace, bytes);
	if (!err)
		list(bytes, file_bytes, counted, ret, ret_n);
	return err;
}
