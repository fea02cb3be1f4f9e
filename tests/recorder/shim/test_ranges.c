// SPDX-License-Identifier: MIT
// Sets of addresses, held against a bitmap.
#include "recorder/shim/shim.h"
#include "tests/recorder/test.h"

enum { UNIVERSE = 256, ROUNDS = 20000 };

struct model {
	bool in[UNIVERSE];
};

static uint32_t random_number(void)
{
	static uint32_t n = 1;

	n = n * 1664525 + 1013904223;
	return n >> 8;
}

static void add(struct tl_shim_ranges *set, struct model *model)
{
	const uint32_t start = random_number() % (UNIVERSE - 1);
	const uint32_t end =
		start + 1 + random_number() % (random_number() % 4 ? 4 : UNIVERSE - start);
	const uint32_t last = end < UNIVERSE ? end : UNIVERSE;

	tl_shim_ranges_add(set, start, last);
	for (uint32_t i = start; i < last; i++)
		model->in[i] = true;
}

static void assert_same(const struct tl_shim_ranges *set, const struct model *model)
{
	struct model found = { 0 };

	for (uint32_t i = 0; i < set->n; i++) {
		assert_true(set->of[i].start < set->of[i].end);
		assert_true(!i || set->of[i - 1].end < set->of[i].start);
		for (uint64_t at = set->of[i].start; at < set->of[i].end; at++)
			found.in[at] = true;
	}
	assert_memory_equal(found.in, model->in, sizeof(found.in));
	assert_false(set->overflow);
}

static void unions_are_those_of_a_bitmap(void **state)
{
	static struct tl_shim_ranges set, copy;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct model model = { 0 };

		set.n = 0;
		for (uint32_t n = random_number() % 40; n; n--)
			add(&set, &model);
		assert_same(&set, &model);
		tl_shim_ranges_copy(&copy, &set);
		assert_same(&copy, &model);
	}
}

static void differences_are_those_of_a_bitmap(void **state)
{
	static struct tl_shim_ranges a, b, c;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct model in_a = { 0 }, in_b = { 0 };

		a.n = b.n = 0;
		for (uint32_t n = random_number() % 30; n; n--)
			add(&a, &in_a);
		for (uint32_t n = random_number() % 30; n; n--)
			add(&b, &in_b);
		tl_shim_ranges_minus(&a, &b, &c);
		for (unsigned i = 0; i < UNIVERSE; i++)
			in_a.in[i] = in_a.in[i] && !in_b.in[i];
		assert_same(&c, &in_a);
	}
}

static void too_many_are_said(void **state)
{
	static struct tl_shim_ranges set, hole, rest;

	for (uint64_t i = 0; i < TL_SHIM_SLOTS; i++)
		tl_shim_ranges_add(&set, 4 * i, 4 * i + 3);
	assert_false(set.overflow);
	tl_shim_ranges_add(&hole, 1, 2);
	tl_shim_ranges_minus(&set, &hole, &rest);
	assert_true(rest.overflow);
	tl_shim_ranges_add(&set, 4 * TL_SHIM_SLOTS, 4 * TL_SHIM_SLOTS + 1);
	assert_true(set.overflow);
	assert_int_equal(set.n, TL_SHIM_SLOTS);
	assert_int_equal(set.of[set.n - 1].end, 4 * TL_SHIM_SLOTS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unions_are_those_of_a_bitmap),
		cmocka_unit_test(differences_are_those_of_a_bitmap),
		cmocka_unit_test(too_many_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
