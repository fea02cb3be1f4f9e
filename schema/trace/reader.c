// SPDX-License-Identifier: MIT
#include "schema/trace/reader.h"

#include "schema/trace/open.h"
#include "schema/trace/page.h"
#include "schema/trace/statement.h"
#include "schema/trace/tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_META = 1024 };

static const char *const reads[TL_N_READS] = {
	[TL_READ_SPAN] = "SELECT a.seq, a.time, b.seq, b.time, "
			 "ifnull((SELECT sum(exits) FROM main.tally), 0) AS exits "
			 "FROM (SELECT seq, time FROM main.exit ORDER BY seq LIMIT 1) a, "
			 "(SELECT seq, time FROM main.exit ORDER BY seq DESC LIMIT 1) b",
	[TL_READ_EXIT] = "SELECT exit.vcpu, exit.time, exit.ran, exit.reason, exit.error, exit.pc, "
			 "exit.addr, exit.size, exit.write, exit.count, exit.value, exit.reply, "
			 "exit.code, detail.payload, detail.data, code.before, code.bytes AS code "
			 "FROM main.exit LEFT JOIN main.detail ON detail.seq = exit.seq "
			 "LEFT JOIN main.code ON code.code = exit.code WHERE exit.seq = ?",
	[TL_READ_ABI] = "SELECT vm.abi FROM main.vcpu JOIN main.vm ON vm.vm = vcpu.vm "
			"WHERE vcpu.vcpu = ?",
	[TL_READ_GAP] = "SELECT why FROM main.gap WHERE ? BETWEEN from_seq AND to_seq",
	[TL_READ_BEFORE] = "SELECT seq FROM main.exit WHERE vcpu = ? AND seq < ? "
			   "ORDER BY seq DESC LIMIT 1",
	[TL_READ_AFTER] =
		"SELECT seq FROM main.exit WHERE vcpu = ? AND seq > ? ORDER BY seq LIMIT 1",
	[TL_READ_ANSWER] =
		"SELECT time, bytes, flags, cr8, dirty, sync FROM main.answer WHERE seq = ?",
	[TL_READ_STATE] = "SELECT seq, chunk FROM main.state WHERE vcpu = ? AND seq <= ? "
			  "ORDER BY seq DESC LIMIT 1",
	[TL_READ_EXTRA] = "SELECT chunk FROM main.extra WHERE seq = ?",
	[TL_READ_INPUTS] = "SELECT seq, time, vm, vcpu, device, request, arg, result, data "
			   "FROM main.input WHERE (vcpu = ?1 AND seq >= ?2 AND seq < ?3) "
			   "OR (vcpu IS NULL AND seq = ?2) ORDER BY id",
	[TL_READ_COALESCED] = "SELECT seq, vm, pio, addr, size, value FROM main.coalesced "
			      "WHERE seq = ? ORDER BY id",
	// When the vCPU left the guest, or entered it again; NULL when that was not seen.
	[TL_READ_MOMENT] = "SELECT CASE ?2 WHEN 0 THEN time ELSE (SELECT b.time - b.ran "
			   "FROM main.exit b WHERE b.vcpu = a.vcpu AND b.seq > a.seq "
			   "ORDER BY b.seq LIMIT 1) END FROM main.exit a WHERE seq = ?1",
	[TL_READ_SLOTS] = "SELECT gpa, size, host, flags FROM main.slot WHERE id IN "
			  "(SELECT max(id) FROM main.slot WHERE vm = ? AND space = ? AND seq < ? "
			  "AND time < ? GROUP BY slot) AND size != 0 ORDER BY gpa",
	[TL_READ_SCAN] = "SELECT scan, seq, kind, running FROM main.scan "
			 "WHERE vm = ? AND seq = ? AND phase = ? ORDER BY scan DESC LIMIT 1",
	// With several vCPUs, numbers of exits alone do not order scans: a vCPU has surely scanned before
	// its next exit, and an exit has surely happened before one with a greater number.
	[TL_READ_SCAN_BEFORE] = "SELECT scan, seq, kind, running FROM main.scan WHERE vm = ?1 AND "
				"kind = 2 AND (seq < ?2 OR (seq = ?2 AND phase < ?3)) "
				"AND (seq = 0 OR seq = ?2 OR EXISTS(SELECT 1 FROM main.exit a "
				"JOIN main.exit b ON b.vcpu = a.vcpu AND b.seq > a.seq "
				"WHERE a.seq = scan.seq AND b.seq <= ?2)) "
				"ORDER BY seq DESC, phase DESC, scan DESC LIMIT 1",
	[TL_READ_SCAN_NEXT] = "SELECT scan, seq, kind, running FROM main.scan WHERE vm = ?1 AND "
			      "kind = 2 AND scan > ?4 AND (seq > ?2 OR phase > ?3) AND seq >= "
			      "CASE ?3 WHEN 0 THEN ?2 ELSE (SELECT b.seq FROM main.exit a "
			      "JOIN main.exit b ON b.vcpu = a.vcpu AND b.seq > a.seq "
			      "WHERE a.seq = ?2 ORDER BY b.seq LIMIT 1) END "
			      "ORDER BY seq, phase LIMIT 1",
	[TL_READ_REGION] = "SELECT scan, kind FROM main.region WHERE vm = ?1 AND scan <= ?2 "
			   "AND host <= ?3 AND ?3 - host < bytes ORDER BY scan DESC LIMIT 1",
	[TL_READ_VERSION] = "SELECT page FROM main.page_version WHERE vm = ? AND host = ? "
			    "AND scan BETWEEN ? AND ? ORDER BY scan DESC LIMIT 1",
	[TL_READ_PAGE] = TL_PAGE_GET,
};

_Static_assert(TL_SCAN_CHANGES == 2, "as in the statements");

struct tl_error *tl_trace_prepare(struct tl_trace *t, const char *sql, sqlite3_stmt **ret)
{
	return tl_sql_prepare(t->file.db, sql, ret);
}

struct tl_error *tl_trace_read(
	struct tl_trace *t, enum tl_read which, const uint64_t *parameters, struct tl_row *ret)
{
	sqlite3_stmt **stmt = &t->reads[which];
	struct tl_error *err = *stmt ? NULL : tl_trace_prepare(t, reads[which], stmt);

	if (err)
		return err;
	sqlite3_reset(*stmt);
	assert(parameters || !sqlite3_bind_parameter_count(*stmt));
	for (int i = 0; parameters && i < sqlite3_bind_parameter_count(*stmt); i++)
		sqlite3_bind_int64(*stmt, i + 1, (int64_t)parameters[i]);
	*ret = (struct tl_row){ .stmt = *stmt };
	return NULL;
}

static struct tl_error *add_meta(struct tl_trace *t, struct tl_row *row)
{
	const char *value = tl_row_text(row, 1);
	struct tl_meta *meta = &t->meta[t->n_meta];

	if (t->n_meta == MOST_META)
		return tl_error_new(TL_ERROR_CORRUPT, "more than %d rows", MOST_META);
	meta->key = strdup(tl_row_text(row, 0) ? tl_row_text(row, 0) : "");
	meta->value = strdup(value ? value : "");
	t->n_meta++;
	return meta->key && meta->value ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static struct tl_error *read_meta(struct tl_trace *t)
{
	struct tl_row row = { 0 };
	struct tl_error *err;

	t->meta = calloc(MOST_META, sizeof(*t->meta));
	if (!t->meta)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_trace_prepare(t, "SELECT key, value FROM main.meta", &row.stmt);
	while (!err && tl_row_next(&row))
		err = add_meta(t, &row);
	sqlite3_finalize(row.stmt);
	return err ? err : tl_row_error(&row);
}

static struct tl_error *find_arch(struct tl_trace *t)
{
	const char *name = tl_trace_meta(t, "arch");

	if (!name)
		return tl_error_new(TL_ERROR_CORRUPT, "does not say its architecture");
	t->arch = tl_arch_by_name(name);
	return t->arch ? NULL
		       : tl_error_new(TL_ERROR_UNSUPPORTED, "architecture %s, expected %s or %s",
				 name, tl_arch_arm64.name, tl_arch_x86_64.name);
}

// "CREATE TABLE ..." as "CREATE TEMP TABLE ...".
static struct tl_error *make_temp(sqlite3 *db, const struct tl_trace_object *object)
{
	static const char create[] = "CREATE ";
	const size_t n = sizeof(create) - 1;
	struct tl_error *err;
	char *sql;

	assert(!strncmp(object->sql, create, n));
	sql = sqlite3_mprintf("%sTEMP %s", create, object->sql + n);
	if (!sql)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_sql(db, sql);
	sqlite3_free(sql);
	return err;
}

static struct tl_error *fill_names(struct tl_trace *t)
{
	struct tl_row row = { 0 };
	struct tl_error *err;

	err = tl_trace_fill_names(t->file.db, "temp", t->arch->id, TL_ABI_MAINLINE);
	if (!err)
		err = tl_trace_prepare(
			t, "SELECT DISTINCT abi FROM main.vm WHERE abi != 0", &row.stmt);
	while (!err && tl_row_next(&row)) {
		const uint64_t abi = tl_row_bounded(&row, 0, TL_ABI_IDSR_TOOLS);

		err = tl_trace_fill_names(t->file.db, "temp", t->arch->id, (enum tl_abi)abi);
	}
	sqlite3_finalize(row.stmt);
	return err ? err : tl_error_in(tl_row_error(&row), "vm");
}

// The views are ours and ask our names, whatever the file has under these names.
static struct tl_error *make_views(struct tl_trace *t)
{
	const struct tl_trace_object *object = tl_trace_tables;
	struct tl_error *err;

	while (strcmp(object->name, "name") != 0)
		object++;
	err = make_temp(t->file.db, object);
	if (!err)
		err = fill_names(t);
	for (object = tl_trace_views; !err && object->name; object++)
		err = tl_error_in(make_temp(t->file.db, object), "view %s", object->name);
	return err;
}

static struct tl_error *build(struct tl_trace *t)
{
	struct tl_error *err = tl_hostile_open(t->path, &t->file);

	if (!err)
		err = tl_error_in(read_meta(t), "meta");
	if (!err)
		err = find_arch(t);
	if (!err)
		err = make_views(t);
	if (!err)
		tl_hostile_guard(&t->file);
	return err;
}

struct tl_error *tl_trace_open(const char *path, struct tl_trace **ret)
{
	struct tl_trace *t = calloc(1, sizeof(*t));
	struct tl_error *err;

	if (!t || !(t->path = strdup(path))) {
		free(t);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	err = build(t);
	if (err) {
		tl_trace_close(t);
		return tl_error_in(err, "%s", path);
	}
	*ret = t;
	return NULL;
}

void tl_trace_close(struct tl_trace *t)
{
	if (!t)
		return;
	for (int i = 0; i < TL_N_READS; i++)
		sqlite3_finalize(t->reads[i]);
	tl_hostile_close(&t->file);
	for (size_t i = 0; i < t->n_meta; i++) {
		free(t->meta[i].key);
		free(t->meta[i].value);
	}
	free(t->meta);
	free(t->path);
	free(t);
}

const char *tl_trace_path(const struct tl_trace *t)
{
	return t->path;
}

const struct tl_arch *tl_trace_arch(const struct tl_trace *t)
{
	return t->arch;
}

bool tl_trace_is_recording(const struct tl_trace *t)
{
	return t->file.recording;
}

sqlite3 *tl_trace_db(struct tl_trace *t)
{
	return t->file.db;
}

const char *tl_trace_meta(const struct tl_trace *t, const char *key)
{
	for (size_t i = 0; i < t->n_meta; i++)
		if (!strcmp(t->meta[i].key, key))
			return t->meta[i].value;
	return NULL;
}

bool tl_trace_meta_int(const struct tl_trace *t, const char *key, int64_t *ret)
{
	const char *value = tl_trace_meta(t, key);
	char *end;
	int64_t number;

	if (!value || !*value)
		return false;
	number = strtoll(value, &end, 10);
	if (*end)
		return false;
	*ret = number;
	return true;
}

struct tl_error *tl_trace_span(struct tl_trace *t, struct tl_span *ret)
{
	struct tl_span span = { 0 };
	struct tl_error *err;
	struct tl_row row;

	err = tl_trace_read(t, TL_READ_SPAN, NULL, &row);
	if (!err && tl_row_next(&row))
		span = (struct tl_span){ .first = tl_row_u64(&row, 0),
			.first_time = tl_row_u64(&row, 1),
			.last = tl_row_u64(&row, 2),
			.last_time = tl_row_u64(&row, 3),
			.exits = tl_row_u64(&row, 4) };
	if (!err)
		err = tl_row_error(&row);
	if (err)
		return tl_error_in(err, "%s: exits", t->path);
	*ret = span;
	return NULL;
}
