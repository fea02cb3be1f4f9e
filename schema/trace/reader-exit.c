// SPDX-License-Identifier: MIT
#include "schema/trace/open.h"

#include <inttypes.h>

enum {
	CODE_BYTES = 64,
	DATA_BYTES = 1 << 20, // of string PIO
	ANSWER_BYTES = 1 << 20,
};

enum column {
	VCPU,
	TIME,
	RAN,
	REASON,
	ERROR,
	PC,
	ADDR,
	SIZE,
	WRITE,
	COUNT,
	VALUE,
	REPLY,
	CODE,
	PAYLOAD,
	DATA,
	CODE_BEFORE,
	CODE_BYTES_AT_PC
};

static struct tl_error *at(const struct tl_trace *t, tl_seq seq, struct tl_error *err)
{
	return tl_error_in(err, "%s: exit %" PRIu64, t->path, seq);
}

static void optional(
	struct tl_row *row, enum column column, struct tl_exit *exit, uint32_t flag, uint64_t *to)
{
	*to = tl_row_u64_or(row, column, 0);
	if (tl_row_has(row, column))
		exit->has |= flag;
}

static void read_numbers(struct tl_row *row, struct tl_exit *exit)
{
	uint64_t write, reason;

	exit->vcpu = (uint32_t)tl_row_bounded(row, VCPU, UINT32_MAX - 1);
	exit->time = tl_row_u64(row, TIME);
	exit->ran = tl_row_u64(row, RAN);
	exit->error = tl_row_has(row, ERROR) ? (int)tl_row_bounded(row, ERROR, INT32_MAX) : 0;
	exit->count = tl_row_has(row, COUNT) ? (uint32_t)tl_row_bounded(row, COUNT, UINT32_MAX) : 1;
	optional(row, REASON, exit, TL_EXIT_HAS_REASON, &reason);
	if (tl_row_has(row, REASON))
		exit->reason = (uint32_t)tl_row_bounded(row, REASON, UINT32_MAX);
	optional(row, PC, exit, TL_EXIT_HAS_PC, &exit->pc);
	optional(row, ADDR, exit, TL_EXIT_HAS_ADDR, &exit->addr);
	optional(row, SIZE, exit, TL_EXIT_HAS_SIZE, &exit->size);
	optional(row, WRITE, exit, TL_EXIT_HAS_WRITE, &write);
	optional(row, VALUE, exit, TL_EXIT_HAS_VALUE, &exit->value);
	exit->write = write;
}

static void read_bytes(struct tl_row *row, struct tl_exit *exit)
{
	size_t size;

	exit->payload = tl_row_bytes(row, PAYLOAD, TL_RUN_UNION_BYTES, &size);
	exit->payload_size = (uint32_t)size;
	exit->data = tl_row_bytes(row, DATA, DATA_BYTES, &size);
	exit->data_size = (uint32_t)size;
	exit->code = tl_row_bytes(row, CODE_BYTES_AT_PC, CODE_BYTES, &size);
	exit->code_size = (uint16_t)size;
	if (exit->code)
		exit->code_before = (uint16_t)tl_row_bounded(row, CODE_BEFORE, size);
}

// NULL: none yet; a number; or an empty blob, with the bytes beside it where they are the reply.
static void read_reply(struct tl_row *row, struct tl_exit *exit)
{
	size_t size;

	if (!tl_row_has(row, REPLY))
		return;
	if (sqlite3_column_type(row->stmt, REPLY) == SQLITE_BLOB) {
		tl_row_bytes(row, REPLY, 0, &size);
		exit->reply_kind = exit->data && !exit->write ? TL_REPLY_BYTES : TL_REPLY_EMPTY;
		return;
	}
	exit->reply_kind = TL_REPLY_VALUE;
	exit->reply = tl_row_u64(row, REPLY);
}

static struct tl_error *abi_of(struct tl_trace *t, uint32_t vcpu, enum tl_abi *ret)
{
	enum tl_abi abi = TL_ABI_MAINLINE;
	struct tl_error *err;
	struct tl_row row;

	err = tl_trace_read(t, TL_READ_ABI, &(uint64_t){ vcpu }, &row);
	if (err)
		return err;
	if (tl_row_next(&row))
		abi = (enum tl_abi)tl_row_bounded(&row, 0, TL_ABI_IDSR_TOOLS);
	err = tl_row_error(&row);
	if (!err)
		*ret = abi;
	return err;
}

static struct tl_error *kind_of(
	struct tl_trace *t, const struct tl_exit *exit, const struct tl_exit_kind **ret)
{
	struct tl_error *err;
	enum tl_abi abi;

	*ret = NULL;
	if (!(exit->has & TL_EXIT_HAS_REASON))
		return NULL;
	err = abi_of(t, exit->vcpu, &abi);
	if (err)
		return err;
	*ret = tl_exit_kind(t->arch->id, abi, exit->reason);
	if (!*ret || !exit->payload || exit->payload_size >= (*ret)->payload)
		return NULL;
	return tl_error_new(TL_ERROR_CORRUPT, "payload: %u bytes, expected %u", exit->payload_size,
		(*ret)->payload);
}

static struct tl_error *not_there(struct tl_trace *t, tl_seq seq)
{
	struct tl_span span = { 0 };
	struct tl_error *err;
	struct tl_row row;

	err = tl_trace_read(t, TL_READ_GAP, &seq, &row);
	if (!err && tl_row_next(&row))
		return tl_error_new(TL_ERROR_NOT_FOUND, "lost: %s",
			tl_row_has(&row, 0) ? tl_row_text(&row, 0) : "no reason is given");
	if (!err)
		err = tl_row_error(&row);
	if (!err)
		err = tl_trace_span(t, &span);
	if (err)
		return err;
	if (!span.last)
		return tl_error_new(TL_ERROR_NOT_FOUND, "not there; the trace has no exits");
	return tl_error_new(TL_ERROR_NOT_FOUND, "not there; the trace has %" PRIu64 " to %" PRIu64,
		span.first, span.last);
}

static struct tl_error *no_code(struct tl_row *row)
{
	const uint64_t code = tl_row_u64(row, CODE);
	struct tl_error *err = tl_row_error(row);

	if (err)
		return err;
	return tl_error_new(TL_ERROR_CORRUPT, "code %" PRIu64 " is not there", code);
}

static struct tl_error *read_row(
	struct tl_trace *t, struct tl_row *row, tl_seq seq, struct tl_exit *ret)
{
	struct tl_exit exit = { .seq = seq };
	struct tl_error *err;

	if (!tl_row_next(row)) {
		err = tl_row_error(row);
		return err ? err : not_there(t, seq);
	}
	read_numbers(row, &exit);
	read_bytes(row, &exit);
	read_reply(row, &exit);
	err = tl_row_error(row);
	if (!err && tl_row_has(row, CODE) && !exit.code)
		err = no_code(row);
	if (!err)
		*ret = exit;
	return err;
}

struct tl_error *tl_trace_exit(
	struct tl_trace *t, tl_seq seq, struct tl_exit *ret, const struct tl_exit_kind **ret_kind)
{
	struct tl_error *err;
	struct tl_row row;

	err = tl_trace_read(t, TL_READ_EXIT, &seq, &row);
	if (!err)
		err = read_row(t, &row, seq, ret);
	if (!err)
		err = kind_of(t, ret, ret_kind);
	return at(t, seq, err);
}

static struct tl_error *neighbour(
	struct tl_trace *t, enum tl_read which, uint32_t vcpu, tl_seq seq, tl_seq *ret)
{
	struct tl_error *err;
	struct tl_row row;
	tl_seq found = 0;

	err = tl_trace_read(t, which, (uint64_t[]){ vcpu, seq }, &row);
	if (!err && tl_row_next(&row))
		found = tl_row_u64(&row, 0);
	if (!err)
		err = tl_row_error(&row);
	if (!err)
		*ret = found;
	return at(t, seq, err);
}

struct tl_error *tl_trace_before(struct tl_trace *t, uint32_t vcpu, tl_seq seq, tl_seq *ret)
{
	return neighbour(t, TL_READ_BEFORE, vcpu, seq, ret);
}

struct tl_error *tl_trace_after(struct tl_trace *t, uint32_t vcpu, tl_seq seq, tl_seq *ret)
{
	return neighbour(t, TL_READ_AFTER, vcpu, seq, ret);
}

struct tl_error *tl_trace_answer(
	struct tl_trace *t, tl_seq seq, struct tl_answer *ret, bool *ret_found)
{
	struct tl_answer answer = { 0 };
	struct tl_error *err;
	struct tl_row row;
	bool found;

	err = tl_trace_read(t, TL_READ_ANSWER, &seq, &row);
	if (err)
		return at(t, seq, err);
	found = tl_row_next(&row);
	if (found) {
		answer.time = tl_row_u64(&row, 0);
		answer.bytes = tl_row_bytes(&row, 1, ANSWER_BYTES, &answer.size);
		answer.flags = (uint32_t)tl_row_bounded(&row, 2, UINT32_MAX);
		answer.cr8 = tl_row_u64(&row, 3);
		answer.dirty = tl_row_u64(&row, 4);
		answer.sync = tl_row_bytes(&row, 5, ANSWER_BYTES, &answer.sync_size);
	}
	err = tl_row_error(&row);
	if (err)
		return at(t, seq, tl_error_in(err, "answer"));
	*ret = answer;
	*ret_found = found;
	return NULL;
}
