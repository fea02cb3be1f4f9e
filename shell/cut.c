// SPDX-License-Identifier: MIT
#include "shell/verb.h"

#include "schema/trace/cut.h"
#include "schema/trace/reader.h"
#include "shell/option.h"
#include "shell/recording.h"
#include "shell/trace-arg.h"
#include "shell/which.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const char help[] =
	"usage: trapline cut [TRACE] FROM TO [-o FILE]\n"
	"\n"
	"Writes the exits FROM to TO, with all that belongs to them, into a trace of its own: their\n"
	"registers, replies, inputs and memory, the VMs and how they were set up before the first exit,\n"
	"the memory slots, and the state of memory that the part begins with. The trace itself stays\n"
	"as it is. FROM and TO are exits, or `first` and `last`.\n"
	"\n"
	"  -o, --output FILE   the new trace, which must not exist; default: the trace's name with\n"
	"                      -FROM-TO before its ending\n"
	"  -t, --trace TRACE   the trace; else a word with a '/' or ending in .trap, else the newest one\n"
	"                      in $TRAPLINE_DIR or this folder\n"
	"  -q, --quiet         no closing line on stderr\n"
	"\n"
	"What is not kept: exits before and after, their inputs, and so what was told to devices between\n"
	"the first exit and FROM.\n"
	"\n"
	"example: trapline cut boot.trap 4000 last -o crash.trap\n";
// clang-format on

static struct tl_error *exit_of(
	const char *word, const struct tl_span *span, const char *path, tl_seq *ret)
{
	if (!strcmp(word, "first"))
		*ret = span->first;
	else if (!strcmp(word, "last"))
		*ret = span->last;
	else if (!tl_parse_number(word, ret))
		return tl_error_new(
			TL_ERROR_USAGE, "%s: expected an exit such as 41, first or last", word);
	if (*ret >= span->first && *ret <= span->last && span->last)
		return NULL;
	return tl_error_new(TL_ERROR_NOT_FOUND,
		"%s: exit %s: not there; the trace has %" PRIu64 " to %" PRIu64, path, word,
		span->first, span->last);
}

static struct tl_error *find_part(struct tl_trace *trace, char **words, tl_seq *from, tl_seq *to)
{
	const char *path = tl_trace_path(trace);
	struct tl_span span;
	struct tl_error *err = tl_trace_span(trace, &span);

	if (!err)
		err = exit_of(words[0], &span, path, from);
	if (!err)
		err = exit_of(words[1], &span, path, to);
	if (!err && *from > *to)
		err = tl_error_new(
			TL_ERROR_USAGE, "exit %" PRIu64 " comes after exit %" PRIu64, *from, *to);
	return err;
}

// boot.trap: boot-10-20.trap
static struct tl_error *output(
	const struct tl_trace *trace, const char *said, tl_seq from, tl_seq to, char **ret)
{
	const char *path = tl_trace_path(trace);
	const size_t n = strlen(path);
	const size_t stem = n > 5 && !strcmp(path + n - 5, ".trap") ? n - 5 : n;
	const int printed = said ? asprintf(ret, "%s", said)
				 : asprintf(ret, "%.*s-%" PRIu64 "-%" PRIu64 ".trap", (int)stem,
					   path, from, to);

	return printed < 0 ? tl_error_new(TL_ERROR_IO, "out of memory") : NULL;
}

static struct tl_error *cut(struct tl_trace *trace, char **words, const char *said, bool quiet)
{
	struct tl_error *err;
	tl_seq from, to;
	char *path;

	err = find_part(trace, words, &from, &to);
	if (!err)
		err = output(trace, said, from, to, &path);
	if (err)
		return err;
	err = tl_trace_cut(trace, from, to, path);
	if (!err && !quiet)
		err = tl_recording_say(path);
	free(path);
	return err;
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	const char *said = NULL, *named = NULL;
	bool quiet = false;
	const struct tl_option options[] = { { "output", 'o', TL_OPTION_TEXT, &said, NULL },
		{ "trace", 't', TL_OPTION_TEXT, &named, NULL },
		{ "quiet", 'q', TL_OPTION_FLAG, &quiet, NULL }, { 0 } };
	struct tl_error *err = tl_options(options, &argc, argv, false);
	struct tl_trace *trace;

	(void)ret_status;
	if (!err)
		err = tl_trace_arg(named, &argc, argv, &trace);
	if (err)
		return err;
	err = tl_no_more_words(argc, argv, 3);
	if (!err && argc < 3)
		err = tl_error_new(
			TL_ERROR_USAGE, "which exits? trapline cut [TRACE] FROM TO [-o FILE]");
	if (!err)
		err = cut(trace, argv + 1, said, quiet);
	tl_trace_close(trace);
	return err;
}

const struct tl_verb tl_verb_cut = {
	.name = "cut",
	.summary = "write a part of a trace into a trace of its own",
	.help = help,
	.run = run,
};
