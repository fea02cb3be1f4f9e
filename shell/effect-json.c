// SPDX-License-Identifier: MIT
#include "shell/effect.h"

#include <stdlib.h>

static const char *const statuses[] = {
	[TL_ANSWER_DONE] = "done",
	[TL_ANSWER_REFUSED] = "refused",
	[TL_ANSWER_NOT_KNOWN] = "not known",
};

static const char *const origins[] = {
	[TL_ORIGIN_NONE] = "none",
	[TL_ORIGIN_DATA] = "data",
	[TL_ORIGIN_REPLY] = "reply",
	[TL_ORIGIN_WRITEBACK] = "writeback",
	[TL_ORIGIN_STATUS] = "status",
	[TL_ORIGIN_RESULT] = "result",
	[TL_ORIGIN_NEXT] = "next",
	[TL_ORIGIN_ENTRY] = "entry",
};

static void put_registers(
	struct tl_json *j, const struct tl_situation *s, const struct tl_effect *e)
{
	const struct tl_arch *arch = s->state.arch;
	uint64_t before, after;

	tl_json_open(j, "registers", '{');
	for (unsigned i = 0; i < arch->n_regs; i++) {
		const struct tl_reg *reg = &arch->regs[i];
		const uint8_t origin = e->origin[reg->offset / 8];
		const bool known = tl_reg_get(reg, &s->state.regs, &before);

		if (!origin || !tl_reg_get(reg, &e->regs, &after) ||
			(reg->bits < 64 && known && before == after))
			continue;
		tl_json_open(j, reg->name, '{');
		if (known)
			tl_json_hex(j, "before", before);
		else
			tl_json_null(j, "before");
		tl_json_hex(j, "after", after);
		tl_json_string(j, "origin", origins[origin]);
		tl_json_close(j, '}');
	}
	tl_json_close(j, '}');
	if (!e->vectors_set)
		return;
	tl_json_open(j, "vectors", '{');
	for (unsigned i = 0; i < 32; i++) {
		char name[8];

		snprintf(name, sizeof(name), "v%u", i);
		if (e->vectors_set >> i & 1)
			tl_json_bytes(j, name, e->vectors.v[i], 16);
	}
	tl_json_close(j, '}');
}

static void put_transfers(struct tl_json *j, const struct tl_effect *e)
{
	tl_json_open(j, "accesses", '[');
	for (unsigned i = 0; i < e->n_transfers; i++) {
		const struct tl_transfer *t = &e->transfer[i];

		tl_json_open(j, NULL, '{');
		tl_json_string(j, "direction", t->write ? "write" : "read");
		tl_json_bool(j, "device", t->is_device);
		if (!t->no_gpa)
			tl_json_hex(j, "gpa", t->gpa);
		if (t->has_va)
			tl_json_hex(j, "va", t->va);
		tl_json_int(j, "size", t->size);
		tl_json_bytes(j, "bytes", t->data, t->size);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
}

// Its words in memory, since JSON escapes them.
static void put_given(struct tl_json *j, const struct tl_situation *s, const struct tl_tried *tried)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to) {
		tl_put_given(to, s, tried);
		fclose(to);
	}
	tl_json_string(j, "given_by", text);
	free(text);
}

static void put_effect(struct tl_json *j, const struct tl_situation *s, const struct tl_tried *t)
{
	const struct tl_effect *e = &t->effect;

	put_given(j, s, t);
	put_transfers(j, e);
	put_registers(j, s, e);
	tl_json_bool(j, "livelock", e->livelock);
	tl_json_bool(j, "witnessed", e->witnessed);
	tl_json_bool(j, "partial", t->is_partial);
	tl_json_string(j, "then", e->outlook);
	tl_json_string(j, "note", e->note);
	if (t->source == TL_VALUE_TRACE)
		tl_json_int(j, "value_of_exit", (int64_t)t->value_seq);
}

void tl_json_tried(struct tl_json *j, const struct tl_situation *s, const struct tl_tried *t)
{
	tl_json_open(j, NULL, '{');
	tl_json_string(j, "answer", tl_answer_name(t->id));
	tl_json_string(j, "status", statuses[t->status]);
	tl_json_bool(j, "recorded", t->is_recorded);
	if (t->status == TL_ANSWER_DONE) {
		put_effect(j, s, t);
	} else {
		tl_json_string(j, "why", t->why.text);
		tl_json_string(j, "source", t->why.source);
	}
	tl_json_close(j, '}');
}
