/* SPDX-License-Identifier: MIT */
// labels: unit
// A64 exclusives and atomics carried out, against values worked out by hand: Arm ARM C6.2.
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

static void a_load_exclusive_is_a_load_without_a_monitor(void **state)
{
	machine_set(m, TL_ARM64_x2, RAM + 0x10);
	memory_put(&m->memory, RAM + 0x10, 0x1122334455667788, 8);
	memory_put(&m->memory, RAM + 0x18, 0x99, 8);
	assert_done(m, machine_a64(m, 0x885f7c41)); // ldxr w1, [x2]
	assert_word(m, x1, 0x55667788, DATA);
	assert_string_equal(
		m->effect.note, "no monitor is set: the store-exclusive after it fails");
	assert_done(m, machine_a64(m, 0xc87f8c41)); // ldaxp x1, x3, [x2]
	assert_word(m, x1, 0x1122334455667788, DATA);
	assert_word(m, x3, 0x99, DATA);
	assert_refused(m, machine_a64(m, 0x88007c41), // stxr w0, w1, [x2]
		"stxr: whether the monitor still holds is not known: it may fail without an "
		"access");
	assert_string_equal(m->why.source, "Arm ARM B2.12");
}

// Memory holds 0x...f0 in the element, the operand is 0x3c.
static void atomics_compute_what_their_names_say(void **state)
{
	static const struct {
		uint32_t word;
		unsigned size;
		uint64_t after;
	} rows[] = {
		{ 0xb8210062, 4, 0x8000012c },	       // ldadd w1, w2, [x3]
		{ 0x38e10062, 1, 0x2c },	       // ldaddalb w1, w2, [x3]
		{ 0xf8211062, 8, 0xffffffff800000c0 }, // ldclr x1, x2, [x3]
		{ 0xf8212062, 8, 0xffffffff800000cc }, // ldeor x1, x2, [x3]
		{ 0xf8213062, 8, 0xffffffff800000fc }, // ldset x1, x2, [x3]
		{ 0x38214062, 1, 0x3c },	       // ldsmaxb w1, w2, [x3]
		{ 0xb8215062, 4, 0x800000f0 },	       // ldsmin w1, w2, [x3]
		{ 0xb8216062, 4, 0x800000f0 },	       // ldumax w1, w2, [x3]
		{ 0xf8217062, 8, 0x3c },	       // ldumin x1, x2, [x3]
		{ 0xf8218062, 8, 0x3c },	       // swp x1, x2, [x3]
	};
	const uint64_t before = 0xffffffff800000f0;

	machine_set(m, TL_ARM64_x1, 0x3c);
	machine_set(m, TL_ARM64_x3, RAM + 0x10);
	memory_put(&m->memory, RAM + 0x10, before, 8);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t old = before & UINT64_MAX >> (64 - 8 * rows[i].size);

		assert_done(m, machine_a64(m, rows[i].word));
		assert_int_equal(m->effect.n_transfers, 2);
		assert_access(m, 0, false, RAM + 0x10, rows[i].size, old);
		assert_access(m, 1, true, RAM + 0x10, rows[i].size, rows[i].after);
		assert_word(m, x2, old, DATA);
	}
	assert_done(m, machine_a64(m, 0xb821007f)); // stadd w1, [x3]
	assert_access(m, 1, true, RAM + 0x10, 4, 0x8000012c);
}

static void a_compare_and_swap_writes_only_what_it_expected(void **state)
{
	machine_set(m, TL_ARM64_x3, RAM + 0x10);
	machine_set(m, TL_ARM64_x1, 0x1ff);
	machine_set(m, TL_ARM64_x2, 0x2ee);
	memory_put(&m->memory, RAM + 0x10, 0xff, 8);
	assert_done(m, machine_a64(m, 0x08a17c62)); // casb w1, w2, [x3]
	assert_access(m, 1, true, RAM + 0x10, 1, 0xee);
	assert_word(m, x1, 0xff, DATA);
	assert_word(m, x2, 0x2ee, NONE);
	assert_done(m, machine_a64(m, 0x88a17c62)); // cas w1, w2, [x3]
	assert_int_equal(m->effect.n_transfers, 1);
	assert_word(m, x1, 0xff, DATA);
}

static void a_pair_is_compared_as_a_whole(void **state)
{
	machine_set(m, TL_ARM64_x4, RAM + 0x10);
	memory_put(&m->memory, RAM + 0x10, 0x1000000010, 8);
	memory_put(&m->memory, RAM + 0x18, 0x77, 8);
	machine_set(m, TL_ARM64_x0, 0x1000000010);
	machine_set(m, TL_ARM64_x1, 0x78);
	assert_done(m, machine_a64(m, 0x48207c82)); // casp x0, x1, x2, x3, [x4]
	assert_int_equal(m->effect.n_transfers, 2);
	assert_word(m, x0, 0x1000000010, DATA);
	assert_word(m, x1, 0x77, DATA);
	machine_set(m, TL_ARM64_x0, 0x11);
	machine_set(m, TL_ARM64_x1, 0x77);
	assert_done(m, machine_a64(m, 0x48207c82));
	assert_int_equal(m->effect.n_transfers, 2);
	machine_set(m, TL_ARM64_x0, 0x1000000010);
	assert_done(m, machine_a64(m, 0x48207c82));
	assert_int_equal(m->effect.n_transfers, 4);
	assert_access(m, 2, true, RAM + 0x10, 8, m->state.regs.word[TL_ARM64_x2]);
	assert_access(m, 3, true, RAM + 0x18, 8, m->state.regs.word[TL_ARM64_x3]);
}

static void an_atomic_of_no_memory_is_refused(void **state)
{
	machine_set(m, TL_ARM64_x3, DEVICE);
	assert_refused(m, machine_a64(m, 0xb8210062),
		"ldadd at 0x9000000, which is no RAM: not atomic when emulated");
	machine_set(m, TL_ARM64_x3, ROM);
	assert_refused(m, machine_a64(m, 0x88a17c62),
		"cas at 0x8000000, which is no RAM: not atomic when emulated");
	assert_string_equal(m->why.source, "Arm ARM B2.2.1");
	machine_set(m, TL_ARM64_x3, RAM);
	assert_not_known(m, machine_a64(m, 0xb8210062),
		"the 4 bytes of memory at 0x40000000 were not recorded");
}

static void a_big_endian_atomic_counts_in_its_order(void **state)
{
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_EE);
	machine_set(m, TL_ARM64_x1, 1);
	machine_set(m, TL_ARM64_x3, RAM + 0x10);
	memory_put_be(&m->memory, RAM + 0x10, 0xff, 4);
	assert_done(m, machine_a64(m, 0xb8210062)); // ldadd w1, w2, [x3]
	assert_word(m, x2, 0xff, DATA);
	assert_access(m, 1, true, RAM + 0x10, 4, 0x00010000);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_load_exclusive_is_a_load_without_a_monitor),
		TEST(atomics_compute_what_their_names_say),
		TEST(a_compare_and_swap_writes_only_what_it_expected),
		TEST(a_pair_is_compared_as_a_whole),
		TEST(an_atomic_of_no_memory_is_refused),
		TEST(a_big_endian_atomic_counts_in_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
