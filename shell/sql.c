// SPDX-License-Identifier: MIT
#include "schema/trace/statement.h"
#include "shell/folder.h"
#include "shell/json.h"
#include "shell/option.h"
#include "shell/rows.h"
#include "shell/table.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// clang-format off
static const char help[] =
	"usage: trapline sql [TRACE] [QUERY] [OPTIONS]\n"
	"\n"
	"Asks a trace in SQLite's SQL, for reading only. Without QUERY it is read from standard input;\n"
	"on a terminal the tables and views are listed instead. Numbers of 64 bits are signed in SQL;\n"
	"0xffff800000000000 means the same bits, and printf('0x%x', pc) prints them.\n"
	"\n"
	"  -t, --trace TRACE  the trace; else a word that ends in .trap or is a file's name, else the\n"
	"                     newest one in $TRAPLINE_DIR or this folder\n"
	"  --json             one JSON object a row, a line each\n"
	"  --csv              comma-separated values, with a line of titles\n"
	"\n"
	"Status 1: no row.\n"
	"\n"
	"example: trapline sql boot.trap 'select gpa, rw, count(*) from mmio group by 1, 2'\n";
// clang-format on

static const struct {
	const char *name, *what;
} objects[] = {
	{ "exits", "every exit with its names: seq, vcpu, time, reason, pc, addr, reply, ..." },
	{ "mmio", "accesses to guest physical addresses without memory" },
	{ "pio", "accesses to ports" },
	{ "nisv", "arm64: accesses that come without a decoded syndrome" },
	{ "idsr", "arm64: accesses to implementation defined system registers" },
	{ "msr", "x86: accesses to MSRs that the VMM answers" },
	{ "failed_run", "KVM_RUN calls that failed, by errno" },
	{ "exit", "the exits as they are stored, in numbers" },
	{ "detail", "payloads and data that an exit's row does not hold" },
	{ "answer", "what of a reply an exit's row does not hold" },
	{ "input", "state-changing ioctls of the VMM" },
	{ "coalesced", "writes that KVM queued without an exit" },
	{ "slot", "memory slots as they were set" },
	{ "code", "code bytes around PC" },
	{ "state", "registers, in compressed chunks" },
	{ "extra", "registers beside those, compressed" },
	{ "page", "contents of guest pages" },
	{ "page_version", "which page had which contents when" },
	{ "scan", "looks at guest memory" },
	{ "region", "which memory is watched, and how well" },
	{ "vm", "virtual machines" },
	{ "vcpu", "their vCPUs" },
	{ "cap", "capabilities of the VMs" },
	{ "process", "programs that used KVM" },
	{ "notice", "what the recorder had to say" },
	{ "gap", "what was lost" },
	{ "tally", "how many exits of which kind each vCPU had" },
	{ "meta", "where the trace is from, and how it was recorded" },
	{ "name", "what numbers are called" },
};

static struct tl_error *list_objects(enum tl_format format)
{
	static const struct tl_column columns[] = { { "name", false }, { "what it holds", false } };
	struct tl_json j = { .to = stdout };
	struct tl_table *table;
	struct tl_error *err;

	err = tl_table_open(columns, 2, &table);
	for (size_t i = 0; !err && i < sizeof(objects) / sizeof(*objects); i++) {
		if (format == TL_FORMAT_JSON) {
			tl_json_open(&j, NULL, '{');
			tl_json_string(&j, "name", objects[i].name);
			tl_json_string(&j, "what", objects[i].what);
			tl_json_line(&j);
			continue;
		}
		fputs(objects[i].name, tl_table_cell(table));
		tl_table_next(table);
		fputs(objects[i].what, tl_table_cell(table));
		tl_table_next(table);
	}
	if (!err)
		tl_table_close(table);
	return err;
}

static struct tl_error *ask(
	struct tl_trace *trace, const char *query, enum tl_format format, uint64_t *n_rows)
{
	struct tl_error *err = NULL;
	sqlite3_stmt *stmt;

	while (!err && query && *query) {
		if (sqlite3_prepare_v2(tl_trace_db(trace), query, -1, &stmt, &query) != SQLITE_OK)
			return tl_error_in(
				tl_sql_error(tl_trace_db(trace)), "%s", tl_trace_path(trace));
		if (stmt)
			err = tl_error_in(
				tl_print_rows(stmt, format, n_rows), "%s", tl_trace_path(trace));
		sqlite3_finalize(stmt);
	}
	return err;
}

static struct tl_error *read_query(char **ret)
{
	struct tl_error *err = NULL;
	char *query = NULL;
	size_t size = 0;

	if (getdelim(&query, &size, 0, stdin) < 0) { // nothing is written then, no end either
		if (ferror(stdin))
			err = tl_error_errno(errno, "standard input");
		free(query);
		query = err ? NULL : strdup("");
	}
	*ret = query;
	return err || query ? err : tl_error_new(TL_ERROR_IO, "out of memory");
}

static struct tl_error *answer(
	struct tl_trace *trace, const char *query, enum tl_format format, int *ret_status)
{
	struct tl_error *err = NULL;
	uint64_t n_rows = 0;
	char *read = NULL;

	if (!query && isatty(STDIN_FILENO))
		return list_objects(format);
	if (!query)
		err = read_query(&read);
	if (!err)
		err = ask(trace, query ? query : read, format, &n_rows);
	free(read);
	*ret_status = n_rows ? TL_STATUS_DONE : TL_STATUS_NO;
	return err;
}

// A query may hold a '/' too: one word alone is a trace by its ending, or when there is such a file.
static bool is_query(int argc, char **argv)
{
	return argc == 2 && !tl_is_trace_name(argv[1]) && access(argv[1], F_OK);
}

static struct tl_error *open_trace(const char *said, int *argc, char **argv, struct tl_trace **ret)
{
	int none = 1;

	if (!said && is_query(*argc, argv))
		return tl_trace_arg(NULL, &none, argv, ret);
	return tl_trace_arg(said, argc, argv, ret);
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	bool json = false, csv = false;
	const char *path = NULL;
	const struct tl_option options[] = { { "trace", 't', TL_OPTION_TEXT, &path, NULL },
		{ "json", 0, TL_OPTION_FLAG, &json, NULL },
		{ "csv", 0, TL_OPTION_FLAG, &csv, NULL }, { NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_trace *trace = NULL;
	struct tl_error *err;

	err = tl_options(options, &argc, argv, false);
	if (!err && json && csv)
		err = tl_error_new(TL_ERROR_USAGE, "--json and --csv: one of them");
	if (!err)
		err = open_trace(path, &argc, argv, &trace);
	if (!err)
		err = tl_no_more_words(argc, argv, 2);
	if (!err)
		err = answer(trace, argv[1],
			json  ? TL_FORMAT_JSON
			: csv ? TL_FORMAT_CSV
			      : TL_FORMAT_TABLE,
			ret_status);
	tl_trace_close(trace);
	return err;
}

const struct tl_verb tl_verb_sql = { "sql", "ask a trace in SQL", help, run };
