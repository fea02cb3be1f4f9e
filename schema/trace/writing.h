/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_WRITING_H
#define TL_SCHEMA_TRACE_WRITING_H

#include "schema/trace/batch.h"
#include "schema/trace/code.h"
#include "schema/trace/state.h"
#include "schema/trace/statement.h"
#include "schema/trace/tally.h"
#include "schema/trace/writer.h"

/* What the writer's files share: writer.c (the file), writer-exit.c, writer-rows.c. */

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
	struct tl_tally *tally;
	struct tl_writer_vcpu *vcpus[TL_WRITER_VCPUS];
	bool in_transaction;
};

/** Puts the file's name before an error. */
TL_CHECK struct tl_error *tl_writer_at(const struct tl_writer *writer, struct tl_error *err);

uint64_t tl_writer_since_start(const struct tl_writer *writer, uint64_t time);

/** Opens a transaction where none is. */
TL_CHECK struct tl_error *tl_writer_begin(struct tl_writer *writer);

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

/** A vCPU that has no more exits: its registers go into the file, its memory is free. */
TL_CHECK struct tl_error *tl_writer_end_vcpu(struct tl_writer *writer, uint32_t vcpu);

#endif
