/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_CODE_H
#define TL_SCHEMA_TRACE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Which row of table `code` holds which bytes, so that a loop is stored once. */
struct tl_code;

enum { TL_CODE_BYTES = 64 /**< most bytes around one PC */ };

/** NULL without memory. */
struct tl_code *tl_code_open(void);
void tl_code_close(struct tl_code *code);

/**
 * The row for these bytes (at most TL_CODE_BYTES), numbered from 1; `*is_new` says that it is to be
 * written. Bytes not seen for long may get a second row.
 */
int64_t tl_code_row(
	struct tl_code *code, const uint8_t *bytes, uint16_t size, uint16_t before, bool *is_new);

/** Rows were deleted: none of those so far comes back. Numbers go on. */
void tl_code_forget(struct tl_code *code);

#endif
