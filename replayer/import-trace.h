/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_TRACE_H
#define TL_REPLAYER_IMPORT_TRACE_H

#include "replayer/import-report.h"

/** What every notice of a report begins with. */
#define TL_IMPORT_PREFIX "imported: "

/** The trace that reports are put into: begun by the first that says of which machine it is. */
struct tl_import_trace;

TL_CHECK struct tl_error *tl_import_trace_open(
	const struct tl_import_options *options, struct tl_import_trace **ret);
void tl_import_trace_close(struct tl_import_trace *trace);

/** Another text: `name` is borrowed. */
void tl_import_trace_name(struct tl_import_trace *trace, const char *name);

/** Sets the next number aside, for a report that comes later. */
tl_seq tl_import_trace_number(struct tl_import_trace *trace);

/**
 * Closes a report that may be open. One that says enough becomes an exit, with its number or else
 * the next.
 */
TL_CHECK struct tl_error *tl_import_trace_end_report(
	struct tl_import_trace *trace, struct tl_import_report *report);

/** Something to be said of a line; too many are summed up at the end. */
void tl_import_trace_say(struct tl_import_trace *trace, uint64_t line, const char *text);

/** Ends the trace, if there is one, and closes. */
TL_CHECK struct tl_error *tl_import_trace_finish(
	struct tl_import_trace *trace, uint64_t *ret_exits);

/** The row of a report, but for registers and seq; `*ret_kind` is NULL for none that we know. */
void tl_import_exit(const struct tl_import_report *report, const struct tl_arch *arch,
	uint8_t payload[TL_RUN_UNION_BYTES], struct tl_exit *ret,
	const struct tl_exit_kind **ret_kind);

/** The answer to a read whose value is known, as tl_writer_reply() takes it; its size, or 0. */
uint32_t tl_import_reply(const struct tl_import_report *report, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, uint8_t ret[TL_RUN_UNION_BYTES]);

#endif
