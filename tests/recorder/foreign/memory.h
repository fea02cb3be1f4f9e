/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_MEMORY_H
#define TL_TESTS_RECORDER_FOREIGN_MEMORY_H

#include <stdint.h>

/*
 * What mode_memory writes to its file: at each of its dumps this head, then for every slot that there
 * is a struct dumped_slot and behind it one word for each of its pages.
 */
enum { DUMP_PAGE = 4096, DUMP_GONE = 1 /**< the word of a page that is not mapped */ };

/** What the sizes of its memory are multiples of: an emulated machine has less time. */
#ifdef __x86_64__
enum { DUMP_UNIT = 1 << 20 };
#else
enum { DUMP_UNIT = 1 << 17 };
#endif

struct dump {
	uint64_t seq;	/**< how often KVM_RUN has returned */
	uint32_t phase; /**< 0: it has just returned; 1: it is called next */
	uint32_t slots;
};

struct dumped_slot {
	uint32_t slot, flags;
	uint64_t gpa, size;
};

/** Of a page's bytes, never DUMP_GONE. */
static inline uint64_t dump_hash(const void *page)
{
	const unsigned char *bytes = page;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < DUMP_PAGE; i += 8) {
		uint64_t word = 0;

		for (unsigned j = 0; j < 8; j++)
			word |= (uint64_t)bytes[i + j] << 8 * j;
		h = (h ^ word) * UINT64_C(0x100000001b3);
		h ^= h >> 29;
	}
	return h | 2;
}

#endif
