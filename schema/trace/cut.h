/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_CUT_H
#define TL_SCHEMA_TRACE_CUT_H

#include "schema/trace/reader.h"

/**
 * Makes the trace `path`, which must not exist, of the exits from..to (see trim.h). On an error there
 * is no such file.
 */
TL_CHECK struct tl_error *tl_trace_cut(
	struct tl_trace *trace, tl_seq from, tl_seq to, const char *path);

#endif
