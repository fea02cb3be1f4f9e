// SPDX-License-Identifier: MIT
#include "shell/looks.h"

#include "schema/trace/row.h"
#include "schema/wire/record.h"

#include <inttypes.h>

const char *const tl_look_kinds[] = { "pages", "whole", "changes" };

// One look at memory.
struct look {
	uint64_t phase, kind, pages, running;
	bool came; // memory came under watch, all of which it holds
	bool has_last;
	uint64_t last_seq, last_phase; // of the look before it that follows every write
};

static const char sql[] =
	"SELECT s.phase, s.kind, s.pages, s.running, EXISTS(SELECT 1 FROM main.region WHERE "
	"region.vm = s.vm AND region.scan = s.scan AND region.kind != 0), "
	"last.seq, last.phase FROM main.scan s LEFT JOIN main.scan last ON last.scan = "
	"(SELECT max(scan) FROM main.scan b WHERE b.scan < s.scan AND b.vm = s.vm AND b.kind = 2) "
	"WHERE s.seq = ? AND s.vm = (SELECT vm FROM main.vcpu WHERE vcpu = ?) ORDER BY s.scan";

static struct tl_error *begin(
	struct tl_trace *trace, const struct tl_exit *exit, struct tl_row *ret)
{
	struct tl_error *err;

	*ret = (struct tl_row){ 0 };
	err = tl_trace_prepare(trace, sql, &ret->stmt);
	if (err)
		return err;
	sqlite3_bind_int64(ret->stmt, 1, (sqlite3_int64)exit->seq);
	sqlite3_bind_int64(ret->stmt, 2, exit->vcpu);
	return NULL;
}

static bool next(struct tl_row *row, struct look *ret)
{
	if (!tl_row_next(row))
		return false;
	*ret = (struct look){ .phase = tl_row_u64(row, 0),
		.kind = tl_row_bounded(row, 1, TL_SCAN_KINDS - 1),
		.pages = tl_row_u64(row, 2),
		.running = tl_row_u64(row, 3),
		.came = tl_row_u64(row, 4),
		.has_last = tl_row_has(row, 5),
		.last_seq = tl_row_u64_or(row, 5, 0),
		.last_phase = tl_row_u64_or(row, 6, 0) };
	return true;
}

static struct tl_error *end(struct tl_trace *trace, struct tl_row *row, struct tl_error *err)
{
	if (!err)
		err = tl_row_error(row);
	sqlite3_finalize(row->stmt);
	return tl_error_in(err, "%s: scans", tl_trace_path(trace));
}

static void put_pages(const struct look *l)
{
	printf("%" PRIu64 " page%s", l->pages, l->pages == 1 ? "" : "s");
}

// Between an entry and the exit only the guest writes, between the exit and the entry only the VMM:
// if both were looked at, and no other vCPU ran.
static void put_changes(const struct look *l, const struct tl_exit *exit, tl_seq before)
{
	const bool by_guest = l->phase == TL_PHASE_EXIT && l->has_last &&
			      l->last_phase == TL_PHASE_REPLY && l->last_seq == before;
	const bool by_vmm = l->phase == TL_PHASE_REPLY && l->has_last &&
			    l->last_phase == TL_PHASE_EXIT && l->last_seq == exit->seq;

	put_pages(l);
	if (l->came)
		fputs(", with all of what came under watch", stdout);
	else if ((by_guest || by_vmm) && !l->running)
		printf(" written by the %s", by_guest ? "guest" : "VMM");
	else if (l->has_last)
		printf(l->last_phase ? " written since %" PRIu64 "+0"
				     : " written since exit %" PRIu64,
			l->last_seq);
}

static void put_look(const struct look *l, const struct tl_exit *exit, tl_seq before)
{
	switch ((enum tl_scan_kind)l->kind) {
	case TL_SCAN_PAGES:
		put_pages(l);
		fputs(" around pc, the stack, the access and their page tables", stdout);
		break;
	case TL_SCAN_WHOLE:
		fputs("all of it: ", stdout);
		put_pages(l);
		fputs(", the others all zeroes", stdout);
		break;
	case TL_SCAN_CHANGES:
		put_changes(l, exit, before);
		break;
	case TL_SCAN_KINDS:
		break;
	}
	if (l->running)
		printf(" (%" PRIu64 " other vCPU%s ran meanwhile)", l->running,
			l->running == 1 ? "" : "s");
}

struct tl_error *tl_print_looks(
	struct tl_trace *trace, const struct tl_exit *exit, tl_seq before, const char *label)
{
	struct tl_row row;
	struct tl_error *err = begin(trace, exit, &row);
	unsigned n = 0;
	struct look l;

	for (; !err && next(&row, &l); n++) {
		fputs(n ? "; " : label, stdout);
		if (!n && l.kind == TL_SCAN_CHANGES)
			fputs("scanned: ", stdout);
		put_look(&l, exit, before);
	}
	if (n)
		putchar('\n');
	return end(trace, &row, err);
}

struct tl_error *tl_json_looks(
	struct tl_json *j, struct tl_trace *trace, const struct tl_exit *exit)
{
	struct tl_row row;
	struct tl_error *err = begin(trace, exit, &row);
	unsigned n = 0;
	struct look l;

	for (; !err && next(&row, &l); n++) {
		if (!n)
			tl_json_open(j, "memory", '[');
		tl_json_open(j, NULL, '{');
		tl_json_bool(j, "replied", l.phase == TL_PHASE_REPLY);
		tl_json_string(j, "kind", tl_look_kinds[l.kind]);
		tl_json_int(j, "pages", (int64_t)l.pages);
		tl_json_int(j, "running", (int64_t)l.running);
		tl_json_close(j, '}');
	}
	if (n)
		tl_json_close(j, ']');
	return end(trace, &row, err);
}
