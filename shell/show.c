// SPDX-License-Identifier: MIT
#include "schema/trace/filter.h"
#include "shell/access.h"
#include "shell/detail.h"
#include "shell/option.h"
#include "shell/position.h"
#include "shell/regs.h"
#include "shell/show-memory.h"
#include "shell/table.h"
#include "shell/text.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"
#include "shell/which.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { LAST = 20 /* exits on a terminal when nobody says how many */ };

// clang-format off
static const char help[] =
	"usage: trapline show [TRACE] [SEQ | A..B | A-B | last] [OPTIONS]\n"
	"       trapline show [TRACE] --mem POS ADDR[,LEN] [--raw] [OPTIONS]\n"
	"       trapline show [TRACE] --walk POS VA [OPTIONS]\n"
	"\n"
	"Shows exits. One SEQ: all that is recorded of it: times, payload, reply, what the VMM did\n"
	"before it ran the guest again, code and registers. A range (A..B or A-B, also 10.. and ..20), or\n"
	"nothing: one line each. Without a range or --limit, a terminal gets the last 20; a pipe or a\n"
	"file gets all.\n"
	"\n"
	"  -t, --trace TRACE  the trace; else a word with a '/' or ending in .trap, else the newest one\n"
	"                     in $TRAPLINE_DIR or this folder\n"
	"  --where SQL        only exits that fit an SQL condition, such as \"size = 4 and ran > 1e6\";\n"
	"                     its words are the columns of view exits: trapline sql lists them\n"
	"  --reason NAME      only exits of that kind: mmio, io, nisv, ...\n"
	"  --addr A[-B|+N]    only accesses that start there: a guest physical address, a port, an MSR\n"
	"  --vcpu N           only that vCPU\n"
	"  --limit N          at most N: the first of a range, else the last of all; 0 is no limit\n"
	"  --regs             registers with every exit\n"
	"  --json             one JSON object an exit, a line each; one object of memory or a walk\n"
	"\n"
	"Memory. POS is an exit, such as 41, or last; 41+0 is the same with the VMM's reply and writes,\n"
	"0+0 the start. ADDR is guest physical; v:ADDR, and a register's name (pc, sp, x0, cr3 ...), is\n"
	"virtual, by the exit's registers, as VA always is; +N or -N may follow. What is not recorded is\n"
	"said, and why.\n"
	"\n"
	"  --mem              LEN bytes at ADDR: 64, or such as 4K, at most 1G\n"
	"  --raw              the bytes alone, up to the first that is not recorded\n"
	"  --walk             the way of a virtual address through the page tables: every entry, where\n"
	"                     it leads, who may do what there\n"
	"  --vm N             the memory of that VM; else of the exit's\n"
	"  --space N          x86_64: 1 is what system management mode sees; else as at the exit\n"
	"\n"
	"Status 1: no exit fits; something is not recorded.\n"
	"\n"
	"example: trapline show boot.trap --reason mmio --addr 0xfe000000-0xfeffffff --limit 5\n"
	"example: trapline show boot.trap --mem 41+0 sp-32,128\n";
// clang-format on

struct request {
	struct tl_filter filter;
	tl_seq one; // 0: a list
	bool json, regs;
	bool cut; // to the last LAST, since nobody said how many
};

static const struct tl_column columns[] = { { "seq", true }, { "time", true }, { "vcpu", true },
	{ "exit", false }, { "pc", false }, { "access", false }, { "reply", false } };

enum { N_COLUMNS = sizeof(columns) / sizeof(*columns) };

static void cell_seq(FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	fprintf(to, "%" PRIu64, e->seq);
}

static void cell_time(FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	tl_put_time(to, e->time);
}

static void cell_vcpu(FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	fprintf(to, "%u", e->vcpu);
}

static void cell_pc(FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	if (e->has & TL_EXIT_HAS_PC)
		fprintf(to, "0x%" PRIx64, e->pc);
	else
		fputs("not recorded", to);
}

static void cell_reply(FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind)
{
	tl_put_reply(to, e);
}

static void (*const cells[N_COLUMNS])(
	FILE *to, const struct tl_exit *e, const struct tl_exit_kind *kind) = { cell_seq, cell_time,
	cell_vcpu, tl_put_reason, cell_pc, tl_put_access, cell_reply };

static struct tl_error *add_line(struct tl_trace *trace, struct tl_table *table,
	const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	char words[32];
	struct tl_error *err = tl_reply_words(trace, exit, kind, words, sizeof(words));

	for (unsigned i = 0; !err && i < N_COLUMNS; i++) {
		cells[i](tl_table_cell(table), exit, kind);
		if (i == N_COLUMNS - 1)
			fputs(words, tl_table_cell(table));
		tl_table_next(table);
	}
	return err;
}

static struct tl_error *regs_of(
	struct tl_trace *trace, const struct tl_exit *exit, struct tl_regs *ret)
{
	struct tl_error *err;

	*ret = (struct tl_regs){ 0 };
	err = tl_trace_regs(trace, exit->vcpu, exit->seq, ret);
	if (!err || err->code != TL_ERROR_NOT_RECORDED)
		return err;
	tl_error_free(err);
	return NULL;
}

static struct tl_error *json_line(struct tl_trace *trace, const struct request *r,
	const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	struct tl_json j = { .to = stdout };
	struct tl_error *err = NULL;
	struct tl_regs regs;

	if (r->regs)
		err = regs_of(trace, exit, &regs);
	if (err)
		return err;
	tl_json_open(&j, NULL, '{');
	tl_json_exit(&j, exit, kind);
	if (r->regs) {
		tl_json_open(&j, "registers", '{');
		tl_json_regs(&j, tl_trace_arch(trace), &regs);
		tl_json_close(&j, '}');
	}
	tl_json_line(&j);
	return NULL;
}

// A table of one line, then the registers under it.
static struct tl_error *line_with_regs(
	struct tl_trace *trace, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	struct tl_table *table;
	struct tl_error *err;
	struct tl_regs regs;

	err = regs_of(trace, exit, &regs);
	if (!err)
		err = tl_table_open(columns, N_COLUMNS, &table);
	if (err)
		return err;
	err = add_line(trace, table, exit, kind);
	tl_table_close(table);
	if (err)
		return err;
	tl_print_regs(tl_trace_arch(trace), &regs, NULL);
	putchar('\n');
	return NULL;
}

static struct tl_error *one(
	struct tl_trace *trace, const struct request *r, tl_seq seq, struct tl_table *table)
{
	const struct tl_exit_kind *kind;
	struct tl_exit exit;
	struct tl_error *err;

	err = tl_trace_exit(trace, seq, &exit, &kind);
	if (err)
		return err;
	if (r->json)
		return json_line(trace, r, &exit, kind);
	if (r->regs)
		return line_with_regs(trace, &exit, kind);
	return add_line(trace, table, &exit, kind);
}

static struct tl_error *each(
	struct tl_trace *trace, const struct request *r, struct tl_cursor *cursor, uint64_t *ret_n)
{
	struct tl_table *table;
	struct tl_error *err;
	tl_seq seq;

	err = tl_table_open(columns, N_COLUMNS, &table);
	if (err)
		return err;
	while (!err && !(err = tl_cursor_next(cursor, &seq)) && seq) {
		err = one(trace, r, seq, table);
		*ret_n += !err;
	}
	tl_table_close(table);
	return err;
}

static struct tl_error *list(struct tl_trace *trace, const struct request *r, int *ret_status)
{
	struct tl_cursor *cursor;
	struct tl_error *err;
	uint64_t n = 0;

	err = tl_cursor_open(trace, &r->filter, &cursor);
	if (err)
		return err;
	err = each(trace, r, cursor, &n);
	tl_cursor_close(cursor);
	if (!err && r->cut && n == LAST && !r->json)
		printf("(the last %d; --limit 0 shows all)\n", LAST);
	if (err || n)
		return err;
	fprintf(stderr, "trapline show: no exit fits\n");
	*ret_status = TL_STATUS_NO;
	return NULL;
}

static struct tl_error *whole(struct tl_trace *trace, const struct request *r)
{
	struct tl_json j = { .to = stdout };

	return r->json ? tl_json_detail(&j, trace, r->one) : tl_print_detail(trace, r->one);
}

// What is not there is an answer, not a failure.
static struct tl_error *answer(struct tl_error *err, int *ret_status)
{
	if (!err || (err->code != TL_ERROR_NOT_FOUND && err->code != TL_ERROR_NOT_RECORDED))
		return err;
	fputs("trapline show: ", stderr);
	tl_put_string(stderr, err->message);
	fputc('\n', stderr);
	tl_error_free(err);
	*ret_status = TL_STATUS_NO;
	return NULL;
}

static struct tl_error *which(
	struct tl_trace *trace, int argc, char **argv, const char *limit, struct request *r)
{
	struct tl_error *err = tl_no_more_words(argc, argv, 2);
	const bool ranged = argc > 1;

	if (!err && ranged && tl_is_place_after(argv[1]))
		err = tl_error_new(TL_ERROR_USAGE,
			"%s: a position is for --mem and --walk; exit %.*s shows its reply too",
			argv[1], (int)strcspn(argv[1], "+"), argv[1]);
	if (!err && ranged)
		err = tl_which_exits(trace, argv[1], &r->filter.from, &r->filter.to);
	if (!err && ranged && r->filter.from == r->filter.to && !tl_is_range(argv[1]))
		r->one = r->filter.from;
	r->filter.limit_is_last = !ranged;
	if (!err && limit && !tl_parse_number(limit, &r->filter.limit))
		err = tl_error_new(TL_ERROR_USAGE, "--limit %s: expected a number", limit);
	r->cut = !ranged && !limit && isatty(STDOUT_FILENO);
	if (r->cut)
		r->filter.limit = LAST;
	return err;
}

static struct tl_error *select_by(struct request *r, const char *addr, const char *vcpu)
{
	uint64_t number;

	if (addr) {
		r->filter.has_addr = true;
		if (!tl_which_addresses(addr, &r->filter.addr, &r->filter.addr_end))
			return tl_error_new(TL_ERROR_USAGE,
				"--addr %s: expected A, A-B or A+N, such as 0x9000000+0x1000",
				addr);
	}
	if (vcpu) {
		r->filter.has_vcpu = true;
		if (!tl_parse_number(vcpu, &number) || number > UINT32_MAX)
			return tl_error_new(TL_ERROR_USAGE, "--vcpu %s: expected a number", vcpu);
		r->filter.vcpu = (uint32_t)number;
	}
	return NULL;
}

static struct tl_error *exits(struct tl_trace *trace, int argc, char **argv, const char *limit,
	struct request *r, int *ret_status)
{
	struct tl_error *err = which(trace, argc, argv, limit, r);

	if (err)
		return err;
	return answer(r->one ? whole(trace, r) : list(trace, r, ret_status), ret_status);
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	const char *path = NULL, *addr = NULL, *vcpu = NULL, *limit = NULL;
	struct request r = { 0 };
	struct tl_show_memory m = { .vm = UINT64_MAX, .space = UINT64_MAX };
	const struct tl_option options[] = { { "trace", 't', TL_OPTION_TEXT, &path, NULL },
		{ "where", 0, TL_OPTION_TEXT, &r.filter.where, NULL },
		{ "reason", 0, TL_OPTION_TEXT, &r.filter.reason, NULL },
		{ "addr", 0, TL_OPTION_TEXT, &addr, NULL },
		{ "vcpu", 0, TL_OPTION_TEXT, &vcpu, NULL },
		{ "limit", 0, TL_OPTION_TEXT, &limit, NULL },
		{ "regs", 0, TL_OPTION_FLAG, &r.regs, NULL },
		{ "json", 0, TL_OPTION_FLAG, &r.json, NULL },
		{ "mem", 0, TL_OPTION_FLAG, &m.mem, NULL },
		{ "walk", 0, TL_OPTION_FLAG, &m.walk, NULL },
		{ "raw", 0, TL_OPTION_FLAG, &m.raw, NULL },
		{ "vm", 0, TL_OPTION_NUMBER, &m.vm, NULL },
		{ "space", 0, TL_OPTION_NUMBER, &m.space, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_trace *trace = NULL;
	struct tl_error *err;

	err = tl_options(options, &argc, argv, false);
	m.json = r.json;
	if (!err)
		err = tl_show_memory_check(
			&m, r.filter.where || r.filter.reason || addr || vcpu || limit || r.regs);
	if (!err)
		err = select_by(&r, addr, vcpu);
	if (!err)
		err = tl_trace_arg(path, &argc, argv, &trace);
	if (!err && (m.mem || m.walk))
		err = answer(tl_show_memory(trace, &m, argc, argv, ret_status), ret_status);
	else if (!err)
		err = exits(trace, argc, argv, limit, &r, ret_status);
	tl_trace_close(trace);
	return err;
}

const struct tl_verb tl_verb_show = { "show", "show exits: one with all of it, or a line each",
	help, run };
