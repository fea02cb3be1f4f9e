// SPDX-License-Identifier: MIT
#include "schema/trace/tally.h"

#include <stddef.h>
#include <stdlib.h>

struct counter {
	struct tl_tally_row row;
	bool changed;
};

struct tl_tally {
	struct counter *counters;
	size_t n, room, next;
};

struct tl_tally *tl_tally_open(void)
{
	return calloc(1, sizeof(struct tl_tally));
}

void tl_tally_close(struct tl_tally *tally)
{
	if (!tally)
		return;
	free(tally->counters);
	free(tally);
}

static bool same(const struct tl_tally_row *row, uint32_t vcpu, int64_t reason, int error)
{
	return row->vcpu == vcpu && row->reason == reason && row->error == error;
}

// What was counted last tends to come again: it stands first.
static struct counter *find(struct tl_tally *tally, uint32_t vcpu, int64_t reason, int error)
{
	for (size_t i = 0; i < tally->n; i++) {
		struct counter found = tally->counters[i];

		if (!same(&found.row, vcpu, reason, error))
			continue;
		tally->counters[i] = tally->counters[i ? i - 1 : 0];
		tally->counters[i ? i - 1 : 0] = found;
		return &tally->counters[i ? i - 1 : 0];
	}
	return NULL;
}

static struct counter *add_row(struct tl_tally *tally, uint32_t vcpu, int64_t reason, int error)
{
	const size_t room = tally->room ? tally->room * 2 : 64;
	struct counter *grown = tally->counters;

	if (tally->n == tally->room) {
		grown = realloc(tally->counters, room * sizeof(*grown));
		if (!grown)
			return NULL;
		tally->counters = grown;
		tally->room = room;
	}
	grown[tally->n] = (struct counter){ .row = { vcpu, error, reason, 0 } };
	return &grown[tally->n++];
}

static struct counter *find_or_add(struct tl_tally *tally, uint32_t vcpu, int64_t reason, int error)
{
	struct counter *c = find(tally, vcpu, reason, error);

	return c ? c : add_row(tally, vcpu, reason, error);
}

void tl_tally_clear(struct tl_tally *tally)
{
	tally->n = tally->next = 0;
}

void tl_tally_set(struct tl_tally *tally, const struct tl_tally_row *row)
{
	struct counter *c = find_or_add(tally, row->vcpu, row->reason, row->error);

	if (c)
		c->row.exits = row->exits;
}

void tl_tally_add(struct tl_tally *tally, uint32_t vcpu, int64_t reason, int error)
{
	struct counter *c = find_or_add(tally, vcpu, reason, error);

	if (!c)
		return;
	c->row.exits++;
	c->changed = true;
}

bool tl_tally_next(struct tl_tally *tally, struct tl_tally_row *ret)
{
	for (; tally->next < tally->n; tally->next++) {
		struct counter *c = &tally->counters[tally->next];

		if (!c->changed)
			continue;
		c->changed = false;
		*ret = c->row;
		return true;
	}
	tally->next = 0;
	return false;
}
