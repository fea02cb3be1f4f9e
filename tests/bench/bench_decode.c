// SPDX-License-Identifier: MIT
// How many instructions a second are decoded: of every class, as many of each as of words that are none.
#include "arch/arm64/decode.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	WORDS = 1 << 16,
	TIMES = 64,
	ROUNDS = 5,
	CLASSES = 12,
	LEAST = 20 // million words a second
};

static void a32(uint32_t word, struct tl_arm64_insn *ret)
{
	tl_arm64_decode_a32(word, ret);
}

static void t32(uint32_t word, struct tl_arm64_insn *ret)
{
	tl_arm64_decode_t32((uint16_t)(word >> 16), (uint16_t)word, ret);
}

// The bits of `mask` are random. A T32 instruction of 16 bits is in the upper half.
static const struct set {
	const char *name;
	void (*decode)(uint32_t word, struct tl_arm64_insn *ret);
	uint32_t mask;
	uint32_t classes[CLASSES];
} sets[] = {
	{ "A64", tl_arm64_decode, 0xc0ffffff,
		{ 0x39000000, 0x38000000, 0x38200800, 0x38200000, 0x28000000, 0x18000000,
			0x08000000, 0x0c000000, 0x0d000000, 0xd5300000, 0x91000000, 0x54000000 } },
	{ "A32", a32, 0x01f1ff0f,
		{ 0xe4000000, 0xe6000000, 0xe00000b0, 0xe00000d0, 0xe1800e90, 0xe8000000,
			0xec000a00, 0xee000f10, 0xf4000000, 0xf5100000, 0xe2000000, 0xea000000 } },
	{ "T32", t32, 0x00f1ff0f,
		{ 0xf8000000, 0xf9100000, 0xe8400000, 0xe8c000f0, 0xe8000000, 0xec000a00,
			0xee000f10, 0xf9000000, 0x60000000, 0xb4000000, 0x48000000, 0x20000000 } },
};

static uint32_t words[WORDS];

static void make_words(const struct set *set)
{
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = ((uint32_t)random() & set->mask) |
			   set->classes[(unsigned)random() % CLASSES];
}

static double millions_a_second(const struct set *set, unsigned *seen)
{
	const uint64_t start = tl_bench_now();
	struct tl_arm64_insn insn;

	for (unsigned t = 0; t < TIMES; t++)
		for (unsigned i = 0; i < WORDS; i++) {
			set->decode(words[i], &insn);
			*seen += insn.size;
		}
	return 1e3 * TIMES * WORDS / (double)(tl_bench_now() - start);
}

static bool measure(const struct set *set)
{
	double rates[ROUNDS], median;
	unsigned seen = 0;

	make_words(set);
	for (unsigned i = 0; i < ROUNDS; i++)
		rates[i] = millions_a_second(set, &seen);
	median = tl_bench_median(rates, ROUNDS);
	printf("%s decoded: %.1f million words a second (%u bytes accessed); at least %d%s\n",
		set->name, median, seen, LEAST, median < LEAST ? ": BROKEN" : "");
	return median >= LEAST;
}

int main(void)
{
	bool good = true;

	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		good &= measure(&sets[i]);
	return good ? 0 : 1;
}
