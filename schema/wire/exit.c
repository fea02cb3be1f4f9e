// SPDX-License-Identifier: MIT
#include "schema/wire/exit.h"

#include <string.h>

#define ARCHS_ANY   (1 << TL_ARCH_ARM64 | 1 << TL_ARCH_X86_64)
#define ARCHS_ARM64 (1 << TL_ARCH_ARM64)
#define ARCHS_X86   (1 << TL_ARCH_X86_64)

// Every kind's index, so that fields can be told apart by kind.
enum kind_index {
#define TL_EXIT(symbol, number, archs, abi, name, payload) KIND_##symbol,
#define TL_FIELD(...)
#include "schema/wire/exits.def"
#undef TL_EXIT
#undef TL_FIELD
	N_KINDS
};

// All fields in one array, and each kind's share counted by the positions that the table gives.
enum field_index {
#define TL_EXIT(symbol, number, archs, abi, name, payload)                                         \
	FIRST_##symbol, BEFORE_##symbol = FIRST_##symbol - 1,
#define TL_FIELD(symbol, field, offset, size, role, look) FIELD_##symbol##_##field,
#include "schema/wire/exits.def"
#undef TL_EXIT
#undef TL_FIELD
	N_FIELDS
};

static const struct tl_field fields[N_FIELDS + 1] = {
#define TL_EXIT(...)
#define TL_FIELD(symbol, field, offset, size, role, look)                                          \
	[FIELD_##symbol##_##field] = { #field, offset, size, TL_ROLE_##role, TL_LOOK_##look },
#include "schema/wire/exits.def"
#undef TL_EXIT
#undef TL_FIELD
};

static const struct tl_exit_kind kinds[] = {
#define TL_EXIT(symbol, number, archs, abi, name, payload)                                         \
	{ name, number, payload, ARCHS_##archs, TL_ABI_##abi, &fields[FIRST_##symbol] },
#define TL_FIELD(...)
#include "schema/wire/exits.def"
#undef TL_EXIT
#undef TL_FIELD
	{ .fields = &fields[N_FIELDS] },
};

static bool fits(const struct tl_exit_kind *kind, enum tl_arch_id arch, enum tl_abi abi)
{
	return kind->archs >> arch & 1 && kind->abi == abi;
}

static const struct tl_exit_kind *find(enum tl_arch_id arch, enum tl_abi abi, uint32_t number)
{
	for (unsigned i = 0; i < N_KINDS; i++)
		if (kinds[i].number == number && fits(&kinds[i], arch, abi))
			return &kinds[i];
	return NULL;
}

const struct tl_exit_kind *tl_exit_kind(enum tl_arch_id arch, enum tl_abi abi, uint32_t number)
{
	const struct tl_exit_kind *kind = find(arch, abi, number);

	return kind || abi == TL_ABI_MAINLINE ? kind : find(arch, TL_ABI_MAINLINE, number);
}

const struct tl_exit_kind *tl_exit_kind_named(
	enum tl_arch_id arch, enum tl_abi abi, const char *name)
{
	for (unsigned i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, name) &&
			tl_exit_kind(arch, abi, kinds[i].number) == &kinds[i])
			return &kinds[i];
	return NULL;
}

const struct tl_exit_kind *tl_exit_kind_at(unsigned n)
{
	return n < N_KINDS ? &kinds[n] : NULL;
}

const struct tl_field *tl_exit_fields(const struct tl_exit_kind *kind, unsigned *n)
{
	*n = (unsigned)(kind[1].fields - kind->fields);
	return kind->fields;
}

const struct tl_field *tl_exit_field(const struct tl_exit_kind *kind, enum tl_role role)
{
	for (const struct tl_field *f = kind->fields; f < kind[1].fields; f++)
		if (f->role == role)
			return f;
	return NULL;
}

uint64_t tl_field_value(const struct tl_field *field, const uint8_t *payload, size_t bytes)
{
	const size_t at = field->offset - TL_RUN_UNION;
	uint64_t value = 0;

	if (field->size > 8 || at + field->size > bytes)
		return 0;
	for (unsigned i = 0; i < field->size; i++)
		value |= (uint64_t)payload[at + i] << 8 * i;
	return value;
}

void tl_exit_answer(const struct tl_exit_kind *kind, unsigned *from, unsigned *to)
{
	unsigned low = 0, high = 0;

	for (const struct tl_field *f = kind->fields; f < kind[1].fields; f++) {
		if (f->role != TL_ROLE_ANSWER && f->role != TL_ROLE_BOTH)
			continue;
		if (!low || f->offset < low)
			low = f->offset;
		if (f->offset + f->size > high)
			high = f->offset + f->size;
	}
	*from = low;
	*to = high;
}

const struct tl_field *tl_exit_value_answer(const struct tl_exit_kind *kind)
{
	for (const struct tl_field *f = kind->fields; f < kind[1].fields; f++)
		if (f->role == TL_ROLE_ANSWER && f->size == 8)
			return f;
	return NULL;
}

static const char *name_of(const char *const *names, size_t n, uint64_t number)
{
	return number < n ? names[number] : NULL;
}

const char *tl_system_event_name(uint64_t type)
{
	static const char *const names[] = { NULL, "shutdown", "reset", "crash", "wakeup",
		"suspend", "sev_term", "tdx_fatal" };

	return name_of(names, sizeof(names) / sizeof(*names), type);
}

const char *tl_internal_error_name(uint64_t suberror)
{
	static const char *const names[] = { NULL, "emulation", "simul_ex", "delivery_ev",
		"unexpected_exit_reason" };

	return name_of(names, sizeof(names) / sizeof(*names), suberror);
}
