/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_SEVERAL_H
#define TL_TESTS_RECORDER_SEVERAL_H

#include "schema/trace/memory.h"
#include "tests/recorder/test.h"

/* A vCPU that increments one word after the other, far apart, as recorded at an exit of another. */

static inline uint32_t recorded_word(struct tl_memory *memory, tl_gpa gpa)
{
	struct tl_memory_page why;
	uint32_t word = 0;
	size_t size;

	assert_null(tl_memory_read(memory, gpa, &word, sizeof(word), &size, &why));
	assert_int_equal(why.status, TL_MEMORY_RECORDED);
	return word;
}

/** How far the first word was ahead of the second in what was recorded at that exit. */
static inline int32_t ahead_at(const char *trap, uint64_t seq, tl_gpa first, tl_gpa second)
{
	struct tl_trace *trace;
	struct tl_memory *memory;
	int32_t ahead;

	assert_null(tl_trace_open(trap, &trace));
	assert_null(
		tl_memory_open(trace, 0, 0, (struct tl_position){ seq, TL_PHASE_EXIT }, &memory));
	ahead = (int32_t)(recorded_word(memory, first) - recorded_word(memory, second));
	tl_memory_close(memory);
	tl_trace_close(trace);
	return ahead;
}

/** What keeps that page, recorded at that exit, from being all that can be known. */
static inline unsigned marks_at(const char *trap, uint64_t seq, tl_gpa gpa)
{
	struct tl_trace *trace;
	struct tl_memory *memory;
	struct tl_memory_page page;
	uint8_t bytes[TL_PAGE_BYTES];

	assert_null(tl_trace_open(trap, &trace));
	assert_null(
		tl_memory_open(trace, 0, 0, (struct tl_position){ seq, TL_PHASE_EXIT }, &memory));
	assert_null(tl_memory_page(memory, gpa, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_RECORDED);
	tl_memory_close(memory);
	tl_trace_close(trace);
	return page.marks;
}

/** Between its two increments, if it was stopped for the time that recording took. */
static inline bool stood_still(const char *trap, uint64_t seq, tl_gpa first, tl_gpa second)
{
	const int32_t ahead = ahead_at(trap, seq, first, second);

	return ahead == 0 || ahead == 1;
}

#endif
