// SPDX-License-Identifier: MIT
// What all that is written needs.
#include "schema/trace/writing.h"

#include "schema/trace/row.h"

struct tl_error *tl_writer_at(const struct tl_writer *w, struct tl_error *err)
{
	return tl_error_in(err, "%s", w->path);
}

uint64_t tl_writer_since_start(const struct tl_writer *w, uint64_t time)
{
	return time > w->options.start ? time - w->options.start : 0;
}

struct tl_error *tl_writer_begin(struct tl_writer *w)
{
	struct tl_error *err;

	if (w->in_transaction)
		return NULL;
	err = tl_sql(w->db, "BEGIN");
	w->in_transaction = !err;
	return err;
}

struct tl_error *tl_writer_newest(struct tl_writer *w, tl_seq *ret)
{
	int64_t newest = 0;
	struct tl_error *err = tl_row_ask(w->db, "SELECT ifnull(max(seq), 0) FROM exit", &newest);

	if (!err)
		*ret = (tl_seq)newest;
	return err;
}

struct tl_error *tl_writer_put_gap(
	struct tl_writer *w, const struct tl_record_gap *gap, const char *why)
{
	const bool exits = gap->from_seq;

	return TL_WRITER_PUT(w, PUT_GAP, "oooit", gap->vcpu != TL_NO_VCPU, (uint64_t)gap->vcpu,
		exits, gap->from_seq, exits, gap->to_seq, (int64_t)gap->lost, why);
}
