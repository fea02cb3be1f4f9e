/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_REPORT_H
#define TL_REPLAYER_IMPORT_REPORT_H

#include "replayer/import-facts.h"
#include "replayer/import-line.h"

enum { TL_IMPORT_TEXT = 8192 /**< bytes of a report's lines that are kept */ };

/** What was put together from one line or more, and will be an exit. */
struct tl_import_report {
	bool open;
	char stream[32]; /**< whose lines they are */
	char task[32];	 /**< of events: the thread */
	bool has_id;
	unsigned id; /**< of the vCPU, where its thread's name has it */
	struct tl_import_facts facts;
	uint64_t first, last;  /**< lines */
	bool after_cut, mixed; /**< the one before had not come to its end; two in one */
	bool surely;	       /**< userspace saw it */
	bool aside;	       /**< what comes now is of something else */
	tl_seq seq;	       /**< set aside for it; 0: none yet */
	bool has_time;
	uint64_t time, done;	  /**< ns; `done`: of the event that gave a read its value */
	struct tl_regs differing; /**< known: not to be told from another report's */
	uint32_t differing_facts;
	size_t size;
	char text[TL_IMPORT_TEXT];
};

/** What a report can complain about. */
typedef void tl_import_say(void *ctx, uint64_t line, const char *text);

void tl_import_report_begin(struct tl_import_report *report, const struct tl_import_line *line);

/** Of `n`, one that is free, else the one that has been silent for longest. */
struct tl_import_report *tl_import_report_oldest(struct tl_import_report *reports, unsigned n);

/** Of `n`, the open one that began first and had no line from `before` on; NULL for none. */
struct tl_import_report *tl_import_report_first(
	struct tl_import_report *reports, unsigned n, uint64_t before);

/** How a line goes with what there is. */
enum tl_import_fit {
	TL_FIT_JOINS,  /**< it adds to it */
	TL_FIT_BEGINS, /**< it is of another report */
	TL_FIT_CUTS,   /**< of another one, and this one had not come to its end */
	TL_FIT_MIXES,  /**< of this or another one: nothing tells */
};

enum tl_import_fit tl_import_report_fit(
	const struct tl_import_report *report, const struct tl_import_facts *line);

/** Adds a line; of what differs, neither stays when `mixed`. */
void tl_import_report_add(struct tl_import_report *report, const struct tl_import_line *line,
	const struct tl_import_facts *facts);

/** It says enough to be an exit. */
bool tl_import_report_counts(const struct tl_import_report *report);

/**
 * The registers where the trace has them: AArch32's in the banks of its mode, SP by PSTATE. What
 * cannot be placed is said, and what a whole dump would have besides.
 */
void tl_import_settle(
	const struct tl_import_report *report, tl_import_say *say, void *ctx, struct tl_regs *ret);

#endif
