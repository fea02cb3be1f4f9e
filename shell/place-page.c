// SPDX-License-Identifier: MIT
// Pages in words: why one is not recorded, and what is to be known of one that is.
#include "shell/place-page.h"

#include "schema/trace/ask.h"
#include "shell/position.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// A look at memory near a position.
struct look {
	bool found;
	struct tl_position position;
	uint64_t kind, pages;
};

#define LOOK "SELECT seq, phase, kind, pages FROM main.scan WHERE vm = ?1 AND "
#define BEFORE                                                                                     \
	"(seq < ?2 OR (seq = ?2 AND phase < ?3)) ORDER BY seq DESC, phase DESC, scan DESC LIMIT 1"
#define AFTER "(seq > ?2 OR (seq = ?2 AND phase > ?3)) ORDER BY seq, phase, scan LIMIT 1"

static struct tl_error *find_look(const struct tl_place *p, const char *sql, struct look *ret)
{
	const uint64_t at[] = { p->vm, p->position.seq, p->position.phase };
	uint64_t row[4] = { 0 };
	struct tl_error *err;

	*ret = (struct look){ 0 };
	err = tl_ask(p->trace, sql, at, row, 4, &ret->found);
	ret->position.seq = row[0];
	ret->position.phase = row[1] ? TL_PHASE_REPLY : TL_PHASE_EXIT;
	ret->kind = row[2];
	ret->pages = row[3];
	return err;
}

static void put_policy(FILE *to, const struct tl_place *p)
{
	const char *policy = tl_trace_meta(p->trace, "mem");

	if (policy && !strcmp(policy, "none"))
		fputs("not recorded: the trace was made with --mem none", to);
	else if (policy && !strcmp(policy, "fault"))
		fputs("not recorded: with --mem fault memory is looked at where the guest is in "
		      "trouble, and it never was",
			to);
	else
		fputs("not recorded: memory was never looked at", to);
}

static void put_nearest(
	FILE *to, const struct tl_place *p, const struct look *before, const struct look *after)
{
	const char *policy = tl_trace_meta(p->trace, "mem");

	fputs("not recorded at ", to);
	tl_put_position(to, p->position);
	fprintf(to, ": memory was looked at %s ", before->found ? "before, at" : "first at");
	tl_put_position(to, before->found ? before->position : after->position);
	if (before->found && after->found) {
		fputs(", and after, at ", to);
		tl_put_position(to, after->position);
	}
	if (policy && !strcmp(policy, "fault"))
		fputs(" (--mem fault: where the guest is in trouble)", to);
}

static struct tl_error *put_not_recorded(FILE *to, const struct tl_place *p)
{
	struct look here, before, after;
	struct tl_error *err;

	err = find_look(p, LOOK "seq = ?2 AND phase = ?3 ORDER BY scan DESC LIMIT 1", &here);
	if (!err)
		err = find_look(p, LOOK BEFORE, &before);
	if (!err)
		err = find_look(p, LOOK AFTER, &after);
	if (err)
		return err;
	if (here.found && here.kind == TL_SCAN_PAGES)
		fprintf(to,
			"not recorded: exit %" PRIu64 " has only %" PRIu64
			" page%s, around pc, the stack, the access and their page tables",
			p->position.seq, here.pages, here.pages == 1 ? "" : "s");
	else if (here.found || (before.found && before.kind == TL_SCAN_CHANGES))
		fputs("not recorded: it was not under watch yet when memory was last looked at",
			to);
	else if (before.found || after.found)
		put_nearest(to, p, &before, &after);
	else
		put_policy(to, p);
	return NULL;
}

static struct tl_error *put_written(FILE *to, const struct tl_place *p)
{
	struct look before, after;
	struct tl_error *err;
	int64_t every;

	err = find_look(p, LOOK "kind = 2 AND " BEFORE, &before);
	if (!err)
		err = find_look(p, LOOK "kind = 2 AND " AFTER, &after);
	if (err)
		return err;
	if (after.found) {
		fputs("written between the looks at ", to);
		tl_put_position(to, before.position);
		fputs(" and ", to);
		tl_put_position(to, after.position);
	} else {
		fputs("not recorded: the last look at memory was at ", to);
		tl_put_position(to, before.position);
	}
	if (tl_trace_meta_int(p->trace, "every", &every) && every > 1)
		fprintf(to, " (--every %" PRId64 ")", every);
	return NULL;
}

// What the recorder said when the memory came under watch; NULL when it had nothing to say.
static struct tl_error *region_text(
	const struct tl_place *p, const struct tl_memory_page *page, char **ret)
{
	const uint64_t at[] = { p->vm, p->position.seq, p->position.phase, page->host };

	return tl_ask_text(p->trace,
		"SELECT why FROM main.region WHERE vm = ?1 AND host <= ?4 AND ?4 - host < bytes "
		"AND scan <= (SELECT scan FROM main.scan WHERE vm = ?1 AND kind = 2 AND "
		"(seq < ?2 OR (seq = ?2 AND phase <= ?3)) "
		"ORDER BY seq DESC, phase DESC, scan DESC LIMIT 1) ORDER BY scan DESC LIMIT 1",
		at, ret);
}

static struct tl_error *put_why(
	FILE *to, const struct tl_place *p, const struct tl_memory_page *page)
{
	struct tl_error *err;
	char *text;

	switch (page->status) {
	case TL_MEMORY_RECORDED:
		return NULL;
	case TL_MEMORY_NO_SLOT:
		fputs("no memory: no slot shows this address", to);
		return NULL;
	case TL_MEMORY_NOT_RECORDED:
		return put_not_recorded(to, p);
	case TL_MEMORY_WRITTEN:
		return put_written(to, p);
	case TL_MEMORY_NOT_WATCHED:
		err = region_text(p, page, &text);
		fputs(!err && text ? text : "not recorded: it could not be watched", to);
		if (!err)
			free(text);
		return err;
	case TL_MEMORY_UNREADABLE:
		fputs("unreadable: the VMM had nothing mapped there", to);
		return NULL;
	}
	return NULL;
}

static struct tl_error *put_note(
	FILE *to, const struct tl_place *p, const struct tl_memory_page *page)
{
	struct tl_error *err = NULL;
	char *text = NULL;

	if (page->marks & (TL_MEMORY_SHARED | TL_MEMORY_GUEST))
		err = region_text(p, page, &text);
	if (err)
		return err;
	if (page->marks & TL_MEMORY_GUEST)
		fputs("guest writes only: what the VMM wrote was not seen", to);
	if (text)
		fprintf(to, "%s%s", page->marks & TL_MEMORY_GUEST ? ": " : "", text);
	else if (page->marks & TL_MEMORY_SHARED)
		fputs("shared: others may write it without being seen", to);
	if (page->marks & TL_MEMORY_RAN)
		fprintf(to, "%sother vCPUs ran while it was looked at",
			page->marks & ~(unsigned)TL_MEMORY_RAN ? "; " : "");
	free(text);
	return NULL;
}

static struct tl_error *in_words(const struct tl_place *p, struct tl_place_page *ret,
	struct tl_error *(*put)(
		FILE *to, const struct tl_place *p, const struct tl_memory_page *page),
	char *text, size_t size)
{
	FILE *to = fmemopen(text, size, "w");
	struct tl_error *err;

	if (!to)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	setbuf(to, NULL); // what does not fit is cut, not refused
	err = put(to, p, &ret->page);
	fclose(to);
	text[size - 1] = 0;
	return err;
}

// Texts of a region are its own; all others hold for any page of the place.
static bool same_words(const struct tl_memory_page *a, const struct tl_memory_page *b)
{
	const unsigned of_region = TL_MEMORY_SHARED | TL_MEMORY_GUEST;

	return a->status == b->status && a->marks == b->marks && !(a->marks & of_region) &&
	       a->status != TL_MEMORY_NOT_WATCHED;
}

struct tl_error *tl_place_page(
	struct tl_place *place, tl_gpa gpa, uint8_t *bytes, struct tl_place_page *ret)
{
	const struct tl_memory_page last = ret->page;
	struct tl_error *err;

	err = tl_memory_page(place->memory, gpa, bytes, &ret->page);
	if (err || same_words(&ret->page, &last))
		return err;
	ret->why[0] = ret->note[0] = 0;
	if (ret->page.status != TL_MEMORY_RECORDED)
		err = in_words(place, ret, put_why, ret->why, sizeof(ret->why));
	if (!err && ret->page.marks)
		err = in_words(place, ret, put_note, ret->note, sizeof(ret->note));
	return err;
}
