// SPDX-License-Identifier: MIT
// From lines to reports: which lines belong together.
#include "replayer/import.h"

#include "replayer/import-read.h"
#include "replayer/import-threads.h"

#include <stdlib.h>
#include <string.h>

enum {
	STREAMS = 16, // reports that can be under way at once, told apart by their lines' prefixes

	NEAR = 200, // lines within which a report goes on
};

struct tl_import {
	struct tl_import_options options;
	struct tl_import_trace *trace;
	struct tl_import_lines lines;
	uint64_t total;
	uint64_t foreign; // the line of a report that is none of a machine
	struct tl_import_threads threads;
	struct tl_import_report streams[STREAMS];
};

struct tl_error *tl_import_open(const struct tl_import_options *options, struct tl_import **ret)
{
	struct tl_import *i = calloc(1, sizeof(*i));
	struct tl_error *err;

	if (!i)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	i->options = *options;
	err = tl_import_trace_open(&i->options, &i->trace);
	if (err) {
		free(i);
		return err;
	}
	*ret = i;
	return NULL;
}

void tl_import_close(struct tl_import *i)
{
	if (!i)
		return;
	tl_import_trace_close(i->trace);
	free(i);
}

// In the order of the text.
static struct tl_error *close_all(struct tl_import *i, uint64_t before)
{
	struct tl_import_report *r;
	struct tl_error *err = NULL;

	while (!err && (r = tl_import_report_first(i->streams, STREAMS, before)) != NULL)
		err = tl_import_trace_end_report(i->trace, r);
	return err;
}

static struct tl_import_report *stream_of(struct tl_import *i, const char *name)
{
	for (unsigned k = 0; k < STREAMS; k++)
		if (i->streams[k].open && !strcmp(i->streams[k].stream, name))
			return &i->streams[k];
	return NULL;
}

static void say(struct tl_import *i, uint64_t line, const char *text)
{
	tl_import_trace_say(i->trace, line, text);
}

static struct tl_error *begin_report(struct tl_import *i, struct tl_import_report *r,
	const struct tl_import_line *line, const struct tl_import_facts *facts, bool after_cut)
{
	struct tl_error *err;

	if (!r)
		r = tl_import_report_oldest(i->streams, STREAMS);
	err = tl_import_trace_end_report(i->trace, r);
	tl_import_report_begin(r, line);
	r->after_cut = after_cut;
	tl_import_report_add(r, line, facts);
	return err;
}

static void mix(struct tl_import *i, struct tl_import_report *r, uint64_t line)
{
	if (!r->mixed)
		say(i, line,
			"two dumps are mixed here, and nothing tells their lines apart: what they "
			"disagree on is left out");
	r->mixed = true;
}

// A program's registers as it made a system call: its kernel shows them inside of the report.
static bool is_aside(struct tl_import_report *r, const struct tl_import_facts *facts)
{
	if (!r || r->facts.isa != TL_ISA_X86 || r->facts.source != TL_IMPORT_GUEST || facts->heads)
		return false;
	r->aside = facts->user_rip || (r->aside && !facts->kernel_rip);
	return r->aside;
}

static struct tl_error *take(struct tl_import *i, struct tl_import_report *r,
	const struct tl_import_line *line, const struct tl_import_facts *facts)
{
	const enum tl_import_fit fit = r ? tl_import_report_fit(r, facts) : TL_FIT_BEGINS;

	switch (fit) {
	case TL_FIT_CUTS:
		say(i, r->last, "the dump of registers ends here, and another one begins");
		return begin_report(i, r, line, facts, true);
	case TL_FIT_BEGINS:
		return facts->begins ? begin_report(i, r, line, facts, false) : NULL;
	case TL_FIT_MIXES:
		mix(i, r, line->number);
		break;
	case TL_FIT_JOINS:
		break;
	}
	tl_import_report_add(r, line, facts);
	return NULL;
}

// A program that crashes: no machine stopped. Its kernel shows its code too.
static bool is_foreign(
	struct tl_import *i, const struct tl_import_line *line, const struct tl_import_facts *facts)
{
	const bool title = strstr(line->text, "]: segfault at ") || strstr(line->text, "traps: ");

	if (title)
		i->foreign = line->number;
	return title || (facts->code_size && i->foreign && line->number - i->foreign <= 2);
}

static struct tl_error *take_line(struct tl_import *i, const struct tl_import_line *line)
{
	struct tl_import_report *r = stream_of(i, line->stream);
	struct tl_import_facts facts;
	const bool says = tl_import_read(line->text, r ? r->facts.isa : TL_ISA_NONE, &facts);

	if (is_foreign(i, line, &facts) || !says)
		return NULL;
	if (facts.trouble[0] && (r || facts.begins))
		say(i, line->number, facts.trouble);
	if (line->long_ && (r || facts.begins))
		say(i, line->number, "a line of more than 4096 bytes; the rest of it is not read");
	if (!facts.said)
		return NULL;
	return is_aside(r, &facts) ? NULL : take(i, r, line, &facts);
}

static struct tl_error *take_any(struct tl_import *i, const struct tl_import_line *line)
{
	struct tl_import_event event;
	struct tl_import_facts facts;

	if (tl_import_read_event(line->text, &event, &facts))
		return tl_import_threads_take(&i->threads, i->trace, &event, line, &facts);
	return take_line(i, line);
}

static struct tl_error *read_lines(struct tl_import *i)
{
	struct tl_import_line line = { 0 };
	struct tl_error *err;
	bool more;

	for (;;) {
		err = tl_import_next_line(&i->lines, &line, &more);
		if (err || !more)
			return err;
		i->total++;
		err = take_any(i, &line);
		if (!err && line.number > NEAR)
			err = close_all(i, line.number - NEAR);
		if (err)
			return err;
	}
}

struct tl_error *tl_import_text(struct tl_import *i, FILE *from, const char *name)
{
	struct tl_error *err;

	tl_import_trace_name(i->trace, name);
	i->lines.from = from;
	i->lines.number = 0;
	i->foreign = 0;
	err = tl_error_in(read_lines(i), "%s", name);
	if (!err)
		err = close_all(i, UINT64_MAX);
	if (!err)
		err = tl_import_threads_end(&i->threads, i->trace);
	return err;
}

struct tl_error *tl_import_finish(struct tl_import *i, struct tl_import_result *ret)
{
	struct tl_import_result result = { .lines = i->total };
	struct tl_error *err = tl_import_trace_finish(i->trace, &result.exits);

	i->trace = NULL;
	tl_import_close(i);
	if (!err)
		*ret = result;
	return err;
}
