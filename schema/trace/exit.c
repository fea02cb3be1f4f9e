// SPDX-License-Identifier: MIT
#include "schema/trace/exit.h"

#include <string.h>

static uint64_t load(const uint8_t *bytes, uint64_t size)
{
	uint64_t value = 0;

	for (uint64_t i = 0; i < size && i < 8; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static uint64_t field(const struct tl_exit *exit, const struct tl_field *f)
{
	return tl_field_value(f, exit->payload, exit->payload_size);
}

static void set(struct tl_exit *exit, enum tl_role role, uint64_t value)
{
	switch (role) {
	case TL_ROLE_ADDR:
		exit->addr = value;
		exit->has |= TL_EXIT_HAS_ADDR;
		break;
	case TL_ROLE_SIZE:
		exit->size = value;
		exit->has |= TL_EXIT_HAS_SIZE;
		break;
	case TL_ROLE_WRITE:
		exit->write = value;
		exit->has |= TL_EXIT_HAS_WRITE;
		break;
	case TL_ROLE_COUNT:
		exit->count = (uint32_t)value;
		break;
	case TL_ROLE_VALUE:
		exit->value = value;
		exit->has |= TL_EXIT_HAS_VALUE;
		break;
	case TL_ROLE_NONE:
	case TL_ROLE_ANSWER:
	case TL_ROLE_BOTH:
		break;
	}
}

static void fill_io(struct tl_exit *exit)
{
	if (exit->write && exit->data_size)
		set(exit, TL_ROLE_VALUE, load(exit->data, exit->size));
}

// The direction is in the syndrome: WnR, ISS[6].
static void fill_nisv(struct tl_exit *exit)
{
	set(exit, TL_ROLE_WRITE, exit->value >> 6 & 1);
}

// The register, encoded as in an MRS: Op0, Op1, CRn, CRm, Op2. AArch32 has an Op0 of 0; MRRC's and
// MCRR's Op1 has four bits, of which the highest goes before all others.
static void fill_idsr(struct tl_exit *exit)
{
	const uint8_t *p = exit->payload;

	if (exit->payload_size >= 5)
		set(exit, TL_ROLE_ADDR,
			(uint64_t)(p[1] & 8) << 13 | (uint64_t)(p[0] & 3) << 14 |
				(uint64_t)(p[1] & 7) << 11 | (uint64_t)(p[2] & 15) << 7 |
				(uint64_t)(p[3] & 15) << 3 | (p[4] & 7));
}

// MSR exits say by their number what the access was.
static void fill_rdmsr(struct tl_exit *exit)
{
	set(exit, TL_ROLE_WRITE, 0);
}

static void fill_wrmsr(struct tl_exit *exit)
{
	set(exit, TL_ROLE_WRITE, 1);
}

static void fill_mmio(struct tl_exit *exit)
{
	if (exit->write && exit->payload_size >= 16)
		set(exit, TL_ROLE_VALUE, load(exit->payload + 8, exit->size));
}

// What the fields by themselves do not say, by the kind's name (NULL: nothing more).
static const struct special {
	const char *name;
	void (*fill)(struct tl_exit *exit);
	bool whole; // the row says it all
} specials[] = {
	{ "io", fill_io, true },
	{ "mmio", fill_mmio, true },
	{ "nisv", fill_nisv, true },
	{ "ldst64b", fill_nisv, true },
	{ "idsr", fill_idsr, false },
	{ "rdmsr", fill_rdmsr, false },
	{ "wrmsr", fill_wrmsr, false },
	{ "hlt", NULL, true },
	{ NULL, NULL, false },
};

static const struct special *special_of(const struct tl_exit_kind *kind)
{
	const struct special *s = specials;

	while (s->name && strcmp(s->name, kind->name) != 0)
		s++;
	return s;
}

void tl_exit_fill(struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	const struct tl_field *fields;
	unsigned n;

	exit->count = 1;
	if (!kind)
		return;
	fields = tl_exit_fields(kind, &n);
	for (unsigned i = 0; i < n; i++)
		if (fields[i].role != TL_ROLE_NONE)
			set(exit, fields[i].role, field(exit, &fields[i]));
	if (tl_exit_field(kind, TL_ROLE_BOTH) && exit->write && special_of(kind)->fill != fill_mmio)
		set(exit, TL_ROLE_VALUE, field(exit, tl_exit_field(kind, TL_ROLE_BOTH)));
	if (special_of(kind)->fill)
		special_of(kind)->fill(exit);
}

bool tl_exit_row_is_whole(const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	return kind && (!kind->payload || special_of(kind)->whole) && exit->size <= 8;
}

static void reply_value(struct tl_exit *exit, uint64_t value)
{
	exit->reply_kind = TL_REPLY_VALUE;
	exit->reply = value;
}

static void reply_io(struct tl_exit *exit, const uint8_t *bytes, uint32_t size)
{
	if (exit->write)
		return;
	if (exit->count == 1 && size <= 8)
		return reply_value(exit, load(bytes, size));
	exit->reply_kind = TL_REPLY_BYTES;
	exit->data = bytes;
	exit->data_size = size;
}

// What stands in the value's place is no answer then.
static bool left_unhandled(const struct tl_exit_kind *kind, const uint8_t *bytes, uint32_t size)
{
	const struct tl_field *handled = tl_exit_field(kind, TL_ROLE_ANSWER);
	unsigned from = 0, to;

	if (special_of(kind)->fill != fill_idsr || !handled)
		return false;
	tl_exit_answer(kind, &from, &to);
	return handled->offset - from < size && !bytes[handled->offset - from];
}

void tl_exit_reply(
	struct tl_exit *exit, const struct tl_exit_kind *kind, const uint8_t *bytes, uint32_t size)
{
	const struct tl_field *f = NULL;
	unsigned from = 0, to;

	exit->reply_kind = TL_REPLY_EMPTY;
	if (!kind || !size || left_unhandled(kind, bytes, size))
		return;
	if (special_of(kind)->fill == fill_io)
		return reply_io(exit, bytes, size);
	tl_exit_answer(kind, &from, &to);
	f = tl_exit_field(kind, TL_ROLE_BOTH);
	if (f && exit->write)
		return;
	if (!f)
		f = tl_exit_value_answer(kind);
	if (f && f->offset - from + f->size <= size &&
		!(exit->has & TL_EXIT_HAS_WRITE && exit->write))
		reply_value(exit,
			load(bytes + (f->offset - from),
				exit->has & TL_EXIT_HAS_SIZE && exit->size < f->size ? exit->size
										     : f->size));
}
