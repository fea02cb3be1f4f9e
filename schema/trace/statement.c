// SPDX-License-Identifier: MIT
#include "schema/trace/statement.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of the file, or of the log beside it.
static int last_errno(sqlite3 *db)
{
	static const int files[] = { SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER };
	int error = 0;

	for (unsigned i = 0; !error && i < sizeof(files) / sizeof(*files); i++) {
		sqlite3_file *file = NULL;

		if (!sqlite3_file_control(db, "main", files[i], (void *)&file) && file &&
			file->pMethods)
			file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
	}
	return error ? error : sqlite3_system_errno(db);
}

// Without memory sqlite3_open_v2() gives NULL, of which sqlite3_errmsg() knows what that means.
struct tl_error *tl_sql_error(sqlite3 *db)
{
	const int code = sqlite3_errcode(db), error = db ? last_errno(db) : 0;
	const bool corrupt = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

	if (code == SQLITE_IOERR && error)
		return tl_error_errno(error, "%s", sqlite3_errmsg(db));
	return tl_error_new(corrupt ? TL_ERROR_CORRUPT : TL_ERROR_IO, "%s", sqlite3_errmsg(db));
}

struct tl_error *tl_sql(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL : tl_sql_error(db);
}

struct tl_error *tl_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK ? NULL : tl_sql_error(db);
}

struct tl_error *tl_sql_prepare_text(sqlite3 *db, char *sql, sqlite3_stmt **ret)
{
	struct tl_error *err =
		sql ? tl_sql_prepare(db, sql, ret) : tl_error_new(TL_ERROR_IO, "out of memory");

	sqlite3_free(sql);
	return err;
}

static void bind_blob(sqlite3_stmt *stmt, int at, const void *bytes, size_t size)
{
	if (bytes)
		sqlite3_bind_blob64(stmt, at, bytes, size, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

static void bind_optional(sqlite3_stmt *stmt, int at, bool has, uint64_t value)
{
	if (has)
		sqlite3_bind_int64(stmt, at, (int64_t)value);
	else
		sqlite3_bind_null(stmt, at);
}

static void bind(sqlite3_stmt *stmt, int at, char letter, va_list *ap)
{
	const void *bytes;
	int kind;

	switch (letter) {
	case 'i':
		sqlite3_bind_int64(stmt, at, va_arg(*ap, int64_t));
		break;
	case 'u':
		sqlite3_bind_int64(stmt, at, (int64_t)va_arg(*ap, uint64_t));
		break;
	case 'o':
		kind = va_arg(*ap, int);
		bind_optional(stmt, at, kind, va_arg(*ap, uint64_t));
		break;
	case 'r':
		kind = va_arg(*ap, int);
		bind_optional(stmt, at, kind, va_arg(*ap, uint64_t));
		if (kind == 2)
			sqlite3_bind_zeroblob(stmt, at, 0);
		break;
	case 't':
		sqlite3_bind_text(stmt, at, va_arg(*ap, const char *), -1, SQLITE_STATIC);
		break;
	case 'b':
		bytes = va_arg(*ap, const void *);
		bind_blob(stmt, at, bytes, va_arg(*ap, size_t));
		break;
	default:
		assert(!"a letter of tl_step()");
	}
}

struct tl_error *tl_step(sqlite3_stmt *stmt, const char *letters, ...)
{
	struct tl_error *err = NULL;
	va_list ap;

	va_start(ap, letters);
	for (int i = 0; letters[i]; i++)
		bind(stmt, i + 1, letters[i], &ap);
	va_end(ap);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		err = tl_sql_error(sqlite3_db_handle(stmt));
	sqlite3_reset(stmt);
	return err;
}
