/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Walks of AArch64, by each granule, and what holds for all.
#include "tests/arch/walk_arm64.h"

static void a_4k_granule_has_pages_after_four_levels(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48) | TG0_4K, T0 | BIT(48) | 1); // an ASID, CnP
	struct tl_walk walk;

	memory_put(&memory, T0 + 8 * 0x1ff, T1 | TABLE, 8);
	memory_put(&memory, T1 + 8 * 0x002, T2 | TABLE, 8);
	memory_put(&memory, T2 + 8 * 0x003, T3 | TABLE, 8);
	memory_put(&memory, T3 + 8 * 0x004, 0xfedcba987000 | PAGE, 8);
	walk = translate(&memory, &regs, 0x0000ff8080604abc);
	assert_leaf(&walk, 0xfedcba987abc, 3, KIB(4), 4);
	assert_step(&walk, 0, 0, 8, T0 + 8 * 0x1ff, T1 | TABLE);
	assert_step(&walk, 3, 3, 8, T3 + 8 * 0x004, 0xfedcba987000 | PAGE);
}

static void a_4k_granule_has_blocks_at_levels_1_and_2(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48) | TG0_4K, T0);
	struct tl_walk walk;

	memory_put(&memory, T0, T1 | TABLE, 8);
	memory_put(&memory, T0 + 8, BLOCK, 8);
	memory_put(&memory, T1, T2 | TABLE, 8);
	memory_put(&memory, T1 + 8, GIB(5) | BLOCK, 8);
	memory_put(&memory, T2 + 8, MIB(10) | BLOCK, 8);
	walk = translate(&memory, &regs, GIB(1) + 0x12345678);
	assert_leaf(&walk, GIB(5) + 0x12345678, 1, GIB(1), 2);
	walk = translate(&memory, &regs, MIB(2) + 0x12345);
	assert_leaf(&walk, MIB(10) + 0x12345, 2, MIB(2), 3);
	walk = translate(&memory, &regs, BIT(39));
	assert_fault(&walk, 0, 1);
}

static void an_invalid_descriptor_faults_at_its_level(void **state)
{
	static const tl_gpa tables[] = { T0, T1, T2, T3, T4 };
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48), T0);

	memory_at(&memory, T0);
	for (int level = 0; level < 4; level++) {
		struct tl_walk walk = translate(&memory, &regs, 0);

		assert_fault(&walk, level, (unsigned)level + 1);
		memory_put(&memory, tables[level], 2, 8);
		walk = translate(&memory, &regs, 0);
		assert_fault(&walk, level, (unsigned)level + 1);
		memory_put(&memory, tables[level], tables[level + 1] | TABLE, 8);
		memory_at(&memory, tables[level + 1]);
	}
}

static void a_block_at_the_last_level_is_reserved(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(21), T0);
	struct tl_walk walk;

	memory_put(&memory, T0, BLOCK, 8);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 3, 1);
}

static void the_first_level_follows_from_the_size(void **state)
{
	static const struct {
		uint64_t tcr;
		int level;
	} sizes[] = {
		{ T0SZ(48), 0 },
		{ T0SZ(40), 0 },
		{ T0SZ(39), 1 },
		{ T0SZ(31), 1 },
		{ T0SZ(30), 2 },
		{ T0SZ(25), 2 },
		{ T0SZ(21), 3 },
		{ T0SZ(16), 3 },
		{ T0SZ(48) | TG0_16K, 0 },
		{ T0SZ(47) | TG0_16K, 1 },
		{ T0SZ(37) | TG0_16K, 1 },
		{ T0SZ(36) | TG0_16K, 2 },
		{ T0SZ(25) | TG0_16K, 3 },
		{ T0SZ(52) | TG0_64K, 1 },
		{ T0SZ(48) | TG0_64K, 1 },
		{ T0SZ(43) | TG0_64K, 1 },
		{ T0SZ(42) | TG0_64K, 2 },
		{ T0SZ(30) | TG0_64K, 2 },
		{ T0SZ(29) | TG0_64K, 3 },
		{ T0SZ(52) | DS, -1 },
		{ T0SZ(49) | DS, -1 },
		{ T0SZ(48) | DS, 0 },
		{ T0SZ(52) | TG0_16K | DS, 0 },
	};
	struct memory memory = { 0 };

	memory_at(&memory, T0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tl_regs regs = el1(sizes[i].tcr, T0);
		struct tl_walk walk = translate(&memory, &regs, 0);

		assert_fault(&walk, sizes[i].level, 1);
	}
}

static void a_first_table_is_aligned_to_its_size(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(32), 0x40000fff); // four entries
	struct tl_walk walk;

	memory_put(&memory, 0x40000fe0 + 8 * 3, GIB(7) | BLOCK, 8);
	walk = translate(&memory, &regs, GIB(3) + 1);
	assert_leaf(&walk, GIB(7) + 1, 1, GIB(1), 1);
	assert_int_equal(walk.step[0].gpa, 0x40000fe0 + 8 * 3);
}

static void a_16k_granule_has_pages_and_32m_blocks(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48) | TG0_16K, T0);
	struct tl_walk walk;

	memory_put(&memory, T0 + 8, T1 | TABLE, 8);
	memory_put(&memory, T1 + 8 * 0x7ff, T2 | TABLE, 8);
	memory_put(&memory, T1, GIB(64) | BLOCK, 8); // no block here without LPA2
	memory_put(&memory, T2 + 8 * 0x001, MIB(96) | BLOCK, 8);
	memory_put(&memory, T2 + 8 * 0x002, T3 | TABLE, 8);
	memory_put(&memory, T3 + 8 * 0x003, 0xfedcba984000 | PAGE, 8);
	walk = translate(&memory, &regs, 0xfff00400d234);
	assert_leaf(&walk, 0xfedcba985234, 3, KIB(16), 4);
	walk = translate(&memory, &regs, 0xfff003234567);
	assert_leaf(&walk, MIB(96) + 0x1234567, 2, MIB(32), 3);
	walk = translate(&memory, &regs, BIT(47));
	assert_fault(&walk, 1, 2);
}

static void a_64k_granule_has_pages_and_512m_blocks(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48) | TG0_64K, T0);
	struct tl_walk walk;

	memory_put(&memory, T0, BLOCK, 8); // no block here without 52-bit addresses
	memory_put(&memory, T0 + 8 * 0x3f, T1 | TABLE, 8);
	memory_put(&memory, T1 + 8 * 1, MIB(1536) | BLOCK, 8);
	memory_put(&memory, T1 + 8 * 2, T2 | TABLE, 8);
	memory_put(&memory, T2 + 8 * 3, 0xfedcba980000 | PAGE, 8);
	walk = translate(&memory, &regs, 0xfc0040031234);
	assert_leaf(&walk, 0xfedcba981234, 3, KIB(64), 3);
	walk = translate(&memory, &regs, 0xfc0032345678);
	assert_leaf(&walk, MIB(1536) + 0x12345678, 2, MIB(512), 2);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 1, 1);
}

static void a_64k_granule_has_52_bit_addresses(void **state)
{
	tl_gpa first = T0 | 0xaULL << 48, last = T2 | 0xbULL << 48;
	struct tl_regs regs = el1(T0SZ(52) | TG0_64K | IPS(6), T0 | 0xa << 2);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, first + 8 * 0x3ff, T1 | TABLE, 8);
	memory_put(&memory, first + 8 * 0x001, BIT(43) | 0x8000 | BLOCK, 8);
	memory_put(&memory, T1, T2 | 0xb000 | TABLE, 8);
	memory_put(&memory, last, 0x123456780000 | 0xc000 | PAGE, 8);
	walk = translate(&memory, &regs, 0x000ffc0000001234);
	assert_leaf(&walk, 0xc123456781234, 3, KIB(64), 3);
	assert_int_equal(walk.step[0].gpa, first + 8 * 0x3ff);
	assert_int_equal(walk.step[2].gpa, last);
	walk = translate(&memory, &regs, BIT(42) + 0x12345678);
	assert_leaf(&walk, BIT(51) + BIT(43) + 0x12345678, 1, BIT(42), 1);
}

static void lpa2_gives_the_4k_granule_52_bits_and_a_level_more(void **state)
{
	tl_gpa first = T0 | 0xaULL << 48, second = T1 | 0xeULL << 48;
	struct tl_regs regs = el1(T0SZ(52) | TG0_4K | DS, T0 | 0xa << 2);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, first + 8 * 0xf, T1 | BIT(49) | 3 << 8 | TABLE, 8);
	memory_put(&memory, first, BLOCK, 8); // never a block at level -1
	memory_put(&memory, second, T2 | TABLE, 8);
	memory_put(&memory, second + 8, BIT(39) | BIT(48) | 2 << 8 | BLOCK, 8);
	memory_put(&memory, T2, T3 | TABLE, 8);
	memory_put(&memory, T3, T4 | TABLE, 8);
	memory_put(&memory, T4, 0x3123456789000 | 1 << 8 | PAGE, 8);
	walk = translate(&memory, &regs, 0x000f000000000abc);
	assert_leaf(&walk, 0x7123456789abc, 3, KIB(4), 5);
	assert_step(&walk, 0, -1, 8, first + 8 * 0xf, T1 | BIT(49) | 3 << 8 | TABLE);
	walk = translate(&memory, &regs, 0x000f008000012345);
	assert_leaf(&walk, 0x9000000000000 + BIT(39) + 0x12345, 0, GIB(512), 2);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, -1, 1);
}

static void lpa2_gives_the_16k_granule_52_bits_and_64g_blocks(void **state)
{
	struct tl_regs regs = el1(T0SZ(52) | TG0_16K | DS, T0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0 + 8 * 0x1f, T1 | TABLE, 8);
	memory_put(&memory, T1 + 8, GIB(128) | BIT(49) | 1 << 8 | BLOCK, 8);
	walk = translate(&memory, &regs, 0x000f801000001234);
	assert_leaf(&walk, BIT(50) + BIT(49) + GIB(128) + 0x1234, 1, GIB(64), 2);
}

static void shareability_is_no_address_without_lpa2(void **state)
{
	struct tl_regs regs = el1(T0SZ(48), T0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0, T1 | TABLE, 8);
	memory_put(&memory, T1, BIT(54) | BIT(52) | BIT(48) | GIB(2) | 0x700 | BLOCK, 8);
	walk = translate(&memory, &regs, 0x1234);
	assert_leaf(&walk, GIB(2) + 0x1234, 1, GIB(1), 2);
}

static void bit_55_chooses_the_range(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs =
		regime(TL_ARM64_EL1H, T0SZ(39) | TG0_4K | T1SZ(42) | TG1_64K, T0, T1 | BIT(50));
	struct tl_walk walk;

	memory_put(&memory, T0, GIB(1) | BLOCK, 8);
	memory_put(&memory, T1 + 8 * 0x1fff, GIB(2) | BLOCK, 8);
	walk = translate(&memory, &regs, 0x1234);
	assert_leaf(&walk, GIB(1) + 0x1234, 1, GIB(1), 1);
	walk = translate(&memory, &regs, 0xffffffffe0001234);
	assert_leaf(&walk, GIB(2) + 0x1234, 2, MIB(512), 1);
}

static void the_upper_range_has_its_own_granule_encoding(void **state)
{
	static const struct {
		uint64_t tg1;
		int level;
		tl_gpa entry;
	} granules[] = { { TG1_4K, 1, T1 + 8 * 511 }, { TG1_16K, 1, T1 + 8 * 7 },
		{ TG1_64K, 2, T1 + 8 * 1023 } };
	struct memory memory = { 0 };

	memory_at(&memory, T1);
	memory_at(&memory, T1 + 8 * 1023);
	for (size_t i = 0; i < 3; i++) {
		struct tl_regs regs = regime(TL_ARM64_EL1H, T1SZ(39) | granules[i].tg1, T0, T1);
		struct tl_walk walk = translate(&memory, &regs, UINT64_MAX);

		assert_fault(&walk, granules[i].level, 1);
		assert_int_equal(walk.step[0].gpa, granules[i].entry);
	}
}

static void a_reserved_granule_is_unsupported(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = el1(T0SZ(48) | TG0_64K | TG0_16K, T0);
	struct tl_walk walk = translate(&memory, &regs, 0);

	assert_int_equal(walk.status, TL_WALK_UNSUPPORTED);
}

static void an_address_between_the_ranges_faults_at_level_0(void **state)
{
	static const tl_gva bad[] = { BIT(39), BIT(54), 0xffffff7fffffffff,
		0xff00000000000000 | BIT(55), BIT(56), 0x1200000000000000 };
	struct memory memory = { 0 };
	struct tl_regs regs = regime(TL_ARM64_EL1H, T0SZ(39) | T1SZ(39) | TG1_4K, T0, T1);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tl_walk walk = translate(&memory, &regs, bad[i]);

		assert_fault(&walk, 0, 0);
	}
}

static void tbi_ignores_the_top_byte_of_its_range(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = regime(TL_ARM64_EL1H, T0SZ(39) | T1SZ(39) | TG1_4K | TBI0, T0, T1);
	struct tl_walk walk;

	memory_put(&memory, T0, GIB(1) | BLOCK, 8);
	memory_put(&memory, T1 + 8 * 511, GIB(2) | BLOCK, 8);
	walk = translate(&memory, &regs, 0xaa00000000001234);
	assert_leaf(&walk, GIB(1) + 0x1234, 1, GIB(1), 1);
	walk = translate(&memory, &regs, 0xaa01000000001234);
	assert_fault(&walk, 0, 0);
	walk = translate(&memory, &regs, 0xaaffffffc0001234);
	assert_fault(&walk, 0, 0);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, T0SZ(39) | T1SZ(39) | TG1_4K | TBI1);
	walk = translate(&memory, &regs, 0xaaffffffc0001234);
	assert_leaf(&walk, GIB(2) + 0x1234, 1, GIB(1), 1);
}

static void epd_faults_at_level_0(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = regime(TL_ARM64_EL1H, T0SZ(39) | T1SZ(39) | TG1_4K | EPD0, T0, T1);
	struct tl_walk walk;

	memory_at(&memory, T0);
	memory_at(&memory, T1);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 0, 0);
	walk = translate(&memory, &regs, UINT64_MAX);
	assert_fault(&walk, 1, 1);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, T0SZ(39) | T1SZ(39) | TG1_4K | EPD1);
	walk = translate(&memory, &regs, UINT64_MAX);
	assert_fault(&walk, 0, 0);
}

static void a_size_out_of_bounds_faults_at_level_0(void **state)
{
	static const uint64_t tcr[] = { T0SZ(49), T0SZ(15), T0SZ(49) | TG0_16K, T0SZ(53) | TG0_64K,
		T0SZ(16) | TG0_64K, T0SZ(53) | DS };
	struct memory memory = { 0 };

	for (size_t i = 0; i < sizeof(tcr) / sizeof(tcr[0]); i++) {
		struct tl_regs regs = el1(tcr[i], T0);
		struct tl_walk walk = translate(&memory, &regs, 0);

		assert_fault(&walk, 0, 0);
	}
}

static void without_stage_1_addresses_are_physical(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = { 0 };
	struct tl_walk walk;

	tl_regs_set(&regs, TL_ARM64_pstate, TL_ARM64_EL1H);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, 0);
	walk = translate(&memory, &regs, 0x40080004);
	assert_leaf(&walk, 0x40080004, 0, 0, 0);
	walk = translate(&memory, &regs, 0xaa00000040080004);
	assert_fault(&walk, 0, 0);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, TBI0);
	walk = translate(&memory, &regs, 0xaa00000040080004);
	assert_leaf(&walk, 0x40080004, 0, 0, 0);
	tl_regs_set(&regs, TL_ARM64_pstate, TL_ARM32_SVC);
	walk = translate(&memory, &regs, 0x140080004);
	assert_leaf(&walk, 0x40080004, 0, 0, 0);
}

static void a_walk_without_its_registers_says_so(void **state)
{
	static const enum tl_arm64_reg needed[] = { TL_ARM64_pstate, TL_ARM64_sctlr_el1,
		TL_ARM64_tcr_el1, TL_ARM64_ttbr0_el1 };
	struct memory memory = { 0 };

	memory_at(&memory, T0);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct tl_regs regs = el1(T0SZ(39), T0);
		struct tl_walk walk;

		regs.known[needed[i] / 64] &= ~BIT(needed[i] % 64);
		walk = translate(&memory, &regs, 0);
		assert_int_equal(walk.status, TL_WALK_NOT_KNOWN);
	}
}

static void a_walk_does_not_need_the_other_ranges_table(void **state)
{
	struct tl_regs regs = el1(T0SZ(39), T0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_at(&memory, T0);
	regs.known[TL_ARM64_ttbr1_el1 / 64] &= ~BIT(TL_ARM64_ttbr1_el1 % 64);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 1, 1);
}

static void el2_is_unsupported(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = regime(0x3c9, T0SZ(39), T0, T1);
	struct tl_walk walk = translate(&memory, &regs, 0);

	assert_int_equal(walk.status, TL_WALK_UNSUPPORTED);
}

static void big_endian_tables_are_read_so(void **state)
{
	struct tl_regs regs = el1(T0SZ(39), T0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	tl_regs_set(&regs, TL_ARM64_sctlr_el1, SCTLR_M | SCTLR_EE);
	memory_put_be(&memory, T0, GIB(1) | BLOCK, 8);
	walk = translate(&memory, &regs, 0x1234);
	assert_leaf(&walk, GIB(1) + 0x1234, 1, GIB(1), 1);
	assert_int_equal(walk.step[0].entry, GIB(1) | BLOCK);
	regs = svc(0, T0, 0);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, SCTLR_M | SCTLR_EE);
	memory_put_be(&memory, T0 + 4, 0x12300002, 4);
	walk = translate(&memory, &regs, 0x100004);
	assert_leaf(&walk, 0x12300004, 1, MIB(1), 1);
}

static void a_table_outside_memory_is_named(void **state)
{
	struct tl_regs regs = el1(T0SZ(39), T0);
	struct memory memory = { 0 };
	struct tl_walk walk;

	memory_put(&memory, T0, 0x123456000 | TABLE, 8);
	walk = translate(&memory, &regs, MIB(2));
	assert_int_equal(walk.status, TL_WALK_NO_MEMORY);
	assert_int_equal(walk.level, 2);
	assert_int_equal(walk.n_steps, 1);
	assert_int_equal(walk.gpa, 0x123456008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_4k_granule_has_pages_after_four_levels),
		cmocka_unit_test(a_4k_granule_has_blocks_at_levels_1_and_2),
		cmocka_unit_test(an_invalid_descriptor_faults_at_its_level),
		cmocka_unit_test(a_block_at_the_last_level_is_reserved),
		cmocka_unit_test(the_first_level_follows_from_the_size),
		cmocka_unit_test(a_first_table_is_aligned_to_its_size),
		cmocka_unit_test(a_16k_granule_has_pages_and_32m_blocks),
		cmocka_unit_test(a_64k_granule_has_pages_and_512m_blocks),
		cmocka_unit_test(a_64k_granule_has_52_bit_addresses),
		cmocka_unit_test(lpa2_gives_the_4k_granule_52_bits_and_a_level_more),
		cmocka_unit_test(lpa2_gives_the_16k_granule_52_bits_and_64g_blocks),
		cmocka_unit_test(shareability_is_no_address_without_lpa2),
		cmocka_unit_test(bit_55_chooses_the_range),
		cmocka_unit_test(the_upper_range_has_its_own_granule_encoding),
		cmocka_unit_test(a_reserved_granule_is_unsupported),
		cmocka_unit_test(an_address_between_the_ranges_faults_at_level_0),
		cmocka_unit_test(tbi_ignores_the_top_byte_of_its_range),
		cmocka_unit_test(epd_faults_at_level_0),
		cmocka_unit_test(a_size_out_of_bounds_faults_at_level_0),
		cmocka_unit_test(without_stage_1_addresses_are_physical),
		cmocka_unit_test(a_walk_without_its_registers_says_so),
		cmocka_unit_test(a_walk_does_not_need_the_other_ranges_table),
		cmocka_unit_test(el2_is_unsupported),
		cmocka_unit_test(big_endian_tables_are_read_so),
		cmocka_unit_test(a_table_outside_memory_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
