/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_EXIT_H
#define TL_SCHEMA_TRACE_EXIT_H

#include "arch/arch.h"
#include "schema/wire/exit.h"

#include <stdbool.h>

typedef uint64_t tl_seq;     /**< number of an exit, from 1; 0 is before the first */
typedef uint64_t tl_time_ns; /**< nanoseconds since the recording started */

/** What a reply is: nothing yet, nothing to say, a number, or bytes. */
enum tl_reply_kind { TL_REPLY_NONE, TL_REPLY_EMPTY, TL_REPLY_VALUE, TL_REPLY_BYTES };

enum {
	TL_EXIT_HAS_REASON = 1,
	TL_EXIT_HAS_PC = 2,
	TL_EXIT_HAS_ADDR = 4,
	TL_EXIT_HAS_SIZE = 8,
	TL_EXIT_HAS_WRITE = 16,
	TL_EXIT_HAS_VALUE = 32,
};

/** One exit: a row of table `exit`, with what belongs to it. `has` says which fields mean something. */
struct tl_exit {
	tl_seq seq;
	uint32_t vcpu;
	uint32_t has;	 /**< mask of TL_EXIT_HAS_* */
	tl_time_ns time; /**< of the return of KVM_RUN */
	uint64_t ran;	 /**< ns since its call */
	uint32_t reason; /**< KVM_EXIT_* in the trace's ABI */
	int error;	 /**< errno that the VMM saw, 0 for none */
	uint64_t pc;
	uint64_t addr;	/**< of the access: guest physical, port, MSR index, ... */
	uint64_t size;	/**< of the access, bytes */
	uint64_t value; /**< that the guest wrote, or the syndrome */
	uint32_t count; /**< of a string PIO access; else 1 */
	bool write;

	enum tl_reply_kind reply_kind;
	uint64_t reply; /**< TL_REPLY_VALUE */

	/* Bytes, borrowed: by tl_exit_fill() from the caller, by the reader until its next call. */
	const uint8_t *payload; /**< kvm_run from offset 32, as the kernel left it */
	uint32_t payload_size;
	const uint8_t *data; /**< of PIO: out at the exit; in as replied */
	uint32_t data_size;
	const uint8_t *code; /**< memory around PC */
	uint16_t code_size, code_before;
};

/**
 * Fills reason-dependent fields of a row (addr, size, write, value, count) from the payload and the
 * PIO data. `kind` may be NULL: then only the payload is kept.
 */
void tl_exit_fill(struct tl_exit *exit, const struct tl_exit_kind *kind);

/** True when the row says everything that the payload does, so that the payload need not be kept. */
bool tl_exit_row_is_whole(const struct tl_exit *exit, const struct tl_exit_kind *kind);

/**
 * Puts the answer into the row: `bytes` is what userspace left where tl_exit_answer() says, or the
 * PIO data. Bytes that are no number are borrowed.
 */
void tl_exit_reply(
	struct tl_exit *exit, const struct tl_exit_kind *kind, const uint8_t *bytes, uint32_t size);

#endif
