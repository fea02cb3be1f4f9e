/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/fault.h"
#include "arch/arm64/regs.h"
#include "tests/arch/memory.h"

#define BIT(n) (UINT64_C(1) << (n))

#define T0 UINT64_C(0x40000000) // tables; T0 is where TTBR0 and TTBR1 point to
#define T1 UINT64_C(0x40010000)
#define T2 UINT64_C(0x40020000)
#define PA UINT64_C(0x80000000)

#define SCTLR_M	   BIT(0)
#define SCTLR_WXN  BIT(19)
#define SCTLR_UWXN BIT(20)
#define SCTLR_TRE  BIT(28)
#define SCTLR_AFE  BIT(29)
#define SCTLR_EPAN BIT(57)

#define T0SZ(n) (UINT64_C(64) - (n))
#define T1SZ(n) ((UINT64_C(64) - (n)) << 16)
#define TG1_4K	BIT(31)
#define TG0_64K BIT(14)
#define TG0_16K BIT(15)
#define IPS(n)	((uint64_t)(n) << 32)
#define TBI0	BIT(37)
#define HA	BIT(39)
#define HD	BIT(40)
#define HPD0	BIT(41)
#define HPD1	BIT(42)
#define TBID0	BIT(51)
#define E0PD0	BIT(55)
#define E0PD1	BIT(56)
#define DS	BIT(59)
#define EAE	BIT(31)
#define T2E	BIT(6)

// A block, and what one says more.
#define BLOCK	   (PA | BIT(10) | 1)
#define TABLE	   UINT64_C(3)
#define EL0	   BIT(6)
#define READ_ONLY  BIT(7)
#define NG	   BIT(11)
#define DBM	   BIT(51)
#define CONTIGUOUS BIT(52)
#define PXN	   BIT(53)
#define XN	   BIT(54)
#define PXN_TABLE  BIT(59)
#define XN_TABLE   BIT(60)
#define NO_EL0	   BIT(61)
#define NO_WRITE   BIT(62)

#define PAN BIT(22)

#define R   TL_RIGHT_READ
#define RW  (TL_RIGHT_READ | TL_RIGHT_WRITE)
#define RX  (TL_RIGHT_READ | TL_RIGHT_EXECUTE)
#define RWX (TL_RIGHT_READ | TL_RIGHT_WRITE | TL_RIGHT_EXECUTE)
#define X   TL_RIGHT_EXECUTE

struct seen {
	struct tl_walk walk;
	struct tl_attributes a;
};

static struct tl_regs regime(uint64_t pstate, uint64_t sctlr, uint64_t tcr)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_pstate, pstate);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, sctlr | SCTLR_M);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, tcr);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, T0);
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1, T0);
	tl_regs_set(&regs, TL_ARM64_mair_el1, 0xff4f4044aa0c0400);
	tl_regs_set(&regs, TL_ARM64_dacr32_el2, 0x55555555);
	return regs;
}

// 39 bits in both ranges, 40 bits of output.
#define TCR_4K (T0SZ(39) | T1SZ(39) | TG1_4K | IPS(2))

static struct tl_regs el1(uint64_t sctlr, uint64_t tcr)
{
	return regime(TL_ARM64_EL1H, sctlr, TCR_4K | tcr);
}

static struct seen see(struct memory *memory, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = memory_read, .ctx = memory };
	struct seen seen;

	tl_arch_arm64.walk(regs, &mem, va, &seen.walk);
	assert_true(tl_arch_arm64.attributes(regs, &seen.walk, &seen.a));
	return seen;
}

// A block of 1 GiB behind no table, at address 0.
static struct seen see_block(const struct tl_regs *regs, uint64_t descriptor)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, descriptor, 8);
	return see(&memory, regs, 0);
}

// One of 2 MiB behind a table.
static struct seen see_limited(const struct tl_regs *regs, uint64_t table, uint64_t descriptor)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, T1 | TABLE | table, 8);
	memory_put(&memory, T1, descriptor, 8);
	return see(&memory, regs, 0);
}

// A section, or what a table of short descriptors shows, at address 0.
static struct seen see_short(const struct tl_regs *regs, uint32_t first, uint32_t second)
{
	struct memory memory = { 0 };

	memory_put(&memory, T0, first, 4);
	memory_put(&memory, T1, second, 4);
	return see(&memory, regs, 0);
}

#define assert_rights(seen, of_privileged, of_user)                                                \
	do {                                                                                       \
		assert_int_equal((seen).walk.status, TL_WALK_OK);                                  \
		assert_int_equal((seen).a.privileged, of_privileged);                              \
		assert_int_equal((seen).a.user, of_user);                                          \
	} while (0)

static struct tl_judgement judge(const struct seen *seen, enum tl_right right, bool user)
{
	struct tl_judgement judgement;

	tl_arch_arm64.judge(&seen->walk, &seen->a, (struct tl_attempt){ right, user }, &judgement);
	return judgement;
}

#define assert_judged(seen, right, user, of_verdict, of_level, of_code)                            \
	do {                                                                                       \
		struct tl_judgement judged_ = judge(seen, right, user);                            \
                                                                                                   \
		assert_int_equal(judged_.verdict, of_verdict);                                     \
		assert_int_equal(judged_.level, of_level);                                         \
		assert_int_equal(judged_.code, of_code);                                           \
	} while (0)

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
	assert_string_equal(
		tl_arm64_fault_status(judge(&seen, R, false).code), "translation fault, level 1");
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

static void aarch32_executes_only_what_it_reads(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, EAE);

	assert_rights(see_block(&regs, BLOCK), RWX, 0);
	assert_rights(see_block(&regs, BLOCK | EL0), RWX, RWX);
	assert_rights(see_block(&regs, BLOCK | EL0 | XN), RW, RW);
	assert_rights(see_block(&regs, BLOCK | EL0 | PXN), RW, RWX);
	regs = regime(TL_ARM32_SVC, SCTLR_UWXN, EAE);
	assert_rights(see_block(&regs, BLOCK | EL0), RW, RWX);
	assert_rights(see_block(&regs, BLOCK), RWX, 0);
	regs = regime(TL_ARM32_SVC, SCTLR_WXN, EAE);
	assert_rights(see_block(&regs, BLOCK | EL0), RW, RW);
}

static void hpd_of_aarch32_needs_t2e(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, EAE | HPD0);

	assert_rights(see_limited(&regs, NO_WRITE, BLOCK), RX, 0);
	regs = regime(TL_ARM32_SVC, 0, EAE | HPD0 | T2E);
	assert_rights(see_limited(&regs, NO_WRITE, BLOCK), RWX, 0);
}

static void aarch32_has_40_bits_and_sets_no_flags(void **state)
{
	struct tl_regs regs = regime(TL_ARM32_SVC, 0, EAE | HA | HD);
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
