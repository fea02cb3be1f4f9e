/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_ASK_H
#define TL_SCHEMA_TRACE_ASK_H

#include "schema/trace/reader.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * Numbers of a query's first row, its parameters bound to numbers; NULL gives 0. `*ret_found` is
 * false, and nothing written, when there is no row.
 */
TL_CHECK struct tl_error *tl_ask(struct tl_trace *trace, const char *sql,
	const uint64_t *parameters, uint64_t *ret, unsigned n, bool *ret_found);

/** The text of a query's only value; NULL when there is none. The caller frees. */
TL_CHECK struct tl_error *tl_ask_text(
	struct tl_trace *trace, const char *sql, const uint64_t *parameters, char **ret);

#endif
