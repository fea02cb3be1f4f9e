/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_GUESTS_EXPECT_H
#define TL_TESTS_GUESTS_EXPECT_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NISV_ACCESSES 28
#define NISV_HOLE     0x0a000000
#define NISV_ROM      0x0c000000

/** A line of nisv.expect. */
struct nisv_access {
	char label[64];
	uint32_t word;
	uint64_t base; /**< what x0 holds: NISV_HOLE or NISV_ROM */
	unsigned offset;
	char direction[3]; /**< "r", "w" or "rw" */
};

static inline struct nisv_access nisv_parse(const char *line, unsigned expected_n)
{
	struct nisv_access a;
	char place[8];
	unsigned n;

	assert_int_equal(sscanf(line, "%u %63s %" SCNx32 " %7s %u %2s", &n, a.label, &a.word, place,
				 &a.offset, a.direction),
		6);
	assert_int_equal(n, expected_n);
	a.base = strcmp(place, "rom") ? NISV_HOLE : NISV_ROM;
	return a;
}

/** All that nisv.elf does, in order. */
static inline void nisv_expected(struct nisv_access ret[NISV_ACCESSES])
{
	FILE *list = fopen(TL_BUILD_TESTS "/guests/nisv.expect", "re");
	unsigned n = 0;
	char line[256];

	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		if (line[0] == '#')
			continue;
		assert_true(n < NISV_ACCESSES);
		ret[n] = nisv_parse(line, n + 1);
		n++;
	}
	assert_int_equal(n, NISV_ACCESSES);
	fclose(list);
}

#endif
