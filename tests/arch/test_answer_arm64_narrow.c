// SPDX-License-Identifier: MIT
// labels: unit
//
// Answers to an access by a 16-bit instruction: the program is of T32, its kernel of A64.
// test_enter_kvm.c has seen what KVM makes of it.
#include "tests/arch/answer_arm64.h"

#define STR_T32	  0x6001     // str r1, [r0]
#define STR_W_T32 0x1000f8c0 // str.w r1, [r0], its halves in the order of memory
#define USR_T32	  0x30
#define EL0_32	  0x600 // the vector

static void begin_t32(struct machine *m, uint32_t kernel, uint32_t word)
{
	begin_mmio(m, word, 4, true);
	machine_set(m, TL_ARM64_pstate, USR_T32);
	machine_set(m, TL_ARM64_elr_el1, 0x8000); // as a 64-bit kernel left it
	m->state.platform.kernel = kernel;
}

static uint64_t syndrome_after(uint32_t kernel, uint32_t word, enum tl_answer_id id)
{
	struct machine m;

	begin_t32(&m, kernel, word);
	assert_done(&m, give(&m, id));
	assert_word(&m, pc, VBAR + EL0_32, ENTRY);
	return m.effect.regs.word[TL_ARM64_esr_el1];
}

static void before_7_2_an_abort_tells_that_the_instruction_is_short(void **state)
{
	assert_int_equal(syndrome_after(TL_KERNEL(6, 12), STR_T32, TL_ANSWER_ABORT), 0x90000010);
	assert_int_equal(syndrome_after(TL_KERNEL(7, 2), STR_T32, TL_ANSWER_ABORT), 0x92000010);
}

static void a_size_fault_tells_it_too(void **state)
{
	assert_int_equal(
		syndrome_after(TL_KERNEL(6, 12), STR_T32, TL_ANSWER_SIZE_FAULT), 0x90000000);
}

static void one_of_32_bits_is_long(void **state)
{
	assert_int_equal(syndrome_after(TL_KERNEL(6, 12), STR_W_T32, TL_ANSWER_ABORT), 0x92000010);
}

// ISV is 0, and IL is then 1 whatever the instruction is. Arm ARM D17.2.37.
static void without_a_syndrome_the_length_is_not_told(void **state)
{
	struct machine m;

	begin_t32(&m, TL_KERNEL(6, 12), STR_T32);
	m.trap.kind = TL_TRAP_NISV;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, esr_el1, 0x92000010, ENTRY);
}

// What KVM_EXIT_ARM_SEA carries is a whole syndrome.
static void the_syndrome_of_a_host_abort_tells_it(void **state)
{
	struct machine m;

	begin_t32(&m, TL_KERNEL(6, 12), STR_T32);
	m.trap.kind = TL_TRAP_SEA;
	m.trap.has_esr = true;
	m.trap.esr = 0x90000010;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, esr_el1, 0x90000010, ENTRY);
	m.trap.esr = 0x92000010;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, esr_el1, 0x92000010, ENTRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_7_2_an_abort_tells_that_the_instruction_is_short),
		cmocka_unit_test(a_size_fault_tells_it_too),
		cmocka_unit_test(one_of_32_bits_is_long),
		cmocka_unit_test(without_a_syndrome_the_length_is_not_told),
		cmocka_unit_test(the_syndrome_of_a_host_abort_tells_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
