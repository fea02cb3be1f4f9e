/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Exception entry to EL1 by kernel, as the kernels' sources and the Arm ARM have it. test_enter_kvm.c asks
// real kernels; what 7.2 does, none does here.
#include "tests/arch/enter_arm64.h"

static void an_abort_saves_where_it_was_and_changes_nothing_else(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_pc, TL_ARM64_pstate, TL_ARM64_elr_el1,
		TL_ARM64_spsr_el1, TL_ARM64_esr_el1, TL_ARM64_far_el1, TL_ARM64_N_REGS };
	const struct tl_state s = state_of(V6_12, 0x600003c5, SCTLR_SPAN);
	const struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT);

	assert_reg(&effect, TL_ARM64_pc, VBAR + 0x200);
	assert_reg(&effect, TL_ARM64_pstate, 0x600003c5);
	assert_reg(&effect, TL_ARM64_elr_el1, PC);
	assert_reg(&effect, TL_ARM64_spsr_el1, 0x600003c5);
	assert_reg(&effect, TL_ARM64_esr_el1, 0x96000010);
	assert_reg(&effect, TL_ARM64_far_el1, FAR);
	assert_changes(&effect, &s, changed);
}

static void an_undefined_instruction_leaves_far(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_pc, TL_ARM64_pstate, TL_ARM64_elr_el1,
		TL_ARM64_spsr_el1, TL_ARM64_esr_el1, TL_ARM64_N_REGS };
	const struct tl_state s = state_of(V6_12, 0x3c5, 0);
	const struct tl_effect effect = enter_event(&s, TL_ARM64_UNDEFINED);

	assert_reg(&effect, TL_ARM64_esr_el1, 0x02000000);
	assert_changes(&effect, &s, changed);
}

static void each_event_has_its_syndrome_from_either_level(void **state)
{
	static const struct {
		enum tl_arm64_event event;
		uint32_t el1, el0;
	} rows[] = {
		{ TL_ARM64_ABORT, 0x96000010, 0x92000010 },
		{ TL_ARM64_ABORT_FETCH, 0x86000010, 0x82000010 },
		{ TL_ARM64_SIZE_FAULT, 0x96000000, 0x92000000 },
		{ TL_ARM64_SIZE_FAULT_FETCH, 0x86000000, 0x82000000 },
		{ TL_ARM64_UNSUPPORTED_ATOMIC, 0x96000035, 0x92000035 },
		{ TL_ARM64_UNDEFINED, 0x02000000, 0x02000000 },
		{ TL_ARM64_SERROR, 0xbf000000, 0xbf000000 },
	};
	static const uint32_t kernels[] = { V6_12, V7_2, 0 };

	for (unsigned k = 0; k < 3; k++) {
		const struct tl_state el1h = state_of(kernels[k], TL_ARM64_EL1H, 0),
				      el1t = state_of(kernels[k], TL_ARM64_EL1T, 0),
				      el0 = state_of(kernels[k], TL_ARM64_EL0T, 0),
				      usr = state_of(kernels[k], TL_ARM32_USR, 0);

		for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			struct tl_effect effect = enter_event(&el1h, rows[i].event);

			assert_reg(&effect, TL_ARM64_esr_el1, rows[i].el1);
			effect = enter_event(&el1t, rows[i].event);
			assert_reg(&effect, TL_ARM64_esr_el1, rows[i].el1);
			effect = enter_event(&el0, rows[i].event);
			assert_reg(&effect, TL_ARM64_esr_el1, rows[i].el0);
			effect = enter_event(&usr, rows[i].event);
			assert_reg(&effect, TL_ARM64_esr_el1, rows[i].el0);
		}
	}
}

static void the_level_of_a_walk_is_told_from_7_2_on(void **state)
{
	static const uint32_t told[] = { 0x96000013, 0x96000014, 0x96000015, 0x96000016,
		0x96000017 };

	for (int8_t level = -1; level <= 3; level++) {
		const struct tl_arm64_exception walk = { .event = TL_ARM64_ABORT_WALK,
			.level = level };
		struct tl_state s = state_of(V7_2, TL_ARM64_EL1H, 0);
		struct tl_effect effect = enter(&s, walk);

		assert_reg(&effect, TL_ARM64_esr_el1, told[level + 1]);
		s = state_of(V6_12, TL_ARM64_EL1H, 0);
		effect = enter(&s, walk);
		assert_reg(&effect, TL_ARM64_esr_el1, 0x96000010);
	}
}

static void before_6_12_the_sign_of_an_aborts_class_spills_over(void **state)
{
	const struct tl_state s = state_of(V6_1, TL_ARM64_EL1H, 0),
			      old = state_of(TL_KERNEL(5, 10), TL_ARM64_EL1H, 0);
	struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT);

	assert_reg(&effect, TL_ARM64_esr_el1, 0xffffffff96000010);
	effect = enter_event(&s, TL_ARM64_SIZE_FAULT);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xffffffff96000000);
	effect = enter_event(&s, TL_ARM64_ABORT_WALK);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xffffffff96000010);
	effect = enter_event(&s, TL_ARM64_UNDEFINED);
	assert_reg(&effect, TL_ARM64_esr_el1, 0x02000000);
	effect = enter_event(&s, TL_ARM64_SERROR); // by the CPU
	assert_reg(&effect, TL_ARM64_esr_el1, 0xbf000000);
	effect = enter_event(&old, TL_ARM64_ABORT);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xffffffff96000010);
}

static void the_length_of_a_short_instruction_is_handed_on_before_7_2(void **state)
{
	const struct tl_arm64_exception narrow = { .event = TL_ARM64_ABORT, .narrow = true };
	struct tl_state s = state_of(V6_12, TL_ARM32_USR | BIT(5), 0);
	struct tl_effect effect = enter(&s, narrow);

	assert_reg(&effect, TL_ARM64_esr_el1, 0x90000010);
	s = state_of(V7_2, TL_ARM32_USR | BIT(5), 0);
	effect = enter(&s, narrow);
	assert_reg(&effect, TL_ARM64_esr_el1, 0x92000010);
}

static void the_vector_is_chosen_by_the_old_mode(void **state)
{
	static const struct {
		uint8_t mode;
		uint16_t at;
	} rows[] = { { TL_ARM64_EL1T, 0x000 }, { TL_ARM64_EL1H, 0x200 }, { TL_ARM64_EL0T, 0x400 },
		{ TL_ARM32_USR, 0x600 } };

	for (unsigned i = 0; i < 4; i++) {
		const struct tl_state s = state_of(V6_12, rows[i].mode, 0);
		struct tl_effect effect = enter_event(&s, TL_ARM64_ABORT);

		assert_reg(&effect, TL_ARM64_pc, VBAR + rows[i].at);
		effect = enter_event(&s, TL_ARM64_SERROR);
		assert_reg(&effect, TL_ARM64_pc, VBAR + rows[i].at + 0x180);
	}
}

static void pstate_is_built_anew(void **state)
{
	static const struct {
		uint64_t before, sctlr;
		bool mte;
		uint64_t after;
	} rows[] = {
		{ 0x600003c5, SCTLR_SPAN, false, 0x600003c5 },
		{ 0x600003c5, 0, false, 0x604003c5 },
		// N, DIT, UAO, PAN, SSBS, BTYPE
		{ 0x81c01405, BIT(44), true, 0x834013c5 },
		{ 0x81c01405, SCTLR_SPAN, false, 0x814003c5 },
		// SS, IL, TCO, ALLINT, what is above
		{ UINT64_C(0x702302005), SCTLR_SPAN, false, 0x000003c5 },
		{ 0x00000000, SCTLR_SPAN, true, 0x020003c5 },
		// Q, GE, IT, E, T of AArch32 at EL0
		{ 0xfe0ffe30, SCTLR_SPAN, false, 0xf00003c5 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tl_state s = state_of(V6_12, rows[i].before, rows[i].sctlr);
		struct tl_effect effect;

		s.platform.mte = rows[i].mte;
		effect = enter_event(&s, TL_ARM64_ABORT);
		assert_reg(&effect, TL_ARM64_pstate, rows[i].after);
		assert_reg(&effect, TL_ARM64_spsr_el1, rows[i].before);
	}
}

static void a_masked_serror_stays_pending(void **state)
{
	static const uint8_t changed[] = { TL_ARM64_N_REGS };
	static const uint32_t kernels[] = { V6_1, V6_12, V7_2, 0 };
	static const uint32_t pstates[] = { 0x105, 0x100, 0x113 };

	for (unsigned k = 0; k < 4; k++)
		for (unsigned i = 0; i < 3; i++) {
			const struct tl_state s = state_of(kernels[k], pstates[i], 0);
			const struct tl_effect effect = enter_event(&s, TL_ARM64_SERROR);

			assert_changes(&effect, &s, changed);
			assert_string_equal(
				effect.outlook, "pending until the guest unmasks SErrors");
		}
}

static void an_serror_has_the_syndrome_that_userspace_gives(void **state)
{
	const struct tl_arm64_exception serror = {
		.event = TL_ARM64_SERROR, .has_esr = true, .esr = 0x123456
	};
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_effect effect = enter(&s, serror);

	assert_reg(&effect, TL_ARM64_esr_el1, 0xbe123456);
	s = state_of(V7_2, TL_ARM64_EL1H, 0);
	effect = enter(&s, serror);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xbe123456);
	assert_refused(&s,
		(struct tl_arm64_exception){
			.event = TL_ARM64_SERROR, .has_esr = true, .esr = 0xbe000000 },
		"KVM refuses the syndrome 0xbe000000: it takes the 25 bits of ISS", "KVM API 4.32");
}

static void before_7_2_the_cpu_takes_an_serror(void **state)
{
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_effect effect;

	tl_regs_set(&s.regs, TL_ARM64_vbar_el1, VBAR + 0x7ff); // RES0 there
	effect = enter_event(&s, TL_ARM64_SERROR);
	assert_reg(&effect, TL_ARM64_pc, VBAR + 0x380);
	assert_string_equal(effect.outlook, "the CPU takes it as soon as the vCPU enters");
	assert_string_equal(
		effect.note, "a CPU with FEAT_NMI sets PSTATE.ALLINT too, one with FEAT_MTE2 TCO");
	s.platform.serror_esr = false;
	effect = enter_event(&s, TL_ARM64_SERROR);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xbe000000);
	assert_string_equal(effect.note, "without FEAT_RAS the ISS is IMPLEMENTATION DEFINED");
	s.platform.kernel = TL_KERNEL(6, 17);
	effect = enter_event(&s, TL_ARM64_SERROR);
	assert_string_equal(
		effect.note, "as 6.12 does it: kernels before 7.2 came to enter it themselves");
	s.platform.kernel = V7_2;
	effect = enter_event(&s, TL_ARM64_SERROR);
	assert_reg(&effect, TL_ARM64_esr_el1, 0xbf000000);
	assert_null(effect.note);
	assert_null(effect.outlook);
}

static void only_what_tests_ask_kernels_for_is_witnessed(void **state)
{
	static const uint32_t kernels[] = { V6_1, V6_12, TL_KERNEL(6, 6), TL_KERNEL(6, 13), V7_2,
		0 };

	for (unsigned k = 0; k < 6; k++)
		for (unsigned event = 0; event < TL_ARM64_EVENTS; event++) {
			const struct tl_state s = state_of(kernels[k], TL_ARM64_EL1H, 0);
			const struct tl_effect effect = enter_event(&s, (enum tl_arm64_event)event);

			assert_int_equal(
				effect.witnessed, k < 2 && event != TL_ARM64_UNSUPPORTED_ATOMIC);
		}
}

static void what_is_not_recorded_is_named(void **state)
{
	const struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0),
			      usr = state32_of(V6_12, TL_ARM32_USR, 0, 0);

	assert_needs(s, TL_ARM64_ABORT, TL_ARM64_pc, "needs pc, which was not recorded");
	assert_needs(s, TL_ARM64_ABORT, TL_ARM64_pstate, "needs pstate, which was not recorded");
	assert_needs(
		s, TL_ARM64_ABORT, TL_ARM64_sctlr_el1, "needs sctlr_el1, which was not recorded");
	assert_needs(
		s, TL_ARM64_UNDEFINED, TL_ARM64_vbar_el1, "needs vbar_el1, which was not recorded");
	assert_needs(
		usr, TL_ARM64_UNDEFINED, TL_ARM64_elr_el1, "needs elr_el1, which was not recorded");
}

static void a_mode_that_there_is_none_of_is_refused(void **state)
{
	const struct tl_state s = state_of(V6_12, 0x3c9, 0);

	assert_refused(&s, (struct tl_arm64_exception){ .event = TL_ARM64_ABORT },
		"pstate 0x3c9: no mode of EL1 or EL0", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_abort_saves_where_it_was_and_changes_nothing_else),
		cmocka_unit_test(an_undefined_instruction_leaves_far),
		cmocka_unit_test(each_event_has_its_syndrome_from_either_level),
		cmocka_unit_test(the_level_of_a_walk_is_told_from_7_2_on),
		cmocka_unit_test(before_6_12_the_sign_of_an_aborts_class_spills_over),
		cmocka_unit_test(the_length_of_a_short_instruction_is_handed_on_before_7_2),
		cmocka_unit_test(the_vector_is_chosen_by_the_old_mode),
		cmocka_unit_test(pstate_is_built_anew),
		cmocka_unit_test(a_masked_serror_stays_pending),
		cmocka_unit_test(an_serror_has_the_syndrome_that_userspace_gives),
		cmocka_unit_test(before_7_2_the_cpu_takes_an_serror),
		cmocka_unit_test(only_what_tests_ask_kernels_for_is_witnessed),
		cmocka_unit_test(what_is_not_recorded_is_named),
		cmocka_unit_test(a_mode_that_there_is_none_of_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
