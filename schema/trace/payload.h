/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_PAYLOAD_H
#define TL_SCHEMA_TRACE_PAYLOAD_H

#include "schema/trace/exit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A number of the exit's payload as the kernel left it, from the payload or, where the row says it
 * all and the payload was not kept, from the row. False when neither has it, and for a field that
 * userspace was to fill.
 */
bool tl_payload_value(const struct tl_exit *exit, const struct tl_exit_kind *kind,
	const struct tl_field *field, uint64_t *ret);

/** The same for a field longer than 8 bytes: borrowed from `exit`, field->size bytes, or NULL. */
const uint8_t *tl_payload_bytes(const struct tl_exit *exit, const struct tl_field *field);

/** What userspace put into a field, from the bytes of its answer; false when they do not hold it. */
bool tl_answer_value(const struct tl_exit_kind *kind, const struct tl_field *field,
	const uint8_t *answer, size_t size, uint64_t *ret);

#endif
