// SPDX-License-Identifier: MIT
#include "schema/trace/trim.h"

#include "schema/trace/row.h"
#include "schema/trace/state.h"
#include "schema/trace/statement.h"
#include "schema/wire/record.h"

// clang-format off
// SQL is laid out by hand.
#define HELD "seq BETWEEN :from AND :to"

// Of each VM: the scan that exit `from` starts from, the first of those that count, and one behind
// `to`, which tells what was not written before it.
#define BOUND \
	"WITH base AS MATERIALIZED (SELECT vm, " \
	"(SELECT scan FROM main.scan WHERE scan.vm = vm.vm AND kind = 2 AND seq < :from " \
	"ORDER BY seq DESC, phase DESC, scan DESC LIMIT 1) AS scan, " \
	"(SELECT min(scan) FROM main.scan WHERE scan.vm = vm.vm AND kind = 2 AND seq > :to) AS next " \
	"FROM main.vm), " \
	"bound AS MATERIALIZED (SELECT vm, next, scan AS base, min(" \
	"ifnull(scan, 9223372036854775807), " \
	"ifnull((SELECT min(scan) FROM main.scan WHERE scan.vm = base.vm AND kind = 2 " \
	"AND " HELD "), 9223372036854775807)) AS low FROM base), "

#define KEPT_SCAN \
	"(" HELD " OR scan IN (SELECT base FROM bound WHERE base IS NOT NULL " \
	"UNION SELECT next FROM bound WHERE next IS NOT NULL))"
#define KEPT_SCANS "kept_scan AS MATERIALIZED (SELECT scan FROM main.scan WHERE " KEPT_SCAN "), "

#define LOW(table) "(SELECT low FROM bound WHERE bound.vm = " table ".vm)"

// A version counts until another takes its place or its region begins anew; one of a single look
// only as long as that look.
#define KEPT_VERSION \
	"(scan IN (SELECT scan FROM kept_scan) OR (scan < " LOW("page_version") " " \
	"AND scan NOT IN (SELECT scan FROM main.scan WHERE kind != 2) " \
	"AND NOT EXISTS (SELECT 1 FROM main.page_version n WHERE n.vm = page_version.vm " \
	"AND n.host = page_version.host AND n.scan > page_version.scan " \
	"AND n.scan <= " LOW("page_version") ") " \
	"AND NOT EXISTS (SELECT 1 FROM main.region r WHERE r.vm = page_version.vm " \
	"AND r.scan > page_version.scan AND r.scan <= " LOW("page_version") " " \
	"AND page_version.host - r.host BETWEEN 0 AND r.bytes - 1)))"

#define KEPT_REGION \
	"(NOT EXISTS (SELECT 1 FROM main.region n WHERE n.vm = region.vm " \
	"AND n.scan > region.scan AND n.scan <= " LOW("region") " " \
	"AND n.host <= region.host AND n.host + n.bytes >= region.host + region.bytes))"

#define KEPT_PAGES \
	"used(page) AS (SELECT page FROM main.page_version WHERE " KEPT_VERSION " " \
	"UNION SELECT base FROM main.page JOIN used ON page.page = used.page " \
	"WHERE base IS NOT NULL), "
// clang-format on

_Static_assert(TL_SCAN_CHANGES == 2, "as in the statements");

// What of each table is kept; in an order in which nothing is needed after it is gone.
static const struct {
	const char *table, *with, *kept;
} parts[] = {
	{ "page", BOUND KEPT_SCANS KEPT_PAGES,
		"page IN (SELECT (SELECT max(p.page) FROM main.page p WHERE p.page <= used.page) "
		"FROM used WHERE used.page > 0)" },
	{ "page_version", BOUND KEPT_SCANS, KEPT_VERSION },
	{ "region", BOUND, KEPT_REGION },
	{ "scan", BOUND, KEPT_SCAN },
	{ "code", "WITH ", "code IN (SELECT code FROM main.exit WHERE " HELD ")" },
	{ "slot", "WITH ",
		HELD " OR (seq < :from AND size != 0 AND id IN (SELECT max(id) FROM main.slot "
		     "WHERE seq < :from GROUP BY vm, space, slot))" },
	{ "state", "WITH ",
		"seq <= :to AND seq >= ifnull((SELECT max(s.seq) FROM main.state s WHERE "
		"s.vcpu = state.vcpu AND s.seq <= :from), 0)" },
	{ "exit", "WITH ", HELD },
	{ "detail", "WITH ", HELD },
	{ "answer", "WITH ", HELD },
	{ "extra", "WITH ", HELD },
	{ "coalesced", "WITH ", HELD },
	{ "input", "WITH ", "seq = 0 OR " HELD },
	{ "notice", "WITH ", "seq = 0 OR " HELD },
	{ "gap", "WITH ", "from_seq IS NULL OR (to_seq >= :from AND from_seq <= :to)" },
};

static const char *const whole[] = { "meta", "process", "vm", "cap", "vcpu", "name" };

enum { PARTS = sizeof(parts) / sizeof(*parts), WHOLE = sizeof(whole) / sizeof(*whole) };

// `verb` is what stands between the common table expressions and the condition, which `no` negates.
static struct tl_error *prepare_part(sqlite3 *db, unsigned part, const char *verb, const char *no,
	tl_seq from, tl_seq to, sqlite3_stmt **ret)
{
	// The last of the expressions ends a list that it does not begin.
	char *sql = sqlite3_mprintf("%sno_more AS (SELECT 1) %s main.%s WHERE %s (%s)",
		parts[part].with, verb, parts[part].table, no, parts[part].kept);
	struct tl_error *err = tl_sql_prepare_text(db, sql, ret);

	if (err)
		return tl_error_in(err, "%s", parts[part].table);
	sqlite3_bind_int64(*ret, sqlite3_bind_parameter_index(*ret, ":from"), (int64_t)from);
	sqlite3_bind_int64(*ret, sqlite3_bind_parameter_index(*ret, ":to"), (int64_t)to);
	return NULL;
}

struct tl_error *tl_trim(sqlite3 *db, tl_seq from, tl_seq to)
{
	struct tl_error *err = NULL;
	sqlite3_stmt *stmt = NULL;

	for (unsigned i = 0; !err && i < PARTS; i++) {
		err = prepare_part(db, i, "DELETE FROM", "NOT", from, to, &stmt);
		if (err)
			break;
		sqlite3_step(stmt);
		if (sqlite3_finalize(stmt) != SQLITE_OK)
			err = tl_error_in(tl_sql_error(db), "%s", parts[i].table);
	}
	return err;
}

static struct tl_error *copy_rows(sqlite3_stmt *rows, sqlite3 *to, const char *table)
{
	const int columns = sqlite3_column_count(rows);
	struct tl_error *err = NULL;
	sqlite3_stmt *insert = NULL;
	char *sql;

	sql = sqlite3_mprintf("INSERT OR REPLACE INTO %s VALUES(?", table);
	for (int i = 1; sql && i < columns; i++)
		sql = sqlite3_mprintf("%z, ?", sql);
	err = tl_sql_prepare_text(to, sql ? sqlite3_mprintf("%z)", sql) : NULL, &insert);
	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		for (int i = 0; i < columns; i++)
			sqlite3_bind_value(insert, i + 1, sqlite3_column_value(rows, i));
		sqlite3_step(insert);
		if (sqlite3_reset(insert) != SQLITE_OK)
			err = tl_sql_error(to);
	}
	sqlite3_finalize(insert);
	return err;
}

// Consumes the statement.
static struct tl_error *copy(
	sqlite3 *from_db, sqlite3_stmt *rows, sqlite3 *to_db, const char *table)
{
	struct tl_error *err = copy_rows(rows, to_db, table);

	if (sqlite3_finalize(rows) != SQLITE_OK && !err)
		err = tl_sql_error(from_db);
	return tl_error_in(err, "%s", table);
}

struct tl_error *tl_trim_copy(sqlite3 *from_db, sqlite3 *to_db, tl_seq from, tl_seq to)
{
	struct tl_error *err = NULL;
	sqlite3_stmt *stmt = NULL;

	for (unsigned i = 0; !err && i < WHOLE; i++) {
		err = tl_sql_prepare_text(
			from_db, sqlite3_mprintf("SELECT * FROM main.%s", whole[i]), &stmt);
		if (!err)
			err = copy(from_db, stmt, to_db, whole[i]);
	}
	for (unsigned i = 0; !err && i < PARTS; i++) {
		err = prepare_part(from_db, i, "SELECT * FROM", "", from, to, &stmt);
		if (!err)
			err = copy(from_db, stmt, to_db, parts[i].table);
	}
	return err;
}

struct tl_error *tl_trim_tally(sqlite3 *db)
{
	return tl_sql(db, "DELETE FROM tally; INSERT INTO tally SELECT vcpu, ifnull(reason, -1), "
			  "ifnull(error, 0), count(*) FROM exit GROUP BY 1, 2, 3");
}

struct chunk {
	struct tl_state_writer *to;
	tl_seq from, last;
};

static struct tl_error *keep_exit(void *ctx, tl_seq seq, const struct tl_regs *regs)
{
	const struct chunk *c = ctx;

	return seq < c->from || seq > c->last ? NULL : tl_state_add(c->to, seq, regs);
}

// The chunk at `row`, without the exits that are not held.
static struct tl_error *rewrite_chunk(
	struct tl_row *row, sqlite3_stmt *put, unsigned words, struct chunk *c)
{
	const uint64_t vcpu = tl_row_u64(row, 0);
	struct tl_error *err;
	const void *packed;
	size_t size;

	packed = tl_row_bytes(row, 1, SIZE_MAX, &size);
	err = tl_row_error(row);
	if (!err && !packed)
		err = tl_error_new(TL_ERROR_CORRUPT, "chunk is NULL, expected bytes");
	if (err)
		return tl_error_in(err, "state");
	tl_state_restart(c->to);
	err = tl_state_each(packed, size, words, keep_exit, c);
	if (err || !tl_state_count(c->to))
		return err;
	err = tl_state_chunk(c->to, &packed, &size);
	return err ? err
		   : tl_step(put, "uuib", vcpu, tl_state_first(c->to),
			     (int64_t)tl_state_count(c->to), packed, size);
}

static struct tl_error *rewrite_chunks(sqlite3 *db, unsigned words, struct chunk *c)
{
	struct tl_row row = { 0 };
	sqlite3_stmt *put = NULL;
	struct tl_error *err;

	err = tl_sql_prepare(db, "SELECT vcpu, chunk FROM temp.old_state", &row.stmt);
	if (!err)
		err = tl_sql_prepare(db, "INSERT INTO main.state VALUES(?, ?, ?, ?)", &put);
	while (!err && tl_row_next(&row))
		err = rewrite_chunk(&row, put, words, c);
	sqlite3_finalize(row.stmt);
	sqlite3_finalize(put);
	return err ? err : tl_row_error(&row);
}

struct tl_error *tl_trim_states(sqlite3 *db, unsigned words, tl_seq from, tl_seq to)
{
	struct chunk c = { .from = from, .last = to };
	struct tl_error *err = tl_state_writer_open(words, &c.to);

	if (err)
		return err;
	err = tl_sql(db, "CREATE TEMP TABLE old_state AS SELECT vcpu, chunk FROM main.state "
			 "ORDER BY vcpu, seq; DELETE FROM main.state");
	if (!err)
		err = rewrite_chunks(db, words, &c);
	if (!err)
		err = tl_sql(db, "DROP TABLE temp.old_state");
	tl_state_writer_close(c.to);
	return err;
}
