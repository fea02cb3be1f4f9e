/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_REPLAYER_IMPORTED_H
#define TL_TESTS_REPLAYER_IMPORTED_H

#include "replayer/import.h"
#include "tests/schema/trace/fixture.h"

/* Texts made into traces, and rows of those as one line. */

static char imported_messages[1 << 16];
static struct tl_trace *imported_trace;

static inline void imported_say(void *ctx, const char *name, uint64_t line, const char *text)
{
	const size_t n = strlen(imported_messages);

	(void)ctx;
	if (line)
		snprintf(imported_messages + n, sizeof(imported_messages) - n, "%s:%llu: %s\n",
			name, (unsigned long long)line, text);
	else
		snprintf(imported_messages + n, sizeof(imported_messages) - n, "%s: %s\n", name,
			text);
}

/** A closed one is as good as none. */
static inline void imported_close(void)
{
	tl_trace_close(imported_trace);
	imported_trace = NULL;
	unlink("out.trap");
}

static inline int leave_imported(void **state)
{
	imported_close();
	return leave_folder(state);
}

/** Imports `size` bytes, which may hold anything; the number of exits. */
static inline uint64_t import_bytes(
	const char *text, size_t size, const struct tl_arch *arch, struct tl_error **ret_err)
{
	const struct tl_import_options options = {
		.output = "out.trap", .arch = arch, .say = imported_say
	};
	struct tl_import_result result = { 0 };
	struct tl_import *import;
	FILE *from;

	imported_close();
	imported_messages[0] = 0;
	assert_ok(tl_import_open(&options, &import));
	from = size ? fmemopen((void *)text, size, "r") : fopen("/dev/null", "r");
	assert_non_null(from);
	*ret_err = tl_import_text(import, from, "log.txt");
	fclose(from);
	if (*ret_err)
		tl_import_close(import);
	else
		*ret_err = tl_import_finish(import, &result);
	return result.exits;
}

static inline void append(char *to, size_t room, const char *format, ...)
{
	const size_t n = strlen(to);
	va_list args;

	va_start(args, format);
	vsnprintf(to + n, room - n, format, args);
	va_end(args);
}

static inline void append_number(
	char *to, size_t room, const char *name, bool has, uint64_t value, bool hex)
{
	if (has)
		append(to, room, hex ? " %s=0x%llx" : " %s=%llu", name, (unsigned long long)value);
}

static inline void append_access(char *to, size_t room, const struct tl_exit *e)
{
	append_number(to, room, "pc", e->has & TL_EXIT_HAS_PC, e->pc, true);
	append_number(to, room, "addr", e->has & TL_EXIT_HAS_ADDR, e->addr, true);
	append_number(to, room, "size", e->has & TL_EXIT_HAS_SIZE, e->size, false);
	append_number(to, room, "count", e->count != 1, e->count, false);
	append_number(to, room, "write", e->has & TL_EXIT_HAS_WRITE, e->write, false);
	append_number(to, room, "value", e->has & TL_EXIT_HAS_VALUE, e->value, true);
	if (e->reply_kind == TL_REPLY_VALUE)
		append(to, room, " -> 0x%llx", (unsigned long long)e->reply);
}

static inline void append_regs(char *to, size_t room, struct tl_trace *t, const struct tl_exit *e)
{
	const struct tl_arch *arch = tl_trace_arch(t);
	struct tl_regs regs;
	uint64_t value;

	append(to, room, " |");
	assert_ok(tl_trace_regs(t, e->vcpu, e->seq, &regs));
	for (unsigned i = 0; i < arch->n_regs; i++)
		if (tl_reg_get(&arch->regs[i], &regs, &value))
			append(to, room, " %s=0x%llx", arch->regs[i].name,
				(unsigned long long)value);
	append(to, room, " |");
}

/** "nisv ENOSYS pc=0x1000 addr=... | x0=0x5 ... | 1f2003d5>014400b8": the byte at PC is after '>'. */
static inline const char *imported_row(struct tl_trace *t, tl_seq seq)
{
	static char row[4096];
	const struct tl_exit_kind *kind;
	struct tl_exit e;

	assert_ok(tl_trace_exit(t, seq, &e, &kind));
	snprintf(row, sizeof(row), "%s", kind ? kind->name : "failed");
	if (e.error)
		append(row, sizeof(row), " %s", strerrorname_np(e.error));
	append_access(row, sizeof(row), &e);
	append_regs(row, sizeof(row), t, &e);
	for (unsigned i = 0; i < e.code_size; i++)
		append(row, sizeof(row), "%s%s%02x", i ? "" : " ", i == e.code_before ? ">" : "",
			e.code[i]);
	return row;
}

/** Imports a text and holds what came of it; the trace is open until the next. */
static inline struct tl_trace *gives(
	const char *text, unsigned exits, const char *const rows[], const char *messages)
{
	struct tl_error *err;
	const uint64_t n = import_bytes(text, strlen(text), NULL, &err);

	assert_ok(err);
	assert_string_equal(imported_messages, messages);
	assert_int_equal(n, exits);
	if (!exits) {
		assert_int_not_equal(access("out.trap", F_OK), 0);
		return NULL;
	}
	imported_trace = open_trace("out.trap");
	for (unsigned i = 0; i < exits; i++)
		assert_string_equal(imported_row(imported_trace, i + 1), rows[i]);
	return imported_trace;
}

/** The first column of the first row. */
static inline void assert_rows_of(struct tl_trace *t, const char *sql, const char *expected)
{
	sqlite3_stmt *stmt;

	assert_ok(tl_trace_prepare(t, sql, &stmt));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
	sqlite3_finalize(stmt);
}

#endif
