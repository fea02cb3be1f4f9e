// SPDX-License-Identifier: MIT
// A report out of a trace again.
#include "arch/bytes.h"
#include "replayer/import-event.h"
#include "replayer/import-read.h"
#include "replayer/import-trace.h"
#include "schema/trace/row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const sources[TL_IMPORT_SOURCES] = {
	[TL_IMPORT_NONE] = "nobody",
	[TL_IMPORT_VMM] = "the VMM's report",
	[TL_IMPORT_HOST] = "the host kernel's log",
	[TL_IMPORT_EVENT] = "trace events",
	[TL_IMPORT_FAULT] = "a fault as somebody noted it",
	[TL_IMPORT_GUEST] = "the guest's own report",
	[TL_IMPORT_REGISTERS] = "registers alone",
};

const char *tl_import_source_name(enum tl_import_source source)
{
	return sources[source];
}

// "imported: SOURCE, NAME:FIRST-LAST\n"
static enum tl_import_source source_of(const char *text)
{
	text += strlen(TL_IMPORT_PREFIX);
	for (enum tl_import_source s = TL_IMPORT_VMM; s < TL_IMPORT_SOURCES; s++)
		if (!strncmp(text, sources[s], strlen(sources[s])))
			return s;
	return TL_IMPORT_REGISTERS;
}

static void read_line(const char *at, size_t size, struct tl_import_facts *facts)
{
	char plain[TL_IMPORT_LINE + 1];
	struct tl_import_line line = { 0 };
	struct tl_import_event event;
	struct tl_import_facts f;

	tl_import_clean_line(at, size < TL_IMPORT_LINE ? size : TL_IMPORT_LINE, plain, &line);
	if (tl_import_read_event(line.text, &event, &f) ||
		tl_import_read(line.text, facts->isa, &f))
		tl_import_join(facts, &f);
}

static void read_text(const char *text, struct tl_import_told *told)
{
	struct tl_import_facts facts = { 0 };

	while (*text) {
		const size_t n = strcspn(text, "\n");

		read_line(text, n, &facts);
		text += n + (text[n] == '\n');
	}
	told->has_esr = tl_fact(&facts, TL_FACT_ESR);
	told->esr = tl_fact_get(&facts, TL_FACT_ESR);
	told->has_far = tl_fact(&facts, TL_FACT_FAR);
	told->far = tl_fact_get(&facts, TL_FACT_FAR);
	told->has_ipa = tl_fact(&facts, TL_FACT_IPA);
	told->ipa = tl_fact_get(&facts, TL_FACT_IPA);
	told->n_entries = facts.n_entries;
	memcpy(told->entry, facts.entry, sizeof(told->entry));
}

// NULL: there is none.
static struct tl_error *read_notice(struct tl_row *row, char **ret)
{
	const char *text = tl_row_next(row) ? tl_row_text(row, 0) : NULL;
	char *copy = text ? strdup(text) : NULL;
	struct tl_error *err = tl_row_error(row);

	if (!err && text && !copy)
		err = tl_error_new(TL_ERROR_IO, "out of memory");
	if (err)
		free(copy);
	else
		*ret = copy;
	return err;
}

struct tl_error *tl_import_told(struct tl_trace *trace, tl_seq seq, struct tl_import_told *ret)
{
	struct tl_import_told told = { 0 };
	struct tl_error *err;
	sqlite3_stmt *stmt;
	struct tl_row row = { 0 };

	err = tl_trace_prepare(trace,
		"SELECT CAST(text AS TEXT) FROM main.notice WHERE seq = ?1 AND level = 1 AND "
		"substr(text, 1, 10) = '" TL_IMPORT_PREFIX "' ORDER BY id LIMIT 1",
		&stmt);
	if (err)
		return tl_error_in(err, "%s", tl_trace_path(trace));
	sqlite3_bind_int64(stmt, 1, (int64_t)seq);
	row.stmt = stmt;
	err = read_notice(&row, &told.notice);
	sqlite3_finalize(stmt);
	if (err)
		return tl_error_in(err, "%s: exit %" PRIu64, tl_trace_path(trace), seq);
	if (told.notice) {
		told.source = source_of(told.notice);
		told.text = told.notice + strcspn(told.notice, "\n");
		told.text += *told.text == '\n';
		read_text(told.text, &told);
	}
	*ret = told;
	return NULL;
}

void tl_import_told_deinit(struct tl_import_told *told)
{
	free(told->notice);
	told->notice = NULL;
	told->text = NULL;
}

static bool read_entry(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	const struct tl_import_told *told = ctx;

	for (unsigned i = 0; i < told->n_entries; i++) {
		const struct tl_import_entry *e = &told->entry[i];

		if (!e->has_gpa || e->gpa != gpa || (size != 8 && (size != 4 || e->value >> 32)))
			continue;
		tl_store_le(buf, e->value, size);
		return true;
	}
	return false;
}

struct tl_mem tl_import_told_mem(const struct tl_import_told *told)
{
	return (struct tl_mem){ .read = read_entry, .ctx = (void *)told };
}
