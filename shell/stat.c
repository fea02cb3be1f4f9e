// SPDX-License-Identifier: MIT
#include "shell/option.h"
#include "shell/report.h"
#include "shell/space.h"
#include "shell/text.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"
#include "shell/whence.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

// clang-format off
static const char help[] =
	"usage: trapline stat [TRACE] [OPTIONS]\n"
	"\n"
	"Says what is in a trace and where it is from: the VMM, the host, which part of the exits it\n"
	"holds if not all, the VMs, exits by kind, what memory was looked at and how often, what was\n"
	"lost, and what takes the space. Does not read the exits themselves: it is as quick on a large\n"
	"trace as on a small one.\n"
	"\n"
	"  -t, --trace TRACE  the trace; else a word with a '/' or ending in .trap, else the newest one\n"
	"                     in $TRAPLINE_DIR or this folder\n"
	"  --space            count every page also of a large file, which reads all of it, and the\n"
	"                     looks at memory by their kind\n"
	"  --json             one JSON object\n"
	"\n"
	"example: trapline stat boot.trap\n";
// clang-format on

static uint64_t size_with_log(const char *path)
{
	struct stat st, log = { 0 };
	char *name = sqlite3_mprintf("%s-wal", path);
	uint64_t size = stat(path, &st) ? 0 : (uint64_t)st.st_size;

	if (name && !stat(name, &log))
		size += (uint64_t)log.st_size;
	sqlite3_free(name);
	return size;
}

static void print_head(const struct tl_report *r)
{
	int64_t when;

	tl_style(TL_STYLE_BOLD);
	tl_put_string(stdout, tl_trace_path(r->trace));
	tl_style(TL_STYLE_PLAIN);
	printf(": %" PRIu64 " exits", r->span.exits);
	if (r->span.exits) {
		fputs(" in ", stdout);
		tl_put_duration(stdout, r->span.last_time - r->span.first_time);
	}
	fputs(", ", stdout);
	tl_put_size(stdout, r->bytes);
	if (tl_trace_meta_int(r->trace, "started", &when)) {
		fputs(", recorded ", stdout);
		tl_put_date(stdout, when);
	}
	fputs("; ", stdout);
	tl_put_end(stdout, r->trace);
	putchar('\n');
}

static void print_facts(const struct tl_report *r)
{
	int64_t hidden = 0, bits, every;

	for (const struct tl_fact *f = tl_stat_facts; f->key; f++) {
		tl_stat_label(f->label);
		if (tl_trace_meta(r->trace, f->key))
			tl_put_string(stdout, tl_trace_meta(r->trace, f->key));
		else
			fputs("not recorded", stdout);
		if (!strcmp(f->key, "mem") && tl_trace_meta_int(r->trace, "every", &every) &&
			every > 1)
			printf(", --every %" PRId64, every);
		if (!strcmp(f->key, "arch") && tl_trace_meta_int(r->trace, "host_ipa_bits", &bits))
			printf(", the host's guest physical addresses have %" PRId64 " bits", bits);
		putchar('\n');
	}
	if (tl_trace_meta_int(r->trace, "no_coalesce", &hidden) && hidden) {
		tl_stat_label("coalescing");
		puts("hidden from the VMM: every write exits");
	}
}

// What of all exits the trace holds, where it was asked for a part of them.
static void print_part(const struct tl_report *r)
{
	int64_t from, to, all;

	if (tl_trace_meta_int(r->trace, "last", &to) && tl_trace_meta_int(r->trace, "seen", &all) &&
		all > to) {
		tl_stat_label("last");
		printf("the newest %" PRId64 " of %" PRId64 " exits were kept\n", to, all);
	}
	if (tl_trace_meta(r->trace, "until")) {
		tl_stat_label("until");
		tl_put_string(stdout, tl_trace_meta(r->trace, "until"));
		if (tl_trace_meta_int(r->trace, "until_seq", &to))
			printf("; at exit %" PRId64, to);
		putchar('\n');
	}
	if (tl_trace_meta_int(r->trace, "cut_from", &from) &&
		tl_trace_meta_int(r->trace, "cut_to", &to) &&
		tl_trace_meta_int(r->trace, "cut_of", &all)) {
		tl_stat_label("cut");
		printf("exits %" PRId64 " to %" PRId64 ", from a trace of %" PRId64 "\n", from, to,
			all);
	}
}

static void print_process(struct tl_report *r, struct tl_row *row)
{
	tl_stat_section(r, "processes");
	printf("%" PRIu64 " ", tl_row_u64(row, 0));
	tl_put_string(stdout, tl_row_text(row, 1));
	putchar('\n');
}

static void put_abi(uint64_t abi)
{
	static const char *const names[] = { NULL, "exits numbered by the IDSR patch",
		"exits numbered by the IDSR patch's tools header" };

	if (abi && abi < sizeof(names) / sizeof(*names))
		printf(", %s", names[abi]);
}

static void print_vm(struct tl_report *r, struct tl_row *row)
{
	const uint64_t type = tl_row_u64(row, 1);

	tl_stat_section(r, "vm");
	printf("%" PRIu64 ": type 0x%" PRIx64, tl_row_u64(row, 0), type);
	// KVM API 4.2: the size of guest physical addresses, 0 for 40 bits
	if (tl_trace_arch(r->trace)->id == TL_ARCH_ARM64 && !tl_row_u64(row, 3))
		printf(" (%u-bit guest physical addresses)",
			type & 255 ? (unsigned)(type & 255) : 40);
	if (!tl_row_has(row, 4))
		fputs(", no vCPU", stdout);
	else // their numbers: one is no count
		printf(", vCPU%s %s", strchr(tl_row_text(row, 4), ',') ? "s" : "",
			tl_row_text(row, 4));
	put_abi(tl_row_u64(row, 2));
	if (tl_row_u64(row, 3))
		fputs(", not seen when it was made", stdout);
	putchar('\n');
}

static void print_kind(struct tl_report *r, struct tl_row *row)
{
	const uint64_t n = tl_row_u64(row, 0);

	tl_stat_section(r, "exits");
	printf("%10" PRIu64 "  %5.1f %%  ", n,
		r->span.exits ? 100.0 * (double)n / (double)r->span.exits : 0);
	tl_put_string(stdout, tl_row_text(row, 1));
	if (tl_row_has(row, 2)) {
		fputs(", ", stdout);
		tl_put_string(stdout, tl_row_text(row, 2));
	}
	putchar('\n');
}

static void print_count(struct tl_report *r, struct tl_row *row)
{
	tl_stat_label(tl_row_text(row, 0));
	printf("%" PRIu64 "\n", tl_row_u64(row, 1));
}

static void print_gap(struct tl_report *r, struct tl_row *row)
{
	tl_stat_section(r, "lost");
	printf("%" PRIu64 " records", tl_row_u64(row, 0));
	if (tl_row_has(row, 1))
		printf(", exits %" PRIu64 " to %" PRIu64, tl_row_u64(row, 1), tl_row_u64(row, 2));
	fputs(": ", stdout);
	tl_put_string(stdout, tl_row_text(row, 3));
	putchar('\n');
}

static void print_notice(struct tl_report *r, struct tl_row *row)
{
	tl_stat_section(r, "notices");
	tl_put_string(stdout, tl_row_text(row, 0));
	printf(" after exit %" PRIu64 ": ", tl_row_u64(row, 1));
	tl_put_string(stdout, tl_row_text(row, 2));
	putchar('\n');
}

static struct tl_error *print_space(struct tl_report *r)
{
	struct tl_space spaces[TL_SPACES];
	struct tl_error *err;
	size_t n;

	err = tl_space(r->trace, r->bytes, r->exactly, spaces, &n);
	r->lines = 0;
	for (size_t i = 0; !err && i < n; i++) {
		tl_stat_section(r, "space");
		printf("%-24s ", spaces[i].name);
		tl_put_size(stdout, spaces[i].bytes);
		if (r->span.exits)
			printf(", %.1f bytes an exit",
				(double)spaces[i].bytes / (double)r->span.exits);
		putchar('\n');
	}
	return err;
}

static struct tl_error *print(struct tl_report *r)
{
	struct tl_error *err;

	print_head(r);
	print_facts(r);
	print_part(r);
	err = tl_stat_each(r, tl_stat_processes, print_process);
	if (!err)
		err = tl_stat_each(r, tl_stat_vms, print_vm);
	if (!err)
		err = tl_stat_each(r, tl_stat_kinds, print_kind);
	if (!err)
		err = tl_stat_each(r, tl_stat_counts, print_count);
	if (!err)
		err = tl_stat_memory(r);
	if (!err)
		err = tl_stat_each(r, tl_stat_gaps, print_gap);
	if (!err)
		err = tl_stat_each(r, tl_stat_notices, print_notice);
	return err ? err : print_space(r);
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	struct tl_report r = { 0 };
	const char *path = NULL;
	bool json = false;
	const struct tl_option options[] = { { "trace", 't', TL_OPTION_TEXT, &path, NULL },
		{ "space", 0, TL_OPTION_FLAG, &r.exactly, NULL },
		{ "json", 0, TL_OPTION_FLAG, &json, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_error *err;

	err = tl_options(options, &argc, argv, false);
	if (!err)
		err = tl_trace_arg(path, &argc, argv, &r.trace);
	if (!err)
		err = tl_no_more_words(argc, argv, 1);
	if (!err)
		err = tl_trace_span(r.trace, &r.span);
	if (!err) {
		r.bytes = size_with_log(tl_trace_path(r.trace));
		err = json ? tl_stat_json(&r) : print(&r);
	}
	tl_trace_close(r.trace);
	return err;
}

const struct tl_verb tl_verb_stat = { "stat", "say what is in a trace, and what takes its space",
	help, run };
