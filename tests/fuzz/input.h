/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_FUZZ_INPUT_H
#define TL_TESTS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fuzzer's bytes in place of tests/arch/random.h: zeroes behind their end. */

static const uint8_t *input_at;
static size_t input_left;

static inline void input_start(const uint8_t *data, size_t size)
{
	input_at = data;
	input_left = size;
}

static inline uint64_t input_take(unsigned size)
{
	uint64_t value = 0;

	for (; size && input_left; size--, input_left--)
		value = value << 8 | *input_at++;
	return value;
}

static inline uint64_t any(void)
{
	return input_take(8);
}

static inline unsigned below(unsigned n)
{
	return n ? (unsigned)(input_take(n > 256 ? 4 : 1) % n) : 0;
}

static inline bool one_in(unsigned n)
{
	return below(n) == 0;
}

#endif
