// SPDX-License-Identifier: MIT
// Devices that the VMM was seen to answer for: accesses at the address and around it.
#include "replayer/devices-parts.h"
#include "schema/trace/ask.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void say(struct tl_belief *b, const char *format, ...)
{
	const size_t at = strlen(b->why);
	va_list args;

	va_start(args, format);
	vsnprintf(b->why + at, sizeof(b->why) - at, format, args);
	va_end(args);
}

struct tally {
	uint64_t reads, writes;
	tl_gpa low, high; // bytes accessed
	tl_seq last;
};

// Where is looked: the page, and its surroundings.
enum { PAGE_SHIFT = 12, WIDE_SHIFT = 16, AROUND = 2 };

static tl_gpa first_of(tl_gpa gpa, unsigned shift)
{
	return gpa >> shift << shift;
}

static tl_gpa last_of(tl_gpa gpa, unsigned shift)
{
	return gpa | ((UINT64_C(1) << shift) - 1);
}

// `got`: how many, writes, lowest and highest byte, last.
static void add(struct tally *t, const uint64_t got[5])
{
	if (!got[0])
		return;
	if (!t->last || got[2] < t->low)
		t->low = got[2];
	if (got[3] > t->high)
		t->high = got[3];
	if (got[4] > t->last)
		t->last = got[4];
	t->writes += got[1];
	t->reads += got[0] - got[1];
}

#define IN_PAGE "addr BETWEEN ?5 AND ?6"
#define COUNTS(where, writes)                                                                      \
	"sum(" where "), sum(" where " AND " writes "), min(CASE WHEN " where " THEN addr END), "  \
	"max(CASE WHEN " where " THEN addr + size - 1 END), max(CASE WHEN " where " THEN seq END)"
#define NEARBY "WHERE seq BETWEEN ?1 AND ?2 AND addr BETWEEN ?3 AND ?4 "

// One pass over the rows. `ret_here`: the last access at exactly the address; 0: none.
static struct tl_error *count(
	const struct tl_question *q, struct tally ret[AROUND], tl_seq *ret_here)
{
	const uint64_t parameters[] = { q->near.from, q->near.to, first_of(q->gpa, WIDE_SHIFT),
		last_of(q->gpa, WIDE_SHIFT), first_of(q->gpa, PAGE_SHIFT),
		last_of(q->gpa, PAGE_SHIFT), q->vm, q->seq, q->gpa };
	uint64_t got[11], queued[10];
	bool found;
	struct tl_error *err = tl_ask(q->trace,
		"SELECT " COUNTS(IN_PAGE, "write") ", " COUNTS(
			"1", "write") ", "
				      "max(CASE WHEN addr = ?9 THEN seq END) FROM exit " NEARBY
				      "AND reason = 6 AND seq <> ?8 AND reply IS NOT NULL "
				      "AND vcpu IN (SELECT vcpu FROM vcpu WHERE vm = ?7)",
		parameters, got, 11, &found);

	if (!err)
		err = tl_ask(q->trace,
			"SELECT " COUNTS(IN_PAGE, "1") ", " COUNTS(
				"1", "1") " FROM coalesced " NEARBY "AND pio = 0 AND vm = ?7",
			parameters, queued, 10, &found);
	for (unsigned n = 0; !err && n < AROUND; n++) {
		add(&ret[n], got + 5 * n);
		add(&ret[n], queued + 5 * n);
	}
	if (!err)
		*ret_here = got[10];
	return err;
}

static struct tl_error *say_here(const struct tl_question *q, tl_seq here, struct tl_belief *b)
{
	uint64_t got[2];
	bool found;
	struct tl_error *err = tl_ask(q->trace,
		"SELECT write, CASE write WHEN 1 THEN value ELSE reply END AS datum FROM exit "
		"WHERE seq = ?1 AND typeof(datum) = 'integer'",
		(uint64_t[]){ here }, got, 2, &found);

	if (!err && found)
		say(b, "; here exit %" PRIu64 " %s 0x%" PRIx64, here, got[0] ? "wrote" : "read",
			got[1]);
	return err;
}

static void put_count(struct tl_belief *b, uint64_t n, const char *what)
{
	say(b, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void say_tally(struct tl_belief *b, const struct tally *t)
{
	if (t->reads)
		put_count(b, t->reads, "read");
	if (t->reads && t->writes)
		say(b, " and ");
	if (t->writes)
		put_count(b, t->writes, "write");
	say(b, " at 0x%" PRIx64 "-0x%" PRIx64 ", the last at exit %" PRIu64, t->low, t->high,
		t->last);
}

static struct tl_error *add_seen(const struct tl_question *q, const struct tally *t, unsigned shift,
	tl_seq here, struct tl_device_guess *ret)
{
	struct tl_belief *b = tl_devices_add(ret, TL_DEVICE_SEEN);
	struct tl_error *err = NULL;

	if (!b)
		return NULL;
	b->first = first_of(q->gpa, shift);
	b->last = last_of(q->gpa, shift);
	b->seq = t->last;
	snprintf(b->name, sizeof(b->name), "a device of the VMM");
	say_tally(b, t);
	if (here)
		err = say_here(q, here, b);
	if (q->partial)
		say(b, "; of exits %" PRIu64 "-%" PRIu64, q->near.from, q->near.to);
	return err;
}

struct tl_error *tl_devices_seen(const struct tl_question *q, struct tl_device_guess *ret)
{
	struct tally around[AROUND] = { 0 };
	tl_seq here = 0;
	struct tl_error *err = count(q, around, &here);

	if (err)
		return err;
	if (around[0].last)
		return add_seen(q, &around[0], PAGE_SHIFT, here, ret);
	return around[1].last ? add_seen(q, &around[1], WIDE_SHIFT, here, ret) : NULL;
}
