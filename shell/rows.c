// SPDX-License-Identifier: MIT
#include "shell/rows.h"

#include "schema/trace/statement.h"
#include "shell/json.h"
#include "shell/table.h"
#include "shell/text.h"

#include <stdlib.h>
#include <string.h>

// One statement's rows on their way out.
struct out {
	sqlite3_stmt *stmt;
	int n_columns;
	struct tl_column *columns; // owned, as are the titles in them
	struct tl_table *table;
	struct tl_json json;
};

static const char *bytes_of(sqlite3_stmt *stmt, int column, size_t *size)
{
	const char *bytes = sqlite3_column_type(stmt, column) == SQLITE_BLOB
				    ? sqlite3_column_blob(stmt, column)
				    : (const char *)sqlite3_column_text(stmt, column);

	*size = (size_t)sqlite3_column_bytes(stmt, column);
	return bytes ? bytes : "";
}

static void put_cell(FILE *to, sqlite3_stmt *stmt, int column)
{
	size_t size;
	const char *bytes = bytes_of(stmt, column, &size);

	if (sqlite3_column_type(stmt, column) == SQLITE_BLOB)
		tl_put_hex(to, (const uint8_t *)bytes, size);
	else
		tl_put_text(to, bytes, size);
}

static void table_row(struct out *o)
{
	for (int i = 0; i < o->n_columns; i++) {
		put_cell(tl_table_cell(o->table), o->stmt, i);
		tl_table_next(o->table);
	}
}

static void json_value(struct out *o, int i)
{
	const char *key = sqlite3_column_name(o->stmt, i);
	size_t size;
	const char *bytes;

	switch (sqlite3_column_type(o->stmt, i)) {
	case SQLITE_INTEGER:
		tl_json_int(&o->json, key, sqlite3_column_int64(o->stmt, i));
		return;
	case SQLITE_FLOAT:
		tl_json_real(&o->json, key, sqlite3_column_double(o->stmt, i));
		return;
	case SQLITE_NULL:
		tl_json_null(&o->json, key);
		return;
	}
	bytes = bytes_of(o->stmt, i, &size);
	if (sqlite3_column_type(o->stmt, i) == SQLITE_BLOB)
		tl_json_bytes(&o->json, key, (const uint8_t *)bytes, size);
	else
		tl_json_text(&o->json, key, bytes, size);
}

static void json_row(struct out *o)
{
	tl_json_open(&o->json, NULL, '{');
	for (int i = 0; i < o->n_columns; i++)
		json_value(o, i);
	tl_json_line(&o->json);
}

// RFC 4180. Control characters in it are neutralised like everywhere.
static void csv_value(FILE *to, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	for (; *text; text++)
		fprintf(to, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', to);
}

static void csv_cell(sqlite3_stmt *stmt, int column)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to) {
		put_cell(to, stmt, column);
		fclose(to);
		csv_value(stdout, text);
	}
	free(text);
}

static void csv_row(struct out *o)
{
	for (int i = 0; i < o->n_columns; i++) {
		csv_cell(o->stmt, i);
		fputs(i + 1 < o->n_columns ? "," : "\r\n", stdout);
	}
}

static void (*const row_printers[])(struct out *o) = {
	[TL_FORMAT_TABLE] = table_row, [TL_FORMAT_JSON] = json_row, [TL_FORMAT_CSV] = csv_row
};

static void csv_titles(const struct out *o)
{
	for (int i = 0; i < o->n_columns; i++) {
		csv_value(stdout, o->columns[i].title);
		fputs(i + 1 < o->n_columns ? "," : "\r\n", stdout);
	}
}

static char *title_of(sqlite3_stmt *stmt, int column)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	tl_put_string(to, sqlite3_column_name(stmt, column));
	fclose(to);
	return text;
}

static bool is_number(sqlite3_stmt *stmt, int column)
{
	const int type = sqlite3_column_type(stmt, column);

	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static bool add_titles(struct out *o)
{
	for (int i = 0; i < o->n_columns; i++) {
		o->columns[i].right = is_number(o->stmt, i);
		o->columns[i].title = title_of(o->stmt, i);
		if (!o->columns[i].title)
			return false;
	}
	return true;
}

// Called at the first row, which says what is a number.
static struct tl_error *start(struct out *o, enum tl_format format)
{
	struct tl_table *table = NULL;
	struct tl_error *err = NULL;

	if (!add_titles(o))
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (format == TL_FORMAT_TABLE)
		err = tl_table_open(o->columns, (unsigned)o->n_columns, &table);
	o->table = table;
	if (format == TL_FORMAT_CSV)
		csv_titles(o);
	return err;
}

static void end(struct out *o)
{
	tl_table_close(o->table);
	for (int i = 0; i < o->n_columns; i++)
		free((char *)o->columns[i].title);
	free(o->columns);
}

struct tl_error *tl_print_rows(sqlite3_stmt *stmt, enum tl_format format, uint64_t *n_rows)
{
	struct out o = {
		.stmt = stmt, .n_columns = sqlite3_column_count(stmt), .json = { stdout, false }
	};
	struct tl_error *err = NULL;
	bool started = false;
	int status = SQLITE_OK;

	o.columns = calloc((size_t)o.n_columns + 1, sizeof(*o.columns));
	if (!o.columns)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	while (!err && (status = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!started)
			err = start(&o, format);
		started = true;
		if (!err)
			row_printers[format](&o);
		++*n_rows;
	}
	end(&o);
	if (err || status == SQLITE_DONE)
		return err;
	return tl_sql_error(sqlite3_db_handle(stmt));
}
