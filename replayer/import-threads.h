/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_THREADS_H
#define TL_REPLAYER_IMPORT_THREADS_H

#include "replayer/import-event.h"
#include "replayer/import-trace.h"

enum { TL_IMPORT_THREADS = 64 /**< whose exits can be under way at once */ };

/** Trace events, put together to exits by the thread, which is a vCPU. All zero is fine. */
struct tl_import_threads {
	bool has_userspace; /**< the text says which exits userspace saw */
	uint64_t inside;    /**< exits that it did not see */
	struct tl_import_report reports[TL_IMPORT_THREADS];
};

/** What is whole goes into the trace. */
TL_CHECK struct tl_error *tl_import_threads_take(struct tl_import_threads *threads,
	struct tl_import_trace *trace, const struct tl_import_event *event,
	const struct tl_import_line *line, const struct tl_import_facts *facts);

/** The end of a text: all that is under way goes into the trace. */
TL_CHECK struct tl_error *tl_import_threads_end(
	struct tl_import_threads *threads, struct tl_import_trace *trace);

#endif
