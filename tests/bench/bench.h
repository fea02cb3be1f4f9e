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

/**
 * A figure that must not be above its limit, or not below it. On a machine whose other tenants cost
 * more than what is measured (TL_BENCH_SHARED is set), what must hold is `shared`.
 */
struct tl_bench_limit {
	const char *what, *unit;
	double value, limit, shared;
	bool at_least;
};

static inline bool tl_bench_holds(const struct tl_bench_limit *l, double limit)
{
	return l->at_least ? l->value >= limit : l->value <= limit;
}

/** Prints figures beside their limits; false when one does not hold. */
static inline bool tl_bench_limits(const struct tl_bench_limit *l, unsigned n)
{
	const bool shared = getenv("TL_BENCH_SHARED");
	bool hold = true;

	for (unsigned i = 0; i < n; i++, l++) {
		hold = hold && tl_bench_holds(l, shared ? l->shared : l->limit);
		printf("%-44s %9.3f %-6s %s %8.3f  %s", l->what, l->value, l->unit,
			l->at_least ? "at least" : "at most ", l->limit,
			tl_bench_holds(l, l->limit) ? "holds" : "BROKEN");
		if (shared && !tl_bench_holds(l, l->limit))
			printf(", %s %.3f on a shared machine",
				tl_bench_holds(l, l->shared) ? "but within" : "and beyond",
				l->shared);
		putchar('\n');
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
