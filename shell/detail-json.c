// SPDX-License-Identifier: MIT
#include "shell/detail.h"

#include "schema/trace/payload.h"
#include "shell/input.h"
#include "shell/looks.h"

#include <string.h>

static void optional_hex(struct tl_json *j, const char *key, bool has, uint64_t value)
{
	if (has)
		tl_json_hex(j, key, value);
}

static void put_reply(struct tl_json *j, const struct tl_exit *exit)
{
	tl_json_bool(j, "answered", exit->reply_kind != TL_REPLY_NONE);
	if (exit->reply_kind == TL_REPLY_VALUE)
		tl_json_hex(j, "reply", exit->reply);
	if (exit->reply_kind == TL_REPLY_BYTES)
		tl_json_bytes(j, "reply_bytes", exit->data, exit->data_size);
}

void tl_json_exit(struct tl_json *j, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	tl_json_int(j, "seq", (int64_t)e->seq);
	tl_json_int(j, "vcpu", e->vcpu);
	tl_json_int(j, "time", (int64_t)e->time);
	tl_json_int(j, "ran", (int64_t)e->ran);
	tl_json_string(j, "reason", kind ? kind->name : NULL);
	if (e->has & TL_EXIT_HAS_REASON)
		tl_json_int(j, "number", e->reason);
	if (e->error)
		tl_json_string(j, "error", strerrorname_np(e->error));
	optional_hex(j, "pc", e->has & TL_EXIT_HAS_PC, e->pc);
	optional_hex(j, "addr", e->has & TL_EXIT_HAS_ADDR, e->addr);
	if (e->has & TL_EXIT_HAS_SIZE)
		tl_json_int(j, "size", (int64_t)e->size);
	if (e->has & TL_EXIT_HAS_WRITE)
		tl_json_bool(j, "write", e->write);
	if (e->count != 1)
		tl_json_int(j, "count", e->count);
	optional_hex(j, "value", e->has & TL_EXIT_HAS_VALUE, e->value);
	if (e->write && e->data)
		tl_json_bytes(j, "data", e->data, e->data_size);
	put_reply(j, e);
}

static void put_field(struct tl_json *j, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, const struct tl_field *f)
{
	const uint8_t *bytes = f->size > 8 ? tl_payload_bytes(exit, f) : NULL;
	uint64_t value;

	if (bytes)
		tl_json_bytes(j, f->name, bytes, f->size);
	else if (!tl_payload_value(exit, kind, f, &value))
		return;
	else if (f->look == TL_LOOK_DEC && f->size < 8)
		tl_json_int(j, f->name, (int64_t)value);
	else
		tl_json_hex(j, f->name, value);
}

static void put_payload(
	struct tl_json *j, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	const struct tl_field *fields;
	unsigned n = 0;

	if (!kind) {
		if (exit->payload)
			tl_json_bytes(j, "payload", exit->payload, exit->payload_size);
		return;
	}
	fields = tl_exit_fields(kind, &n);
	tl_json_open(j, "payload", '{');
	for (unsigned i = 0; i < n; i++)
		put_field(j, exit, kind, &fields[i]);
	tl_json_close(j, '}');
}

static void put_code(struct tl_json *j, const struct tl_exit *exit)
{
	if (!exit->code_size)
		return;
	tl_json_open(j, "code", '{');
	tl_json_hex(j, "at", exit->pc - exit->code_before);
	tl_json_bytes(j, "bytes", exit->code, exit->code_size);
	tl_json_close(j, '}');
}

static struct tl_error *put_answer(struct tl_json *j, struct tl_trace *trace, tl_seq seq)
{
	struct tl_answer answer;
	struct tl_error *err;
	bool found;

	err = tl_trace_answer(trace, seq, &answer, &found);
	if (err || !found)
		return err;
	tl_json_open(j, "answer", '{');
	tl_json_int(j, "time", (int64_t)answer.time);
	tl_json_bytes(j, "bytes", answer.bytes, answer.size);
	tl_json_int(j, "flags", answer.flags);
	tl_json_hex(j, "cr8", answer.cr8);
	tl_json_hex(j, "dirty", answer.dirty);
	tl_json_bytes(j, "sync", answer.sync, answer.sync_size);
	tl_json_close(j, '}');
	return NULL;
}

static struct tl_error *put_coalesced(struct tl_json *j, struct tl_trace *trace, tl_seq seq)
{
	struct tl_coalesced write;
	struct tl_error *err;
	bool more;

	err = tl_trace_coalesced(trace, seq);
	tl_json_open(j, "coalesced", '[');
	while (!err && !(err = tl_trace_next_coalesced(trace, &write, &more)) && more) {
		tl_json_open(j, NULL, '{');
		tl_json_int(j, "vm", write.vm);
		tl_json_bool(j, "pio", write.pio);
		tl_json_hex(j, "addr", write.addr);
		tl_json_int(j, "size", (int64_t)write.size);
		tl_json_hex(j, "value", write.value);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
	return err;
}

static struct tl_error *put_inputs(
	struct tl_json *j, struct tl_trace *trace, const struct tl_exit *exit)
{
	struct tl_input input;
	struct tl_error *err;
	bool more;

	err = tl_trace_inputs(trace, exit);
	tl_json_open(j, "inputs", '[');
	while (!err && !(err = tl_trace_next_input(trace, &input, &more)) && more)
		tl_json_input(j, &input);
	tl_json_close(j, ']');
	return err;
}

void tl_json_regs(struct tl_json *j, const struct tl_arch *arch, const struct tl_regs *regs)
{
	uint64_t value;

	for (unsigned i = 0; i < arch->n_regs; i++)
		if (tl_reg_get(&arch->regs[i], regs, &value))
			tl_json_hex(j, arch->regs[i].name, value);
}

static struct tl_error *put_registers(
	struct tl_json *j, struct tl_trace *trace, const struct tl_exit *exit)
{
	struct tl_regs regs = { 0 };
	struct tl_error *err;

	err = tl_trace_regs(trace, exit->vcpu, exit->seq, &regs);
	if (err && err->code != TL_ERROR_NOT_RECORDED)
		return err;
	if (err)
		tl_json_null(j, "registers");
	tl_error_free(err);
	if (err)
		return NULL;
	tl_json_open(j, "registers", '{');
	tl_json_regs(j, tl_trace_arch(trace), &regs);
	tl_json_close(j, '}');
	return NULL;
}

static struct tl_error *put_extras(struct tl_json *j, struct tl_trace *trace, tl_seq seq)
{
	struct tl_extras extras;
	struct tl_extra extra;
	struct tl_error *err;

	err = tl_trace_extras(trace, seq, &extras);
	if (err)
		return err;
	tl_json_open(j, "extra_registers", '[');
	while (tl_extras_next(&extras, &extra)) {
		tl_json_open(j, NULL, '{');
		tl_json_hex(j, "id", extra.id);
		tl_json_bytes(j, "bytes", extra.bytes, extra.size);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
	tl_extras_deinit(&extras);
	return NULL;
}

static struct tl_error *put_rest(
	struct tl_json *j, struct tl_trace *trace, const struct tl_exit *exit)
{
	struct tl_error *err = put_answer(j, trace, exit->seq);

	if (!err)
		err = put_coalesced(j, trace, exit->seq);
	if (!err)
		err = put_inputs(j, trace, exit);
	if (!err)
		err = put_registers(j, trace, exit);
	if (!err)
		err = tl_json_looks(j, trace, exit);
	return err ? err : put_extras(j, trace, exit->seq);
}

struct tl_error *tl_json_detail(struct tl_json *j, struct tl_trace *trace, tl_seq seq)
{
	const struct tl_exit_kind *kind;
	struct tl_exit exit;
	struct tl_error *err;

	err = tl_trace_exit(trace, seq, &exit, &kind);
	if (err)
		return err;
	tl_json_open(j, NULL, '{');
	tl_json_exit(j, &exit, kind);
	put_payload(j, &exit, kind);
	put_code(j, &exit);
	err = put_rest(j, trace, &exit);
	if (!err)
		tl_json_line(j);
	return err;
}
