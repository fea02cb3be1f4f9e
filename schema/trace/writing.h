/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_WRITING_H
#define TL_SCHEMA_TRACE_WRITING_H

#include "schema/trace/batch.h"
#include "schema/trace/code.h"
#include "schema/trace/page.h"
#include "schema/trace/state.h"
#include "schema/trace/statement.h"
#include "schema/trace/tally.h"
#include "schema/trace/writer.h"

/*
 * What the writer's files share, in writing.c. Each of them writes its part: writer.c the file,
 * writer-exit.c exits, writer-memory.c scans, writer-rows.c the rest; writer-keep.c takes out what is
 * not kept, last-words.c ends what cannot be written any further.
 */

enum { TL_WRITER_VCPUS = 1 << 16 };

enum tl_writer_statement {
	PUT_META,
	PUT_PROCESS,
	PUT_VM,
	PUT_CAP,
	PUT_VCPU,
	PUT_EXIT,
	PUT_DETAIL,
	PUT_ANSWER,
	PUT_INPUT,
	PUT_COALESCED,
	PUT_SLOT,
	PUT_CODE,
	PUT_STATE,
	PUT_EXTRA,
	PUT_NOTICE,
	PUT_GAP,
	PUT_PAGE_VERSION,
	PUT_REGION,
	PUT_SCAN,
	PUT_TALLY,
	SET_REPLY,
	SET_DATA,
	SET_VM_CLOSED,
	SET_VCPU_CLOSED,
	TL_N_STATEMENTS
};

/** A vCPU's registers, and its last exit, whose reply may still be due. */
struct tl_writer_vcpu {
	struct tl_state_writer *state;
	unsigned stored; /**< exits of the chunk that are in the file */
	struct tl_exit last;
	const struct tl_exit_kind *kind;
};

struct tl_writer {
	char *path;
	int lock; /**< held with flock() while we write, so that a second recorder can tell */
	sqlite3 *db;
	sqlite3_stmt *stmt[TL_N_STATEMENTS];
	struct tl_writer_options options;
	unsigned words;
	struct tl_batch *batch;
	struct tl_code *code;
	struct tl_page_store *pages; /**< made with the first page */
	struct tl_tally *tally;
	struct tl_writer_vcpu *vcpus[TL_WRITER_VCPUS];
	bool in_transaction;
	int spare;	  /**< a file of nothing, for last words on a full disk; -1: none */
	uint64_t seen;	  /**< exits */
	tl_seq newest;	  /**< exit in the file */
	tl_seq kept_from; /**< with options.last: the oldest exit that is still there, or less */
	tl_seq ended_at;  /**< the exit that options.until was true for */
	sqlite3_stmt *until;
};

/** Puts the file's name before an error. */
TL_CHECK struct tl_error *tl_writer_at(const struct tl_writer *writer, struct tl_error *err);

uint64_t tl_writer_since_start(const struct tl_writer *writer, uint64_t time);

/** Room for tl_writer_last_words(). An error when there is none; the trace is not begun then. */
TL_CHECK struct tl_error *tl_writer_set_room_aside(struct tl_writer *writer);

/** Opens a transaction where none is. */
TL_CHECK struct tl_error *tl_writer_begin(struct tl_writer *writer);

/** The newest exit in the file; 0: there is none. */
TL_CHECK struct tl_error *tl_writer_newest(struct tl_writer *writer, tl_seq *ret);

/** tl_writer_gap(), of which the error has no file's name yet. */
TL_CHECK struct tl_error *tl_writer_put_gap(
	struct tl_writer *writer, const struct tl_record_gap *gap, const char *why);

/** Runs a statement within a transaction: the letters and values of tl_step(). */
#define TL_WRITER_PUT(writer, statement, ...)                                                      \
	({                                                                                         \
		struct tl_error *put_err_ = tl_writer_begin(writer);                               \
		put_err_ ? put_err_ : tl_step((writer)->stmt[statement], __VA_ARGS__);             \
	})

/* The parts of a commit (writer-exit.c): exits that waited, registers, and how many there were. */
TL_CHECK struct tl_error *tl_writer_put_batch(struct tl_writer *writer);
TL_CHECK struct tl_error *tl_writer_put_states(struct tl_writer *writer);
TL_CHECK struct tl_error *tl_writer_put_tally(struct tl_writer *writer);

/* writer-keep.c: what of a recording is kept */
TL_CHECK struct tl_error *tl_writer_keep_prepare(struct tl_writer *writer);
/** Within a commit, when the exits are in the file. */
TL_CHECK struct tl_error *tl_writer_keep(struct tl_writer *writer);
/** At the end: exactly what was asked for, in a file no bigger than that. */
TL_CHECK struct tl_error *tl_writer_keep_end(struct tl_writer *writer);

#endif
