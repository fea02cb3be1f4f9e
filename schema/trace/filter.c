// SPDX-License-Identifier: MIT
#include "schema/trace/filter.h"

#include "schema/trace/row.h"
#include "schema/trace/statement.h"

#include <inttypes.h>
#include <stdlib.h>

struct tl_cursor {
	struct tl_trace *trace; // borrowed
	sqlite3_stmt *stmt;
};

static struct tl_error *usage(struct tl_error *err)
{
	if (err && err->code == TL_ERROR_IO)
		err->code = TL_ERROR_USAGE;
	return err;
}

// What compiles both between parentheses and between CASE WHEN and THEN can close neither of them:
// it is one expression, and what stands around it stays.
struct tl_error *tl_filter_check(sqlite3 *db, const char *where)
{
	static const char *const around[][2] = { { "SELECT 1 FROM exits WHERE (", ")" },
		{ "SELECT 1 FROM exits WHERE CASE WHEN", "THEN 1 END" } };
	sqlite3_stmt *stmt = NULL;
	struct tl_error *err;

	err = tl_sql_prepare_text(
		db, sqlite3_mprintf("%s\n%s\n%s", around[0][0], where, around[0][1]), &stmt);
	sqlite3_finalize(stmt);
	if (err)
		return usage(err);
	stmt = NULL;
	err = tl_sql_prepare_text(
		db, sqlite3_mprintf("%s\n%s\n%s", around[1][0], where, around[1][1]), &stmt);
	sqlite3_finalize(stmt);
	if (!err)
		return NULL;
	tl_error_free(err);
	return tl_error_new(TL_ERROR_USAGE, "not one SQL expression");
}

static struct tl_error *no_such_reason(struct tl_trace *t, const char *reason)
{
	return tl_error_new(TL_ERROR_USAGE,
		"reason %s: no exit of %s is called that; "
		"\"select name from name where what = 'exit'\" lists them",
		reason, tl_trace_arch(t)->name);
}

// A name is the one that the views use; a number is itself.
static struct tl_error *find_reason(struct tl_trace *t, const char *reason, uint64_t *ret)
{
	struct tl_row row = { 0 };
	struct tl_error *err;
	uint64_t number = 0;
	bool found;
	char *end;

	err = tl_sql_prepare_text(tl_trace_db(t),
		sqlite3_mprintf("SELECT number FROM temp.name WHERE what = 'exit' "
				"AND name = lower(%Q)",
			reason),
		&row.stmt);
	if (err)
		return err;
	found = tl_row_next(&row);
	if (found)
		number = tl_row_u64(&row, 0);
	sqlite3_finalize(row.stmt);
	err = tl_row_error(&row);
	if (err)
		return err;
	if (!found) {
		number = strtoul(reason, &end, 0);
		if (*reason < '0' || *reason > '9' || *end)
			return no_such_reason(t, reason);
	}
	*ret = number;
	return NULL;
}

// The file's numbers are signed: a range over 2^63 is two of theirs, turned around. SQL's hex
// numbers are taken bit for bit.
static void add_range(sqlite3_str *sql, uint64_t from, uint64_t to)
{
	const bool turns = from <= INT64_MAX && to > INT64_MAX;

	sqlite3_str_appendf(
		sql, " AND (addr >= 0x%llx %s addr <= 0x%llx)", from, turns ? "OR" : "AND", to);
}

static char *condition(const struct tl_filter *f, bool has_reason, uint64_t reason)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);

	sqlite3_str_appendf(sql, "seq >= %lld AND seq <= %lld", (long long)f->from,
		f->to ? (long long)f->to : INT64_MAX);
	if (has_reason)
		sqlite3_str_appendf(sql, " AND number = %lld", (long long)reason);
	if (f->has_vcpu)
		sqlite3_str_appendf(sql, " AND vcpu = %lld", (long long)f->vcpu);
	if (f->has_addr)
		add_range(sql, f->addr, f->addr_end);
	if (f->where)
		sqlite3_str_appendf(sql, " AND (\n%s\n)", f->where);
	return sqlite3_str_finish(sql);
}

static char *statement(const struct tl_filter *f, const char *fits)
{
	const long long limit = f->limit && f->limit < INT64_MAX ? (long long)f->limit : -1;

	if (!f->limit_is_last)
		return sqlite3_mprintf(
			"SELECT seq FROM exits WHERE %s ORDER BY seq LIMIT %lld", fits, limit);
	return sqlite3_mprintf("SELECT seq FROM (SELECT seq FROM exits WHERE %s ORDER BY seq DESC "
			       "LIMIT %lld) ORDER BY seq",
		fits, limit);
}

static struct tl_error *build(struct tl_cursor *c, const struct tl_filter *f)
{
	struct tl_error *err = NULL;
	uint64_t reason = 0;
	char *fits;

	if (f->where)
		err = tl_error_in(tl_filter_check(tl_trace_db(c->trace), f->where), "where");
	if (!err && f->reason)
		err = find_reason(c->trace, f->reason, &reason);
	if (err)
		return err;
	fits = condition(f, f->reason, reason);
	if (!fits)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_sql_prepare_text(tl_trace_db(c->trace), statement(f, fits), &c->stmt);
	sqlite3_free(fits);
	return tl_error_in(usage(err), "where");
}

struct tl_error *tl_cursor_open(
	struct tl_trace *t, const struct tl_filter *filter, struct tl_cursor **ret)
{
	struct tl_cursor *c = calloc(1, sizeof(*c));
	struct tl_error *err;

	if (!c)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	c->trace = t;
	err = build(c, filter);
	if (err) {
		tl_cursor_close(c);
		return err;
	}
	*ret = c;
	return NULL;
}

void tl_cursor_close(struct tl_cursor *c)
{
	if (!c)
		return;
	sqlite3_finalize(c->stmt);
	free(c);
}

struct tl_error *tl_cursor_next(struct tl_cursor *c, tl_seq *ret)
{
	struct tl_row row = { .stmt = c->stmt };
	const tl_seq seq = tl_row_next(&row) ? tl_row_u64(&row, 0) : 0;
	struct tl_error *err = tl_row_error(&row);

	if (err)
		return tl_error_in(err, "%s: exits", tl_trace_path(c->trace));
	*ret = seq;
	return NULL;
}
