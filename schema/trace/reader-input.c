// SPDX-License-Identifier: MIT
#include "schema/trace/open.h"
#include "schema/wire/record.h"

#include <inttypes.h>

enum { DATA_BYTES = 1 << 20 };

static struct tl_error *at(const struct tl_trace *t, const char *what, struct tl_error *err)
{
	return tl_error_in(err, "%s: %s", t->path, what);
}

struct tl_error *tl_trace_inputs(struct tl_trace *t, const struct tl_exit *exit)
{
	struct tl_error *err;
	struct tl_row row;
	tl_seq next;

	err = tl_trace_after(t, exit->vcpu, exit->seq, &next);
	if (err)
		return err;
	err = tl_trace_read(t, TL_READ_INPUTS,
		(uint64_t[]){ exit->vcpu, exit->seq, next ? next : INT64_MAX }, &row);
	return at(t, "inputs", err);
}

static enum tl_descriptor descriptor(const struct tl_input *input)
{
	if (input->device)
		return TL_ON_DEVICE;
	if (input->vcpu != TL_NO_VCPU)
		return TL_ON_VCPU;
	return input->vm != TL_NO_VM ? TL_ON_VM : TL_ON_SYSTEM;
}

static uint32_t number_or(struct tl_row *row, int column, uint32_t none)
{
	return tl_row_has(row, column) ? (uint32_t)tl_row_bounded(row, column, UINT32_MAX - 1)
				       : none;
}

static struct tl_input read_input(struct tl_row *row)
{
	struct tl_input input = { .seq = tl_row_u64(row, 0),
		.time = tl_row_u64(row, 1),
		.vm = number_or(row, 2, TL_NO_VM),
		.vcpu = number_or(row, 3, TL_NO_VCPU),
		.device = number_or(row, 4, 0),
		.request = (uint32_t)tl_row_bounded(row, 5, UINT32_MAX),
		.has_arg = tl_row_has(row, 6),
		.arg = tl_row_u64_or(row, 6, 0),
		.result = (int64_t)tl_row_u64(row, 7) };

	input.data = tl_row_bytes(row, 8, DATA_BYTES, &input.size);
	input.on = descriptor(&input);
	return input;
}

struct tl_error *tl_trace_next_input(struct tl_trace *t, struct tl_input *ret, bool *ret_more)
{
	struct tl_row row = { .stmt = t->reads[TL_READ_INPUTS] };
	const bool more = tl_row_next(&row);
	struct tl_input input = { 0 };
	struct tl_error *err;

	if (more)
		input = read_input(&row);
	err = tl_row_error(&row);
	if (err)
		return at(t, "inputs", err);
	*ret = input;
	*ret_more = more;
	return NULL;
}

struct tl_error *tl_trace_coalesced(struct tl_trace *t, tl_seq seq)
{
	struct tl_row row;

	return at(t, "coalesced writes", tl_trace_read(t, TL_READ_COALESCED, &seq, &row));
}

struct tl_error *tl_trace_next_coalesced(
	struct tl_trace *t, struct tl_coalesced *ret, bool *ret_more)
{
	struct tl_row row = { .stmt = t->reads[TL_READ_COALESCED] };
	const bool more = tl_row_next(&row);
	struct tl_coalesced write = { 0 };
	struct tl_error *err;

	if (more)
		write = (struct tl_coalesced){ .seq = tl_row_u64(&row, 0),
			.vm = (uint32_t)tl_row_bounded(&row, 1, UINT32_MAX),
			.pio = tl_row_u64(&row, 2),
			.addr = tl_row_u64(&row, 3),
			.size = tl_row_u64(&row, 4),
			.value = tl_row_u64(&row, 5) };
	err = tl_row_error(&row);
	if (err)
		return at(t, "coalesced writes", err);
	*ret = write;
	*ret_more = more;
	return NULL;
}
