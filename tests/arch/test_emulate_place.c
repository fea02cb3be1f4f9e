/* SPDX-License-Identifier: MIT */
// labels: unit
// Where the accesses of an instruction that is carried out lie: the page that trapped, others, none.
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

// Its pages: 0 the device's, 1 RAM, 2 the device's next but one, 3 not mapped, 4 read-only to the guest,
// 5 of the read-only slot, 6 and 7 RAM that does not lie together.
#define VA UINT64_C(0x4040200000)

static void map(unsigned page, uint64_t entry)
{
	memory_put(&m->memory, RAM + 0x3000 + 8 * page, entry, 8);
}

static void turn_stage_1_on(void)
{
	machine_set(m, TL_ARM64_sctlr_el1, SCTLR_M);
	machine_set(m, TL_ARM64_tcr_el1, T0SZ(39) | TBI0 | IPS(2));
	machine_set(m, TL_ARM64_ttbr0_el1, RAM + 0x1000);
	memory_put(&m->memory, RAM + 0x1000 + 8 * 0x101, (RAM + 0x2000) | 3, 8);
	memory_put(&m->memory, RAM + 0x1000 + 8 * 0x102, (RAM + 0xa000) | 3, 8);
	memory_put(&m->memory, RAM + 0x2000 + 8 * 1, (RAM + 0x3000) | 3, 8);
	map(0, DEVICE | 0x703);
	map(1, RAM | 0x5703);
	map(2, (DEVICE + 0x2000) | 0x703);
	map(4, RAM | 0x5783);
	map(5, ROM | 0x703);
	map(6, RAM | 0x8703);
	map(7, RAM | 0x5703);
	memory_put(&m->memory, RAM + 0x5000, 0x1122334455667788, 8);
	memory_put(&m->memory, RAM + 0x8ff8, 0x99aabbccddeeff00, 8);
	memory_put(&m->memory, ROM, 0x5a, 1);
}

static void each_element_of_a_pair_may_lie_elsewhere(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x3, VA + 0xff8);
	machine_trap(m, DEVICE + 0xff8);
	assert_done(m, machine_a64(m, 0xa9400861)); // ldp x1, x2, [x3]
	assert_access(m, 0, false, DEVICE + 0xff8, 8, 0xfffefdfcfbfaf9f8);
	assert_true(m->effect.transfer[0].is_device);
	assert_access(m, 1, false, RAM + 0x5000, 8, 0x1122334455667788);
	assert_false(m->effect.transfer[1].is_device);
	assert_int_equal(m->effect.transfer[1].va, VA + 0x1000);
}

static void the_second_element_may_be_the_one_that_trapped(void **state)
{
	turn_stage_1_on();
	map(2, 0); // what the tables say of it does not matter
	machine_set(m, TL_ARM64_x3, VA + 0x1ff8);
	memory_put(&m->memory, RAM + 0x5ff8, 0x77, 8);
	machine_trap(m, DEVICE + 0x2000);
	assert_done(m, machine_a64(m, 0xa9400861));
	assert_access(m, 0, false, RAM + 0x5ff8, 8, 0x77);
	assert_access(m, 1, false, DEVICE + 0x2000, 8, 0x0706050403020100);
	machine_set(m, TL_ARM64_pc, VA);
	m->trap.has_far = true;
	m->trap.far = VA + 0x2000;
	assert_done(m, machine_a64(m, 0xa9400861));
	assert_access(m, 1, false, DEVICE + 0x2000, 8, 0x0706050403020100);
}

static void an_element_over_two_kinds_of_pages_is_refused(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x2, VA + 0xffd);
	machine_trap(m, DEVICE + 0xffc);
	assert_refused(m, machine_a64(m, 0xf85ff041), // ldur x1, [x2, #-1]
		"the 8 bytes at 0x4040200ffc straddle two pages that are not alike: no slot, then "
		"RAM");
	machine_set(m, TL_ARM64_x2, VA + 0x4ffd);
	machine_trap(m, ROM);
	assert_refused(m, machine_a64(m, 0xf85ff041),
		"the 8 bytes at 0x4040204ffc straddle two pages that are not alike: RAM, then a "
		"read-only slot");
}

static void an_element_over_two_pages_of_memory_is_in_two_parts(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x2, VA + 0x6ffd);
	m->trap = (struct tl_trap){ .kind = TL_TRAP_OTHER };
	assert_done(m, machine_a64(m, 0xf85ff041));
	assert_int_equal(m->effect.n_transfers, 2);
	assert_access(m, 0, false, RAM + 0x8ffc, 4, 0x99aabbcc);
	assert_access(m, 1, false, RAM + 0x5000, 4, 0x55667788);
	assert_word(m, x1, 0x5566778899aabbcc, DATA);
	machine_set(m, TL_ARM64_x3, VA + 0x6ffc);
	machine_set(m, TL_ARM64_x1, 0x1111111122222222);
	assert_done(m, machine_a64(m, 0xf9000061)); // str x1, [x3]
	assert_int_equal(m->effect.n_transfers, 2);
	assert_access(m, 0, true, RAM + 0x8ffc, 4, 0x22222222);
	assert_access(m, 1, true, RAM + 0x5000, 4, 0x11111111);
	map(7, RAM | 0x9703);
	memory_put(&m->memory, RAM + 0x9000, 0, 1);
	assert_done(m, machine_a64(m, 0xf9000061)); // str x1, [x3]
	assert_int_equal(m->effect.n_transfers, 1);
	assert_access(m, 0, true, RAM + 0x8ffc, 8, 0x1111111122222222);
}

static void a_page_that_did_not_trap_may_fault_in_the_guest(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x3, VA + 0x2ff8);
	machine_trap(m, DEVICE + 0x2ff8);
	assert_refused(m, machine_a64(m, 0xa9400861),
		"the guest takes a fault of its own at 0x4040203000: translation fault, level 3");
	m->trap = (struct tl_trap){ .kind = TL_TRAP_OTHER };
	machine_set(m, TL_ARM64_x3, VA + 0x4000);
	assert_done(m, machine_a64(m, 0xa9400861));
	assert_refused(m, machine_a64(m, 0xa9000861), // stp x1, x2, [x3]
		"the guest takes a fault of its own at 0x4040204000: permission fault, level 3");
	machine_set(m, TL_ARM64_x2, VA + 0x1000);
	assert_refused(m, machine_a64(m, 0xb8400841), // ldtr w1, [x2]
		"the guest takes a fault of its own at 0x4040201000: permission fault, level 3");
}

static void a_walk_without_an_end_says_what_lacks(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x2, VA + 0x40000000);
	assert_not_known(m, machine_a64(m, 0x3dc00041),
		"where 0x4080200000 lies is not known: the table entry at 0x4000a008 is not there");
	machine_set(m, TL_ARM64_pstate, 0x3c9); // EL2
	assert_not_known(m, machine_a64(m, 0x3dc00041),
		"where 0x4080200000 lies is not known: its form of translation is unsupported");
	machine_set(m, TL_ARM64_pstate, EL1H);
	machine_forget(m, TL_ARM64_ttbr0_el1);
	assert_not_known(m, machine_a64(m, 0x3dc00041),
		"where 0x4080200000 lies is not known: a register that its walk needs was not "
		"recorded");
}

static void a_tag_does_not_count(void **state)
{
	turn_stage_1_on();
	machine_set(m, TL_ARM64_x2, UINT64_C(0xab) << 56 | (VA + 0x2008));
	machine_trap(m, DEVICE + 0x2008);
	m->trap.has_far = true;
	m->trap.far = VA + 0x2008;
	assert_done(m, machine_a64(m, 0xb9800041)); // ldrsw x1, [x2]
	assert_access(m, 0, false, DEVICE + 0x2008, 4, 0x0b0a0908);
	m->trap = (struct tl_trap){ .kind = TL_TRAP_OTHER };
	assert_done(m, machine_a64(m, 0xb9800041));
	assert_access(m, 0, false, DEVICE + 0x2008, 4, 0x0b0a0908);
}

static void a_report_of_the_virtual_address_is_walked(void **state)
{
	turn_stage_1_on();
	m->state.slots_known = false;
	machine_set(m, TL_ARM64_x2, VA + 0x2008);
	m->trap = (struct tl_trap){ .kind = TL_TRAP_OOPS, .has_far = true, .far = VA + 0x2008 };
	assert_done(m, machine_a64(m, 0xb9800041)); // ldrsw x1, [x2]
	assert_access(m, 0, false, DEVICE + 0x2008, 4, 0x0b0a0908);
	assert_false(m->effect.transfer[0].no_gpa);
	assert_true(m->effect.transfer[0].is_device);
}

static void addresses_wrap_at_64_bits(void **state)
{
	machine_set(m, TL_ARM64_x3, UINT64_MAX - 7);
	machine_set(m, TL_ARM64_sctlr_el1, 0);
	machine_set(m, TL_ARM64_tcr_el1, TBI0 | TBI1);
	machine_trap(m, 0);
	m->trap.has_far = true;
	assert_refused(m, machine_a64(m, 0xa9400861), // ldp x1, x2, [x3]
		"the guest takes a fault of its own at 0xfffffffffffffff8: address size fault, "
		"level 0");
}

static void a_trap_elsewhere_than_the_registers_say_is_not_explained_away(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE + 0x10);
	machine_trap(m, DEVICE + 0x18);
	assert_not_known(m, machine_a64(m, 0xb9800041),
		"the access that trapped, at 0x9000018, is none of those of the registers, from "
		"0x9000010 on");
	machine_trap(m, DEVICE + 0x10);
	m->trap.has_far = true;
	m->trap.far = DEVICE + 0x1010;
	assert_not_known(m, machine_a64(m, 0xb9800041),
		"the access that trapped, at 0x9001010, is none of those of the registers, from "
		"0x9000010 on");
}

static void the_number_of_a_system_register_is_no_address(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE + 0x10);
	machine_trap(m, 0xdeadbeef);
	m->trap.kind = TL_TRAP_IDSR;
	assert_done(m, machine_a64(m, 0xb9800041));
	assert_access(m, 0, false, DEVICE + 0x10, 4, 0x13121110);
}

static void without_slots_only_the_page_that_trapped_is_known(void **state)
{
	turn_stage_1_on();
	m->state.slots_known = false;
	machine_set(m, TL_ARM64_x3, VA);
	machine_trap(m, DEVICE);
	assert_done(m, machine_a64(m, 0xa9400861));
	assert_true(m->effect.transfer[1].is_device);
	machine_set(m, TL_ARM64_x3, VA + 0xff8);
	machine_trap(m, DEVICE + 0xff8);
	assert_not_known(m, machine_a64(m, 0xa9400861),
		"what is at 0x40005000 is not known: the memory slots are not");
}

static void a_read_only_slot_is_memory_to_loads_alone(void **state)
{
	memory_put(&m->memory, ROM + 8, 0x5a, 4);
	machine_set(m, TL_ARM64_x2, ROM + 8);
	assert_done(m, machine_a64(m, 0xb9800041));
	assert_false(m->effect.transfer[0].is_device);
	assert_word(m, x1, 0x5a, DATA);
	assert_done(m, machine_a64(m, 0xb900005f)); // str wzr, [x2]
	assert_true(m->effect.transfer[0].is_device);
}

static void an_address_of_no_vm_is_refused(void **state)
{
	m->state.platform.ipa_bits = 36;
	machine_set(m, TL_ARM64_x2, UINT64_C(1) << 36);
	assert_refused(m, machine_a64(m, 0xb9800041),
		"0x1000000000 is no address of this VM: KVM itself injects a fault");
}

static void a_silent_device_is_named(void **state)
{
	m->device.read = NULL;
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_not_known(
		m, machine_a64(m, 0xb9800041), "what the device gives at 0x9000000 is not known");
	assert_done(m, machine_a64(m, 0xb900005f));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_element_of_a_pair_may_lie_elsewhere),
		TEST(the_second_element_may_be_the_one_that_trapped),
		TEST(an_element_over_two_kinds_of_pages_is_refused),
		TEST(an_element_over_two_pages_of_memory_is_in_two_parts),
		TEST(a_page_that_did_not_trap_may_fault_in_the_guest),
		TEST(a_walk_without_an_end_says_what_lacks),
		TEST(a_tag_does_not_count),
		TEST(a_report_of_the_virtual_address_is_walked),
		TEST(addresses_wrap_at_64_bits),
		TEST(a_trap_elsewhere_than_the_registers_say_is_not_explained_away),
		TEST(the_number_of_a_system_register_is_no_address),
		TEST(without_slots_only_the_page_that_trapped_is_known),
		TEST(a_read_only_slot_is_memory_to_loads_alone),
		TEST(an_address_of_no_vm_is_refused),
		TEST(a_silent_device_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
