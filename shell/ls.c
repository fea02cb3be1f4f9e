// SPDX-License-Identifier: MIT
#include "schema/trace/reader.h"
#include "shell/folder.h"
#include "shell/json.h"
#include "shell/option.h"
#include "shell/table.h"
#include "shell/text.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"
#include "shell/whence.h"

#include <inttypes.h>
#include <string.h>

// clang-format off
static const char help[] =
	"usage: trapline ls [FOLDER] [--json]\n"
	"\n"
	"Lists the traces in a folder ($TRAPLINE_DIR, else this one), the newest first: when each was\n"
	"recorded, of which program, how many exits it holds and how it ended. One that cannot be read\n"
	"is listed with the reason.\n"
	"\n"
	"  --json             one JSON object a trace, a line each\n"
	"\n"
	"Status 1: there is no trace.\n"
	"\n"
	"example: trapline ls\n";
// clang-format on

static const struct tl_column columns[] = { { "name", false }, { "recorded", false },
	{ "size", true }, { "exits", true }, { "arch", false }, { "ended", false },
	{ "vmm", false } };

enum { N_COLUMNS = sizeof(columns) / sizeof(*columns) };

static void put_name(FILE *to, const struct tl_folder_trace *file)
{
	tl_put_string(to, file->name);
}

static void put_file_size(FILE *to, const struct tl_folder_trace *file)
{
	tl_put_size(to, file->size);
}

// What can be said of a trace whose facts cannot be read: its name, size and the reason.
static void add_broken(struct tl_table *table, const struct tl_folder_trace *file, const char *why)
{
	put_name(tl_table_cell(table), file);
	tl_table_next(table);
	tl_put_date(tl_table_cell(table), file->written.tv_sec);
	tl_table_next(table);
	put_file_size(tl_table_cell(table), file);
	tl_table_next(table);
	for (unsigned i = 0; i < 2; i++)
		tl_table_next(table);
	fputs("unreadable", tl_table_cell(table));
	tl_table_next(table);
	tl_put_string(tl_table_cell(table), why);
	tl_table_next(table);
}

static void add_trace(struct tl_table *table, const struct tl_folder_trace *file,
	struct tl_trace *trace, const struct tl_span *span)
{
	int64_t started = file->written.tv_sec;

	put_name(tl_table_cell(table), file);
	tl_table_next(table);
	tl_trace_meta_int(trace, "started", &started);
	tl_put_date(tl_table_cell(table), started);
	tl_table_next(table);
	put_file_size(tl_table_cell(table), file);
	tl_table_next(table);
	fprintf(tl_table_cell(table), "%" PRIu64, span->exits);
	tl_table_next(table);
	fputs(tl_trace_arch(trace)->name, tl_table_cell(table));
	tl_table_next(table);
	tl_put_end(tl_table_cell(table), trace);
	tl_table_next(table);
	tl_put_string(tl_table_cell(table), tl_trace_meta(trace, "vmm"));
	tl_table_next(table);
}

static void json_trace(struct tl_json *j, struct tl_trace *trace, const struct tl_span *span)
{
	int64_t number;

	tl_json_string(j, "vmm", tl_trace_meta(trace, "vmm"));
	tl_json_string(j, "arch", tl_trace_arch(trace)->name);
	tl_json_int(j, "exits", (int64_t)span->exits);
	tl_json_bool(j, "recording", tl_trace_is_recording(trace));
	if (tl_trace_meta_int(trace, "started", &number))
		tl_json_int(j, "started", number);
	if (tl_trace_meta_int(trace, "ended", &number))
		tl_json_int(j, "ended", number);
	if (tl_trace_meta_int(trace, "status", &number))
		tl_json_int(j, "status", number);
}

static void json_line(const struct tl_folder_trace *file, struct tl_trace *trace,
	const struct tl_span *span, const char *why)
{
	struct tl_json j = { .to = stdout };

	tl_json_open(&j, NULL, '{');
	tl_json_string(&j, "name", file->name);
	tl_json_int(&j, "bytes", (int64_t)file->size);
	tl_json_int(&j, "written", file->written.tv_sec);
	if (why)
		tl_json_string(&j, "error", why);
	else
		json_trace(&j, trace, span);
	tl_json_line(&j);
}

// Without the path, which stands in the first column.
static const char *reason(const struct tl_error *err, const struct tl_folder_trace *file)
{
	const size_t n = strlen(file->path);

	return strncmp(err->message, file->path, n) ? err->message : err->message + n + 2;
}

static void one(const struct tl_folder_trace *file, struct tl_table *table, bool json)
{
	struct tl_trace *trace = NULL;
	struct tl_span span = { 0 };
	struct tl_error *err;

	err = tl_trace_open(file->path, &trace);
	if (!err)
		err = tl_trace_span(trace, &span);
	if (json)
		json_line(file, trace, &span, err ? reason(err, file) : NULL);
	else if (err)
		add_broken(table, file, reason(err, file));
	else
		add_trace(table, file, trace, &span);
	tl_error_free(err);
	tl_trace_close(trace);
}

static struct tl_error *list(const char *path, bool json, int *ret_status)
{
	struct tl_folder folder;
	struct tl_table *table = NULL;
	struct tl_error *err;

	err = tl_folder_read(path, &folder);
	if (!err)
		err = tl_table_open(columns, N_COLUMNS, &table);
	for (size_t i = 0; !err && i < folder.n; i++)
		one(&folder.traces[i], table, json);
	tl_table_close(table);
	if (!err && !folder.n)
		*ret_status = TL_STATUS_NO;
	if (!err && !folder.n && !json)
		fprintf(stderr, "trapline ls: no trace in %s\n", path);
	tl_folder_deinit(&folder);
	return err;
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	bool json = false;
	const struct tl_option options[] = { { "json", 0, TL_OPTION_FLAG, &json, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_error *err;

	err = tl_options(options, &argc, argv, false);
	if (!err)
		err = tl_no_more_words(argc, argv, 2);
	return err ? err : list(argc > 1 ? argv[1] : tl_folder_default(), json, ret_status);
}

const struct tl_verb tl_verb_ls = { "ls", "list the traces in a folder", help, run };
