// SPDX-License-Identifier: MIT
#include "replayer/devices.h"

#include "replayer/devices-parts.h"

// A row costs 0.2 us to pass over, and as much again to count.
enum { EARLY = 20000, BEFORE = 30000, AFTER = 5000 };

static void find_rows(struct tl_question *q, const struct tl_span *span)
{
	const tl_seq first = span->first;

	q->near.from = q->seq > first + BEFORE ? q->seq - BEFORE : first;
	q->near.to = q->seq + AFTER < span->last ? q->seq + AFTER : span->last;
	q->early = (struct tl_rows){ .from = 1, .to = 0 };
	if (q->near.from > first)
		q->early = (struct tl_rows){ .from = first, .to = first + EARLY - 1 };
	if (q->early.to >= q->near.from) {
		q->near.from = first;
		q->early = (struct tl_rows){ .from = 1, .to = 0 };
	}
	q->partial = q->near.from > first || q->near.to < span->last;
}

static void add_assumed(const struct tl_question *q, struct tl_device_guess *ret)
{
	struct tl_belief belief, *b;

	if (!tl_devices_assumed(q->trace, q->gpa, &belief))
		return;
	b = tl_devices_add(ret, TL_DEVICE_ASSUMED);
	if (b)
		*b = belief;
}

struct tl_error *tl_devices_find(
	struct tl_trace *trace, uint32_t vm, tl_seq seq, tl_gpa gpa, struct tl_device_guess *ret)
{
	struct tl_question q = { .trace = trace, .vm = vm, .seq = seq, .gpa = gpa };
	struct tl_device_guess guess = { 0 };
	struct tl_span span;
	struct tl_error *err = tl_trace_span(trace, &span);

	if (err)
		return err;
	find_rows(&q, &span);
	err = tl_devices_in_kernel(&q, &guess);
	if (!err)
		err = tl_devices_pci(&q, &guess);
	if (!err)
		err = tl_devices_seen(&q, &guess);
	if (err)
		return err;
	add_assumed(&q, &guess);
	*ret = guess;
	return NULL;
}
