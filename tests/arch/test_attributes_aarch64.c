/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What pages of AArch64 allow, and how an access to one ends.
#include "arch/arm64/fault.h"
#include "tests/arch/attributes_arm64.h"

static void a_step_says_what_it_leads_to(void **state)
{
	struct tl_regs regs = el1(0, 0);
	struct memory memory = { 0 };
	struct seen seen;

	memory_put(&memory, T0, T1 | TABLE, 8);
	memory_put(&memory, T1, T2 | TABLE, 8);
	memory_put(&memory, T1 + 8, BLOCK, 8);
	memory_put(&memory, T2, PA | 0x5000 | BIT(10) | 3, 8);
	seen = see(&memory, &regs, 0x123);
	assert_int_equal(seen.walk.va, 0x123);
	assert_int_equal(seen.walk.step[0].kind, TL_ENTRY_TABLE);
	assert_int_equal(seen.walk.step[0].output, T1);
	assert_int_equal(seen.walk.step[2].kind, TL_ENTRY_PAGE);
	assert_int_equal(seen.walk.step[2].output, PA | 0x5000);
	seen = see(&memory, &regs, 0x212345);
	assert_int_equal(seen.walk.step[1].kind, TL_ENTRY_BLOCK);
	assert_int_equal(seen.walk.step[1].output, PA);
	seen = see(&memory, &regs, 0x1000);
	assert_int_equal(seen.walk.step[2].kind, TL_ENTRY_INVALID);
	assert_int_equal(seen.walk.step[2].output, 0);
}

static void access_permissions_are_as_in_the_table(void **state)
{
	static const struct {
		uint64_t bits;
		uint8_t privileged, user;
	} cases[] = {
		{ 0, RWX, X },
		{ EL0, RW, RWX }, // EL1 executes nothing that EL0 writes
		{ READ_ONLY, RX, X },
		{ READ_ONLY | EL0, RX, RX },
		{ XN, RWX, 0 },
		{ PXN, RW, X },
		{ EL0 | READ_ONLY | PXN, R, RX },
		{ EL0 | READ_ONLY | XN, RX, R },
	};
	struct tl_regs regs = el1(0, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_rights(see_block(&regs, BLOCK | cases[i].bits), cases[i].privileged,
			cases[i].user);
}

static void tables_limit_what_is_behind_them(void **state)
{
	struct tl_regs regs = el1(0, 0);

	assert_rights(see_limited(&regs, 0, BLOCK | EL0), RW, RWX);
	assert_rights(see_limited(&regs, NO_EL0, BLOCK | EL0), RWX, X);
	assert_rights(see_limited(&regs, NO_WRITE, BLOCK | EL0), RX, RX);
	assert_rights(see_limited(&regs, XN_TABLE, BLOCK), RWX, 0);
	assert_rights(see_limited(&regs, PXN_TABLE, BLOCK), RW, X);
	// A leaf has no such bits.
	assert_rights(see_block(&regs, BLOCK | NO_WRITE | XN_TABLE | PXN_TABLE), RWX, X);
}

static void hpd_frees_its_range_of_the_limits(void **state)
{
	uint64_t limits = NO_EL0 | NO_WRITE | XN_TABLE | PXN_TABLE;
	struct tl_regs regs = el1(0, HPD0);
	struct memory memory = { 0 };
	struct seen seen = see_limited(&regs, limits, BLOCK | EL0);

	assert_rights(seen, RW, RWX);
	assert_true(seen.a.flat);
	memory_put(&memory, T0, T1 | TABLE | limits, 8);
	memory_put(&memory, T1, BLOCK | EL0, 8);
	seen = see(&memory, &regs, 0xffffff8000000000);
	assert_rights(seen, R, 0);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, TCR_4K | HPD1);
	assert_rights(see(&memory, &regs, 0xffffff8000000000), RW, RWX);
}

static void wxn_refuses_to_execute_what_is_writable(void **state)
{
	struct tl_regs regs = el1(SCTLR_WXN, 0);

	assert_rights(see_block(&regs, BLOCK), RW, X);
	assert_rights(see_block(&regs, BLOCK | EL0), RW, RW);
	assert_rights(see_block(&regs, BLOCK | EL0 | READ_ONLY), RX, RX);
	regs = el1(SCTLR_UWXN, 0); // AArch32's alone
	assert_false(see_block(&regs, BLOCK).a.uwxn);
}

static void pan_refuses_data_of_user_pages(void **state)
{
	struct tl_regs regs = regime(TL_ARM64_EL1H | PAN, 0, TCR_4K);
	struct seen seen = see_block(&regs, BLOCK | EL0 | READ_ONLY);

	assert_true(seen.a.pan);
	assert_rights(seen, RX, RX);
	assert_judged(&seen, R, false, TL_VERDICT_PERMISSION, 1, 0x0d);
	assert_judged(&seen, X, false, TL_VERDICT_OK, 1, 0);
	assert_judged(&seen, R, true, TL_VERDICT_OK, 1, 0);
	seen = see_block(&regs, BLOCK);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
}

static void epan_counts_pages_that_users_execute(void **state)
{
	struct tl_regs regs = regime(TL_ARM64_EL1H | PAN, SCTLR_EPAN, TCR_4K);
	struct seen seen = see_block(&regs, BLOCK);

	assert_judged(&seen, R, false, TL_VERDICT_PERMISSION, 1, 0x0d);
	seen = see_block(&regs, BLOCK | XN);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
}

static void a_clear_access_flag_faults_unless_the_cpu_sets_it(void **state)
{
	struct tl_regs regs = el1(0, 0);
	struct seen seen = see_block(&regs, (BLOCK & ~BIT(10)) | READ_ONLY);

	assert_false(seen.a.accessed);
	assert_judged(&seen, TL_RIGHT_WRITE, false, TL_VERDICT_ACCESS_FLAG, 1, 0x09);
	regs = el1(0, HA);
	seen = see_block(&regs, (BLOCK & ~BIT(10)) | READ_ONLY);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
	assert_judged(&seen, TL_RIGHT_WRITE, false, TL_VERDICT_PERMISSION, 1, 0x0d);
}

static void dbm_makes_a_page_writable_when_the_cpu_sets_it_dirty(void **state)
{
	struct tl_regs regs = el1(0, HA | HD);
	struct seen seen = see_block(&regs, BLOCK | DBM | READ_ONLY);

	assert_rights(seen, RWX, X);
	assert_true(seen.a.dbm && seen.a.sets_dirty && !seen.a.dirty);
	assert_true(see_block(&regs, BLOCK | DBM).a.dirty);
	assert_false(see_block(&regs, BLOCK).a.dirty);
	regs = el1(0, HD); // of no effect without HA
	assert_rights(see_block(&regs, BLOCK | DBM | READ_ONLY), RX, X);
	regs = el1(0, HA | HD);
	assert_rights(see_block(&regs, BLOCK | READ_ONLY), RX, X);
}

static void a_contiguous_run_is_as_large_as_its_granule_says(void **state)
{
	static const struct {
		uint64_t tcr, descriptor, run;
	} cases[] = {
		{ T0SZ(39), BLOCK, BIT(34) },
		{ T0SZ(30), BLOCK, BIT(25) },
		{ T0SZ(21), BLOCK | 2, BIT(16) },
		{ T0SZ(36) | TG0_16K, BLOCK, BIT(30) },
		{ T0SZ(25) | TG0_16K, BLOCK | 2, BIT(21) },
		{ T0SZ(42) | TG0_64K, BLOCK, BIT(34) },
		{ T0SZ(29) | TG0_64K, BLOCK | 2, BIT(21) },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tl_regs regs = regime(TL_ARM64_EL1H, 0, cases[i].tcr | IPS(2));

		assert_int_equal(
			see_block(&regs, cases[i].descriptor | CONTIGUOUS).a.run, cases[i].run);
		assert_int_equal(see_block(&regs, cases[i].descriptor).a.run, 0);
	}
}

static void memory_is_what_mair_says(void **state)
{
	static const uint8_t memory[8] = { 0x00, 0x04, 0x0c, 0xaa, 0x44, 0x40, 0x4f, 0xff };
	struct tl_regs regs = el1(0, 0);

	for (unsigned i = 0; i < 8; i++) {
		struct seen seen = see_block(&regs, BLOCK | i << 2 | 3 << 8);

		assert_int_equal(seen.a.memory_index, i);
		assert_true(seen.a.memory_known);
		assert_int_equal(seen.a.memory, memory[i]);
		assert_int_equal(seen.a.shareability, i < 3 || i == 4 ? 2 : 3);
	}
	regs.known[TL_ARM64_mair_el1 / 64] &= ~BIT(TL_ARM64_mair_el1 % 64);
	assert_false(see_block(&regs, BLOCK).a.memory_known);
	assert_int_equal(see_block(&regs, BLOCK | 3 << 8).a.shareability, 3);
}

static void lpa2_has_shareability_in_tcr(void **state)
{
	struct tl_regs regs = el1(0, DS | 3 << 12 | 2 << 28);
	struct memory memory = { 0 };

	memory_put(&memory, T0, BLOCK | 7 << 2, 8);
	assert_int_equal(see(&memory, &regs, 0).a.shareability, 3);
	assert_int_equal(see(&memory, &regs, 0xffffff8000000000).a.shareability, 2);
}

static void not_global_is_said(void **state)
{
	struct tl_regs regs = el1(0, 0);

	assert_true(see_block(&regs, BLOCK).a.global);
	assert_false(see_block(&regs, BLOCK | NG).a.global);
}

static void an_address_above_ips_is_an_address_size_fault(void **state)
{
	struct tl_regs regs = el1(0, 0);
	struct seen seen = see_block(&regs, BLOCK | BIT(40));

	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 1, 0x01);
	seen = see_limited(&regs, 0, BLOCK | BIT(45));
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 2, 0x02);
	seen = see_limited(&regs, BIT(40), 0); // the table cannot be read
	assert_int_equal(seen.walk.status, TL_WALK_NO_MEMORY);
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 1, 0x01);
	seen = see_limited(&regs, BIT(39), 0);
	assert_judged(&seen, R, false, TL_VERDICT_NOT_KNOWN, 2, 0);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, T0 | BIT(41));
	seen = see_block(&regs, BLOCK);
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 0, 0x00);
}

static void a_fault_names_its_level(void **state)
{
	struct tl_regs regs = el1(0, 0);
	struct seen seen = see_block(&regs, 0);

	assert_judged(&seen, R, false, TL_VERDICT_TRANSLATION, 1, 0x05);
	assert_string_equal(tl_arm64_fault_status(judge(&tl_arch_arm64, &seen, R, false).code),
		"translation fault, level 1");
	regs = regime(TL_ARM64_EL1H, 0, T0SZ(52) | DS | IPS(6));
	seen = see_block(&regs, 0);
	assert_judged(&seen, R, false, TL_VERDICT_TRANSLATION, -1, 0x2b);
	regs = regime(TL_ARM64_EL1H, 0, T0SZ(52) | DS | IPS(2));
	seen = see_block(&regs, BIT(40) | 3);
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, -1, 0x29);
}

static void tbid_leaves_no_tag_to_a_fetch(void **state)
{
	struct tl_regs regs = el1(0, TBI0 | TBID0);
	struct memory memory = { 0 };
	struct seen seen;

	memory_put(&memory, T0, BLOCK, 8);
	seen = see(&memory, &regs, 0xaa00000000000000);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
	assert_judged(&seen, X, false, TL_VERDICT_TRANSLATION, 0, 0x04);
	seen = see(&memory, &regs, 0);
	assert_judged(&seen, X, false, TL_VERDICT_OK, 1, 0);
	regs = el1(0, TBI0);
	seen = see(&memory, &regs, 0xaa00000000000000);
	assert_judged(&seen, X, false, TL_VERDICT_OK, 1, 0);
}

static void e0pd_keeps_users_out_of_its_range(void **state)
{
	struct tl_regs regs = el1(0, E0PD0);
	struct seen seen = see_block(&regs, BLOCK | EL0);
	struct memory memory = { 0 };

	assert_judged(&seen, R, true, TL_VERDICT_TRANSLATION, 0, 0x04);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
	regs = el1(0, E0PD1);
	seen = see_block(&regs, BLOCK | EL0);
	assert_judged(&seen, R, true, TL_VERDICT_OK, 1, 0);
	memory_put(&memory, T0, BLOCK | EL0, 8);
	seen = see(&memory, &regs, 0xffffff8000000000);
	assert_judged(&seen, R, true, TL_VERDICT_TRANSLATION, 0, 0x04);
}

static void without_stage_1_all_is_allowed(void **state)
{
	struct tl_regs regs = el1(SCTLR_WXN, 0);
	struct memory memory = { 0 };
	struct seen seen;

	tl_regs_set(&regs, TL_ARM64_pstate, TL_ARM64_EL1H | PAN);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, SCTLR_WXN);
	seen = see(&memory, &regs, 0x1000);
	assert_rights(seen, RWX, RWX);
	assert_true(seen.a.disabled);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 0, 0);
	seen = see(&memory, &regs, BIT(53));
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 0, 0x00);
}

static void attributes_need_their_registers(void **state)
{
	struct tl_regs regs = { 0 };
	struct tl_walk walk = { .status = TL_WALK_OK };
	struct tl_attributes a;

	assert_false(tl_arch_arm64.attributes(&regs, &walk, &a));
	regs = regime(TL_ARM32_SVC, 0, 0);
	regs.known[TL_ARM64_dacr32_el2 / 64] &= ~BIT(TL_ARM64_dacr32_el2 % 64);
	walk = (struct tl_walk){ .status = TL_WALK_OK, .n_steps = 1 };
	assert_false(tl_arch_arm64.attributes(&regs, &walk, &a));
	walk.status = TL_WALK_UNSUPPORTED;
	assert_false(tl_arch_arm64.attributes(&regs, &walk, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_says_what_it_leads_to),
		cmocka_unit_test(access_permissions_are_as_in_the_table),
		cmocka_unit_test(tables_limit_what_is_behind_them),
		cmocka_unit_test(hpd_frees_its_range_of_the_limits),
		cmocka_unit_test(wxn_refuses_to_execute_what_is_writable),
		cmocka_unit_test(pan_refuses_data_of_user_pages),
		cmocka_unit_test(epan_counts_pages_that_users_execute),
		cmocka_unit_test(a_clear_access_flag_faults_unless_the_cpu_sets_it),
		cmocka_unit_test(dbm_makes_a_page_writable_when_the_cpu_sets_it_dirty),
		cmocka_unit_test(a_contiguous_run_is_as_large_as_its_granule_says),
		cmocka_unit_test(memory_is_what_mair_says),
		cmocka_unit_test(lpa2_has_shareability_in_tcr),
		cmocka_unit_test(not_global_is_said),
		cmocka_unit_test(an_address_above_ips_is_an_address_size_fault),
		cmocka_unit_test(a_fault_names_its_level),
		cmocka_unit_test(tbid_leaves_no_tag_to_a_fetch),
		cmocka_unit_test(e0pd_keeps_users_out_of_its_range),
		cmocka_unit_test(without_stage_1_all_is_allowed),
		cmocka_unit_test(attributes_need_their_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
