/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_MEMORY_H
#define TL_SCHEMA_TRACE_MEMORY_H

#include "schema/trace/reader.h"
#include "schema/wire/record.h"

/** A moment in a recording: an exit as it happened, or with the VMM's reply and writes. */
struct tl_position {
	tl_seq seq; /**< 0 with TL_PHASE_REPLY: the start image */
	enum tl_phase phase;
};

/**
 * The guest physical memory of one VM at a position, as far as the trace has it. What was not
 * recorded is said, never shown as zero.
 */
struct tl_memory;

/**
 * `space` is the address space of x86's slots: 1 in system management mode, else 0. The trace is
 * borrowed. The position needs no exit: what is known of it is asked page by page.
 */
TL_CHECK struct tl_error *tl_memory_open(struct tl_trace *trace, uint32_t vm, unsigned space,
	struct tl_position position, struct tl_memory **ret);
void tl_memory_close(struct tl_memory *memory);

enum tl_memory_status {
	TL_MEMORY_RECORDED,
	TL_MEMORY_NO_SLOT,	/**< there is no memory at that address */
	TL_MEMORY_NOT_RECORDED, /**< memory was not looked at here, or not this page */
	TL_MEMORY_WRITTEN,	/**< it was written between the looks before and after */
	TL_MEMORY_NOT_WATCHED,	/**< memory that a scan cannot look at: table region says why */
	TL_MEMORY_UNREADABLE,	/**< the VMM had nothing mapped there */
};

/** What keeps a recorded page from being all that can be known. */
enum {
	TL_MEMORY_SHARED = 1, /**< others may write it without being seen */
	TL_MEMORY_GUEST = 2,  /**< the VMM's own writes were not seen */
	TL_MEMORY_RAN = 4,    /**< other vCPUs ran while it was looked at */
};

struct tl_memory_page {
	enum tl_memory_status status;
	unsigned marks; /**< TL_MEMORY_SHARED ... */
	bool read_only; /**< for the guest: its slot is */
	uint64_t host;	/**< where the VMM has it; 0 without a slot */
	tl_seq from,
		until; /**< the looks before and after, where the page's own position had none */
};

/**
 * The page of TL_PAGE_BYTES that holds `gpa`: `bytes` is filled when it is recorded. Not an error
 * when it is not: `ret` says why. Errors are those of a trace that contradicts its format.
 */
TL_CHECK struct tl_error *tl_memory_page(
	struct tl_memory *memory, tl_gpa gpa, uint8_t *bytes, struct tl_memory_page *ret);

/**
 * `size` bytes at `gpa`. `*ret_size` is how many of them come before the first that is not recorded,
 * of which `ret` tells why; when all are, it tells of the first page.
 */
TL_CHECK struct tl_error *tl_memory_read(struct tl_memory *memory, tl_gpa gpa, void *buf,
	size_t size, size_t *ret_size, struct tl_memory_page *ret);

/** For walks. What cannot be read is not there; errors come out of tl_memory_error(). */
struct tl_mem tl_memory_mem(struct tl_memory *memory);
TL_CHECK struct tl_error *tl_memory_error(struct tl_memory *memory);

/** The next address from `gpa` on that a slot shows, or false. */
bool tl_memory_next(const struct tl_memory *memory, tl_gpa gpa, tl_gpa *ret, uint64_t *ret_size);

#endif
