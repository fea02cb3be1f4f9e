// SPDX-License-Identifier: MIT
#include "schema/trace/memory.h"

#include "schema/trace/open.h"
#include "schema/trace/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SLOTS = 1 << 16 };

struct slot {
	tl_gpa gpa;
	uint64_t size, host;
	bool read_only;
};

// One look at memory.
struct look {
	uint64_t scan; // 0: there was none
	tl_seq seq;
	enum tl_scan_kind kind;
	bool ran;
};

struct tl_memory {
	struct tl_trace *trace;
	uint32_t vm;
	struct tl_position position;
	struct slot *slots;
	size_t n_slots;
	struct look here;	  // at the position itself
	struct look before, next; // of those that follow every write
	struct tl_error *err;	  // of a walk
};

static struct tl_error *read_look(
	struct tl_memory *m, enum tl_read which, const uint64_t *parameters, struct look *ret)
{
	struct tl_row row;
	struct tl_error *err = tl_trace_read(m->trace, which, parameters, &row);

	*ret = (struct look){ 0 };
	if (err)
		return err;
	if (tl_row_next(&row))
		*ret = (struct look){ .scan = tl_row_u64(&row, 0),
			.seq = tl_row_u64(&row, 1),
			.kind = (enum tl_scan_kind)tl_row_bounded(&row, 2, TL_SCAN_KINDS - 1),
			.ran = tl_row_u64(&row, 3) };
	return tl_error_in(tl_row_error(&row), "scan");
}

static struct tl_error *find_looks(struct tl_memory *m)
{
	const uint64_t at[] = { m->vm, m->position.seq, m->position.phase };
	struct tl_error *err = read_look(m, TL_READ_SCAN, at, &m->here);

	if (err || (m->here.scan && m->here.kind != TL_SCAN_CHANGES))
		return err;
	m->before = m->here;
	if (m->here.scan)
		return NULL;
	err = read_look(m, TL_READ_SCAN_BEFORE, at, &m->before);
	if (err || !m->before.scan)
		return err;
	return read_look(m, TL_READ_SCAN_NEXT,
		(uint64_t[]){ m->vm, m->position.seq, m->position.phase, m->before.scan },
		&m->next);
}

static struct tl_error *add_slot(struct tl_memory *m, struct tl_row *row)
{
	if (m->n_slots == MOST_SLOTS)
		return tl_error_new(TL_ERROR_CORRUPT, "more than %d", MOST_SLOTS);
	m->slots[m->n_slots++] = (struct slot){ .gpa = tl_row_u64(row, 0),
		.size = tl_row_u64(row, 1),
		.host = tl_row_u64(row, 2),
		.read_only = tl_row_u64(row, 3) >> 1 & 1 }; // KVM_MEM_READONLY
	return NULL;
}

// A slot that was set after an exit is there with its reply. When that was, the time tells; where it
// does not, the number of the exit after which the slot was set.
static struct tl_error *find_moment(struct tl_memory *m, uint64_t *ret_seq, uint64_t *ret_time)
{
	const uint64_t at[] = { m->position.seq, m->position.phase };
	struct tl_row row;
	struct tl_error *err = tl_trace_read(m->trace, TL_READ_MOMENT, at, &row);

	*ret_seq = m->position.seq + (m->position.phase == TL_PHASE_REPLY);
	*ret_time = INT64_MAX;
	if (err)
		return err;
	if (tl_row_next(&row) && tl_row_has(&row, 0)) {
		*ret_seq = INT64_MAX;
		*ret_time = tl_row_u64(&row, 0);
	}
	return tl_row_error(&row);
}

static struct tl_error *read_slots(struct tl_memory *m, unsigned space)
{
	uint64_t seq = 0, time = 0;
	struct tl_error *err;
	struct tl_row row;

	m->slots = calloc(MOST_SLOTS, sizeof(*m->slots));
	if (!m->slots)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = find_moment(m, &seq, &time);
	if (!err)
		err = tl_trace_read(
			m->trace, TL_READ_SLOTS, (uint64_t[]){ m->vm, space, seq, time }, &row);
	while (!err && tl_row_next(&row))
		err = add_slot(m, &row);
	return tl_error_in(err ? err : tl_row_error(&row), "slots");
}

struct tl_error *tl_memory_open(struct tl_trace *trace, uint32_t vm, unsigned space,
	struct tl_position position, struct tl_memory **ret)
{
	struct tl_memory *m = calloc(1, sizeof(*m));
	struct tl_error *err;

	if (!m)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	m->trace = trace;
	m->vm = vm;
	m->position = position;
	err = read_slots(m, space);
	if (!err)
		err = find_looks(m);
	if (err) {
		tl_memory_close(m);
		return tl_error_in(err, "%s: memory", trace->path);
	}
	*ret = m;
	return NULL;
}

void tl_memory_close(struct tl_memory *m)
{
	if (!m)
		return;
	tl_error_free(m->err);
	free(m->slots);
	free(m);
}

static const struct slot *slot_of(const struct tl_memory *m, tl_gpa gpa)
{
	for (size_t i = 0; i < m->n_slots; i++)
		if (gpa - m->slots[i].gpa < m->slots[i].size)
			return &m->slots[i];
	return NULL;
}

// The newest version of a page from scan `from` to `until`; `*ret` is false when there is none.
static struct tl_error *version(struct tl_memory *m, uint64_t host, uint64_t from, uint64_t until,
	bool *ret, int64_t *ret_page)
{
	const uint64_t parameters[] = { m->vm, host, from, until };
	struct tl_row row;
	struct tl_error *err = tl_trace_read(m->trace, TL_READ_VERSION, parameters, &row);

	*ret_page = -1;
	if (err)
		return err;
	*ret = tl_row_next(&row);
	if (*ret && tl_row_has(&row, 0))
		*ret_page = (int64_t)tl_row_bounded(&row, 0, INT64_MAX);
	return tl_error_in(tl_row_error(&row), "page_version");
}

// Of a page that has a version or, where all is known, is all zeroes.
static struct tl_error *page_bytes(
	struct tl_memory *m, bool found, int64_t page, uint8_t *bytes, struct tl_memory_page *ret)
{
	struct tl_error *err;
	struct tl_row row;

	if (found && page < 0) {
		ret->status = TL_MEMORY_UNREADABLE;
		return NULL;
	}
	ret->status = TL_MEMORY_RECORDED;
	// The statement stays the trace's own.
	err = tl_trace_read(m->trace, TL_READ_PAGE, (uint64_t[]){ 0 }, &row);
	return err ? err
		   : tl_page_read(row.stmt, &m->trace->pack, found ? page : TL_PAGE_ZERO, bytes);
}

static struct tl_error *region_of(struct tl_memory *m, uint64_t host, uint64_t until,
	uint64_t *ret_scan, enum tl_region_kind *ret)
{
	const uint64_t parameters[] = { m->vm, until, host };
	struct tl_row row;
	struct tl_error *err = tl_trace_read(m->trace, TL_READ_REGION, parameters, &row);

	*ret = TL_REGION_GONE;
	if (err)
		return err;
	if (tl_row_next(&row)) {
		*ret_scan = tl_row_u64(&row, 0);
		*ret = (enum tl_region_kind)tl_row_bounded(&row, 1, TL_REGION_KINDS - 1);
	}
	return tl_error_in(tl_row_error(&row), "region");
}

static struct tl_error *page_here(
	struct tl_memory *m, uint64_t host, uint8_t *bytes, struct tl_memory_page *ret)
{
	enum tl_region_kind kind = TL_REGION_GONE;
	struct tl_error *err;
	uint64_t since = 0;
	int64_t page;
	bool found;

	err = version(m, host, m->here.scan, m->here.scan, &found, &page);
	if (err || (!found && m->here.kind == TL_SCAN_PAGES))
		return err;
	if (!found)
		err = region_of(m, host, m->here.scan, &since, &kind);
	if (err)
		return err;
	if (since == m->here.scan && kind == TL_REGION_NONE) {
		ret->status = TL_MEMORY_NOT_WATCHED;
		return NULL;
	}
	ret->marks |= m->here.ran ? TL_MEMORY_RAN : 0;
	return page_bytes(m, found, page, bytes, ret);
}

// True when the page may have changed between the look before the position and the position.
static struct tl_error *may_have_changed(struct tl_memory *m, uint64_t host, bool *ret)
{
	enum tl_region_kind kind;
	struct tl_error *err;
	uint64_t since = 0;
	int64_t page;

	*ret = !m->here.scan && !m->next.scan;
	if (m->here.scan || !m->next.scan)
		return NULL;
	err = version(m, host, m->before.scan + 1, m->next.scan, ret, &page);
	if (err || *ret)
		return err;
	// A region that began or went: it lists no page that is all zeroes.
	err = region_of(m, host, m->next.scan, &since, &kind);
	*ret = since > m->before.scan;
	return err;
}

static struct tl_error *page_followed(
	struct tl_memory *m, uint64_t host, uint8_t *bytes, struct tl_memory_page *ret)
{
	enum tl_region_kind kind;
	struct tl_error *err;
	uint64_t since = 0;
	bool found;
	int64_t page;

	err = region_of(m, host, m->before.scan, &since, &kind);
	if (err || kind == TL_REGION_GONE)
		return err;
	if (kind == TL_REGION_NONE) {
		ret->status = TL_MEMORY_NOT_WATCHED;
		return NULL;
	}
	ret->marks |= kind == TL_REGION_SHARED ? TL_MEMORY_SHARED : 0;
	ret->marks |= kind == TL_REGION_GUEST ? TL_MEMORY_GUEST : 0;
	ret->marks |= m->before.ran ? TL_MEMORY_RAN : 0;
	if (!m->here.scan) {
		ret->from = m->before.seq;
		ret->until = m->next.seq;
	}
	err = may_have_changed(m, host, &found);
	if (err || found) {
		ret->status = TL_MEMORY_WRITTEN;
		return err;
	}
	err = version(m, host, since, m->before.scan, &found, &page);
	return err ? err : page_bytes(m, found, page, bytes, ret);
}

static struct tl_error *read_page(
	struct tl_memory *m, tl_gpa gpa, uint8_t *bytes, struct tl_memory_page *ret)
{
	const struct slot *slot = slot_of(m, gpa);
	uint64_t host;

	*ret = (struct tl_memory_page){ .status = TL_MEMORY_NO_SLOT };
	if (!slot)
		return NULL;
	host = slot->host + (gpa - slot->gpa);
	*ret = (struct tl_memory_page){
		.status = TL_MEMORY_NOT_RECORDED, .read_only = slot->read_only, .host = host
	};
	if (m->here.scan && m->here.kind != TL_SCAN_CHANGES)
		return page_here(m, host, bytes, ret);
	return m->before.scan ? page_followed(m, host, bytes, ret) : NULL;
}

struct tl_error *tl_memory_page(
	struct tl_memory *m, tl_gpa gpa, uint8_t *bytes, struct tl_memory_page *ret)
{
	const tl_gpa page = gpa & ~(tl_gpa)(TL_PAGE_BYTES - 1);

	return tl_error_in(
		read_page(m, page, bytes, ret), "%s: memory at 0x%" PRIx64, m->trace->path, page);
}

struct tl_error *tl_memory_read(struct tl_memory *m, tl_gpa gpa, void *buf, size_t size,
	size_t *ret_size, struct tl_memory_page *ret)
{
	struct tl_memory_page page;
	uint8_t bytes[TL_PAGE_BYTES];
	struct tl_error *err;
	size_t done = 0, n;

	do {
		err = tl_memory_page(m, gpa + done, bytes, &page);
		if (err)
			return err;
		if (!done || page.status != TL_MEMORY_RECORDED)
			*ret = page;
		if (page.status != TL_MEMORY_RECORDED)
			break;
		n = TL_PAGE_BYTES - (gpa + done) % TL_PAGE_BYTES;
		n = n < size - done ? n : size - done;
		memcpy((uint8_t *)buf + done, bytes + (gpa + done) % TL_PAGE_BYTES, n);
		done += n;
	} while (done < size);
	*ret_size = done;
	return NULL;
}

static bool read_for_walk(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct tl_memory *m = ctx;
	struct tl_memory_page page;
	struct tl_error *err;
	size_t done;

	err = tl_memory_read(m, gpa, buf, size, &done, &page);
	if (!err)
		return done == size;
	tl_error_free(m->err);
	m->err = err;
	return false;
}

struct tl_mem tl_memory_mem(struct tl_memory *m)
{
	return (struct tl_mem){ read_for_walk, m };
}

struct tl_error *tl_memory_error(struct tl_memory *m)
{
	struct tl_error *err = m->err;

	m->err = NULL;
	return err;
}

bool tl_memory_next(const struct tl_memory *m, tl_gpa gpa, tl_gpa *ret, uint64_t *ret_size)
{
	const struct slot *best = NULL;

	for (size_t i = 0; i < m->n_slots; i++) {
		const struct slot *s = &m->slots[i];

		if (gpa > s->gpa && gpa - s->gpa >= s->size)
			continue;
		if (!best || (s->gpa > gpa ? s->gpa : gpa) < (best->gpa > gpa ? best->gpa : gpa))
			best = s;
	}
	if (!best)
		return false;
	*ret = best->gpa > gpa ? best->gpa : gpa;
	*ret_size = best->size - (*ret - best->gpa);
	return true;
}
