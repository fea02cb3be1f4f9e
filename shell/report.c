// SPDX-License-Identifier: MIT
#include "shell/report.h"

#include "shell/text.h"

#include <stdio.h>

const struct tl_fact tl_stat_facts[] = { { "vmm", "vmm" }, { "arch", "arch" }, { "cpu", "cpu" },
	{ "kernel", "kernel" }, { "regs", "registers" }, { "mem", "memory" },
	{ "trapline", "trapline" }, { NULL, NULL } };

// clang-format off
const char tl_stat_processes[] = "SELECT pid, ifnull(arguments, exe) FROM main.process ORDER BY id LIMIT 100";
const char tl_stat_vms[] = "SELECT vm, type, abi, adopted, (SELECT group_concat(vcpu, ', ') "
			  "FROM main.vcpu WHERE vcpu.vm = vm.vm) FROM main.vm ORDER BY vm LIMIT 100";
const char tl_stat_kinds[] =
	"SELECT sum(exits), CASE WHEN reason = -1 THEN 'failed' ELSE ifnull((SELECT name FROM name "
	"WHERE what = 'exit' AND number = reason), 'exit ' || reason) END, CASE WHEN error != 0 THEN "
	"ifnull((SELECT name FROM name WHERE what = 'errno' AND number = error), 'errno ' || error) END "
	"FROM main.tally GROUP BY reason, error ORDER BY 1 DESC, 2, 3";
// Counted by their numbers: inputs from 1, coalesced writes from 0 within each VM (FORMAT.md).
const char tl_stat_counts[] =
	"SELECT 'inputs', count(*) FROM main.input "
	"UNION ALL SELECT 'coalesced', count(*) FROM main.coalesced";
const char tl_stat_gaps[] = "SELECT lost, from_seq, to_seq, why FROM main.gap ORDER BY id LIMIT 100";
const char tl_stat_notices[] =
	"SELECT ifnull((SELECT name FROM name WHERE what = 'notice_level' AND number = level), level), "
	"seq, CASE WHEN substr(text, 1, 10) = 'imported: ' " // and under it the lines themselves
	"THEN substr(text, 1, instr(text || char(10), char(10)) - 1) ELSE text END "
	"FROM main.notice WHERE substr(text, 1, 22) != 'imported: trace events' "
	"ORDER BY id LIMIT 100";
// clang-format on

struct tl_error *tl_stat_each(struct tl_report *r, const char *sql,
	void (*print)(struct tl_report *r, struct tl_row *row))
{
	struct tl_row row = { 0 };
	struct tl_error *err;

	r->lines = 0;
	err = tl_trace_prepare(r->trace, sql, &row.stmt);
	while (!err && tl_row_next(&row))
		print(r, &row);
	if (!err)
		err = tl_row_error(&row);
	sqlite3_finalize(row.stmt);
	return tl_error_in(err, "%s", tl_trace_path(r->trace));
}

void tl_stat_label(const char *text)
{
	tl_style(TL_STYLE_BOLD);
	printf("%-10s ", text);
	tl_style(TL_STYLE_PLAIN);
}

void tl_stat_section(struct tl_report *r, const char *text)
{
	tl_stat_label(r->lines++ ? "" : text);
}
