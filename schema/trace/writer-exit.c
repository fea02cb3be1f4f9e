// SPDX-License-Identifier: MIT
// Exits, their registers and their replies.
#include "schema/trace/writing.h"

#include <stdlib.h>

static struct tl_error *vcpu_of(struct tl_writer *w, uint32_t number, struct tl_writer_vcpu **ret)
{
	if (number >= TL_WRITER_VCPUS)
		return tl_error_new(TL_ERROR_CORRUPT, "vCPU %u, expected less than %d", number,
			TL_WRITER_VCPUS);
	if (!w->vcpus[number]) {
		struct tl_writer_vcpu *v = calloc(1, sizeof(*v));
		struct tl_error *err;

		if (!v)
			return tl_error_new(TL_ERROR_IO, "out of memory");
		err = tl_state_writer_open(w->words, &v->state);
		if (err) {
			free(v);
			return err;
		}
		w->vcpus[number] = v;
	}
	*ret = w->vcpus[number];
	return NULL;
}

static struct tl_error *store_state(struct tl_writer *w, uint32_t number, struct tl_writer_vcpu *v)
{
	const unsigned count = tl_state_count(v->state);
	struct tl_error *err;
	const void *chunk;
	size_t size;

	if (count == v->stored)
		return NULL;
	err = tl_state_chunk(v->state, &chunk, &size);
	v->stored = count;
	return err ? err
		   : TL_WRITER_PUT(w, PUT_STATE, "iuib", (int64_t)number, tl_state_first(v->state),
			     (int64_t)count, chunk, size);
}

static struct tl_error *add_state(struct tl_writer *w, uint32_t number, struct tl_writer_vcpu *v,
	tl_seq seq, const struct tl_regs *regs)
{
	struct tl_error *err = NULL;

	if (tl_state_count(v->state) == TL_STATE_EXITS) {
		err = store_state(w, number, v);
		tl_state_restart(v->state);
		v->stored = 0;
	}
	return err ? err : tl_state_add(v->state, seq, regs);
}

static struct tl_error *add_extras(struct tl_writer *w, tl_seq seq, const void *extras, size_t size)
{
	struct tl_error *err;
	size_t packed_size;
	void *packed;

	if (!size)
		return NULL;
	err = tl_pack(extras, size, &packed, &packed_size);
	if (err)
		return err;
	err = TL_WRITER_PUT(w, PUT_EXTRA, "ub", seq, packed, packed_size);
	free(packed);
	return err;
}

static struct tl_error *add_code(struct tl_writer *w, const struct tl_exit *exit, int64_t *ret)
{
	bool is_new;

	*ret = 0;
	if (!exit->code_size)
		return NULL;
	*ret = tl_code_row(w->code, exit->code, exit->code_size, exit->code_before, &is_new);
	return is_new ? TL_WRITER_PUT(w, PUT_CODE, "iib", *ret, (int64_t)exit->code_before,
				exit->code, (size_t)exit->code_size)
		      : NULL;
}

struct tl_error *tl_writer_exit(struct tl_writer *w, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, const struct tl_regs *regs, const void *extras,
	uint32_t extras_size)
{
	struct tl_error *err;
	struct tl_writer_vcpu *v;
	int64_t code;

	err = vcpu_of(w, exit->vcpu, &v);
	if (!err && regs)
		err = add_state(w, exit->vcpu, v, exit->seq, regs);
	if (!err)
		err = add_extras(w, exit->seq, extras, extras_size);
	if (!err)
		err = add_code(w, exit, &code);
	if (!err)
		err = tl_batch_add(w->batch, exit, kind, code);
	if (err)
		return tl_writer_at(
			w, tl_error_in(err, "exit %llu", (unsigned long long)exit->seq));
	v->last = *exit;
	v->kind = kind;
	w->seen++;
	tl_tally_add(w->tally, exit->vcpu,
		exit->has & TL_EXIT_HAS_REASON ? (int64_t)exit->reason : -1, exit->error);
	return NULL;
}

static bool worth_a_row(const struct tl_record_reply *reply, const struct tl_exit *exit,
	const struct tl_exit_kind *kind)
{
	return reply->flags || reply->dirty ||
	       (kind && reply->answer && !tl_exit_row_is_whole(exit, kind));
}

static struct tl_error *put_answer(struct tl_writer *w, const struct tl_record_reply *reply,
	const uint8_t *answer, const uint8_t *sync)
{
	return TL_WRITER_PUT(w, PUT_ANSWER, "uubiuub", reply->seq,
		tl_writer_since_start(w, reply->time), reply->answer ? answer : NULL,
		(size_t)reply->answer, (int64_t)reply->flags, reply->cr8, reply->dirty,
		reply->sync ? sync : NULL, (size_t)reply->sync);
}

// As tl_step() takes it: 0 for NULL, 1 for the number, 2 for an empty blob.
static int reply_of(const struct tl_exit *e)
{
	switch (e->reply_kind) {
	case TL_REPLY_NONE:
		return 0;
	case TL_REPLY_VALUE:
		return 1;
	case TL_REPLY_EMPTY:
	case TL_REPLY_BYTES:
		break;
	}
	return 2;
}

static struct tl_error *late_reply(struct tl_writer *w, const struct tl_exit *exit)
{
	struct tl_error *err =
		TL_WRITER_PUT(w, SET_REPLY, "ru", reply_of(exit), exit->reply, exit->seq);

	if (!err && exit->reply_kind == TL_REPLY_BYTES)
		err = TL_WRITER_PUT(
			w, SET_DATA, "ub", exit->seq, exit->data, (size_t)exit->data_size);
	return err;
}

struct tl_error *tl_writer_reply(struct tl_writer *w, const struct tl_record_reply *reply,
	const uint8_t *answer, const uint8_t *sync)
{
	struct tl_batch_exit *waiting = tl_batch_last(w->batch, reply->vcpu, reply->seq);
	struct tl_error *err;
	struct tl_writer_vcpu *v;

	err = vcpu_of(w, reply->vcpu, &v);
	if (err || v->last.seq != reply->seq)
		return tl_writer_at(w, err); // the exit was lost; the gap says so
	if (worth_a_row(reply, &v->last, v->kind))
		err = put_answer(w, reply, answer, sync);
	tl_exit_reply(waiting ? &waiting->exit : &v->last, v->kind, answer, reply->answer);
	if (!err && waiting && waiting->exit.reply_kind == TL_REPLY_BYTES)
		err = tl_batch_set_data(w->batch, waiting, answer, reply->answer);
	if (!err && !waiting)
		err = late_reply(w, &v->last);
	return tl_writer_at(
		w, tl_error_in(err, "reply to exit %llu", (unsigned long long)reply->seq));
}

// Only a shim that lies gives a number twice. The exit that had it first stays.
static struct tl_error *twice(struct tl_writer *w, const struct tl_exit *e)
{
	const struct tl_record_gap gap = {
		.vcpu = e->vcpu, .from_seq = e->seq, .to_seq = e->seq, .lost = 1
	};

	return tl_writer_put_gap(w, &gap, "another exit has this number");
}

static struct tl_error *put_exit(struct tl_writer *w, const struct tl_batch_exit *b)
{
	const struct tl_exit *e = &b->exit;
	struct tl_error *err;

	err = tl_step(w->stmt[PUT_EXIT], "uioooooooorouu", e->seq, (int64_t)e->vcpu,
		e->has & TL_EXIT_HAS_REASON, (uint64_t)e->reason, e->error, (uint64_t)e->error,
		e->has & TL_EXIT_HAS_PC, e->pc, e->has & TL_EXIT_HAS_ADDR, e->addr,
		e->has & TL_EXIT_HAS_SIZE, e->size, e->has & TL_EXIT_HAS_WRITE, (uint64_t)e->write,
		e->count != 1, (uint64_t)e->count, b->code != 0, (uint64_t)b->code, reply_of(e),
		e->reply, e->has & TL_EXIT_HAS_VALUE, e->value, tl_writer_since_start(w, e->time),
		e->ran);
	if (!err && !sqlite3_changes(w->db))
		return twice(w, e);
	if (err || (!e->payload_size && !e->data_size))
		return err;
	return tl_step(w->stmt[PUT_DETAIL], "ubb", e->seq, e->payload_size ? e->payload : NULL,
		(size_t)e->payload_size, e->data_size ? e->data : NULL, (size_t)e->data_size);
}

struct tl_error *tl_writer_put_batch(struct tl_writer *w)
{
	struct tl_error *err = NULL;
	struct tl_batch_exit *exits;
	size_t n;

	exits = tl_batch_sorted(w->batch, &n);
	if (n)
		err = tl_writer_begin(w);
	for (size_t i = 0; !err && i < n; i++)
		err = put_exit(w, &exits[i]);
	tl_batch_clear(w->batch);
	return err;
}

struct tl_error *tl_writer_put_states(struct tl_writer *w)
{
	struct tl_error *err = NULL;

	for (uint32_t i = 0; !err && i < TL_WRITER_VCPUS; i++)
		if (w->vcpus[i])
			err = store_state(w, i, w->vcpus[i]);
	return err;
}

struct tl_error *tl_writer_put_tally(struct tl_writer *w)
{
	struct tl_error *err = NULL;
	struct tl_tally_row row;

	while (!err && tl_tally_next(w->tally, &row))
		err = TL_WRITER_PUT(w, PUT_TALLY, "iiiu", (int64_t)row.vcpu, row.reason,
			(int64_t)row.error, row.exits);
	return err;
}

// It has no more exits: its registers go into the file, its memory is free.
static struct tl_error *end_vcpu(struct tl_writer *w, uint32_t number)
{
	struct tl_writer_vcpu *v = number < TL_WRITER_VCPUS ? w->vcpus[number] : NULL;
	struct tl_error *err;

	if (!v)
		return NULL;
	err = store_state(w, number, v);
	tl_state_writer_close(v->state);
	free(v);
	w->vcpus[number] = NULL;
	return err;
}

struct tl_error *tl_writer_closed(struct tl_writer *w, const struct tl_record_closed *closed)
{
	const uint64_t time = tl_writer_since_start(w, closed->time);
	struct tl_error *err;

	if (closed->vcpu == TL_NO_VCPU)
		return tl_writer_at(
			w, TL_WRITER_PUT(w, SET_VM_CLOSED, "ui", time, (int64_t)closed->vm));
	err = end_vcpu(w, closed->vcpu);
	if (!err)
		err = TL_WRITER_PUT(w, SET_VCPU_CLOSED, "ui", time, (int64_t)closed->vcpu);
	return tl_writer_at(w, err);
}
