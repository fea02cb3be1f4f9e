/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_BENCH_BENCH_H
#define TL_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TL_BENCH_MOST 100

/* What the measuring programs share. */

static inline uint64_t tl_bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline int tl_bench_by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/** Of at most TL_BENCH_MOST values. */
static inline double tl_bench_median(const double *values, int n)
{
	double v[TL_BENCH_MOST];

	memcpy(v, values, (size_t)n * sizeof(*v));
	qsort(v, (size_t)n, sizeof(*v), tl_bench_by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/** A figure that must not be above its limit, or not below it. */
struct tl_bench_limit {
	const char *what, *unit;
	double value, limit;
	bool at_least;
};

/** Prints figures beside their limits; false when one does not hold. */
static inline bool tl_bench_limits(const struct tl_bench_limit *l, unsigned n)
{
	bool hold = true, holds;

	for (unsigned i = 0; i < n; i++, l++) {
		holds = l->at_least ? l->value >= l->limit : l->value <= l->limit;
		hold = hold && holds;
		printf("%-44s %9.3f %-6s %s %8.3f  %s\n", l->what, l->value, l->unit,
			l->at_least ? "at least" : "at most ", l->limit,
			holds ? "holds" : "BROKEN");
	}
	return hold;
}

/** A path for a file of this run, in $TMPDIR. */
static inline const char *tl_bench_file(const char *name)
{
	static char path[4096];
	const char *dir = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/trapline-bench-%s", dir ? dir : "/tmp", name);
	return path;
}

#endif
