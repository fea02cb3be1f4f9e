/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_OPEN_H
#define TL_SCHEMA_TRACE_OPEN_H

#include "schema/trace/hostile.h"
#include "schema/trace/page.h"
#include "schema/trace/reader.h"
#include "schema/trace/row.h"

/* An open trace, for the files that read from it; everybody else has reader.h. */

enum tl_read {
	TL_READ_SPAN,
	TL_READ_EXIT,
	TL_READ_ABI,
	TL_READ_GAP,
	TL_READ_BEFORE,
	TL_READ_AFTER,
	TL_READ_ANSWER,
	TL_READ_STATE,
	TL_READ_EXTRA,
	TL_READ_INPUTS,
	TL_READ_COALESCED,
	TL_READ_MOMENT,
	TL_READ_SLOTS,
	TL_READ_SCAN,
	TL_READ_SCAN_BEFORE,
	TL_READ_SCAN_NEXT,
	TL_READ_REGION,
	TL_READ_VERSION,
	TL_READ_PAGE,
	TL_N_READS
};

struct tl_meta {
	char *key, *value; /**< owned */
};

struct tl_trace {
	char *path;
	struct tl_hostile file;
	const struct tl_arch *arch;
	struct tl_meta *meta;
	size_t n_meta;
	sqlite3_stmt *reads[TL_N_READS];
	struct tl_page_pack pack; /**< of TL_READ_PAGE */
};

/** That statement, prepared, with its parameters bound to these numbers. */
TL_CHECK struct tl_error *tl_trace_read(
	struct tl_trace *trace, enum tl_read which, const uint64_t *parameters, struct tl_row *ret);

#endif
