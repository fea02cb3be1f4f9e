/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_REPORT_H
#define TL_SHELL_REPORT_H

#include "schema/trace/reader.h"
#include "schema/trace/row.h"
#include "shell/json.h"

#include <stdbool.h>
#include <stdint.h>

/* What "trapline stat" says of a trace, in two forms. */

struct tl_report {
	struct tl_trace *trace;
	struct tl_span span;
	uint64_t bytes; /**< of the file and its log */
	bool exactly;	/**< count every page of every table */
	struct tl_json *json;
	unsigned lines; /**< so far in this section */
};

/** What table `meta` says, and how people call it; ends with an entry without a key. */
struct tl_fact {
	const char *key, *label;
};
extern const struct tl_fact tl_stat_facts[];

/** pid, arguments */
extern const char tl_stat_processes[];
/** vm, type, abi, adopted, its vCPUs */
extern const char tl_stat_vms[];
/** exits, reason, error */
extern const char tl_stat_kinds[];
/** what, how many */
extern const char tl_stat_counts[];
/** lost, from_seq, to_seq, why */
extern const char tl_stat_gaps[];
/** level, seq, text */
extern const char tl_stat_notices[];

/** Calls `print` for every row of such a query. */
TL_CHECK struct tl_error *tl_stat_each(struct tl_report *report, const char *sql,
	void (*print)(struct tl_report *report, struct tl_row *row));

/** What a line of the text form is about. */
void tl_stat_label(const char *text);
/** Starts a line: the first of a section has its name, the others stand under it. */
void tl_stat_section(struct tl_report *report, const char *name);

/** What memory there is, in lines or as a member "memory"; nothing in lines when there is none. */
TL_CHECK struct tl_error *tl_stat_memory(struct tl_report *report);
TL_CHECK struct tl_error *tl_stat_memory_json(struct tl_report *report);

TL_CHECK struct tl_error *tl_stat_json(struct tl_report *report);

#endif
