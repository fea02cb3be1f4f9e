// SPDX-License-Identifier: MIT
#include "schema/trace/row.h"

#include "schema/trace/statement.h"

struct tl_error *tl_row_ask(sqlite3 *db, const char *sql, int64_t *ret)
{
	struct tl_row row = { 0 };
	struct tl_error *err = tl_sql_prepare(db, sql, &row.stmt);

	if (!err && tl_row_next(&row))
		*ret = (int64_t)tl_row_u64(&row, 0);
	sqlite3_finalize(row.stmt);
	return err ? err : tl_row_error(&row);
}

bool tl_row_next(struct tl_row *row)
{
	if (row->err)
		return false;
	switch (sqlite3_step(row->stmt)) {
	case SQLITE_ROW:
		return true;
	case SQLITE_DONE:
		return false;
	}
	row->err = tl_sql_error(sqlite3_db_handle(row->stmt));
	return false;
}

struct tl_error *tl_row_error(struct tl_row *row)
{
	struct tl_error *err = row->err;

	row->err = NULL;
	return err;
}

bool tl_row_has(const struct tl_row *row, int column)
{
	return sqlite3_column_type(row->stmt, column) != SQLITE_NULL;
}

static const char *type_name(int type)
{
	static const char *const names[] = { [SQLITE_INTEGER] = "a number",
		[SQLITE_FLOAT] = "a real number",
		[SQLITE_TEXT] = "text",
		[SQLITE_BLOB] = "bytes",
		[SQLITE_NULL] = "NULL" };

	return names[type];
}

static bool is(struct tl_row *row, int column, int type)
{
	const int found = sqlite3_column_type(row->stmt, column);

	if (found == type)
		return true;
	if (!row->err)
		row->err = tl_error_new(TL_ERROR_CORRUPT, "%s is %s, expected %s",
			sqlite3_column_name(row->stmt, column), type_name(found), type_name(type));
	return false;
}

uint64_t tl_row_u64(struct tl_row *row, int column)
{
	return is(row, column, SQLITE_INTEGER) ? (uint64_t)sqlite3_column_int64(row->stmt, column)
					       : 0;
}

uint64_t tl_row_bounded(struct tl_row *row, int column, uint64_t most)
{
	const uint64_t value = tl_row_u64(row, column);

	if (value <= most)
		return value;
	if (!row->err)
		row->err = tl_error_new(TL_ERROR_CORRUPT, "%s is %lld, expected 0 to %llu",
			sqlite3_column_name(row->stmt, column), (long long)value,
			(unsigned long long)most);
	return 0;
}

uint64_t tl_row_u64_or(struct tl_row *row, int column, uint64_t otherwise)
{
	return tl_row_has(row, column) ? tl_row_u64(row, column) : otherwise;
}

const uint8_t *tl_row_bytes(struct tl_row *row, int column, size_t most, size_t *ret_size)
{
	size_t size;

	*ret_size = 0;
	if (!tl_row_has(row, column) || !is(row, column, SQLITE_BLOB))
		return NULL;
	size = (size_t)sqlite3_column_bytes(row->stmt, column);
	if (size > most && !row->err)
		row->err = tl_error_new(TL_ERROR_CORRUPT, "%s: %zu bytes, expected at most %zu",
			sqlite3_column_name(row->stmt, column), size, most);
	if (size > most)
		return NULL;
	*ret_size = size;
	return size ? sqlite3_column_blob(row->stmt, column) : (const uint8_t *)"";
}

const char *tl_row_text(struct tl_row *row, int column)
{
	return (const char *)sqlite3_column_text(row->stmt, column);
}
