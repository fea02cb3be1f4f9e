// SPDX-License-Identifier: MIT
// What memory a trace holds.
#include "schema/trace/ask.h"
#include "schema/wire/record.h"
#include "shell/looks.h"
#include "shell/report.h"
#include "shell/text.h"

#include <inttypes.h>
#include <stdio.h>

// How many are counted one by one; of more their number is told.
enum { QUICK_LOOKS = 200000, QUICK_CONTENTS = 20000 };

// Kind, looks, pages. Numbers of scans are close together: each has one.
static const char looks[] = "SELECT kind, count(*), sum(pages) FROM main.scan GROUP BY kind";
static const char how_many[] = "SELECT ifnull(max(scan) - min(scan) + 1, 0) FROM main.scan";
static const char dumps[] =
	"SELECT seq FROM main.scan WHERE kind = 1 OR seq = 0 ORDER BY scan LIMIT 20";
// Contents, and their bytes as they are stored.
static const char contents[] = "SELECT ifnull(sum(pages), 0), ifnull(sum(length(bytes)), 0) "
			       "FROM (SELECT pages, bytes FROM main.page LIMIT ?)";
static const char more_contents[] = "SELECT max(page) - min(page) + 1 FROM main.page";
// Text is of the recorder: the same for all that is alike.
static const char regions[] =
	"SELECT kind, count(*), sum(bytes), why FROM main.region WHERE kind != 0 "
	"GROUP BY kind, why ORDER BY min(scan), kind LIMIT 20";

static struct tl_error *number(struct tl_report *r, const char *sql, uint64_t *ret)
{
	bool found;

	*ret = 0;
	return tl_ask(r->trace, sql, NULL, ret, 1, &found);
}

static const char *look_words(uint64_t kind)
{
	static const char *const words[] = { "around pc, the stack and the access", "of all memory",
		"for what was written since the look before" };

	return kind < TL_SCAN_KINDS ? words[kind] : "of another kind";
}

static void print_look(struct tl_report *r, struct tl_row *row)
{
	tl_stat_section(r, "looks");
	printf("%10" PRIu64 "  %s: %" PRIu64 " page%s\n", tl_row_u64(row, 1),
		look_words(tl_row_u64(row, 0)), tl_row_u64(row, 2),
		tl_row_u64(row, 2) == 1 ? "" : "s");
}

static void print_dump(struct tl_report *r, struct tl_row *row)
{
	if (r->lines)
		fputs(", ", stdout);
	else
		tl_stat_section(r, "all memory");
	if (tl_row_u64(row, 0))
		printf("at exit %" PRIu64, tl_row_u64(row, 0));
	else
		fputs("at the start", stdout);
	r->lines++;
}

static void print_region(struct tl_report *r, struct tl_row *row)
{
	static const char *const words[] = { "", "every write", "its own writes, not others'",
		"guest writes only", "nothing" };
	const uint64_t kind = tl_row_bounded(row, 0, TL_REGION_KINDS - 1);

	tl_stat_section(r, "watched");
	tl_put_size(stdout, tl_row_u64(row, 2));
	if (tl_row_u64(row, 1) > 1)
		printf(" in %" PRIu64 " pieces", tl_row_u64(row, 1));
	printf(": %s", words[kind]);
	if (tl_row_has(row, 3)) {
		fputs("; ", stdout);
		tl_put_string(stdout, tl_row_text(row, 3));
	}
	putchar('\n');
}

static struct tl_error *print_looks(struct tl_report *r, uint64_t n)
{
	struct tl_error *err;

	if (n > QUICK_LOOKS && !r->exactly) {
		r->lines = 0;
		tl_stat_section(r, "looks");
		printf("%10" PRIu64 "  (--space tells them apart)\n", n);
		return NULL;
	}
	err = tl_stat_each(r, looks, print_look);
	if (!err)
		err = tl_stat_each(r, dumps, print_dump);
	if (!err && r->lines)
		putchar('\n');
	return err;
}

// `ret`: how many, and their bytes; 0 bytes when there are too many to count.
static struct tl_error *count_contents(struct tl_report *r, uint64_t *ret)
{
	const uint64_t most = r->exactly ? INT64_MAX : QUICK_CONTENTS;
	struct tl_error *err;
	bool found;

	err = tl_ask(r->trace, contents, &most, ret, 2, &found);
	if (err || ret[0] < most)
		return err;
	ret[1] = 0;
	return number(r, more_contents, ret);
}

static void print_contents(struct tl_report *r, const uint64_t *contents_bytes)
{
	r->lines = 0;
	tl_stat_section(r, "pages");
	printf("%" PRIu64 " contents beside all zeroes", contents_bytes[0]);
	if (contents_bytes[1]) {
		fputs(", in ", stdout);
		tl_put_size(stdout, contents_bytes[1]);
	}
	putchar('\n');
}

struct tl_error *tl_stat_memory(struct tl_report *r)
{
	uint64_t n, pages[2];
	struct tl_error *err = number(r, how_many, &n);

	if (!err)
		err = count_contents(r, pages);
	if (err || !n)
		return err;
	err = print_looks(r, n);
	if (err)
		return err;
	print_contents(r, pages);
	return tl_stat_each(r, regions, print_region);
}

static void json_look(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, tl_look_kinds[tl_row_bounded(row, 0, TL_SCAN_KINDS - 1)], '{');
	tl_json_int(r->json, "looks", (int64_t)tl_row_u64(row, 1));
	tl_json_int(r->json, "pages", (int64_t)tl_row_u64(row, 2));
	tl_json_close(r->json, '}');
}

static void json_dump(struct tl_report *r, struct tl_row *row)
{
	tl_json_int(r->json, NULL, (int64_t)tl_row_u64(row, 0));
}

static void json_region(struct tl_report *r, struct tl_row *row)
{
	static const char *const names[] = { "gone", "exact", "shared", "guest", "none" };
	const uint64_t kind = tl_row_bounded(row, 0, TL_REGION_KINDS - 1);

	tl_json_open(r->json, NULL, '{');
	tl_json_string(r->json, "kind", names[kind]);
	tl_json_int(r->json, "pieces", (int64_t)tl_row_u64(row, 1));
	tl_json_int(r->json, "bytes", (int64_t)tl_row_u64(row, 2));
	tl_json_string(r->json, "why", tl_row_text(row, 3));
	tl_json_close(r->json, '}');
}

static struct tl_error *json_looks(struct tl_report *r)
{
	struct tl_error *err = tl_stat_each(r, looks, json_look);

	if (err)
		return err;
	tl_json_open(r->json, "dumps", '[');
	err = tl_stat_each(r, dumps, json_dump);
	tl_json_close(r->json, ']');
	return err;
}

struct tl_error *tl_stat_memory_json(struct tl_report *r)
{
	uint64_t n, pages[2];
	struct tl_error *err = number(r, how_many, &n);

	if (!err)
		err = count_contents(r, pages);
	if (err)
		return err;
	tl_json_open(r->json, "memory", '{');
	tl_json_int(r->json, "looks", (int64_t)n);
	tl_json_int(r->json, "contents", (int64_t)pages[0]);
	if (pages[1])
		tl_json_int(r->json, "content_bytes", (int64_t)pages[1]);
	if (n <= QUICK_LOOKS || r->exactly)
		err = json_looks(r);
	tl_json_open(r->json, "regions", '[');
	if (!err)
		err = tl_stat_each(r, regions, json_region);
	tl_json_close(r->json, ']');
	tl_json_close(r->json, '}');
	return err;
}
