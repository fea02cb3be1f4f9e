/* SPDX-License-Identifier: MIT */
// labels: unit
//
// On to the next instruction. test_enter_kvm.c asks real kernels.
#include "tests/arch/enter_arm64.h"

static struct tl_effect step(const struct tl_state *state, unsigned bytes)
{
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, state);
	assert_true(tl_arm64_skip(state, bytes, &effect, &why));
	assert_int_equal(effect.origin[TL_ARM64_pc], TL_ORIGIN_NEXT);
	return effect;
}

// Only PC and PSTATE change, and PSTATE only where it says so.
static void assert_pstate(uint64_t before, uint64_t after, unsigned bytes)
{
	const struct tl_state s = state_of(V6_12, before, 0);
	const struct tl_effect effect = step(&s, bytes);

	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		if (i != TL_ARM64_pc && i != TL_ARM64_pstate)
			assert_int_equal(effect.origin[i], TL_ORIGIN_NONE);
	assert_int_equal(effect.regs.word[TL_ARM64_pstate], after);
	assert_int_equal(
		effect.origin[TL_ARM64_pstate], before == after ? TL_ORIGIN_NONE : TL_ORIGIN_NEXT);
}

static void pc_moves_by_the_instruction(void **state)
{
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_effect effect = step(&s, 4);

	assert_int_equal(effect.regs.word[TL_ARM64_pc], PC + 4);
	s = state_of(V6_12, TL_ARM32_SVC | BIT(5), 0);
	tl_regs_set(&s.regs, TL_ARM64_pc, 0xfffffffe);
	effect = step(&s, 2);
	assert_int_equal(effect.regs.word[TL_ARM64_pc], 0);
}

static void btype_and_ss_are_cleared(void **state)
{
	assert_pstate(0x600003c5, 0x600003c5, 4);
	assert_pstate(0xf3c01fc5, 0xf3c013c5, 4);
	assert_pstate(0x00200000, 0x00000000, 4);
	assert_pstate(0xf6afffd3, 0xf68fffd3, 4); // A32 has SS alone
}

static void an_it_block_advances_to_its_end(void **state)
{
	// ITSTATE 0xef, 0xfe, 0xfc, 0xf8, 0
	assert_pstate(0x0600ec33, 0x0400fc33, 2);
	assert_pstate(0x0400fc33, 0x0000fc33, 4);
	assert_pstate(0x0000fc33, 0x0000f833, 2);
	assert_pstate(0x0000f833, 0x00000033, 2);
	assert_pstate(0x00000033, 0x00000033, 2);
	// EQ and NE: 0x0a, 0x14, 0x08, 0
	assert_pstate(0x04000833, 0x00001433, 2);
	assert_pstate(0x00001433, 0x00000833, 2);
	assert_pstate(0x00000833, 0x00000033, 2);
}

static void what_is_not_recorded_is_named_by_it(void **state)
{
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, &s);
	s.regs.known[0] &= ~BIT(TL_ARM64_pstate);
	assert_false(tl_arm64_skip(&s, 4, &effect, &why));
	assert_string_equal(why.text, "needs pstate, which was not recorded");
	s.regs.known[0] &= ~BIT(TL_ARM64_pc);
	assert_false(tl_arm64_skip(&s, 4, &effect, &why));
	assert_string_equal(why.text, "needs pc, which was not recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pc_moves_by_the_instruction),
		cmocka_unit_test(btype_and_ss_are_cleared),
		cmocka_unit_test(an_it_block_advances_to_its_end),
		cmocka_unit_test(what_is_not_recorded_is_named_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
