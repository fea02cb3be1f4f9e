/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Exception entry to EL1 in AArch32, by kernel; see test_enter.c.
#include "tests/arch/enter_arm64.h"

static void aarch32_takes_a_data_abort_in_abort_mode(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_x20, TL_ARM64_pc, TL_ARM64_pstate,
		TL_ARM64_spsr_abt, TL_ARM64_esr_el1, TL_ARM64_far_el1, TL_ARM64_N_REGS };
	static const uint8_t modes[] = { TL_ARM32_USR, TL_ARM32_SVC, TL_ARM32_SYS, TL_ARM32_IRQ,
		TL_ARM32_FIQ, TL_ARM32_ABT, TL_ARM32_UND };

	for (unsigned thumb = 0; thumb < 2; thumb++)
		for (unsigned i = 0; i < sizeof(modes); i++) {
			const uint64_t pstate = 0x60000000 | modes[i] | (thumb ? BIT(5) : 0);
			const struct tl_state s = state32_of(V6_12, pstate, SCTLR_SPAN, 0);
			const struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT);

			assert_reg(&effect, TL_ARM64_x20, 0x8000123e);
			assert_reg(&effect, TL_ARM64_pc, 0x80010010);
			assert_reg(&effect, TL_ARM64_pstate, 0x60000197);
			assert_reg(&effect, TL_ARM64_spsr_abt, pstate);
			assert_reg(&effect, TL_ARM64_esr_el1, 0x008);
			assert_reg(&effect, TL_ARM64_far_el1, 0x111111110a0b0c0d);
			assert_changes(&effect, &s, changed);
		}
}

static void aarch32_takes_a_prefetch_abort_with_ifsr_and_ifar(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_x20, TL_ARM64_pc, TL_ARM64_pstate,
		TL_ARM64_spsr_abt, TL_ARM64_far_el1, TL_ARM64_ifsr32_el2, TL_ARM64_N_REGS };
	const struct tl_state s = state32_of(V6_12, TL_ARM32_SVC, SCTLR_SPAN, BIT(31));
	const struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT_FETCH);

	assert_reg(&effect, TL_ARM64_x20, 0x8000123a);
	assert_reg(&effect, TL_ARM64_pc, 0x8001000c);
	assert_reg(&effect, TL_ARM64_ifsr32_el2, 0x210);
	assert_reg(&effect, TL_ARM64_far_el1, 0x0a0b0c0d22222222);
	assert_changes(&effect, &s, changed);
}

static void aarch32_takes_an_undefined_instruction_without_a_syndrome(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_x22, TL_ARM64_pc, TL_ARM64_pstate,
		TL_ARM64_spsr_und, TL_ARM64_N_REGS };
	struct tl_state s = state32_of(V6_12, TL_ARM32_SVC, SCTLR_SPAN, 0);
	struct tl_effect effect = enter_event(&s, TL_ARM64_UNDEFINED);

	assert_reg(&effect, TL_ARM64_x22, 0x8000123a);
	assert_reg(&effect, TL_ARM64_pc, 0x80010004);
	assert_reg(&effect, TL_ARM64_pstate, 0x9b);
	assert_changes(&effect, &s, changed);
	s = state32_of(V6_12, TL_ARM32_SVC | BIT(5), SCTLR_SPAN, 0);
	effect = enter_event(&s, TL_ARM64_UNDEFINED);
	assert_reg(&effect, TL_ARM64_x22, 0x80001238);
}

static void aarch32_has_a_status_for_either_kind_of_tables(void **state)
{
	const struct tl_state l = state32_of(V6_12, TL_ARM32_SVC, 0, BIT(31)),
			      s = state32_of(V6_12, TL_ARM32_SVC, 0, 0);
	static const struct {
		enum tl_arm64_event event;
		enum tl_arm64_reg reg;
		uint32_t with_long, with_short;
	} rows[] = {
		{ TL_ARM64_ABORT, TL_ARM64_esr_el1, 0x210, 0x008 },
		{ TL_ARM64_ABORT_WALK, TL_ARM64_esr_el1, 0x210, 0x008 },
		{ TL_ARM64_ABORT_FETCH, TL_ARM64_ifsr32_el2, 0x210, 0x008 },
		{ TL_ARM64_SIZE_FAULT, TL_ARM64_esr_el1, 0x200, 0x008 },
		{ TL_ARM64_SIZE_FAULT_FETCH, TL_ARM64_ifsr32_el2, 0x210, 0x008 },
		{ TL_ARM64_SERROR, TL_ARM64_esr_el1, 0x211, 0x406 },
	};
	struct tl_effect effect;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		effect = enter_event(&l, rows[i].event);
		assert_reg(&effect, rows[i].reg, rows[i].with_long);
		effect = enter_event(&s, rows[i].event);
		assert_reg(&effect, rows[i].reg, rows[i].with_short);
	}
	// the kernel clears the status in the wrong register
	effect = enter_event(&l, TL_ARM64_SIZE_FAULT_FETCH);
	assert_reg(&effect, TL_ARM64_esr_el1, 0x8c0);
	effect = enter_event(&s, TL_ARM64_SIZE_FAULT_FETCH);
	assert_int_equal(effect.origin[TL_ARM64_esr_el1], TL_ORIGIN_NONE);
}

static void cpsr_is_built_anew(void **state)
{
	static const struct {
		uint64_t before, sctlr, abort, undefined, saved;
	} rows[] = {
		{ 0xf8000013, SCTLR_SPAN, 0xf8000197, 0xf800009b, 0xf8000013 },
		// IT and T, IL, E, SS, SSBS
		{ 0x06b0fe33, SCTLR_SPAN, 0x00000197, 0x0000009b, 0x0690fe33 },
		// DIT, PAN, GE, A, F
		{ 0x014f0153, SCTLR_SPAN, 0x014f01d7, 0x014f01db, 0x006f0153 },
		// SPAN clear, EE, TE, DSSBS
		{ 0x00000010, BIT(25) | BIT(30) | BIT(31), 0x00c003b7, 0x00c002bb, 0x00000010 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct tl_state s = state32_of(V6_12, rows[i].before, rows[i].sctlr, 0);
		struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT);

		assert_reg(&effect, TL_ARM64_pstate, rows[i].abort);
		assert_reg(&effect, TL_ARM64_spsr_abt, rows[i].saved);
		effect = enter_event(&s, TL_ARM64_UNDEFINED);
		assert_reg(&effect, TL_ARM64_pstate, rows[i].undefined);
		assert_reg(&effect, TL_ARM64_spsr_und, rows[i].saved);
	}
}

static void high_vectors_need_no_vbar(void **state)
{
	struct tl_state s = state32_of(V6_12, TL_ARM32_SVC, BIT(13), 0);
	struct tl_effect effect;

	s.regs.known[TL_ARM64_vbar_el1 / 64] &= ~BIT(TL_ARM64_vbar_el1 % 64);
	effect = enter_event(&s, TL_ARM64_ABORT);
	assert_reg(&effect, TL_ARM64_pc, 0xffff0010);
}

static void addresses_of_aarch32_wrap(void **state)
{
	struct tl_state s = state32_of(V6_12, TL_ARM32_SVC, 0, 0);
	struct tl_effect effect;

	tl_regs_set(&s.regs, TL_ARM64_pc, 0xfffffffc);
	effect = enter_event(&s, TL_ARM64_ABORT);
	assert_reg(&effect, TL_ARM64_x20, 4);
}

static void aarch32_takes_an_serror_from_the_cpu_before_7_2(void **state)
{
	const struct tl_arm64_exception serror = {
		.event = TL_ARM64_SERROR, .has_esr = true, .esr = 0x1ffffff
	};
	struct tl_state s = state32_of(V6_12, TL_ARM32_SVC, SCTLR_SPAN, 0);
	struct tl_effect effect = enter(&s, serror);

	assert_reg(&effect, TL_ARM64_esr_el1, 0xd406); // AET, ExT
	assert_reg(&effect, TL_ARM64_pc, 0x80010010);
	assert_reg(&effect, TL_ARM64_x20, 0x8000123e);
	assert_reg(&effect, TL_ARM64_pstate, 0x197);
	assert_int_equal(effect.origin[TL_ARM64_far_el1], TL_ORIGIN_NONE);
	assert_string_equal(effect.note, "DFAR is UNKNOWN after it");
	assert_string_equal(effect.outlook, "the CPU takes it as soon as the vCPU enters");
}

static void aarch32_loses_an_serror_in_7_2(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_esr_el1, TL_ARM64_N_REGS };
	const struct tl_state s = state32_of(V7_2, TL_ARM32_SVC, SCTLR_SPAN, 0);
	const struct tl_effect effect = enter_event(&s, TL_ARM64_SERROR);

	assert_reg(&effect, TL_ARM64_esr_el1, 0xbf000000);
	assert_changes(&effect, &s, changed);
	assert_string_equal(effect.outlook,
		"never delivered: this kernel overwrites DFSR and forgets the rest");
}

static void only_what_tests_ask_kernels_for_is_witnessed(void **state)
{
	static const uint32_t kernels[] = { V6_1, V6_12, TL_KERNEL(6, 6), V7_2, 0 };

	for (unsigned k = 0; k < 5; k++)
		for (unsigned event = 0; event < TL_ARM64_UNSUPPORTED_ATOMIC; event++) {
			const struct tl_state s = state32_of(kernels[k], TL_ARM32_SVC, 0, 0);
			const struct tl_effect effect = enter_event(&s, (enum tl_arm64_event)event);

			assert_int_equal(effect.witnessed, k < 2 && event != TL_ARM64_ABORT_WALK);
		}
}

static void what_is_not_recorded_is_named(void **state)
{
	const struct tl_state svc = state32_of(V6_12, TL_ARM32_SVC, 0, BIT(31));

	assert_needs(
		svc, TL_ARM64_ABORT, TL_ARM64_tcr_el1, "needs tcr_el1, which was not recorded");
	assert_needs(
		svc, TL_ARM64_ABORT, TL_ARM64_far_el1, "needs far_el1, which was not recorded");
	assert_needs(svc, TL_ARM64_ABORT_FETCH, TL_ARM64_far_el1,
		"needs far_el1, which was not recorded");
	assert_needs(svc, TL_ARM64_SIZE_FAULT_FETCH, TL_ARM64_esr_el1,
		"needs esr_el1, which was not recorded");
	assert_needs(
		svc, TL_ARM64_SERROR, TL_ARM64_tcr_el1, "needs tcr_el1, which was not recorded");
}

static void there_is_no_fault_of_atomics(void **state)
{
	const struct tl_state s = state32_of(V7_2, TL_ARM32_SVC, 0, 0);

	assert_refused(&s, (struct tl_arm64_exception){ .event = TL_ARM64_UNSUPPORTED_ATOMIC },
		"KVM has no fault of unsupported atomics for AArch32 at EL1", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aarch32_takes_a_data_abort_in_abort_mode),
		cmocka_unit_test(aarch32_takes_a_prefetch_abort_with_ifsr_and_ifar),
		cmocka_unit_test(aarch32_takes_an_undefined_instruction_without_a_syndrome),
		cmocka_unit_test(aarch32_has_a_status_for_either_kind_of_tables),
		cmocka_unit_test(cpsr_is_built_anew),
		cmocka_unit_test(high_vectors_need_no_vbar),
		cmocka_unit_test(addresses_of_aarch32_wrap),
		cmocka_unit_test(aarch32_takes_an_serror_from_the_cpu_before_7_2),
		cmocka_unit_test(aarch32_loses_an_serror_in_7_2),
		cmocka_unit_test(only_what_tests_ask_kernels_for_is_witnessed),
		cmocka_unit_test(what_is_not_recorded_is_named),
		cmocka_unit_test(there_is_no_fault_of_atomics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
