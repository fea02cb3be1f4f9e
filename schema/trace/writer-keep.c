// SPDX-License-Identifier: MIT
// What of a recording is kept: the newest exits (options.last), those up to the one for which a
// condition is true (options.until).
#include "schema/trace/filter.h"
#include "schema/trace/row.h"
#include "schema/trace/trim.h"
#include "schema/trace/writing.h"

static struct tl_error *prepare_until(struct tl_writer *w)
{
	struct tl_error *err = tl_filter_check(w->db, w->options.until);

	if (err)
		return err;
	return tl_sql_prepare_text(w->db,
		sqlite3_mprintf(
			"SELECT min(seq) FROM exits WHERE seq > ? AND (\n%s\n)", w->options.until),
		&w->until);
}

struct tl_error *tl_writer_keep_prepare(struct tl_writer *w)
{
	struct tl_error *err = NULL;

	if (w->options.until)
		err = tl_error_in(prepare_until(w), "until");
	if (!err && w->options.until)
		err = TL_WRITER_PUT(w, PUT_META, "tt", "until", w->options.until);
	if (!err && w->options.last) // the log beside the file stays small, too
		err = tl_sql(w->db, "PRAGMA wal_autocheckpoint = 512");
	if (!err && w->options.last)
		err = TL_WRITER_PUT(w, PUT_META, "ti", "last", (int64_t)w->options.last);
	return err;
}

tl_seq tl_writer_ended_at(const struct tl_writer *w)
{
	return w->ended_at;
}

// The exits since the last look.
static struct tl_error *look_for_end(struct tl_writer *w, tl_seq looked_at)
{
	sqlite3_bind_int64(w->until, 1, (int64_t)looked_at);
	if (sqlite3_step(w->until) == SQLITE_ROW)
		w->ended_at = (tl_seq)sqlite3_column_int64(w->until, 0);
	return sqlite3_reset(w->until) == SQLITE_OK ? NULL
						    : tl_error_in(tl_sql_error(w->db), "until");
}

static tl_seq first_kept(const struct tl_writer *w)
{
	const tl_seq end = w->ended_at ? w->ended_at : w->newest;

	return w->options.last && end > w->options.last ? end - w->options.last + 1 : 0;
}

// What is counted on is what is there.
static struct tl_error *count_anew(struct tl_writer *w)
{
	struct tl_error *err = tl_trim_tally(w->db);
	struct tl_row row = { 0 };

	if (err)
		return err;
	err = tl_sql_prepare(w->db, "SELECT vcpu, reason, error, exits FROM tally", &row.stmt);
	if (err)
		return err;
	tl_tally_clear(w->tally);
	while (tl_row_next(&row)) {
		const struct tl_tally_row count = { .vcpu = (uint32_t)tl_row_u64(&row, 0),
			.reason = (int64_t)tl_row_u64(&row, 1),
			.error = (int)tl_row_u64(&row, 2),
			.exits = tl_row_u64(&row, 3) };

		tl_tally_set(w->tally, &count);
	}
	sqlite3_finalize(row.stmt);
	return tl_row_error(&row);
}

// Twice as many as asked for may be there, so that deleting costs little an exit.
static struct tl_error *drop_old(struct tl_writer *w)
{
	const tl_seq from = first_kept(w);
	struct tl_error *err;

	if (!w->options.last || from < w->kept_from + w->options.last)
		return NULL;
	err = tl_trim(w->db, from, INT64_MAX);
	if (err)
		return err;
	w->kept_from = from;
	tl_code_forget(w->code);
	if (w->pages)
		tl_page_store_forget(w->pages);
	return count_anew(w);
}

struct tl_error *tl_writer_keep(struct tl_writer *w)
{
	const tl_seq looked_at = w->newest;
	struct tl_error *err = NULL;

	if (!w->in_transaction || w->ended_at || (!w->options.last && !w->options.until))
		return NULL;
	err = tl_writer_newest(w, &w->newest);
	if (!err && w->until)
		err = look_for_end(w, looked_at);
	return err || w->ended_at ? err : drop_old(w);
}

static struct tl_error *trim(struct tl_writer *w)
{
	const tl_seq from = first_kept(w), to = w->ended_at ? w->ended_at : INT64_MAX;
	struct tl_error *err = TL_WRITER_PUT(w, PUT_META, "tu", "seen", w->seen);

	if (!err && w->ended_at)
		err = TL_WRITER_PUT(w, PUT_META, "tu", "until_seq", w->ended_at);
	if (!err)
		err = tl_trim(w->db, from, to);
	if (!err)
		err = tl_trim_states(w->db, w->words, from, to);
	return err ? err : tl_trim_tally(w->db);
}

struct tl_error *tl_writer_keep_end(struct tl_writer *w)
{
	struct tl_error *err;

	if (!w->options.last && !w->ended_at)
		return NULL;
	err = trim(w);
	if (!err)
		err = tl_sql(w->db, "COMMIT; VACUUM");
	w->in_transaction = false;
	return err;
}
