// SPDX-License-Identifier: MIT
#include "schema/trace/cut.h"

#include "schema/trace/trim.h"
#include "schema/trace/writing.h"

// What the part was cut out of.
static struct tl_error *describe(
	struct tl_writer *w, const struct tl_span *span, tl_seq from, tl_seq to)
{
	struct tl_error *err = tl_writer_meta_int(w, "cut_from", (int64_t)from);

	if (!err)
		err = tl_writer_meta_int(w, "cut_to", (int64_t)to);
	return err ? err : tl_writer_meta_int(w, "cut_of", (int64_t)span->exits);
}

// Where reading fails, or what was read is corrupt, the trace is at fault, else the part.
static struct tl_error *copy(struct tl_trace *trace, struct tl_writer *w, tl_seq from, tl_seq to)
{
	sqlite3 *db = tl_trace_db(trace);
	struct tl_error *err = tl_writer_begin(w);

	if (!err)
		err = tl_trim_copy(db, w->db, from, to);
	if (!err)
		err = tl_trim_states(w->db, w->words, from, to);
	if (!err)
		err = tl_trim_tally(w->db);
	if (err && (err->code == TL_ERROR_CORRUPT || sqlite3_errcode(db) != SQLITE_OK))
		return tl_error_in(err, "%s", tl_trace_path(trace));
	return tl_writer_at(w, err);
}

static struct tl_error *fill(struct tl_trace *trace, struct tl_writer *w, tl_seq from, tl_seq to)
{
	struct tl_span span;
	struct tl_error *err = tl_trace_span(trace, &span);

	if (!err)
		err = copy(trace, w, from, to);
	if (!err)
		err = describe(w, &span, from, to);
	if (!err)
		err = tl_writer_commit(w);
	return err ? err : tl_writer_at(w, tl_sql(w->db, "VACUUM"));
}

struct tl_error *tl_trace_cut(struct tl_trace *trace, tl_seq from, tl_seq to, const char *path)
{
	const struct tl_writer_options options = { .arch = tl_trace_arch(trace)->id };
	struct tl_writer *w;
	struct tl_error *err = tl_writer_create(path, &options, &w);

	if (err)
		return err;
	err = fill(trace, w, from, to);
	if (err)
		tl_writer_close(w);
	else
		err = tl_writer_finish(w);
	if (err)
		tl_writer_remove(path);
	return err;
}
