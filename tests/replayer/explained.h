/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_REPLAYER_EXPLAINED_H
#define TL_TESTS_REPLAYER_EXPLAINED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/effect.h"
#include "shell/explain.h"
#include "shell/text.h"

/*
 * All that is said of an exit, as text and as JSON, held against what holds of any text. Whoever
 * includes this has any(), below() and one_in(): of tests/arch/random.h, or its own.
 */

/** What is wrong; NULL for nothing. `error`: of the trace, "" for none. */
struct explained {
	const char *wrong;
	char error[512];
	bool has_text;
};

static inline bool explained_good(struct tl_error *err, struct explained *ret)
{
	if (!err)
		return true;
	snprintf(ret->error, sizeof(ret->error), "%s", err->message);
	if (!*ret->error)
		ret->wrong = "an error says nothing";
	tl_error_free(err);
	return false;
}

/** UTF-8, and no control characters but the ends of lines. */
static inline bool is_plain(const char *text, size_t size)
{
	uint32_t code;

	for (size_t at = 0; at < size;) {
		const unsigned n = tl_utf8(text + at, size - at, &code);

		if (!n || (code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0))
			return false;
		at += n;
	}
	return true;
}

static inline bool is_json(const char *text, size_t size)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	bool valid;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		abort();
	sqlite3_prepare_v2(db, "SELECT json_valid(?1)", -1, &stmt, NULL);
	sqlite3_bind_text(stmt, 1, text, (int)size, SQLITE_STATIC);
	valid = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return valid;
}

/** What is printed while stdout is a string. */
struct captured {
	FILE *stdout_before;
	char *bytes;
	size_t size;
};

static inline void capture(struct captured *c)
{
	c->stdout_before = stdout;
	stdout = open_memstream(&c->bytes, &c->size);
	if (!stdout)
		abort();
}

static inline void captured_end(struct captured *c, bool json, struct explained *ret)
{
	fclose(stdout);
	stdout = c->stdout_before;
	if (!is_plain(c->bytes, c->size))
		ret->wrong = json ? "JSON with control characters" : "text with control characters";
	else if (json && c->size && !is_json(c->bytes, c->size))
		ret->wrong = "no JSON";
	ret->has_text |= c->size > 0;
	if (ret->wrong && getenv("TL_VERBOSE"))
		fwrite(c->bytes, 1, c->size, stderr);
	free(c->bytes);
}

static inline struct tl_error *explained_try(struct tl_explained *e)
{
	struct tl_error *err = NULL;

	for (unsigned id = 0; !err && id < TL_ANSWERS; id++) {
		struct tl_wish wish = { .id = id, .n_values = below(TL_WISH_VALUES + 1) };

		if (one_in(2))
			wish.n_values = 0;
		for (unsigned n = 0; n < wish.n_values; n++)
			wish.values[n] = any() >> below(64);
		err = tl_answers_try(&e->situation, &wish, &e->tried[e->n_tried++]);
	}
	return err;
}

static inline struct tl_error *explained_print(struct tl_explained *e)
{
	struct tl_error *err = tl_explain_print(e);

	for (unsigned i = 0; !err && i < e->n_tried; i++)
		tl_effect_print(&e->situation, &e->tried[i]);
	return err ? err : tl_effects_print(&e->situation, e->tried, e->n_tried);
}

static inline void explained_json(const struct tl_explained *e)
{
	struct tl_json json = { .to = stdout };

	tl_json_open(&json, NULL, '[');
	for (unsigned i = 0; i < e->n_tried; i++)
		tl_json_tried(&json, &e->situation, &e->tried[i]);
	tl_json_close(&json, ']');
}

static inline void say_all(struct tl_explained *e, struct explained *ret)
{
	struct captured c;

	capture(&c);
	explained_good(explained_print(e), ret);
	captured_end(&c, false, ret);
	capture(&c);
	tl_explain_json(e);
	captured_end(&c, true, ret);
	capture(&c);
	explained_json(e);
	captured_end(&c, true, ret);
}

/** Explains one exit in every way. */
static inline void explain_exit(struct tl_trace *trace, tl_seq seq, struct tl_symbols *const *elfs,
	unsigned n_elfs, struct explained *ret)
{
	struct tl_explained *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	if (explained_good(tl_situation_open(trace, seq, &e->situation), ret) &&
		explained_good(tl_diagnose(&e->situation, elfs, n_elfs, &e->diagnosis), ret) &&
		explained_good(explained_try(e), ret))
		say_all(e, ret);
	tl_situation_deinit(&e->situation);
	free(e);
}

/** The one that people would ask about, and some others. */
static inline struct explained explain_trace(const char *path)
{
	struct explained ret = { 0 };
	struct tl_trace *trace;
	struct tl_span span;
	tl_seq seq;

	if (!explained_good(tl_trace_open(path, &trace), &ret))
		return ret;
	if (explained_good(tl_situation_last(trace, &seq), &ret))
		explain_exit(trace, seq, NULL, 0, &ret);
	if (explained_good(tl_trace_span(trace, &span), &ret) && span.exits) {
		explain_exit(trace, span.last, NULL, 0, &ret);
		explain_exit(
			trace, span.first + any() % (span.last - span.first + 1), NULL, 0, &ret);
	}
	tl_trace_close(trace);
	return ret;
}

#endif
