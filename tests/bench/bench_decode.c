// SPDX-License-Identifier: MIT
// How many A64 words a second are decoded: of every class, as many of each as of words that are none.
#include "arch/arm64/decode.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 1 << 16, TIMES = 64, ROUNDS = 5 };

static uint32_t words[WORDS];

static void make_words(void)
{
	static const uint32_t classes[] = { 0x39000000, 0x38000000, 0x38200800, 0x38200000,
		0x28000000, 0x18000000, 0x08000000, 0x0c000000, 0x0d000000, 0xd5300000, 0x91000000,
		0x54000000 };

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = ((uint32_t)random() & 0xc0ffffff) |
			   classes[(unsigned)random() % (sizeof(classes) / sizeof(classes[0]))];
}

static double millions_a_second(unsigned *seen)
{
	const uint64_t start = tl_bench_now();
	struct tl_arm64_insn insn;

	for (unsigned t = 0; t < TIMES; t++)
		for (unsigned i = 0; i < WORDS; i++) {
			tl_arm64_decode(words[i], &insn);
			*seen += insn.size;
		}
	return 1e3 * TIMES * WORDS / (double)(tl_bench_now() - start);
}

int main(void)
{
	double rates[ROUNDS];
	unsigned seen = 0;

	make_words();
	for (unsigned i = 0; i < ROUNDS; i++)
		rates[i] = millions_a_second(&seen);
	printf("A64 decoded: %.1f million words a second (%u bytes accessed)\n",
		tl_bench_median(rates, ROUNDS), seen);
	return 0;
}
