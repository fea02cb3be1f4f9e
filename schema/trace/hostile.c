// SPDX-License-Identifier: MIT
#include "schema/trace/hostile.h"

#include "schema/trace/file.h"
#include "schema/trace/row.h"
#include "schema/trace/statement.h"
#include "schema/trace/tables.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_OBJECTS = 4096,
	MOST_BYTES = 64 << 20, // of a row, a string or a blob
};

// A path as SQLite's URI.
static char *uri(const char *path, const char *parameters)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendall(s, *path == '/' ? "file://" : "file:");
	for (; *path; path++)
		if (strchr("%?#", *path))
			sqlite3_str_appendf(s, "%%%02x", (uint8_t)*path);
		else
			sqlite3_str_appendchar(s, 1, *path);
	sqlite3_str_appendall(s, parameters);
	return sqlite3_str_finish(s);
}

static struct tl_error *open_file(const char *path, const struct tl_file *file, sqlite3 **db)
{
	const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	char *name = uri(path, tl_file_is_copy(file) ? "?immutable=1" : "");
	int status;

	if (!name)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	status = sqlite3_open_v2(name, db, flags, NULL);
	sqlite3_free(name);
	if (!*db)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	return status == SQLITE_OK ? NULL : tl_sql_error(*db);
}

static void confine(sqlite3 *db)
{
	static const struct {
		int option, value;
	} options[] = { { SQLITE_DBCONFIG_DEFENSIVE, 1 }, { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 } };
	static const struct {
		int limit, value;
	} limits[] = { { SQLITE_LIMIT_LENGTH, MOST_BYTES }, { SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_COLUMN, 256 }, { SQLITE_LIMIT_EXPR_DEPTH, 256 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 64 }, { SQLITE_LIMIT_VDBE_OP, 250000 },
		{ SQLITE_LIMIT_ATTACHED, 0 }, { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 64 }, { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 } };

	// No module gets to see a virtual table of the file.
	static const char *modules[] = { "json_each", "json_tree", "dbstat", NULL };

	sqlite3_drop_modules(db, modules);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		sqlite3_db_config(db, options[i].option, options[i].value, NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(db, limits[i].limit, limits[i].value);
	sqlite3_busy_timeout(db, 5000);
}

static struct tl_error *check_version(sqlite3 *db)
{
	int64_t application = 0, version = 0;
	struct tl_error *err;

	err = tl_row_ask(db, "PRAGMA application_id", &application);
	if (!err)
		err = tl_row_ask(db, "PRAGMA user_version", &version);
	if (err)
		return err;
	if (application != TL_TRACE_APPLICATION_ID)
		return tl_error_new(
			TL_ERROR_CORRUPT, "is no trace: an SQLite file of something else");
	if (version > TL_TRACE_VERSION)
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"written by a newer trapline (format %lld, this one reads up to %d)",
			(long long)version, TL_TRACE_VERSION);
	if (version < 1)
		return tl_error_new(TL_ERROR_CORRUPT, "format %lld, expected 1 to %d",
			(long long)version, TL_TRACE_VERSION);
	return NULL;
}

static const struct tl_trace_object *find(const struct tl_trace_object *objects, const char *name)
{
	for (; objects->name; objects++)
		if (!sqlite3_stricmp(objects->name, name))
			return objects;
	return NULL;
}

static struct tl_error *add_foreign(struct tl_hostile *h, const char *name)
{
	if (h->n_foreign == MOST_OBJECTS)
		return tl_error_new(
			TL_ERROR_REFUSED, "holds more than %d tables of others", MOST_OBJECTS);
	h->foreign[h->n_foreign] = strdup(name);
	return h->foreign[h->n_foreign++] ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static const struct {
	const char *what;
	const struct tl_trace_object *objects;
} kinds[] = {
	{ "table", tl_trace_tables },
	{ "index", tl_trace_indexes },
	{ "view", tl_trace_views },
};

static struct tl_error *check_object(
	struct tl_hostile *h, const char *name, const char *sql, unsigned *n_tables)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct tl_trace_object *ours = find(kinds[i].objects, name);

		if (!ours)
			continue;
		if (strcmp(ours->sql, sql) != 0)
			return tl_error_new(TL_ERROR_CORRUPT,
				"%s %s is not the one that trapline writes", kinds[i].what,
				ours->name);
		*n_tables += kinds[i].objects == tl_trace_tables;
		return NULL;
	}
	return strncmp(name, "sqlite_", 7) ? add_foreign(h, name) : NULL;
}

// With a name that was in none of the rows.
static struct tl_error *missing(sqlite3 *db)
{
	const struct tl_trace_object *table = tl_trace_tables;
	struct tl_error *err = NULL;
	int64_t there = 1;

	for (; !err && table->name; table++) {
		char *sql = sqlite3_mprintf(
			"SELECT count(*) FROM main.sqlite_schema WHERE name = %Q", table->name);

		err = sql ? tl_row_ask(db, sql, &there)
			  : tl_error_new(TL_ERROR_IO, "out of memory");
		sqlite3_free(sql);
		if (!err && !there)
			return tl_error_new(TL_ERROR_CORRUPT, "table %s is missing", table->name);
	}
	return err ? err : tl_error_new(TL_ERROR_CORRUPT, "a table is there twice");
}

static struct tl_error *check_objects(struct tl_hostile *h, struct tl_row *row, unsigned *n_tables)
{
	struct tl_error *err = NULL;

	while (!err && tl_row_next(row))
		err = check_object(h, tl_row_has(row, 0) ? tl_row_text(row, 0) : "",
			tl_row_has(row, 1) ? tl_row_text(row, 1) : "", n_tables);
	return err ? err : tl_row_error(row);
}

static unsigned count(const struct tl_trace_object *objects)
{
	unsigned n = 0;

	while (objects[n].name)
		n++;
	return n;
}

static struct tl_error *check_schema(struct tl_hostile *h)
{
	struct tl_row row = { 0 };
	unsigned n_tables = 0;
	struct tl_error *err;

	h->foreign = calloc(MOST_OBJECTS, sizeof(*h->foreign));
	if (!h->foreign)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_sql_prepare(h->db, "SELECT name, sql FROM main.sqlite_schema", &row.stmt);
	if (!err)
		err = check_objects(h, &row, &n_tables);
	sqlite3_finalize(row.stmt);
	if (!err && n_tables != count(tl_trace_tables))
		err = missing(h->db);
	return err;
}

static struct tl_error *check(struct tl_hostile *h)
{
	struct tl_error *err;

	confine(h->db);
	err = tl_sql(h->db, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
			    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; BEGIN");
	if (!err)
		err = check_version(h->db);
	return err ? err : check_schema(h);
}

// Where SQLite wants to write before it can read, its words would mislead.
static struct tl_error *say_unwritten(struct tl_error *err, sqlite3 *db)
{
	const int code = sqlite3_extended_errcode(db);
	const char *why;

	if (code == SQLITE_READONLY_ROLLBACK)
		why = "its last change was cut short; \"sqlite3 FILE .tables\" undoes it";
	else if (code == SQLITE_CANTOPEN || (code & 255) == SQLITE_READONLY)
		why = "its log (FILE-wal) cannot be read in a folder that cannot be written; "
		      "copy both files elsewhere";
	else
		return err;
	tl_error_free(err);
	return tl_error_new(TL_ERROR_REFUSED, "%s", why);
}

struct tl_error *tl_hostile_open(const char *path, struct tl_hostile *ret)
{
	struct tl_file file = { 0 };
	struct tl_error *err;

	*ret = (struct tl_hostile){ 0 };
	err = tl_file_look(path, &file);
	if (err)
		return err;
	ret->recording = file.recording;
	err = open_file(path, &file, &ret->db);
	if (!err)
		err = check(ret);
	return err ? say_unwritten(err, ret->db) : NULL;
}

void tl_hostile_close(struct tl_hostile *h)
{
	sqlite3_close(h->db);
	for (size_t i = 0; i < h->n_foreign; i++)
		free(h->foreign[i]);
	free(h->foreign);
}

static bool is_foreign(const struct tl_hostile *h, const char *name)
{
	for (size_t i = 0; name && i < h->n_foreign; i++)
		if (!sqlite3_stricmp(h->foreign[i], name))
			return true;
	return false;
}

static bool reaches_out(const char *function)
{
	static const char *const names[] = { "load_extension", "fts3_tokenizer", "readfile",
		"writefile", "edit" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!sqlite3_stricmp(names[i], function))
			return true;
	return false;
}

static int authorize(
	void *ctx, int action, const char *a, const char *b, const char *schema, const char *by)
{
	const struct tl_hostile *h = ctx;

	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		return is_foreign(h, a) || is_foreign(h, by) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_FUNCTION:
		return reaches_out(b) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_UPDATE: // asked when json_each() and the like declare their columns
		return strcmp(a, "sqlite_master") ? SQLITE_DENY : SQLITE_OK;
	}
	return SQLITE_DENY;
}

void tl_hostile_guard(struct tl_hostile *h)
{
	sqlite3_set_authorizer(h->db, authorize, h);
}
