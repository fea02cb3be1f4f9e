// SPDX-License-Identifier: MIT
#include "schema/trace/payload.h"

static bool is_answer(const struct tl_exit *exit, const struct tl_field *field)
{
	return field->role == TL_ROLE_ANSWER || (field->role == TL_ROLE_BOTH && !exit->write);
}

static bool from_row(const struct tl_exit *exit, const struct tl_field *field, uint64_t *ret)
{
	const struct {
		uint32_t flag;
		uint64_t value;
	} row[] = { [TL_ROLE_ADDR] = { TL_EXIT_HAS_ADDR, exit->addr },
		[TL_ROLE_SIZE] = { TL_EXIT_HAS_SIZE, exit->size },
		[TL_ROLE_WRITE] = { TL_EXIT_HAS_WRITE, exit->write },
		[TL_ROLE_COUNT] = { 0, exit->count },
		[TL_ROLE_VALUE] = { TL_EXIT_HAS_VALUE, exit->value },
		[TL_ROLE_ANSWER] = { 0, 0 },
		[TL_ROLE_BOTH] = { TL_EXIT_HAS_VALUE, exit->value } };

	if (field->role == TL_ROLE_NONE ||
		(exit->has & row[field->role].flag) != row[field->role].flag)
		return false;
	*ret = row[field->role].value;
	return true;
}

bool tl_payload_value(const struct tl_exit *exit, const struct tl_exit_kind *kind,
	const struct tl_field *field, uint64_t *ret)
{
	if (is_answer(exit, field) || field->size > 8)
		return false;
	if (!exit->payload)
		return from_row(exit, field, ret);
	if ((size_t)field->offset - TL_RUN_UNION + field->size > exit->payload_size)
		return false;
	*ret = tl_field_value(field, exit->payload, exit->payload_size);
	return true;
}

const uint8_t *tl_payload_bytes(const struct tl_exit *exit, const struct tl_field *field)
{
	const size_t at = (size_t)field->offset - TL_RUN_UNION;

	return exit->payload && at + field->size <= exit->payload_size ? exit->payload + at : NULL;
}

bool tl_answer_value(const struct tl_exit_kind *kind, const struct tl_field *field,
	const uint8_t *answer, size_t size, uint64_t *ret)
{
	unsigned from, to;
	uint64_t value = 0;

	tl_exit_answer(kind, &from, &to);
	if (field->size > 8 || field->offset < from ||
		(size_t)field->offset - from + field->size > size)
		return false;
	for (unsigned i = 0; i < field->size; i++)
		value |= (uint64_t)answer[field->offset - from + i] << 8 * i;
	*ret = value;
	return true;
}
