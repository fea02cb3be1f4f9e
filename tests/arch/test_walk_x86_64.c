/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/regs.h"
#include "tests/arch/memory.h"

#define PML5 0x1000
#define PML4 0x2000
#define PDPT 0x3000
#define PD   0x4000
#define PT   0x5000

#define P  UINT64_C(1)
#define PS UINT64_C(0x80)
#define NX (UINT64_C(1) << 63)

static struct tl_walk translate(struct memory *memory, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = memory_read, .ctx = memory };
	struct tl_walk walk;

	tl_arch_x86_64.walk(regs, &mem, va, &walk);
	return walk;
}

static void set(struct tl_regs *regs, enum tl_x86_reg reg, uint64_t value)
{
	assert_true(tl_reg_set(&tl_arch_x86_64.regs[reg], regs, value));
}

static struct tl_regs paging(uint64_t cr3, uint64_t cr4, uint64_t efer)
{
	struct tl_regs regs = { 0 };

	set(&regs, TL_X86_cr0, TL_X86_CR0_PG | TL_X86_CR0_PE);
	set(&regs, TL_X86_cr3, cr3);
	set(&regs, TL_X86_cr4, cr4);
	set(&regs, TL_X86_efer, efer);
	return regs;
}

static struct tl_regs paging_4level(void)
{
	return paging(PML4, TL_X86_CR4_PAE, TL_X86_EFER_LMA | TL_X86_EFER_NXE);
}

static void without_paging_addresses_are_physical(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = { 0 };
	struct tl_walk walk;

	set(&regs, TL_X86_cr0, TL_X86_CR0_PE);
	walk = translate(&memory, &regs, 0x1fffffff0);
	assert_leaf(&walk, 0xfffffff0, 0, 0, 0);
}

static void a_walk_without_its_registers_says_so(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = { 0 };
	struct tl_walk walk = translate(&memory, &regs, 0);

	assert_int_equal(walk.status, TL_WALK_NOT_KNOWN);
	set(&regs, TL_X86_cr0, TL_X86_CR0_PG);
	walk = translate(&memory, &regs, 0);
	assert_int_equal(walk.status, TL_WALK_NOT_KNOWN);
	set(&regs, TL_X86_cr3, 0);
	set(&regs, TL_X86_efer, 0);
	walk = translate(&memory, &regs, 0);
	assert_int_equal(walk.status, TL_WALK_NOT_KNOWN);
}

static void paging_32bit_maps_4k_by_two_levels(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PD | 0x18, 0, 0);
	struct tl_walk walk;

	memory_put(&memory, PD + 4 * 0x300, PT | PS | P, 4); // without CR4.PSE, PS has no meaning
	memory_put(&memory, PT + 4 * 0x123, 0xabcde000 | P, 4);
	walk = translate(&memory, &regs, 0xffffffffc0123456);
	assert_leaf(&walk, 0xabcde456, 1, 4096, 2);
	assert_step(&walk, 0, 2, 4, PD + 4 * 0x300, PT | PS | P);
	assert_step(&walk, 1, 1, 4, PT + 4 * 0x123, 0xabcde000 | P);
	walk = translate(&memory, &regs, 0xc0124000);
	assert_fault(&walk, 1, 2);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 2, 1);
}

static void pse_maps_4m(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PD, TL_X86_CR4_PSE, 0);
	struct tl_walk walk;

	memory_put(&memory, PD + 4, 0x00c00000 | PS | P, 4);
	walk = translate(&memory, &regs, 0x00723456);
	assert_leaf(&walk, 0x00f23456, 2, 4 << 20, 1);
}

static void pse36_gives_a_4m_page_40_bits(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PD, TL_X86_CR4_PSE, 0);
	struct tl_walk walk;

	memory_put(&memory, PD + 4, 0x00c00000 | 0xa5 << 13 | PS | P, 4);
	walk = translate(&memory, &regs, 0x00723456);
	assert_leaf(&walk, 0xa500f23456, 2, 4 << 20, 1);
}

static void a_reserved_bit_in_a_4m_page_faults(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PD, TL_X86_CR4_PSE, 0);
	struct tl_walk walk;

	memory_put(&memory, PD, 1 << 21 | PS | P, 4);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 2, 1);
}

static void pae_maps_4k_by_three_levels(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PDPT + 0x7e0, TL_X86_CR4_PAE, 0);
	struct tl_walk walk;

	memory_put(&memory, PDPT + 0x7e0 + 8 * 3, PD | P, 8);
	memory_put(&memory, PD + 8 * 0x1ff, PT | P, 8);
	memory_put(&memory, PT + 8 * 0x1fe, 0xf123456789000 | P, 8);
	walk = translate(&memory, &regs, 0xffffeabc);
	assert_leaf(&walk, 0xf123456789abc, 1, 4096, 3);
	assert_step(&walk, 0, 3, 8, PDPT + 0x7e0 + 8 * 3, PD | P);
	assert_step(&walk, 2, 1, 8, PT + 8 * 0x1fe, 0xf123456789000 | P);
	walk = translate(&memory, &regs, 0x40000000);
	assert_fault(&walk, 3, 1);
}

static void pae_maps_2m_whatever_cr4_pse_says(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PDPT, TL_X86_CR4_PAE, 0);
	struct tl_walk walk;

	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PD + 8, 0x800000 | 0x1000 | PS | P, 8); // bit 12 is PAT
	walk = translate(&memory, &regs, 0x212345);
	assert_leaf(&walk, 0x812345, 2, 2 << 20, 2);
}

static void nx_is_reserved_until_it_is_enabled(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PDPT, TL_X86_CR4_PAE, 0);
	struct tl_walk walk;

	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PD, NX | 0x800000 | PS | P, 8);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 2, 2);
	set(&regs, TL_X86_efer, TL_X86_EFER_NXE);
	walk = translate(&memory, &regs, 0);
	assert_leaf(&walk, 0x800000, 2, 2 << 20, 2);
}

static void bits_62_to_52_are_reserved_in_pae_alone(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PDPT, TL_X86_CR4_PAE, 0);
	struct tl_walk walk;

	memory_put(&memory, PML4, PDPT | P, 8);
	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PD, UINT64_C(1) << 52 | 0x800000 | PS | P, 8);
	walk = translate(&memory, &regs, 0);
	assert_fault(&walk, 2, 2);
	regs = paging_4level();
	walk = translate(&memory, &regs, 0);
	assert_leaf(&walk, 0x800000, 2, 2 << 20, 3);
}

static void four_levels_map_4k(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();
	struct tl_walk walk;

	memory_put(&memory, PML4 + 8 * 0x1ff, PDPT | P, 8);
	memory_put(&memory, PDPT + 8 * 0x1fe, PD | P, 8);
	memory_put(&memory, PD + 8 * 0x008, PT | P, 8);
	memory_put(&memory, PT + 8 * 0x001, NX | 0xf123456789000 | P, 8);
	walk = translate(&memory, &regs, 0xffffffff81001abc);
	assert_leaf(&walk, 0xf123456789abc, 1, 4096, 4);
	assert_step(&walk, 0, 4, 8, PML4 + 8 * 0x1ff, PDPT | P);
	assert_step(&walk, 3, 1, 8, PT + 8 * 0x001, NX | 0xf123456789000 | P);
}

static void four_levels_map_2m_and_1g(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();
	struct tl_walk walk;

	memory_put(&memory, PML4, PDPT | P, 8);
	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PDPT + 8, 0x4c0000000 | PS | P, 8);
	memory_put(&memory, PD + 8, 0x4c0200000 | PS | P, 8);
	walk = translate(&memory, &regs, 0x212345);
	assert_leaf(&walk, 0x4c0212345, 2, 2 << 20, 3);
	walk = translate(&memory, &regs, 0x7fffffff);
	assert_leaf(&walk, 0x4ffffffff, 3, 1 << 30, 2);
}

static void a_level_that_is_not_present_faults_there(void **state)
{
	static const tl_gpa tables[] = { PML4, PDPT, PD, PT };
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();

	memory_at(&memory, PML4);
	for (unsigned i = 0; i < 4; i++) {
		struct tl_walk walk = translate(&memory, &regs, 0);

		assert_fault(&walk, 4 - (int)i, i + 1);
		memory_put(&memory, tables[i], (i == 3 ? 0x9000 : tables[i + 1]) | P, 8);
		memory_at(&memory, i == 3 ? 0x9000 : tables[i + 1]);
	}
}

static void reserved_bits_of_large_pages_fault(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();
	struct tl_walk walk;

	memory_put(&memory, PML4, PDPT | P, 8);
	memory_put(&memory, PML4 + 8, PDPT | PS | P, 8);
	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PDPT + 8, 0x4c0200000 | PS | P, 8);
	memory_put(&memory, PD + 8, 0x4c0202000 | PS | P, 8);
	walk = translate(&memory, &regs, UINT64_C(1) << 39);
	assert_fault(&walk, 4, 1);
	walk = translate(&memory, &regs, 0x40000000);
	assert_fault(&walk, 3, 2);
	walk = translate(&memory, &regs, 0x200000);
	assert_fault(&walk, 2, 3);
}

static void an_address_that_is_not_canonical_faults_without_a_step(void **state)
{
	static const tl_gva bad[] = { 0x0000800000000000, 0xffff7fffffffffff, 0x0100000000000000 };
	static const tl_gva good[] = { 0x00007fffffffffff, 0xffff800000000000 };
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();
	struct tl_walk walk;

	memory_at(&memory, PML4);
	for (unsigned i = 0; i < 3; i++) {
		walk = translate(&memory, &regs, bad[i]);
		assert_fault(&walk, 0, 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		walk = translate(&memory, &regs, good[i]);
		assert_fault(&walk, 4, 1);
	}
}

static void five_levels_map_57_bits(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging(PML5, TL_X86_CR4_PAE | TL_X86_CR4_LA57, TL_X86_EFER_LMA);
	struct tl_walk walk;

	memory_put(&memory, PML5 + 8 * 0x100, PML4 | P, 8);
	memory_put(&memory, PML4 + 8 * 0x001, PDPT | P, 8);
	memory_put(&memory, PDPT, PD | P, 8);
	memory_put(&memory, PD, PT | P, 8);
	memory_put(&memory, PT + 8 * 2, 0xabc000 | P, 8);
	walk = translate(&memory, &regs, 0xff00008000002123);
	assert_leaf(&walk, 0xabc123, 1, 4096, 5);
	assert_step(&walk, 0, 5, 8, PML5 + 8 * 0x100, PML4 | P);
	walk = translate(&memory, &regs, 0x0100000000000000);
	assert_fault(&walk, 0, 0);
	walk = translate(&memory, &regs, 0x00ffffffffffffff);
	assert_fault(&walk, 5, 1);
}

static void a_table_outside_memory_is_named(void **state)
{
	struct memory memory = { 0 };
	struct tl_regs regs = paging_4level();
	struct tl_walk walk;

	memory_put(&memory, PML4, 0x123456000 | P, 8);
	walk = translate(&memory, &regs, 0x40000000);
	assert_int_equal(walk.status, TL_WALK_NO_MEMORY);
	assert_int_equal(walk.level, 3);
	assert_int_equal(walk.n_steps, 1);
	assert_int_equal(walk.gpa, 0x123456008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_paging_addresses_are_physical),
		cmocka_unit_test(a_walk_without_its_registers_says_so),
		cmocka_unit_test(paging_32bit_maps_4k_by_two_levels),
		cmocka_unit_test(pse_maps_4m),
		cmocka_unit_test(pse36_gives_a_4m_page_40_bits),
		cmocka_unit_test(a_reserved_bit_in_a_4m_page_faults),
		cmocka_unit_test(pae_maps_4k_by_three_levels),
		cmocka_unit_test(pae_maps_2m_whatever_cr4_pse_says),
		cmocka_unit_test(nx_is_reserved_until_it_is_enabled),
		cmocka_unit_test(bits_62_to_52_are_reserved_in_pae_alone),
		cmocka_unit_test(four_levels_map_4k),
		cmocka_unit_test(four_levels_map_2m_and_1g),
		cmocka_unit_test(a_level_that_is_not_present_faults_there),
		cmocka_unit_test(reserved_bits_of_large_pages_fault),
		cmocka_unit_test(an_address_that_is_not_canonical_faults_without_a_step),
		cmocka_unit_test(five_levels_map_57_bits),
		cmocka_unit_test(a_table_outside_memory_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
