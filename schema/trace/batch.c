// SPDX-License-Identifier: MIT
#include "schema/trace/batch.h"

#include <stdlib.h>
#include <string.h>

enum { VCPUS = 1024 };

struct tl_batch {
	struct tl_batch_exit *exits;
	size_t n, room;
	uint8_t *bytes;
	size_t n_bytes, bytes_room;
	size_t last[VCPUS]; // index + 1 of each vCPU's last exit, by vcpu modulo VCPUS
};

static struct tl_error *no_memory(void)
{
	return tl_error_new(TL_ERROR_IO, "out of memory");
}

struct tl_batch *tl_batch_open(void)
{
	return calloc(1, sizeof(struct tl_batch));
}

void tl_batch_close(struct tl_batch *batch)
{
	if (!batch)
		return;
	free(batch->exits);
	free(batch->bytes);
	free(batch);
}

static bool grow(void **at, size_t *room, size_t need, size_t item)
{
	size_t more = *room ? *room : 1024;
	void *grown;

	while (more < need)
		more *= 2;
	if (more == *room)
		return true;
	grown = realloc(*at, more * item);
	if (!grown)
		return false;
	*at = grown;
	*room = more;
	return true;
}

static bool put_bytes(struct tl_batch *batch, const uint8_t *bytes, size_t size, size_t *at)
{
	*at = batch->n_bytes;
	if (!size)
		return true;
	if (!grow((void **)&batch->bytes, &batch->bytes_room, batch->n_bytes + size, 1))
		return false;
	memcpy(batch->bytes + batch->n_bytes, bytes, size);
	batch->n_bytes += size;
	return true;
}

struct tl_error *tl_batch_add(struct tl_batch *batch, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, int64_t code)
{
	struct tl_batch_exit *to;

	if (!grow((void **)&batch->exits, &batch->room, batch->n + 1, sizeof(*batch->exits)))
		return no_memory();
	to = &batch->exits[batch->n];
	*to = (struct tl_batch_exit){ .exit = *exit,
		.kind = kind,
		.code = code,
		.keep_payload = exit->payload_size && !tl_exit_row_is_whole(exit, kind) };
	if (!to->keep_payload)
		to->exit.payload_size = 0;
	if (exit->count == 1 && exit->data_size <= 8)
		to->exit.data_size = 0;
	if (!put_bytes(batch, exit->payload, to->exit.payload_size, &to->payload_at) ||
		!put_bytes(batch, exit->data, to->exit.data_size, &to->data_at))
		return no_memory();
	batch->last[exit->vcpu % VCPUS] = ++batch->n;
	return NULL;
}

struct tl_batch_exit *tl_batch_last(struct tl_batch *batch, uint32_t vcpu, tl_seq seq)
{
	const size_t last = batch->last[vcpu % VCPUS];
	struct tl_batch_exit *exit = last ? &batch->exits[last - 1] : NULL;

	return exit && exit->exit.vcpu == vcpu && exit->exit.seq == seq ? exit : NULL;
}

struct tl_error *tl_batch_set_data(
	struct tl_batch *batch, struct tl_batch_exit *exit, const uint8_t *data, uint32_t size)
{
	exit->exit.data_size = size;
	return put_bytes(batch, data, size, &exit->data_at) ? NULL : no_memory();
}

static int by_seq(const void *a, const void *b)
{
	const tl_seq x = ((const struct tl_batch_exit *)a)->exit.seq;
	const tl_seq y = ((const struct tl_batch_exit *)b)->exit.seq;

	return (x > y) - (x < y);
}

static bool in_order(const struct tl_batch *batch)
{
	for (size_t i = 1; i < batch->n; i++)
		if (batch->exits[i].exit.seq < batch->exits[i - 1].exit.seq)
			return false;
	return true;
}

// None at all when no exit of the batch has any.
static const uint8_t *bytes_at(const struct tl_batch *batch, size_t at)
{
	return batch->bytes ? batch->bytes + at : NULL;
}

struct tl_batch_exit *tl_batch_sorted(struct tl_batch *batch, size_t *n)
{
	if (!in_order(batch))
		qsort(batch->exits, batch->n, sizeof(*batch->exits), by_seq);
	for (size_t i = 0; i < batch->n; i++) {
		batch->exits[i].exit.payload = bytes_at(batch, batch->exits[i].payload_at);
		batch->exits[i].exit.data = bytes_at(batch, batch->exits[i].data_at);
	}
	*n = batch->n;
	return batch->exits;
}

void tl_batch_clear(struct tl_batch *batch)
{
	batch->n = 0;
	batch->n_bytes = 0;
	memset(batch->last, 0, sizeof(batch->last));
}
