// SPDX-License-Identifier: MIT
#include "schema/trace/open.h"
#include "schema/trace/state.h"
#include "schema/wire/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRA_BYTES = 1 << 20 };

static struct tl_error *at(const struct tl_trace *t, tl_seq seq, struct tl_error *err)
{
	return tl_error_in(err, "%s: exit %" PRIu64, t->path, seq);
}

static struct tl_error *read_regs(
	struct tl_trace *t, struct tl_row *row, tl_seq seq, struct tl_regs *ret)
{
	struct tl_error *err = NULL;
	const uint8_t *chunk;
	size_t size;

	if (!tl_row_next(row)) {
		err = tl_row_error(row);
		return err ? err
			   : tl_error_new(TL_ERROR_NOT_RECORDED, "registers were not recorded");
	}
	chunk = tl_row_bytes(row, 1, SIZE_MAX, &size);
	err = tl_row_error(row);
	if (err)
		return tl_error_in(err, "state");
	return chunk ? tl_state_read(chunk, size, t->arch->words, seq, ret)
		     : tl_error_new(TL_ERROR_CORRUPT, "state: chunk is NULL, expected bytes");
}

struct tl_error *tl_trace_regs(struct tl_trace *t, uint32_t vcpu, tl_seq seq, struct tl_regs *ret)
{
	struct tl_error *err;
	struct tl_row row;

	err = tl_trace_read(t, TL_READ_STATE, (uint64_t[]){ vcpu, seq }, &row);
	return at(t, seq, err ? err : read_regs(t, &row, seq, ret));
}

// Each record: struct tl_record_extra, then its bytes, padded to 8.
static bool extra_at(const struct tl_extras *e, struct tl_extra *ret, size_t *next)
{
	struct tl_record_extra head;

	if (e->size - e->at < sizeof(head))
		return false;
	memcpy(&head, e->bytes + e->at, sizeof(head));
	if (head.size > e->size - e->at - sizeof(head))
		return false;
	*ret = (struct tl_extra){ head.id, head.size, e->bytes + e->at + sizeof(head) };
	*next = e->at + sizeof(head) + (head.size + 7) / 8 * 8;
	if (*next > e->size)
		*next = e->size;
	return true;
}

bool tl_extras_next(struct tl_extras *e, struct tl_extra *ret)
{
	return extra_at(e, ret, &e->at);
}

void tl_extras_deinit(struct tl_extras *e)
{
	free(e->bytes);
}

static struct tl_error *check_extras(struct tl_extras e)
{
	struct tl_extra extra;

	while (tl_extras_next(&e, &extra))
		;
	return e.at == e.size ? NULL
			      : tl_error_new(TL_ERROR_CORRUPT,
					"%zu bytes at its end are no register", e.size - e.at);
}

static struct tl_error *read_extras(struct tl_row *row, struct tl_extras *ret)
{
	struct tl_error *err;
	const uint8_t *chunk;
	size_t size;
	void *raw;

	if (!tl_row_next(row))
		return tl_row_error(row);
	chunk = tl_row_bytes(row, 0, SIZE_MAX, &size);
	err = tl_row_error(row);
	if (err || !chunk)
		return err;
	err = tl_unpack(chunk, size, EXTRA_BYTES, &raw, &size);
	if (err)
		return err;
	err = check_extras((struct tl_extras){ raw, size, 0 });
	if (err) {
		free(raw);
		return err;
	}
	*ret = (struct tl_extras){ raw, size, 0 };
	return NULL;
}

struct tl_error *tl_trace_extras(struct tl_trace *t, tl_seq seq, struct tl_extras *ret)
{
	struct tl_error *err;
	struct tl_row row;

	*ret = (struct tl_extras){ 0 };
	err = tl_trace_read(t, TL_READ_EXTRA, &seq, &row);
	return at(t, seq, tl_error_in(err ? err : read_extras(&row, ret), "extra registers"));
}
