/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_H
#define TL_REPLAYER_IMPORT_H

#include "schema/trace/reader.h"

#include <stdio.h>

/* Text that people have instead of a recording, made into a trace: see FORMAT.md, "Imported". */

/** Who wrote a report. The names stand in traces: never change them. */
enum tl_import_source {
	TL_IMPORT_NONE,	     /**< not imported */
	TL_IMPORT_VMM,	     /**< the VMM: QEMU's words and its dump of registers */
	TL_IMPORT_HOST,	     /**< the host's kernel, in its log */
	TL_IMPORT_EVENT,     /**< trace events of the host's KVM */
	TL_IMPORT_FAULT,     /**< a person or a patch: a syndrome, an address */
	TL_IMPORT_GUEST,     /**< no exit: the guest's own report of an exception */
	TL_IMPORT_REGISTERS, /**< registers, and nobody says why */
	TL_IMPORT_SOURCES,
};

/** "VMM's report", "guest's own report", ... */
const char *tl_import_source_name(enum tl_import_source source);

/** One report that became an exit. Borrowed, until the callback returns. */
struct tl_import_found {
	enum tl_import_source source;
	const char *name;     /**< of the text */
	uint64_t first, last; /**< its lines there, from 1 */
	const struct tl_arch *arch;
	const struct tl_exit *exit;
	const struct tl_exit_kind *kind; /**< NULL: none */
	const struct tl_regs *regs;
};

struct tl_import_options {
	const char *output;	    /**< the trace, made with the first report */
	const struct tl_arch *arch; /**< NULL: what the text says */
	/** What was left out, and why: one line, lower case, no full stop. */
	void (*say)(void *ctx, const char *name, uint64_t line, const char *text);
	void (*found)(void *ctx, const struct tl_import_found *found);
	void *ctx;
};

struct tl_import_result {
	uint64_t exits; /**< 0: no trace was made */
	uint64_t lines;
};

struct tl_import;

/** `options` and what it points to are borrowed until the end. */
TL_CHECK struct tl_error *tl_import_open(
	const struct tl_import_options *options, struct tl_import **ret);

/**
 * Reads a text to its end; of several texts one after the other. Memory does not grow with the
 * text. A report does not go on from one text into the next. `name` is borrowed until the end.
 */
TL_CHECK struct tl_error *tl_import_text(struct tl_import *import, FILE *from, const char *name);

/** Ends the trace and closes. The handle is gone whatever it returns. */
TL_CHECK struct tl_error *tl_import_finish(struct tl_import *import, struct tl_import_result *ret);

/** Closes without a trace. NULL is fine. */
void tl_import_close(struct tl_import *import);

/** An entry of a page table as a report gives it. */
struct tl_import_entry {
	char name[8]; /**< lower case: "pgd", "pte", "pml4", "l3" */
	bool has_gpa; /**< where it stands is known */
	tl_gpa gpa;
	uint64_t value;
};

#define TL_IMPORT_ENTRIES 12

/** What a report says that a trace's rows have no place for, besides what they have. */
struct tl_import_told {
	enum tl_import_source source; /**< TL_IMPORT_NONE: this exit was not imported */
	char *notice;		      /**< owned: as it stands in the trace; NULL for none */
	const char *text;	      /**< in it: the lines of the report */
	bool has_esr, has_far, has_ipa;
	uint64_t esr; /**< whole; of a guest's own report ESR_EL1, else ESR_EL2 as KVM saw it */
	uint64_t far; /**< likewise FAR_EL1 or FAR_EL2 */
	tl_gpa ipa;
	unsigned n_entries;
	struct tl_import_entry entry[TL_IMPORT_ENTRIES]; /**< in the order of the text */
};

/** The caller frees with tl_import_told_deinit(). */
TL_CHECK struct tl_error *tl_import_told(
	struct tl_trace *trace, tl_seq seq, struct tl_import_told *ret);
void tl_import_told_deinit(struct tl_import_told *told);

/**
 * Memory that holds those entries whose address is told and nothing else: of 4 bytes where the
 * value fits in them and 4 are asked for, else of 8, little endian. Borrows `told`.
 */
struct tl_mem tl_import_told_mem(const struct tl_import_told *told);

#endif
