/* SPDX-License-Identifier: MIT */
// labels: unit
// A64 loads and stores of V registers carried out, against values worked out by hand: Arm ARM C7.2.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/arch/bits_arm64.h"
#include "tests/arch/emulate_arm64.h"

#define EL1H 0x3c5

static struct machine machine, *m = &machine;

static int set_up(void **state)
{
	machine_init(m, EL1H);
	return 0;
}

static void assert_vector(unsigned n, uint64_t low, uint64_t high)
{
	uint64_t halves[2] = { 0 };

	for (unsigned i = 16; i--;)
		halves[i / 8] = halves[i / 8] << 8 | m->effect.vectors.v[n][i];
	assert_int_equal(halves[0], low);
	assert_int_equal(halves[1], high);
}

static void a_vector_load_clears_what_is_above(void **state)
{
	static const struct {
		uint32_t word;
		unsigned size;
	} rows[] = {
		{ 0x3d400041, 1 },  // ldr b1, [x2]
		{ 0x7d400041, 2 },  // ldr h1, [x2]
		{ 0xbd400041, 4 },  // ldr s1, [x2]
		{ 0xfd400041, 8 },  // ldr d1, [x2]
		{ 0x3dc00041, 16 }, // ldr q1, [x2]
	};

	machine_set(m, TL_ARM64_x2, DEVICE + 0x80);
	m->state.vectors.known = 0;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_done(m, machine_a64(m, rows[i].word));
		assert_int_equal(m->effect.n_transfers, 1);
		assert_int_equal(m->effect.transfer[0].size, rows[i].size);
		assert_int_equal(m->effect.vectors_set, 1 << 1);
		assert_int_equal(m->effect.vectors.known, 1 << 1);
		for (unsigned n = 0; n < 16; n++)
			assert_int_equal(
				m->effect.vectors.v[1][n], n < rows[i].size ? 0x80 + n : 0);
	}
}

static void a_vector_store_writes_as_much_as_its_register_has(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a64(m, 0x3c810441)); // str q1, [x2], #16
	assert_access(m, 0, true, DEVICE, 16, 0x1716151413121110);
	assert_int_equal(m->effect.transfer[0].data[15], 0x1f);
	assert_word(m, x2, DEVICE + 16, WRITEBACK);
	machine_set(m, TL_ARM64_x3, DEVICE);
	assert_done(m, machine_a64(m, 0x6d000861)); // stp d1, d2, [x3]
	assert_access(m, 1, true, DEVICE + 8, 8, 0x2726252423222120);
	m->state.vectors.known = ~(UINT32_C(1) << 2);
	assert_not_known(m, machine_a64(m, 0x6d000861), "needs v2, which was not recorded");
}

static void structures_are_taken_apart(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	machine_set(m, TL_ARM64_x3, 0x123);
	assert_done(m, machine_a64(m, 0x4c408841)); // ld2 {v1.4s, v2.4s}, [x2]
	assert_int_equal(m->effect.n_transfers, 8);
	assert_vector(1, 0x0b0a090803020100, 0x1b1a191813121110);
	assert_vector(2, 0x0f0e0d0c07060504, 0x1f1e1d1c17161514);
	assert_done(m, machine_a64(m, 0x0c404041)); // ld3 {v1.8b-v3.8b}, [x2]
	assert_int_equal(m->effect.n_transfers, 24);
	assert_vector(1, 0x15120f0c09060300, 0);
	assert_vector(3, 0x1714110e0b080502, 0);
	assert_done(
		m, machine_a64(m, 0x4cc3005f)); // ld4 {v31.16b, v0.16b, v1.16b, v2.16b}, [x2], x3
	assert_int_equal(m->effect.n_transfers, 64);
	assert_int_equal(m->effect.vectors_set, 0x80000007);
	assert_vector(31, 0x1c1814100c080400, 0x3c3834302c282420);
	assert_vector(2, 0x1f1b17130f0b0703, 0x3f3b37332f2b2723);
	assert_word(m, x2, DEVICE + 0x123, WRITEBACK);
	assert_done(m, machine_a64(m, 0x4c000441)); // st4 {v1.8h-v4.8h}, [x2]
	assert_int_equal(m->effect.n_transfers, 32);
	assert_access(m, 1, true, DEVICE + 2, 2, 0x2120);
	assert_access(m, 4, true, DEVICE + 8, 2, 0x1312);
	assert_access(m, 31, true, DEVICE + 62, 2, 0x4f4e);
}

static void structures_of_one_element_fill_register_after_register(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a64(m, 0x0cdf2041)); // ld1 {v1.8b-v4.8b}, [x2], #32
	assert_int_equal(m->effect.n_transfers, 32);
	assert_vector(1, 0x0706050403020100, 0);
	assert_vector(4, 0x1f1e1d1c1b1a1918, 0);
	assert_word(m, x2, DEVICE + 32, WRITEBACK);
	assert_done(m, machine_a64(m, 0x4c407041)); // ld1 {v1.16b}, [x2]
	assert_vector(1, 0x0706050403020100, 0x0f0e0d0c0b0a0908);
}

static void a_single_structure_leaves_the_other_lanes(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a64(m, 0x4d408041)); // ld1 {v1.s}[2], [x2]
	assert_vector(1, 0x1716151413121110, 0x1f1e1d1c03020100);
	assert_done(m, machine_a64(m, 0x0d9f3441)); // st3 {v1.b-v3.b}[5], [x2], #3
	assert_int_equal(m->effect.n_transfers, 3);
	assert_access(m, 0, true, DEVICE, 1, 0x15);
	assert_access(m, 2, true, DEVICE + 2, 1, 0x35);
	assert_word(m, x2, DEVICE + 3, WRITEBACK);
	assert_done(m, machine_a64(m, 0x0d60c441)); // ld2r {v1.4h, v2.4h}, [x2]
	assert_vector(1, 0x0100010001000100, 0);
	assert_vector(2, 0x0302030203020302, 0);
	assert_done(m, machine_a64(m, 0x4d40cc41)); // ld1r {v1.2d}, [x2]
	assert_vector(1, 0x0706050403020100, 0x0706050403020100);
	m->state.vectors.known = 0;
	assert_not_known(m, machine_a64(m, 0x4d408041), "needs v1, which was not recorded");
}

static void big_endian_data_is_turned_element_by_element(void **state)
{
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_EE);
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a64(m, 0x3dc00041)); // ldr q1, [x2]
	assert_vector(1, 0x08090a0b0c0d0e0f, 0x0001020304050607);
	assert_done(m, machine_a64(m, 0x4c408841)); // ld2 {v1.4s, v2.4s}, [x2]
	assert_vector(1, 0x08090a0b00010203, 0x18191a1b10111213);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vector_load_clears_what_is_above),
		TEST(a_vector_store_writes_as_much_as_its_register_has),
		TEST(structures_are_taken_apart),
		TEST(structures_of_one_element_fill_register_after_register),
		TEST(a_single_structure_leaves_the_other_lanes),
		TEST(big_endian_data_is_turned_element_by_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
