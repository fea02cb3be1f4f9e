/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Walks of AArch32, by short and by long descriptors.
#include "tests/arch/walk_arm64.h"

static void short_descriptors_map_sections_and_supersections(void **state)
{
	struct tl_regs regs = svc(0, T0 | 0x4a, 0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0 + 4 * 0x001, 0x12300c0e, 4);
	memory_put(&memory, T0 + 4 * 0x002, 0x12300c0f, 4); // with PXN
	walk = translate(&memory, &regs, 0x100abc);
	assert_leaf(&walk, 0x12300abc, 1, MIB(1), 1);
	assert_step(&walk, 0, 1, 4, T0 + 4, 0x12300c0e);
	walk = translate(&memory, &regs, 0x2fffff);
	assert_leaf(&walk, 0x123fffff, 1, MIB(1), 1);
	memory_put(&memory, T0 + 4 * 0x010, 0x45000000 | 0x5 << 20 | 1 << 18 | 0x6 << 5 | 2, 4);
	walk = translate(&memory, &regs, 0x01012345);
	assert_leaf(&walk, 0x6545012345, 1, MIB(16), 1);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 1, 1);
}

static void short_descriptors_map_large_and_small_pages(void **state)
{
	struct tl_regs regs = svc(0, T0, 0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0 + 4 * 0xfff, (T1 + 0x400) | 0x1e1, 4);
	memory_put(&memory, T1 + 0x400 + 4 * 0x12, 0x9876f001, 4);
	memory_put(&memory, T1 + 0x400 + 4 * 0x20, 0x98765032, 4);
	memory_put(&memory, T1 + 0x400 + 4 * 0x21, 0x98766033, 4); // with XN
	walk = translate(&memory, &regs, 0xfff12345);
	assert_leaf(&walk, 0x98762345, 2, KIB(64), 2);
	walk = translate(&memory, &regs, 0xfff20abc);
	assert_leaf(&walk, 0x98765abc, 2, KIB(4), 2);
	assert_step(&walk, 1, 2, 4, T1 + 0x400 + 4 * 0x20, 0x98765032);
	walk = translate(&memory, &regs, 0xfff21abc);
	assert_leaf(&walk, 0x98766abc, 2, KIB(4), 2);
	walk = translate(&memory, &regs, 0xfff00000);
	assert_fault(&walk, 2, 2);
}

static void ttbcr_n_divides_the_addresses(void **state)
{
	struct tl_regs regs = svc(2, T0 | 0x1000, T1); // up to 1 GiB by a table of 4 KiB
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0 + 0x1000 + 4 * 0x3ff, 0x11100002, 4);
	memory_put(&memory, T1 + 4 * 0x400, 0x22200002, 4);
	walk = translate(&memory, &regs, 0x3ff00000);
	assert_leaf(&walk, 0x11100000, 1, MIB(1), 1);
	walk = translate(&memory, &regs, 0x40000000);
	assert_leaf(&walk, 0x22200000, 1, MIB(1), 1);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, 2 | TTBCR_PD0);
	walk = translate(&memory, &regs, 0x3ff00000);
	assert_fault(&walk, 1, 0);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, 2 | TTBCR_PD1);
	walk = translate(&memory, &regs, 0x40000000);
	assert_fault(&walk, 1, 0);
}

static void lpae_maps_40_bits_by_three_levels(void **state)
{
	struct tl_regs regs = svc(TTBCR_EAE, T0 | BIT(48), 0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0 + 8 * 3, T1 | TABLE, 8);
	memory_put(&memory, T0 + 8 * 1, 0x8040000000 | BLOCK, 8);
	memory_put(&memory, T1 + 8 * 0x1ff, T2 | TABLE, 8);
	memory_put(&memory, T1 + 8 * 0x000, 0x8000400000 | BLOCK, 8);
	memory_put(&memory, T2 + 8 * 0x1fe, 0xfedcba9000 | PAGE, 8);
	walk = translate(&memory, &regs, 0xffffeabc);
	assert_leaf(&walk, 0xfedcba9abc, 3, KIB(4), 3);
	assert_step(&walk, 0, 1, 8, T0 + 8 * 3, T1 | TABLE);
	walk = translate(&memory, &regs, 0xc0112345);
	assert_leaf(&walk, 0x8000512345, 2, MIB(2), 2);
	walk = translate(&memory, &regs, 0x52345678);
	assert_leaf(&walk, 0x8052345678, 1, GIB(1), 1);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 1, 1);
}

static void lpae_sizes_divide_the_addresses(void **state)
{
	static const struct {
		unsigned t0sz, t1sz;
		uint32_t va;
		tl_gpa entry; // 0: between the ranges
	} cases[] = {
		{ 0, 0, 0xffffffff, T0 + 8 * 3 },
		{ 1, 0, 0x7fffffff, T0 + 8 * 1 },
		{ 1, 0, 0x80000000, T1 + 8 * 2 },
		{ 2, 0, 0x3fffffff, T0 + 8 * 0x1ff }, // starts at level 2
		{ 2, 0, 0x40000000, T1 + 8 * 1 },
		{ 0, 1, 0x7fffffff, T0 + 8 * 1 },
		{ 0, 1, 0x80000000, T1 + 8 * 0 },
		{ 0, 2, 0xbfffffff, T0 + 8 * 2 },
		{ 0, 2, 0xc0200000, T1 + 8 * 1 },
		{ 2, 2, 0x3fffffff, T0 + 8 * 0x1ff },
		{ 2, 2, 0x40000000, 0 },
		{ 2, 2, 0xbfffffff, 0 },
		{ 2, 2, 0xffffffff, T1 + 8 * 0x1ff },
		{ 7, 7, 0x01ffffff, T0 + 8 * 0xf },
		{ 7, 7, 0xfe000000, T1 + 8 * 0 },
	};
	struct memory memory = { 0 };

	memory_at(&memory, T0);
	memory_at(&memory, T1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tl_regs regs = svc(TTBCR_EAE | cases[i].t0sz | cases[i].t1sz << 16, T0, T1);
		struct tl_walk walk = translate(&memory, &regs, cases[i].va);

		assert_int_equal(walk.status, TL_WALK_FAULT);
		assert_int_equal(walk.n_steps, cases[i].entry ? 1 : 0);
		if (cases[i].entry)
			assert_int_equal(walk.step[0].gpa, cases[i].entry);
		else
			assert_int_equal(walk.level, 1);
	}
}

static void lpae_epd_faults_at_level_1(void **state)
{
	struct tl_regs regs = svc(TTBCR_EAE | EPD0, T0, T1);
	struct memory memory = { 0 };
	struct tl_walk walk = translate(&memory, &regs, 0);

	assert_fault(&walk, 1, 0);
	regs = svc(TTBCR_EAE | EPD1 | 1, T0, T1);
	walk = translate(&memory, &regs, 0x80000000);
	assert_fault(&walk, 1, 0);
}

static void a_32_bit_program_is_walked_as_its_kernel_does(void **state)
{
	static const struct {
		enum tl_arm64_reg reg;
		uint64_t value;
	} signs[] = { { TL_ARM64_vbar_el1, 0xffff800010010800 }, { TL_ARM64_elr_el1, 0x10054 },
		{ TL_ARM64_tcr_el1, T0SZ(32) | BIT(33) } };
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0, GIB(1) | BLOCK, 8);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct tl_regs regs = regime(TL_ARM32_USR, T0SZ(32), T0, 0);

		walk = translate(&memory, &regs, 0x1234);
		assert_int_equal(walk.status, TL_WALK_NOT_KNOWN);
		tl_regs_set(&regs, TL_ARM64_vbar_el1, 0);
		tl_regs_set(&regs, TL_ARM64_elr_el1, 0);
		walk = translate(&memory, &regs, 0x1234);
		assert_int_equal(walk.step[0].size, 4);
		tl_regs_set(&regs, signs[i].reg, signs[i].value);
		walk = translate(&memory, &regs, 0x1234);
		assert_leaf(&walk, GIB(1) + 0x1234, 1, GIB(1), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_descriptors_map_sections_and_supersections),
		cmocka_unit_test(short_descriptors_map_large_and_small_pages),
		cmocka_unit_test(ttbcr_n_divides_the_addresses),
		cmocka_unit_test(lpae_maps_40_bits_by_three_levels),
		cmocka_unit_test(lpae_sizes_divide_the_addresses),
		cmocka_unit_test(lpae_epd_faults_at_level_1),
		cmocka_unit_test(a_32_bit_program_is_walked_as_its_kernel_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
