// SPDX-License-Identifier: MIT
#include "schema/trace/writer.h"

#include "schema/trace/tables.h"
#include "schema/trace/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { FOLD_MS = 1000 };

static const char *const statements[TL_N_STATEMENTS] = {
	[PUT_META] = "INSERT OR REPLACE INTO meta VALUES(?, ?)",
	[PUT_PROCESS] = "INSERT INTO process(pid, time, exe, arguments) VALUES(?, ?, ?, ?)",
	[PUT_VM] = "INSERT OR REPLACE INTO vm VALUES(?, ?, ?, ?, ?, ?, NULL)",
	[PUT_CAP] = "INSERT OR REPLACE INTO cap VALUES(?, ?, ?)",
	[PUT_VCPU] = "INSERT OR REPLACE INTO vcpu VALUES(?, ?, ?, ?, ?, NULL)",
	[PUT_EXIT] = "INSERT OR IGNORE INTO exit VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_DETAIL] = "INSERT INTO detail VALUES(?, ?, ?)",
	[PUT_ANSWER] = "INSERT OR REPLACE INTO answer VALUES(?, ?, ?, ?, ?, ?, ?)",
	[PUT_INPUT] = "INSERT INTO input(seq, time, vm, vcpu, device, request, arg, result, data) "
		      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_COALESCED] = "INSERT OR IGNORE INTO coalesced VALUES(?, ?, ?, ?, ?, ?, ?)",
	[PUT_SLOT] = "INSERT INTO slot(seq, time, vm, space, slot, flags, gpa, size, host) "
		     "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_CODE] = "INSERT INTO code VALUES(?, ?, ?)",
	[PUT_STATE] = "INSERT OR REPLACE INTO state VALUES(?, ?, ?, ?)",
	[PUT_EXTRA] = "INSERT OR IGNORE INTO extra VALUES(?, ?)",
	[PUT_NOTICE] = "INSERT INTO notice(seq, time, vcpu, level, text) VALUES(?, ?, ?, ?, ?)",
	[PUT_GAP] = "INSERT INTO gap(vcpu, from_seq, to_seq, lost, why) VALUES(?, ?, ?, ?, ?)",
	[PUT_PAGE_VERSION] = "INSERT OR REPLACE INTO page_version VALUES(?, ?, ?, ?)",
	[PUT_REGION] = "INSERT OR REPLACE INTO region VALUES(?, ?, ?, ?, ?, ?)",
	[PUT_SCAN] = "INSERT OR IGNORE INTO scan VALUES(?, ?, ?, ?, ?, ?, ?)",
	[PUT_TALLY] = "INSERT OR REPLACE INTO tally VALUES(?, ?, ?, ?)",
	[SET_REPLY] = "UPDATE exit SET reply = ? WHERE seq = ?",
	[SET_DATA] =
		"INSERT INTO detail VALUES(?1, NULL, ?2) ON CONFLICT(seq) DO UPDATE SET data = ?2",
	[SET_VM_CLOSED] = "UPDATE vm SET closed = ? WHERE vm = ?",
	[SET_VCPU_CLOSED] = "UPDATE vcpu SET closed = ? WHERE vcpu = ?",
};

static struct tl_error *busy_or_exists(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	if (busy)
		return tl_error_new(TL_ERROR_REFUSED, "another recorder is writing it");
	return tl_error_new(TL_ERROR_REFUSED, "exists already; a recording never overwrites");
}

static struct tl_error *make_file(struct tl_writer *w)
{
	w->lock = open(w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->lock < 0 && errno == EEXIST)
		return busy_or_exists(w->path);
	if (w->lock < 0)
		return tl_error_errno(errno, "cannot be made");
	if (flock(w->lock, LOCK_EX | LOCK_NB))
		return tl_error_errno(errno, "cannot be locked");
	return NULL;
}

static struct tl_error *make_objects(sqlite3 *db, const struct tl_trace_object *objects)
{
	struct tl_error *err = NULL;

	for (; !err && objects->name; objects++)
		err = tl_error_in(tl_sql(db, objects->sql), "%s", objects->name);
	return err;
}

static struct tl_error *prepare(struct tl_writer *w)
{
	for (int i = 0; i < TL_N_STATEMENTS; i++)
		if (sqlite3_prepare_v3(w->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &w->stmt[i], NULL) != SQLITE_OK)
			return tl_sql_error(w->db);
	return NULL;
}

static struct tl_error *make_database(struct tl_writer *w)
{
	struct tl_error *err;

	if (sqlite3_open_v2(w->path, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		return tl_sql_error(w->db);
	err = tl_sql(w->db, "PRAGMA application_id = 1414676816; PRAGMA user_version = 1;"
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			    "PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -16384; BEGIN");
	if (!err)
		err = make_objects(w->db, tl_trace_tables);
	if (!err)
		err = make_objects(w->db, tl_trace_indexes);
	if (!err)
		err = make_objects(w->db, tl_trace_views);
	if (!err)
		err = tl_trace_fill_names(w->db, "main", w->options.arch, TL_ABI_MAINLINE);
	if (!err)
		err = tl_sql(w->db, "COMMIT");
	return err ? err : prepare(w);
}

_Static_assert(TL_TRACE_APPLICATION_ID == 1414676816 && TL_TRACE_VERSION == 1, "as in the pragmas");

static struct tl_error *build(struct tl_writer *w)
{
	struct tl_error *err;

	w->words = tl_arch_by_id(w->options.arch)->words;
	w->batch = tl_batch_open();
	w->code = tl_code_open();
	w->tally = tl_tally_open();
	if (!w->batch || !w->code || !w->tally)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = make_file(w);
	if (!err)
		err = make_database(w);
	if (!err)
		err = tl_writer_keep_prepare(w);
	if (!err)
		err = tl_writer_meta(w, "arch", tl_arch_by_id(w->options.arch)->name);
	return err ? err : tl_writer_set_room_aside(w);
}

struct tl_error *tl_writer_create(
	const char *path, const struct tl_writer_options *options, struct tl_writer **ret)
{
	struct tl_writer *w = calloc(1, sizeof(*w));
	struct tl_error *err;

	if (!w || !(w->path = strdup(path))) {
		free(w);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	w->lock = w->spare = -1;
	w->options = *options;
	err = tl_writer_at(w, build(w));
	if (err) {
		tl_writer_discard(w);
		return err;
	}
	*ret = w;
	return NULL;
}

static void close_vcpus(struct tl_writer *w)
{
	for (unsigned i = 0; i < TL_WRITER_VCPUS; i++) {
		if (w->vcpus[i])
			tl_state_writer_close(w->vcpus[i]->state);
		free(w->vcpus[i]);
	}
}

static void finalize(struct tl_writer *w)
{
	for (int i = 0; i < TL_N_STATEMENTS; i++) {
		sqlite3_finalize(w->stmt[i]);
		w->stmt[i] = NULL;
	}
	tl_page_store_close(w->pages);
	w->pages = NULL;
	sqlite3_finalize(w->until);
	w->until = NULL;
}

void tl_writer_close(struct tl_writer *w)
{
	if (!w)
		return;
	finalize(w);
	sqlite3_close(w->db);
	close_vcpus(w);
	tl_batch_close(w->batch);
	tl_code_close(w->code);
	tl_tally_close(w->tally);
	if (w->spare >= 0)
		close(w->spare);
	if (w->lock >= 0)
		close(w->lock);
	free(w->path);
	free(w);
}

static void remove_with(const char *path, const char *suffix)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s%s", path, suffix) < (int)sizeof(name))
		unlink(name);
}

// The file itself last: as long as it is there nobody begins another of that name.
void tl_writer_remove(const char *path)
{
	remove_with(path, "-wal");
	remove_with(path, "-shm");
	unlink(path);
}

void tl_writer_discard(struct tl_writer *w)
{
	char path[PATH_MAX];
	const bool made = w && w->lock >= 0;

	if (made)
		snprintf(path, sizeof(path), "%s", w->path);
	tl_writer_close(w);
	if (made)
		tl_writer_remove(path);
}

struct tl_error *tl_writer_commit(struct tl_writer *w)
{
	struct tl_error *err = tl_writer_put_batch(w);

	if (!err && w->pages)
		err = tl_page_store_flush(w->pages);
	if (!err)
		err = tl_writer_keep(w);
	if (!err)
		err = tl_writer_put_states(w);
	if (!err)
		err = tl_writer_put_tally(w);
	if (!err && w->in_transaction) {
		err = tl_sql(w->db, "COMMIT");
		w->in_transaction = false;
	}
	return tl_writer_at(w, err);
}

// One file in the end. Somebody who is reading it right now keeps the log beside it, which is no
// less a trace.
static struct tl_error *fold_log(sqlite3 *db)
{
	struct tl_error *err;

	sqlite3_busy_timeout(db, FOLD_MS);
	err = tl_sql(db, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
	if (!err || sqlite3_errcode(db) != SQLITE_BUSY)
		return err;
	tl_error_free(err);
	return NULL;
}

struct tl_error *tl_writer_finish(struct tl_writer *w)
{
	struct tl_error *err = tl_writer_commit(w);

	if (!err)
		err = tl_writer_at(w, tl_writer_keep_end(w));
	finalize(w);
	if (!err)
		err = tl_writer_at(w, fold_log(w->db));
	tl_writer_close(w);
	return err;
}

struct tl_error *tl_writer_meta(struct tl_writer *w, const char *key, const char *value)
{
	return tl_writer_at(w, TL_WRITER_PUT(w, PUT_META, "tt", key, value));
}

struct tl_error *tl_writer_meta_int(struct tl_writer *w, const char *key, int64_t value)
{
	return tl_writer_at(w, TL_WRITER_PUT(w, PUT_META, "ti", key, value));
}
