/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_MEMORY_H
#define TL_TESTS_ARCH_MEMORY_H

#include <assert.h>
#include <string.h>

#include "arch/arch.h"

#define MEMORY_PAGES 8

/** A guest's physical memory: the pages that something was put into, anywhere. */
struct memory {
	unsigned n_pages;
	struct {
		tl_gpa gpa;
		uint8_t bytes[4096];
	} page[MEMORY_PAGES];
};

static inline uint8_t *memory_find(struct memory *memory, tl_gpa gpa)
{
	for (unsigned i = 0; i < memory->n_pages; i++) {
		if (memory->page[i].gpa == (gpa & ~UINT64_C(0xfff)))
			return &memory->page[i].bytes[gpa & 0xfff];
	}
	return NULL;
}

/** Makes the page, full of zeros, when there is none. */
static inline uint8_t *memory_at(struct memory *memory, tl_gpa gpa)
{
	if (!memory_find(memory, gpa)) {
		assert(memory->n_pages < MEMORY_PAGES);
		memory->page[memory->n_pages++].gpa = gpa & ~UINT64_C(0xfff);
	}
	return memory_find(memory, gpa);
}

static inline void memory_put(struct memory *memory, tl_gpa gpa, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		memory_at(memory, gpa)[i] = (uint8_t)(value >> 8 * i);
}

static inline void memory_put_be(struct memory *memory, tl_gpa gpa, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		memory_at(memory, gpa)[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static inline bool memory_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	uint8_t *bytes = memory_find(ctx, gpa);

	if (bytes)
		memcpy(buf, bytes, size);
	return bytes;
}

#define assert_leaf(walk, at, leaf_level, size, steps)                                             \
	do {                                                                                       \
		assert_int_equal((walk)->status, TL_WALK_OK);                                      \
		assert_int_equal((walk)->gpa, at);                                                 \
		assert_int_equal((walk)->level, leaf_level);                                       \
		assert_int_equal((walk)->page_size, size);                                         \
		assert_int_equal((walk)->n_steps, steps);                                          \
	} while (0)

#define assert_fault(walk, fault_level, steps)                                                     \
	do {                                                                                       \
		assert_int_equal((walk)->status, TL_WALK_FAULT);                                   \
		assert_int_equal((walk)->level, fault_level);                                      \
		assert_int_equal((walk)->n_steps, steps);                                          \
	} while (0)

#define assert_step(walk, n, step_level, bytes, at, value)                                         \
	do {                                                                                       \
		assert_int_equal((walk)->step[n].level, step_level);                               \
		assert_int_equal((walk)->step[n].size, bytes);                                     \
		assert_int_equal((walk)->step[n].gpa, at);                                         \
		assert_int_equal((walk)->step[n].entry, value);                                    \
	} while (0)

#endif
