// SPDX-License-Identifier: MIT
#include "shell/dump.h"

#include "shell/address.h"
#include "shell/json.h"
#include "shell/option.h"
#include "shell/position.h"
#include "shell/text.h"
#include "shell/verb.h"
#include "shell/walk.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 16, DEFAULT_LENGTH = 64 };
#define MOST_LENGTH (UINT64_C(1) << 30)

// Up to a page of what is asked for, with one fate.
struct chunk {
	uint64_t at;
	size_t size;
	bool translated; // `gpa` is
	tl_gpa gpa;
	uint8_t *bytes; // NULL: not recorded
	const char *why, *note;
	struct tl_memory_page page;
};

struct dump {
	struct tl_place *place;
	struct tl_address address;
	uint64_t length;
	int width; // of an address
	bool missing;
	struct tl_json json;
	char why[sizeof(((struct tl_place_page *)0)->why)]; // of the hole that is open
	char note[sizeof(((struct tl_place_page *)0)->note)];
	uint64_t hole, hole_end; // equal: there is none
	uint64_t shift;		 // from virtual to physical, as last said
	bool shifted;
	uint8_t line[LINE];
	uint64_t line_at;
	unsigned filled;
};

static void flush_line(struct dump *d)
{
	if (!d->filled)
		return;
	printf("0x%0*" PRIx64 " ", d->width, d->line_at);
	for (unsigned i = 0; i < LINE; i++) {
		fputs(i == LINE / 2 ? "  " : " ", stdout);
		if (i < d->filled)
			printf("%02x", d->line[i]);
		else
			fputs("  ", stdout);
	}
	fputs("  |", stdout);
	for (unsigned i = 0; i < d->filled; i++)
		putchar(d->line[i] >= 0x20 && d->line[i] < 0x7f ? d->line[i] : '.');
	puts("|");
	d->line_at += d->filled;
	d->filled = 0;
}

static void flush_hole(struct dump *d)
{
	if (d->hole == d->hole_end)
		return;
	printf("0x%0*" PRIx64 "-0x%" PRIx64 ": ", d->width, d->hole, d->hole_end - 1);
	tl_put_string(stdout, d->why);
	putchar('\n');
	d->hole = d->hole_end = 0;
}

static void remark(struct dump *d, uint64_t at)
{
	flush_hole(d);
	flush_line(d);
	d->line_at = at;
	printf("0x%0*" PRIx64 ": ", d->width, at);
}

// Where a virtual address leads, each time that it is somewhere else.
static void put_shift(struct dump *d, const struct chunk *c)
{
	if (!d->address.is_virtual || !c->translated || (d->shifted && d->shift == c->gpa - c->at))
		return;
	remark(d, c->at);
	printf("guest physical 0x%" PRIx64 "\n", c->gpa);
	d->shift = c->gpa - c->at;
	d->shifted = true;
}

static void put_note(struct dump *d, const struct chunk *c)
{
	if (!strcmp(d->note, c->note))
		return;
	if (*c->note) {
		remark(d, c->at);
		tl_put_string(stdout, c->note);
		putchar('\n');
	}
	snprintf(d->note, sizeof(d->note), "%s", c->note);
}

static void text_chunk(struct dump *d, const struct chunk *c)
{
	put_shift(d, c);
	if (!c->bytes) {
		flush_line(d);
		if (d->hole != d->hole_end && strcmp(d->why, c->why) != 0)
			flush_hole(d);
		if (d->hole == d->hole_end)
			d->hole = c->at;
		d->hole_end = c->at + c->size;
		snprintf(d->why, sizeof(d->why), "%s", c->why);
		return;
	}
	put_note(d, c);
	flush_hole(d);
	if (!d->filled)
		d->line_at = c->at;
	for (size_t i = 0; i < c->size; i++) {
		d->line[d->filled++] = c->bytes[i];
		if (d->filled == LINE)
			flush_line(d);
	}
}

static void json_chunk(struct dump *d, const struct chunk *c)
{
	struct tl_json *j = &d->json;

	tl_json_open(j, NULL, '{');
	tl_json_hex(j, "address", c->at);
	tl_json_int(j, "size", (int64_t)c->size);
	if (c->translated)
		tl_json_hex(j, "gpa", c->gpa);
	if (c->bytes)
		tl_json_bytes(j, "bytes", c->bytes, c->size);
	else
		tl_json_string(j, "not_recorded", c->why);
	if (*c->note)
		tl_json_string(j, "note", c->note);
	if (c->bytes && c->page.read_only)
		tl_json_bool(j, "read_only", true);
	if (c->bytes && c->page.until) { // no look stands right here: it did not change between
		tl_json_int(j, "from", (int64_t)c->page.from);
		tl_json_int(j, "until", (int64_t)c->page.until);
	}
	tl_json_close(j, '}');
}

// Bytes alone: they end where something is missing, so that none stands at a wrong place.
static void raw_chunk(struct dump *d, const struct chunk *c)
{
	if (c->bytes) {
		fwrite(c->bytes, 1, c->size, stdout);
		return;
	}
	fprintf(stderr, "trapline show: 0x%" PRIx64 ": ", c->at);
	tl_put_string(stderr, c->why);
	fputc('\n', stderr);
}

static void (*const put_chunk[])(
	struct dump *d, const struct chunk *c) = { text_chunk, json_chunk, raw_chunk };

// One page and its words, which a chunk borrows.
struct source {
	uint8_t bytes[TL_PAGE_BYTES];
	struct tl_place_page page;
	char no_way[512];
};

static struct tl_error *read_chunk(struct dump *d, struct source *from, struct chunk *c)
{
	struct tl_error *err = NULL;

	c->gpa = c->at;
	c->translated = true;
	c->why = from->no_way;
	c->note = "";
	if (d->address.is_virtual)
		err = tl_walk_to(d->place, c->at, &c->gpa, &c->translated, from->no_way,
			sizeof(from->no_way));
	if (err || !c->translated)
		return err;
	err = tl_place_page(d->place, c->gpa, from->bytes, &from->page);
	c->page = from->page.page;
	c->why = from->page.why;
	c->note = from->page.note;
	if (c->page.status == TL_MEMORY_RECORDED)
		c->bytes = from->bytes + c->at % TL_PAGE_BYTES;
	return err;
}

static struct tl_error *each_page(struct dump *d, enum tl_dump_form form)
{
	struct source from = { 0 };
	struct tl_error *err = NULL;
	uint64_t done = 0;

	while (!err && done < d->length && !(d->missing && form == TL_DUMP_RAW)) {
		struct chunk c = { .at = d->address.at + done };
		const size_t rest = TL_PAGE_BYTES - c.at % TL_PAGE_BYTES;

		c.size = rest < d->length - done ? rest : d->length - done;
		err = read_chunk(d, &from, &c);
		if (err)
			return err;
		d->missing |= !c.bytes;
		put_chunk[form](d, &c);
		done += c.size;
	}
	return err;
}

static struct tl_error *parse(struct dump *d, const char *words)
{
	char *copy = strdup(words), *comma = copy ? strchr(copy, ',') : NULL;
	struct tl_error *err = copy ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");

	d->length = DEFAULT_LENGTH;
	if (comma)
		*comma = 0;
	if (comma && (!tl_parse_bytes(comma + 1, &d->length) || !d->length))
		err = tl_error_new(TL_ERROR_USAGE,
			"%s: expected ADDR,LEN with LEN in bytes, such as 256, 4K, 1M", words);
	else if (d->length > MOST_LENGTH)
		err = tl_error_new(TL_ERROR_USAGE, "%s: at most 1G at once", words);
	if (!err)
		err = tl_place_address(d->place, copy, false, &d->address);
	if (!err && d->address.at + (d->length - 1) < d->address.at)
		err = tl_error_new(TL_ERROR_USAGE,
			"%s: %" PRIu64 " bytes from there go past the last address", words,
			d->length);
	free(copy);
	return err;
}

static void open_json(struct dump *d)
{
	struct tl_json *j = &d->json;

	j->to = stdout;
	tl_json_open(j, NULL, '{');
	tl_json_place(j, d->place);
	tl_json_hex(j, "address", d->address.at);
	tl_json_bool(j, "virtual", d->address.is_virtual);
	tl_json_int(j, "size", (int64_t)d->length);
	tl_json_open(j, "pages", '[');
}

static void close_json(struct dump *d)
{
	tl_json_close(&d->json, ']');
	tl_json_bool(&d->json, "recorded", !d->missing);
	tl_json_line(&d->json);
}

struct tl_error *tl_dump(
	struct tl_place *place, const char *words, enum tl_dump_form form, int *ret_status)
{
	struct dump d = { .place = place };
	struct tl_error *err = parse(&d, words);

	if (!err && form == TL_DUMP_RAW && isatty(STDOUT_FILENO))
		err = tl_error_new(TL_ERROR_USAGE,
			"--raw: standard output is a terminal; write to a file or a pipe");
	if (err)
		return err;
	d.width = snprintf(NULL, 0, "%" PRIx64, d.address.at + (d.length - 1));
	if (form == TL_DUMP_JSON)
		open_json(&d);
	err = each_page(&d, form);
	flush_hole(&d);
	flush_line(&d);
	if (form == TL_DUMP_JSON && !err)
		close_json(&d);
	if (d.missing)
		*ret_status = TL_STATUS_NO;
	return err;
}
