/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_READER_H
#define TL_SCHEMA_TRACE_READER_H

#include "arch/arch.h"
#include "schema/error.h"
#include "schema/trace/exit.h"
#include "schema/wire/exit.h"
#include "schema/wire/ioctl.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A trace opened for reading, as hostile input: see hostile.h. It shows what was in the file when it
 * was opened, also while a recorder goes on writing. Errors start with the trace's path and name
 * the place in it.
 */
struct tl_trace;

TL_CHECK struct tl_error *tl_trace_open(const char *path, struct tl_trace **ret);
void tl_trace_close(struct tl_trace *trace);

const char *tl_trace_path(const struct tl_trace *trace);
const struct tl_arch *tl_trace_arch(const struct tl_trace *trace);
/** A recorder is writing it. */
bool tl_trace_is_recording(const struct tl_trace *trace);

/** What the trace says about itself: see FORMAT.md, "meta". NULL when it does not say that. */
const char *tl_trace_meta(const struct tl_trace *trace, const char *key);
bool tl_trace_meta_int(const struct tl_trace *trace, const char *key, int64_t *ret);

/**
 * For statements of one's own, which can only read: see tl_hostile_guard(). Their views and names
 * are those of this program. Borrowed.
 */
sqlite3 *tl_trace_db(struct tl_trace *trace);

/** Prepares a statement; the caller finalizes it. The error is SQLite's, without the path. */
TL_CHECK struct tl_error *tl_trace_prepare(
	struct tl_trace *trace, const char *sql, sqlite3_stmt **ret);

/** The exits of a trace; all 0 when there is none. */
struct tl_span {
	tl_seq first, last;
	tl_time_ns first_time, last_time;
	uint64_t exits; /**< less than last - first + 1 where some were lost */
};

TL_CHECK struct tl_error *tl_trace_span(struct tl_trace *trace, struct tl_span *ret);

/**
 * One exit, its bytes borrowed until the next call; `*ret_kind` is NULL for a number that is none we
 * know. TL_ERROR_NOT_FOUND when there is no such exit, saying so when it was lost.
 */
TL_CHECK struct tl_error *tl_trace_exit(struct tl_trace *trace, tl_seq seq, struct tl_exit *ret,
	const struct tl_exit_kind **ret_kind);

/** The exit of that vCPU before, or after, `seq`; 0 when there is none. */
TL_CHECK struct tl_error *tl_trace_before(
	struct tl_trace *trace, uint32_t vcpu, tl_seq seq, tl_seq *ret);
TL_CHECK struct tl_error *tl_trace_after(
	struct tl_trace *trace, uint32_t vcpu, tl_seq seq, tl_seq *ret);

/** The registers at exit `seq` of that vCPU; TL_ERROR_NOT_RECORDED when there are none. */
TL_CHECK struct tl_error *tl_trace_regs(
	struct tl_trace *trace, uint32_t vcpu, tl_seq seq, struct tl_regs *ret);

/** Registers outside the flat vector, as they were at one exit. */
struct tl_extras {
	uint8_t *bytes; /**< owned */
	size_t size, at;
};

/** Empty when there are none. The caller frees with tl_extras_deinit(). */
TL_CHECK struct tl_error *tl_trace_extras(
	struct tl_trace *trace, tl_seq seq, struct tl_extras *ret);
/** One after the other, borrowed; false after the last. */
bool tl_extras_next(struct tl_extras *extras, struct tl_extra *ret);
void tl_extras_deinit(struct tl_extras *extras);

/** What of a reply the exit's row does not say. Bytes are borrowed until the next call. */
struct tl_answer {
	tl_time_ns time;
	const uint8_t *bytes; /**< of kvm_run, from where tl_exit_answer() says */
	size_t size;
	uint32_t flags; /**< TL_REPLY_CR8 ... */
	uint64_t cr8, dirty;
	const uint8_t *sync; /**< kvm_run.s.regs when `dirty` */
	size_t sync_size;
};

/** `*ret_found` is false when there is none for that exit. */
TL_CHECK struct tl_error *tl_trace_answer(
	struct tl_trace *trace, tl_seq seq, struct tl_answer *ret, bool *ret_found);

/** A state-changing ioctl of the VMM. */
struct tl_input {
	tl_seq seq; /**< the exit it comes after */
	tl_time_ns time;
	enum tl_descriptor on;
	uint32_t vm, vcpu; /**< TL_NO_VM, TL_NO_VCPU where it is none's */
	uint32_t device;
	uint32_t request;
	bool has_arg;
	uint64_t arg; /**< where it is a number */
	int64_t result;
	const uint8_t *data; /**< else; borrowed until the next call */
	size_t size;
};

/** A write that KVM queued without an exit, found when exit `seq` returned. */
struct tl_coalesced {
	tl_seq seq;
	uint32_t vm;
	bool pio;
	uint64_t addr, size, value;
};

/**
 * What came between an exit and the next one of its vCPU: inputs to that vCPU, and inputs to no
 * vCPU's before the next exit of any. A new call starts over.
 */
TL_CHECK struct tl_error *tl_trace_inputs(struct tl_trace *trace, const struct tl_exit *exit);
/** One after the other; `*ret_more` is false after the last. */
TL_CHECK struct tl_error *tl_trace_next_input(
	struct tl_trace *trace, struct tl_input *ret, bool *ret_more);

/** The writes found when exit `seq` returned: they came before it. */
TL_CHECK struct tl_error *tl_trace_coalesced(struct tl_trace *trace, tl_seq seq);
TL_CHECK struct tl_error *tl_trace_next_coalesced(
	struct tl_trace *trace, struct tl_coalesced *ret, bool *ret_more);

#endif
