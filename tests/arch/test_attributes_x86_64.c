/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/regs.h"
#include "tests/arch/memory.h"
#include "tests/arch/seen.h"

#define BIT(n) (UINT64_C(1) << (n))

#define TOP 0x2000 // PML4 or page directory
#define T1  0x3000
#define T2  0x4000
#define T3  0x5000

#define P    UINT64_C(0x01)
#define W    UINT64_C(0x02)
#define U    UINT64_C(0x04)
#define A    UINT64_C(0x20)
#define D    UINT64_C(0x40)
#define PS   UINT64_C(0x80)
#define G    BIT(8)
#define NX   BIT(63)
#define PWU  (P | W | U)
#define PAGE UINT64_C(0x800000)

#define READ	TL_RIGHT_READ
#define WRITE	TL_RIGHT_WRITE
#define EXECUTE TL_RIGHT_EXECUTE
#define ALL	(READ | WRITE | EXECUTE)

static void set(struct tl_regs *regs, enum tl_x86_reg reg, uint64_t value)
{
	const struct tl_reg *which = &tl_arch_x86_64.regs[reg];

	tl_regs_set(regs, which->offset / 8, regs->word[which->offset / 8]);
	assert_true(tl_reg_set(which, regs, value));
}

// Long mode with NX and write protection.
static struct tl_regs long_mode(uint64_t cr4)
{
	struct tl_regs regs = { 0 };

	set(&regs, TL_X86_cr0, TL_X86_CR0_PG | TL_X86_CR0_PE | TL_X86_CR0_WP);
	set(&regs, TL_X86_cr3, TOP);
	set(&regs, TL_X86_cr4, TL_X86_CR4_PAE | cr4);
	set(&regs, TL_X86_efer, TL_X86_EFER_LMA | TL_X86_EFER_NXE);
	set(&regs, TL_X86_rflags, 2);
	return regs;
}

static struct seen see(struct memory *memory, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = memory_read, .ctx = memory };
	struct seen seen;

	tl_arch_x86_64.walk(regs, &mem, va, &seen.walk);
	assert_true(tl_arch_x86_64.attributes(regs, &seen.walk, &seen.a));
	return seen;
}

// The flags of the entries from the top one; the last one is a page's.
static struct seen see_flags(
	const struct tl_regs *regs, uint64_t f4, uint64_t f3, uint64_t f2, uint64_t f1)
{
	struct memory memory = { 0 };

	memory_put(&memory, TOP, T1 | f4, 8);
	memory_put(&memory, T1, T2 | f3, 8);
	memory_put(&memory, T2, T3 | f2, 8);
	memory_put(&memory, T3, PAGE | f1, 8);
	return see(&memory, regs, 0);
}

static struct seen see_page(const struct tl_regs *regs, uint64_t flags)
{
	return see_flags(regs, PWU, PWU, PWU, flags);
}

#define assert_judged(seen, right, user, of_verdict, of_code)                                      \
	do {                                                                                       \
		struct tl_judgement judged_ = judge(&tl_arch_x86_64, seen, right, user);           \
                                                                                                   \
		assert_int_equal(judged_.verdict, of_verdict);                                     \
		assert_int_equal(judged_.code, of_code);                                           \
	} while (0)

static void a_step_says_what_it_leads_to(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct seen seen = see_page(&regs, P);
	struct memory memory = { 0 };

	assert_int_equal(seen.walk.step[0].kind, TL_ENTRY_TABLE);
	assert_int_equal(seen.walk.step[0].output, T1);
	assert_int_equal(seen.walk.step[3].kind, TL_ENTRY_PAGE);
	assert_int_equal(seen.walk.step[3].output, PAGE);
	memory_put(&memory, TOP, T1 | P, 8);
	memory_put(&memory, T1, PS | P, 8);
	memory_put(&memory, TOP + 8, PS | P, 8);
	seen = see(&memory, &regs, 0x1234);
	assert_int_equal(seen.walk.va, 0x1234);
	assert_int_equal(seen.walk.step[1].kind, TL_ENTRY_BLOCK);
	seen = see(&memory, &regs, BIT(39));
	assert_int_equal(seen.walk.step[0].kind, TL_ENTRY_RESERVED);
	seen = see(&memory, &regs, BIT(40));
	assert_int_equal(seen.walk.step[0].kind, TL_ENTRY_INVALID);
}

static void every_level_must_grant_a_right(void **state)
{
	struct tl_regs regs = long_mode(0);

	assert_rights(see_flags(&regs, PWU, PWU, PWU, PWU), ALL, ALL);
	assert_rights(see_flags(&regs, PWU & ~W, PWU, PWU, PWU), READ | EXECUTE, READ | EXECUTE);
	assert_rights(see_flags(&regs, PWU, PWU & ~U, PWU, PWU), ALL, 0);
	assert_rights(see_flags(&regs, PWU, PWU, PWU | NX, PWU), READ | WRITE, READ | WRITE);
	assert_rights(see_flags(&regs, PWU, PWU, PWU, P | U), READ | EXECUTE, READ | EXECUTE);
	assert_rights(see_flags(&regs, PWU, PWU, PWU, P | NX), READ, 0);
}

static void without_wp_the_supervisor_writes_anywhere(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct seen seen;

	set(&regs, TL_X86_cr0, TL_X86_CR0_PG | TL_X86_CR0_PE);
	seen = see_page(&regs, P | U);
	assert_rights(seen, ALL, READ | EXECUTE);
	assert_false(seen.a.wp);
	assert_judged(&seen, WRITE, false, TL_VERDICT_OK, 0);
	assert_judged(&seen, WRITE, true, TL_VERDICT_PERMISSION, 0x7);
}

static void a_pae_pdpte_grants_all(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct memory memory = { 0 };

	set(&regs, TL_X86_efer, TL_X86_EFER_NXE);
	memory_put(&memory, TOP, T1 | P, 8);
	memory_put(&memory, T1, PAGE | PS | PWU, 8);
	assert_rights(see(&memory, &regs, 0), ALL, ALL);
}

static void paging_of_32_bits_has_no_nx(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct memory memory = { 0 };
	struct seen seen;

	set(&regs, TL_X86_cr4, 0);
	set(&regs, TL_X86_efer, 0);
	memory_put(&memory, TOP, T1 | PWU, 4);
	memory_put(&memory, T1, PAGE | P | U, 4);
	seen = see(&memory, &regs, 0);
	assert_rights(seen, READ | EXECUTE, READ | EXECUTE);
	assert_judged(&seen, WRITE, true, TL_VERDICT_PERMISSION, 0x7);
	// Fetches are not named in error codes.
	seen = see(&memory, &regs, 0x1000);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_TRANSLATION, 0x4);
}

static void smap_refuses_data_of_user_pages_unless_ac_is_set(void **state)
{
	struct tl_regs regs = long_mode(TL_X86_CR4_SMAP);
	struct seen seen = see_page(&regs, PWU);

	assert_true(seen.a.pan);
	assert_judged(&seen, READ, false, TL_VERDICT_PERMISSION, 0x1);
	assert_judged(&seen, WRITE, false, TL_VERDICT_PERMISSION, 0x3);
	assert_judged(&seen, EXECUTE, false, TL_VERDICT_OK, 0);
	assert_judged(&seen, READ, true, TL_VERDICT_OK, 0);
	seen = see_page(&regs, P);
	assert_judged(&seen, READ, false, TL_VERDICT_OK, 0);
	set(&regs, TL_X86_rflags, TL_X86_RFLAGS_AC);
	seen = see_page(&regs, PWU);
	assert_judged(&seen, READ, false, TL_VERDICT_OK, 0);
}

static void smep_refuses_code_of_user_pages(void **state)
{
	struct tl_regs regs = long_mode(TL_X86_CR4_SMEP);
	struct seen seen = see_page(&regs, PWU);

	assert_judged(&seen, EXECUTE, false, TL_VERDICT_PERMISSION, 0x11);
	assert_judged(&seen, READ, false, TL_VERDICT_OK, 0);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_OK, 0);
	seen = see_page(&regs, P);
	assert_judged(&seen, EXECUTE, false, TL_VERDICT_OK, 0);
}

static void error_codes_say_who_wanted_what(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct seen seen = see_page(&regs, P | NX);

	assert_judged(&seen, READ, true, TL_VERDICT_PERMISSION, 0x05);
	assert_judged(&seen, WRITE, false, TL_VERDICT_PERMISSION, 0x03);
	assert_judged(&seen, EXECUTE, false, TL_VERDICT_PERMISSION, 0x11);
	seen = see_page(&regs, 0);
	assert_judged(&seen, READ, false, TL_VERDICT_TRANSLATION, 0x00);
	assert_judged(&seen, WRITE, true, TL_VERDICT_TRANSLATION, 0x06);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_TRANSLATION, 0x14);
	assert_int_equal(judge(&tl_arch_x86_64, &seen, READ, true).level, 1);
	seen = see_flags(&regs, PWU | PS, PWU, PWU, PWU);
	assert_judged(&seen, WRITE, true, TL_VERDICT_RESERVED, 0x0f);
}

static void fetches_are_named_with_nx_or_smep(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct seen seen;

	set(&regs, TL_X86_efer, TL_X86_EFER_LMA);
	seen = see_page(&regs, 0);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_TRANSLATION, 0x04);
	set(&regs, TL_X86_cr4, TL_X86_CR4_PAE | TL_X86_CR4_SMEP);
	seen = see_page(&regs, 0);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_TRANSLATION, 0x14);
}

static void an_address_that_is_not_canonical_is_no_page_fault(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct memory memory = { 0 };
	struct seen seen = see(&memory, &regs, BIT(62));

	assert_judged(&seen, READ, false, TL_VERDICT_NOT_CANONICAL, 0);
}

static void a_table_that_is_not_there_leaves_it_open(void **state)
{
	struct tl_regs regs = long_mode(0);
	struct memory memory = { 0 };
	struct seen seen = see(&memory, &regs, 0);

	assert_judged(&seen, READ, false, TL_VERDICT_NOT_KNOWN, 0);
}

static void a_key_leaves_it_open_until_its_register_is_known(void **state)
{
	struct tl_regs regs = long_mode(TL_X86_CR4_PKE);
	struct seen seen = see_page(&regs, PWU | UINT64_C(5) << 59);

	assert_int_equal(seen.a.key, 5);
	assert_judged(&seen, READ, true, TL_VERDICT_NOT_KNOWN, 0);
	assert_judged(&seen, EXECUTE, true, TL_VERDICT_OK, 0);
	seen.a.key_known = true;
	seen.a.key_refuses = WRITE;
	assert_judged(&seen, READ, true, TL_VERDICT_OK, 0);
	assert_judged(&seen, WRITE, true, TL_VERDICT_PERMISSION, 0x27);
	assert_judged(&seen, WRITE, false, TL_VERDICT_PERMISSION, 0x23);
	seen.a.wp = false;
	assert_judged(&seen, WRITE, false, TL_VERDICT_OK, 0);
	seen.a.key_refuses = READ | WRITE;
	assert_judged(&seen, WRITE, false, TL_VERDICT_PERMISSION, 0x23);
	seen = see_page(&regs, P | W); // a supervisor's page has CR4.PKS
	assert_judged(&seen, READ, false, TL_VERDICT_OK, 0);
	regs = long_mode(TL_X86_CR4_PKS);
	seen = see_page(&regs, P | W);
	assert_judged(&seen, READ, false, TL_VERDICT_NOT_KNOWN, 0);
}

static void a_leaf_says_how_its_memory_is_used(void **state)
{
	struct tl_regs regs = long_mode(TL_X86_CR4_PGE);
	struct memory memory = { 0 };
	struct tl_attributes a = see_page(&regs, P | A | G | 0x80 | 0x10).a;

	assert_true(a.accessed && !a.dirty && a.global && a.sets_accessed && a.sets_dirty);
	assert_int_equal(a.memory_index, 6); // PAT, PCD
	a = see_page(&regs, P | D | 0x08).a;
	assert_true(!a.accessed && a.dirty && !a.global);
	assert_int_equal(a.memory_index, 1);
	regs = long_mode(0);
	assert_false(see_page(&regs, P | G).a.global);
	memory_put(&memory, TOP, T1 | P, 8);
	memory_put(&memory, T1, PS | P | BIT(12), 8);
	assert_int_equal(see(&memory, &regs, 0).a.memory_index, 4);
	memory_put(&memory, T1, PS | P, 8);
	assert_int_equal(see(&memory, &regs, 0).a.memory_index, 0);
}

static void without_paging_all_is_allowed(void **state)
{
	struct tl_regs regs = long_mode(TL_X86_CR4_SMEP | TL_X86_CR4_SMAP);
	struct memory memory = { 0 };
	struct seen seen;

	set(&regs, TL_X86_cr0, TL_X86_CR0_PE);
	seen = see(&memory, &regs, 0x1000);
	assert_true(seen.a.disabled);
	assert_rights(seen, ALL, ALL);
	assert_judged(&seen, WRITE, false, TL_VERDICT_OK, 0);
}

static void attributes_need_their_registers(void **state)
{
	struct tl_walk walk = { .status = TL_WALK_NOT_KNOWN };
	struct tl_regs regs = long_mode(0);
	struct tl_attributes a;

	assert_false(tl_arch_x86_64.attributes(&regs, &walk, &a));
	walk.status = TL_WALK_FAULT;
	regs = (struct tl_regs){ 0 };
	assert_false(tl_arch_x86_64.attributes(&regs, &walk, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_says_what_it_leads_to),
		cmocka_unit_test(every_level_must_grant_a_right),
		cmocka_unit_test(without_wp_the_supervisor_writes_anywhere),
		cmocka_unit_test(a_pae_pdpte_grants_all),
		cmocka_unit_test(paging_of_32_bits_has_no_nx),
		cmocka_unit_test(smap_refuses_data_of_user_pages_unless_ac_is_set),
		cmocka_unit_test(smep_refuses_code_of_user_pages),
		cmocka_unit_test(error_codes_say_who_wanted_what),
		cmocka_unit_test(fetches_are_named_with_nx_or_smep),
		cmocka_unit_test(an_address_that_is_not_canonical_is_no_page_fault),
		cmocka_unit_test(a_table_that_is_not_there_leaves_it_open),
		cmocka_unit_test(a_key_leaves_it_open_until_its_register_is_known),
		cmocka_unit_test(a_leaf_says_how_its_memory_is_used),
		cmocka_unit_test(without_paging_all_is_allowed),
		cmocka_unit_test(attributes_need_their_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
