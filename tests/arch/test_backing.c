/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What a guest physical address is to KVM.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/backing.h"

static const struct tl_slot slots[] = {
	{ .gpa = 0x40000000, .size = 0x8000000 },
	{ .gpa = 0, .size = 0x4000000, .read_only = true },
	{ .gpa = 0x60000000, .size = 0 },
	{ .gpa = 0x80000000, .size = 0x1000 },
};

static struct tl_backing backing(const struct tl_state *state, tl_gpa gpa)
{
	struct tl_backing ret;

	tl_backing(state, gpa, &ret);
	return ret;
}

static struct tl_state of_slots(void)
{
	return (struct tl_state){
		.arch = &tl_arch_arm64, .slots_known = true, .slots = slots, .n_slots = 4
	};
}

static void an_address_in_a_slot_is_ram_or_read_only(void **state)
{
	const struct tl_state s = of_slots();
	struct tl_backing b = backing(&s, 0x47ffffff);

	assert_int_equal(b.kind, TL_BACKING_RAM);
	assert_true(b.has_slot && !b.has_below && !b.has_above);
	assert_int_equal(b.slot.gpa, 0x40000000);
	b = backing(&s, 0);
	assert_int_equal(b.kind, TL_BACKING_ROM);
	assert_int_equal(b.slot.size, 0x4000000);
}

static void a_hole_has_the_nearest_slots(void **state)
{
	const struct tl_state s = of_slots();
	struct tl_backing b = backing(&s, 0x9000000);

	assert_int_equal(b.kind, TL_BACKING_HOLE);
	assert_true(!b.has_slot && b.has_below && b.has_above);
	assert_int_equal(b.below.gpa, 0);
	assert_int_equal(b.above.gpa, 0x40000000);
	b = backing(&s, 0x48000000);
	assert_int_equal(b.kind, TL_BACKING_HOLE);
	assert_int_equal(b.below.gpa, 0x40000000);
	assert_int_equal(b.above.gpa, 0x80000000);
	b = backing(&s, UINT64_MAX);
	assert_true(b.has_below && !b.has_above);
	assert_int_equal(b.below.gpa, 0x80000000);
}

static void a_slot_may_end_where_addresses_do(void **state)
{
	static const struct tl_slot last = { .gpa = UINT64_C(0xfffffffffffff000), .size = 0x1000 };
	const struct tl_state s = {
		.arch = &tl_arch_x86_64, .slots_known = true, .slots = &last, .n_slots = 1
	};
	const struct tl_backing b = backing(&s, 0xfff);

	assert_int_equal(backing(&s, UINT64_MAX).kind, TL_BACKING_RAM);
	assert_int_equal(b.kind, TL_BACKING_HOLE);
	assert_true(!b.has_below && b.has_above);
}

static void without_slots_nothing_is_known(void **state)
{
	struct tl_state s = of_slots();
	struct tl_backing b;

	s.slots_known = false;
	b = backing(&s, 0x40000000);
	assert_int_equal(b.kind, TL_BACKING_NOT_KNOWN);
	assert_true(!b.has_slot && !b.has_below && !b.has_above);
}

static void a_vm_without_slots_is_all_hole(void **state)
{
	const struct tl_state s = { .arch = &tl_arch_arm64, .slots_known = true };
	const struct tl_backing b = backing(&s, 0x40000000);

	assert_int_equal(b.kind, TL_BACKING_HOLE);
	assert_true(!b.has_below && !b.has_above);
}

static void an_address_beyond_the_vm_or_its_host_is_none(void **state)
{
	struct tl_state s = of_slots();

	s.platform.ipa_bits = 40;
	s.platform.host_ipa_bits = 44;
	assert_int_equal(backing(&s, UINT64_C(0xffffffffff)).kind, TL_BACKING_HOLE);
	assert_int_equal(backing(&s, UINT64_C(1) << 40).kind, TL_BACKING_BEYOND_VM);
	assert_int_equal(backing(&s, UINT64_C(1) << 44).kind, TL_BACKING_BEYOND_HOST);
	assert_int_equal(backing(&s, UINT64_C(1) << 44).below.gpa, 0x80000000);
	s.slots_known = false;
	assert_int_equal(backing(&s, UINT64_C(1) << 43).kind, TL_BACKING_BEYOND_VM);
	assert_int_equal(backing(&s, UINT64_C(1) << 39).kind, TL_BACKING_NOT_KNOWN);
	s.arch = &tl_arch_x86_64;
	assert_int_equal(backing(&s, UINT64_C(1) << 44).kind, TL_BACKING_NOT_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_in_a_slot_is_ram_or_read_only),
		cmocka_unit_test(a_hole_has_the_nearest_slots),
		cmocka_unit_test(a_slot_may_end_where_addresses_do),
		cmocka_unit_test(without_slots_nothing_is_known),
		cmocka_unit_test(a_vm_without_slots_is_all_hole),
		cmocka_unit_test(an_address_beyond_the_vm_or_its_host_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
