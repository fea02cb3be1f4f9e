/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What pages of AArch32 allow, by long and by short descriptors.
#include "tests/arch/attributes_arm64.h"

static void aarch32_executes_only_what_it_reads(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, TTBCR_EAE);

	assert_rights(see_block(&regs, BLOCK), RWX, 0);
	assert_rights(see_block(&regs, BLOCK | EL0), RWX, RWX);
	assert_rights(see_block(&regs, BLOCK | EL0 | XN), RW, RW);
	assert_rights(see_block(&regs, BLOCK | EL0 | PXN), RW, RWX);
	regs = regime(TL_ARM32_SVC, SCTLR_UWXN, TTBCR_EAE);
	assert_rights(see_block(&regs, BLOCK | EL0), RW, RWX);
	assert_rights(see_block(&regs, BLOCK), RWX, 0);
	regs = regime(TL_ARM32_SVC, SCTLR_WXN, TTBCR_EAE);
	assert_rights(see_block(&regs, BLOCK | EL0), RW, RW);
}

static void hpd_of_aarch32_needs_t2e(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, TTBCR_EAE | HPD0);

	assert_rights(see_limited(&regs, NO_WRITE, BLOCK), RX, 0);
	regs = regime(TL_ARM32_SVC, 0, TTBCR_EAE | HPD0 | TTBCR_T2E);
	assert_rights(see_limited(&regs, NO_WRITE, BLOCK), RWX, 0);
}

static void aarch32_has_40_bits_and_sets_no_flags(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, TTBCR_EAE | HA | HD);
	struct seen seen = see_block(&regs, BLOCK | BIT(40));

	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 1, 0x01);
	seen = see_block(&regs, (BLOCK & ~BIT(10)) | BIT(39));
	assert_judged(&seen, R, false, TL_VERDICT_ACCESS_FLAG, 1, 0x09);
	seen = see_block(&regs, BLOCK | READ_ONLY | DBM);
	assert_rights(seen, RX, 0);
	assert_false(seen.a.dbm);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, T0 | BIT(40));
	seen = see_block(&regs, BLOCK);
	assert_judged(&seen, R, false, TL_VERDICT_ADDRESS_SIZE, 0, 0x00);
}

#define SECTION(ap) (0x80000002u | ((ap)&3u) << 10 | ((ap) >> 2) << 15)
#define SMALL(ap)   (0x80000002u | ((ap)&3u) << 4 | ((ap) >> 2) << 9)
#define LARGE(ap)   (SMALL(ap) ^ 3u)
#define L2	    ((uint32_t)T1 | 1)

// A section, or what a table of short descriptors shows, at address 0.
static struct seen see_short(const struct tl_regs *regs, uint32_t first, uint32_t second)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, first, 4);
	memory_put(&memory, T1, second, 4);
	return see(&memory, regs, 0);
}

static void short_permissions_are_as_in_the_table(void **state)
{
	static const struct {
		uint8_t privileged, user;
	} codes[8] = { { 0, 0 }, { RWX, 0 }, { RWX, RX }, { RWX, RWX }, { 0, 0 }, { RX, 0 },
		{ RX, RX }, { RX, RX } };
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, 0);

	for (unsigned ap = 0; ap < 8; ap++) {
		assert_rights(
			see_short(&regs, SECTION(ap), 0), codes[ap].privileged, codes[ap].user);
		assert_rights(
			see_short(&regs, L2, SMALL(ap)), codes[ap].privileged, codes[ap].user);
		assert_rights(
			see_short(&regs, L2, LARGE(ap)), codes[ap].privileged, codes[ap].user);
	}
}

static void short_execute_never_stands_by_form(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, 0);

	assert_rights(see_short(&regs, SECTION(3) | 1 << 4, 0), RW, RW);
	assert_rights(see_short(&regs, SECTION(3) | 1, 0), RW, RWX);
	assert_rights(see_short(&regs, L2, SMALL(3) | 1), RW, RW);
	assert_rights(see_short(&regs, L2, LARGE(3) | 1 << 15), RW, RW);
	assert_rights(see_short(&regs, L2 | 1 << 2, SMALL(3)), RW, RWX);
	regs = regime(TL_ARM32_SVC, SCTLR_UWXN, 0);
	assert_rights(see_short(&regs, SECTION(3), 0), RW, RWX);
	regs = regime(TL_ARM32_SVC, SCTLR_WXN, 0);
	assert_rights(see_short(&regs, SECTION(1), 0), RW, 0);
}

static void afe_makes_ap_0_the_access_flag(void **state)
{
	static const struct {
		uint8_t privileged, user;
	} codes[4] = { { RWX, 0 }, { RWX, RWX }, { RX, 0 }, { RX, RX } };
	struct tl_regs regs = regime(TL_ARM32_SVC, SCTLR_AFE, 0);
	struct seen seen;

	for (unsigned ap = 0; ap < 4; ap++)
		assert_rights(see_short(&regs, SECTION(ap << 1 | 1), 0), codes[ap].privileged,
			codes[ap].user);
	seen = see_short(&regs, SECTION(2), 0);
	assert_rights(seen, RWX, RWX);
	assert_judged(&seen, R, false, TL_VERDICT_ACCESS_FLAG, 1, 0x03);
	seen = see_short(&regs, L2, SMALL(2));
	assert_judged(&seen, R, false, TL_VERDICT_ACCESS_FLAG, 2, 0x06);
}

static void domains_refuse_or_allow_all(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, 0);
	struct seen seen;

	tl_regs_set(&regs, TL_ARM64_dacr32_el2, 3 << 10 | 2 << 4 | 1);
	seen = see_short(&regs, SECTION(0) | 5 << 5, 0); // a manager
	assert_int_equal(seen.a.domain, 5);
	assert_judged(&seen, TL_RIGHT_WRITE, true, TL_VERDICT_OK, 1, 0);
	seen = see_short(&regs, SECTION(3) | 4 << 5, 0); // no access
	assert_judged(&seen, R, false, TL_VERDICT_DOMAIN, 1, 0x09);
	seen = see_short(&regs, L2 | 2 << 5, SMALL(3)); // reserved
	assert_judged(&seen, R, false, TL_VERDICT_DOMAIN, 2, 0x0b);
	seen = see_short(&regs, SECTION(3) | 4 << 5 | BIT(18), 0); // a supersection's is 0
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
}

static void short_faults_have_codes_of_their_own(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, 0);
	struct seen seen = see_short(&regs, 0, 0);

	assert_judged(&seen, R, false, TL_VERDICT_TRANSLATION, 1, 0x05);
	seen = see_short(&regs, L2, 0);
	assert_int_equal(seen.walk.step[0].kind, TL_ENTRY_TABLE);
	assert_int_equal(seen.walk.step[0].output, T1);
	assert_judged(&seen, R, false, TL_VERDICT_TRANSLATION, 2, 0x07);
	seen = see_short(&regs, SECTION(1), 0);
	assert_judged(&seen, R, true, TL_VERDICT_PERMISSION, 1, 0x0d);
	seen = see_short(&regs, L2, SMALL(5));
	assert_judged(&seen, TL_RIGHT_WRITE, false, TL_VERDICT_PERMISSION, 2, 0x0f);
}

static void tex_c_b_say_what_memory_it_is(void **state)
{
	static const struct {
		uint8_t tex; // TEX, C, B
		bool known;
		uint8_t memory, shareability;
	} cases[] = {
		{ 0x00, true, 0x00, 2 },
		{ 0x01, true, 0x04, 2 },
		{ 0x02, true, 0xaa, 0 },
		{ 0x03, true, 0xee, 0 },
		{ 0x04, true, 0x44, 2 },
		{ 0x05, false, 0, 0 },
		{ 0x07, true, 0xff, 0 },
		{ 0x08, true, 0x04, 2 },
		{ 0x1d, true, 0xef, 0 },
		{ 0x12, true, 0x4a, 0 },
	};
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned tex = cases[i].tex >> 2, cb = (cases[i].tex & 3u) << 2;
		struct seen seen[] = { see_short(&regs, SECTION(3) | tex << 12 | cb, 0),
			see_short(&regs, L2, SMALL(3) | tex << 6 | cb),
			see_short(&regs, L2, LARGE(3) | tex << 12 | cb) };

		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(seen[j].a.memory_known, cases[i].known);
			assert_int_equal(seen[j].a.memory, cases[i].memory);
			assert_int_equal(seen[j].a.shareability, cases[i].shareability);
		}
	}
	assert_int_equal(see_short(&regs, SECTION(3) | 0x100c | BIT(16), 0).a.shareability, 2);
	assert_false(see_short(&regs, SECTION(3) | BIT(17), 0).a.global);
	assert_false(see_short(&regs, L2, SMALL(3) | BIT(11)).a.global);
}

static void tre_remaps_tex_0_c_b(void **state)
{
	// 0 strongly ordered, 1 device, 2 and 3 normal; S is shareable, 3 inner.
	uint64_t prrr = 0 << 0 | 1 << 2 | 2 << 4 | 2 << 6 | 3 << 8 | BIT(19) | BIT(27);
	uint64_t nmrr = 1 << 4 | 2 << 6 | UINT64_C(3) << 20 | UINT64_C(1) << 22;
	struct tl_regs regs = regime(TL_ARM32_SVC, SCTLR_TRE, 0);
	struct tl_attributes a;

	tl_regs_set(&regs, TL_ARM64_mair_el1, nmrr << 32 | prrr);
	a = see_short(&regs, SECTION(3) | 6 << 12, 0).a; // TEX[2:1] are not looked at
	assert_true(a.memory_known && a.memory == 0x00 && a.memory_index == 0);
	a = see_short(&regs, SECTION(3) | 1 << 2, 0).a;
	assert_int_equal(a.memory, 0x04);
	a = see_short(&regs, SECTION(3) | 2 << 2 | BIT(16), 0).a;
	assert_true(a.memory == 0xef && a.shareability == 2);
	a = see_short(&regs, SECTION(3) | 3 << 2 | BIT(16), 0).a;
	assert_true(a.memory == 0xfa && a.shareability == 3);
	a = see_short(&regs, SECTION(3) | 3 << 2, 0).a;
	assert_int_equal(a.shareability, 0);
	assert_false(see_short(&regs, SECTION(3) | 1 << 12, 0).a.memory_known);
}

static void pan_counts_in_aarch32_too(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC | PAN, 0, 0);
	struct seen seen = see_short(&regs, SECTION(2), 0);

	assert_judged(&seen, R, false, TL_VERDICT_PERMISSION, 1, 0x0d);
	assert_judged(&seen, X, false, TL_VERDICT_OK, 1, 0);
	seen = see_short(&regs, SECTION(1), 0);
	assert_judged(&seen, R, false, TL_VERDICT_OK, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aarch32_executes_only_what_it_reads),
		cmocka_unit_test(hpd_of_aarch32_needs_t2e),
		cmocka_unit_test(aarch32_has_40_bits_and_sets_no_flags),
		cmocka_unit_test(short_permissions_are_as_in_the_table),
		cmocka_unit_test(short_execute_never_stands_by_form),
		cmocka_unit_test(afe_makes_ap_0_the_access_flag),
		cmocka_unit_test(domains_refuse_or_allow_all),
		cmocka_unit_test(short_faults_have_codes_of_their_own),
		cmocka_unit_test(tex_c_b_say_what_memory_it_is),
		cmocka_unit_test(tre_remaps_tex_0_c_b),
		cmocka_unit_test(pan_counts_in_aarch32_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
