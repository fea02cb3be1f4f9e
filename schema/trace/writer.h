/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_WRITER_H
#define TL_SCHEMA_TRACE_WRITER_H

#include "schema/error.h"
#include "schema/trace/exit.h"
#include "schema/wire/record.h"

#include <sqlite3.h>

/**
 * A trace being written. Everything given is copied. Exits may come in any order across vCPUs;
 * they reach the file in the order of their seq, at each commit. Times are CLOCK_MONOTONIC as on
 * the wire; the file holds them less the start.
 */
struct tl_writer;

struct tl_writer_options {
	enum tl_arch_id arch;
	uint64_t start;	   /**< CLOCK_MONOTONIC, ns */
	uint64_t last;	   /**< keep only so many of the newest exits; 0: all */
	const char *until; /**< end after the first exit for which this is true; NULL: never */
};

/**
 * Makes the file (mode 0600), which must not exist: TL_ERROR_REFUSED when it does, saying so when
 * another recorder is writing it.
 */
TL_CHECK struct tl_error *tl_writer_create(
	const char *path, const struct tl_writer_options *options, struct tl_writer **ret);

/** Commits, leaves one file without a journal, and closes. The handle is gone whatever it returns. */
TL_CHECK struct tl_error *tl_writer_finish(struct tl_writer *writer);

/** Closes without committing. NULL is fine. */
void tl_writer_close(struct tl_writer *writer);

/** Closes and takes the file away: it never became a trace. NULL is fine. */
void tl_writer_discard(struct tl_writer *writer);
/** Takes a file away that nobody writes any more, with what SQLite has left beside it. */
void tl_writer_remove(const char *path);

/**
 * After an error that cannot be helped, as on a full disk: what was given since the last commit is
 * dropped, and the trace gets a gap from there to `newest`, the newest exit that there was. Then the
 * writer can be closed only.
 */
TL_CHECK struct tl_error *tl_writer_last_words(
	struct tl_writer *writer, tl_seq newest, const char *why);

/** Makes everything given so far durable and readable, but for what is not to be kept. */
TL_CHECK struct tl_error *tl_writer_commit(struct tl_writer *writer);

/** The exit that `until` was true for, 0 as long as there was none: what follows is not kept. */
tl_seq tl_writer_ended_at(const struct tl_writer *writer);

/** What the trace says about itself: see FORMAT.md, "meta". */
TL_CHECK struct tl_error *tl_writer_meta(
	struct tl_writer *writer, const char *key, const char *value);
TL_CHECK struct tl_error *tl_writer_meta_int(
	struct tl_writer *writer, const char *key, int64_t value);

TL_CHECK struct tl_error *tl_writer_process(struct tl_writer *writer,
	const struct tl_record_process *process, const char *exe, const char *arguments);
TL_CHECK struct tl_error *tl_writer_vm(
	struct tl_writer *writer, const struct tl_record_vm *vm, const struct tl_record_cap *caps);
TL_CHECK struct tl_error *tl_writer_vcpu(
	struct tl_writer *writer, const struct tl_record_vcpu *vcpu);

/**
 * An exit; `exit->time` is on the wire's clock. `regs` may be NULL. `extras` are the bytes of
 * struct tl_record_extra as on the wire.
 */
TL_CHECK struct tl_error *tl_writer_exit(struct tl_writer *writer, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, const struct tl_regs *regs, const void *extras,
	uint32_t extras_size);

/** The reply to an exit given before. `answer` and `sync` are the bytes behind the record. */
TL_CHECK struct tl_error *tl_writer_reply(struct tl_writer *writer,
	const struct tl_record_reply *reply, const uint8_t *answer, const uint8_t *sync);

TL_CHECK struct tl_error *tl_writer_input(
	struct tl_writer *writer, const struct tl_record_input *input, const void *data);
TL_CHECK struct tl_error *tl_writer_coalesced(
	struct tl_writer *writer, const struct tl_record_coalesced *write);
TL_CHECK struct tl_error *tl_writer_notice(
	struct tl_writer *writer, const struct tl_record_notice *notice, const char *text);
TL_CHECK struct tl_error *tl_writer_gap(
	struct tl_writer *writer, const struct tl_record_gap *gap, const char *why);
TL_CHECK struct tl_error *tl_writer_closed(
	struct tl_writer *writer, const struct tl_record_closed *closed);

/*
 * Memory, in scans: regions and pages of a scan come before its end, in any order. `hosts` may have
 * TL_PAGE_UNREADABLE set; `bytes` are pages->pages times TL_PAGE_BYTES.
 */
TL_CHECK struct tl_error *tl_writer_region(
	struct tl_writer *writer, const struct tl_record_region *region, const char *why);
TL_CHECK struct tl_error *tl_writer_pages(struct tl_writer *writer,
	const struct tl_record_pages *pages, const uint64_t *hosts, const uint8_t *bytes);
TL_CHECK struct tl_error *tl_writer_scan(
	struct tl_writer *writer, const struct tl_record_scan *scan);

#endif
