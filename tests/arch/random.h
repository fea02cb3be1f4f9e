/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_RANDOM_H
#define TL_TESTS_ARCH_RANDOM_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** splitmix64. A failure comes again with the same seed. */
static uint64_t random_state;

/** The seed is 1 or TL_SEED, and is printed. */
static inline void random_start(void)
{
	const char *seed = getenv("TL_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("note: seed %" PRIu64 " (TL_SEED)\n", random_state);
}

/** `few` rounds, or forty times as many with TL_LONG. */
static inline unsigned random_rounds(unsigned few)
{
	return getenv("TL_LONG") ? 40 * few : few;
}

static inline uint64_t any(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline unsigned below(unsigned n)
{
	return (unsigned)(any() % n);
}

static inline bool one_in(unsigned n)
{
	return below(n) == 0;
}

#endif
