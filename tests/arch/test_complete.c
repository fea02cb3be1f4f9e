/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What KVM completes, by kernel. test_complete_kvm.c and test_complete_idsr.c ask real ones.
#include "arch/arm64/complete.h"
#include "tests/arch/enter_arm64.h"

static struct tl_trap mmio(unsigned size, bool write, const uint8_t *code)
{
	return (struct tl_trap){ .kind = TL_TRAP_MMIO,
		.has_size = true,
		.size = size,
		.has_write = true,
		.write = write,
		.code = code,
		.code_size = code ? 4 : 0 };
}

static struct tl_effect complete(
	const struct tl_state *state, const struct tl_trap *trap, uint64_t value)
{
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, state);
	if (tl_arm64_complete(state, trap, value, &effect, &why) != TL_ANSWER_DONE)
		fail_msg("%s", why.text);
	return effect;
}

static void assert_not_known(
	const struct tl_state *state, const struct tl_trap *trap, const char *text)
{
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, state);
	assert_int_equal(tl_arm64_complete(state, trap, 0, &effect, &why), TL_ANSWER_NOT_KNOWN);
	assert_string_equal(why.text, text);
}

static void assert_reply(const struct tl_effect *effect, enum tl_arm64_reg reg, uint64_t value)
{
	assert_int_equal(effect->regs.word[reg], value);
	assert_int_equal(effect->origin[reg], TL_ORIGIN_REPLY);
	assert_int_equal(effect->origin[TL_ARM64_pc], TL_ORIGIN_NEXT);
}

#define ESR(sas, sse, srt, sf)                                                                     \
	(UINT64_C(0x93000005) | (uint64_t)(sas) << 22 | (sse) << 21 | (srt) << 16 | (sf) << 15)

static void a_load_is_as_wide_as_the_syndrome_says(void **state)
{
	static const struct {
		uint64_t esr, value, before_7_2, from_7_2;
	} rows[] = {
		{ ESR(0, 0, 3, 0), 0x1122334455667788, 0x88, 0x88 },
		{ ESR(1, 0, 3, 0), 0x1122334455667788, 0x7788, 0x7788 },
		{ ESR(2, 0, 3, 0), 0x1122334455667788, 0x55667788, 0x55667788 },
		{ ESR(2, 0, 3, 1), 0x1122334455667788, 0x55667788, 0x55667788 },
		{ ESR(3, 0, 3, 1), 0x1122334455667788, 0x1122334455667788, 0x1122334455667788 },
		{ ESR(0, 1, 3, 0), 0x80, 0x80, 0xffffff80 },
		{ ESR(0, 1, 3, 1), 0x80, 0x80, 0xffffffffffffff80 },
		{ ESR(1, 1, 3, 0), 0x8000, 0x8000, 0xffff8000 },
		{ ESR(1, 1, 3, 1), 0x8000, 0x8000, 0xffffffffffff8000 },
		{ ESR(2, 1, 3, 1), 0x80000000, 0x80000000, 0xffffffff80000000 },
		{ ESR(2, 1, 3, 1), 0x7fffffff, 0x7fffffff, 0x7fffffff },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
		struct tl_trap trap = mmio(1u << (rows[i].esr >> 22 & 3), false, NULL);
		struct tl_effect effect;

		trap.has_esr = true;
		trap.esr = rows[i].esr;
		effect = complete(&s, &trap, rows[i].value);
		assert_reply(&effect, TL_ARM64_x3, rows[i].before_7_2);
		assert_int_equal(effect.regs.word[TL_ARM64_pc], PC + 4);
		s.platform.kernel = V7_2;
		effect = complete(&s, &trap, rows[i].value);
		assert_reply(&effect, TL_ARM64_x3, rows[i].from_7_2);
	}
}

static void a_sign_that_is_lost_is_said(void **state)
{
	static const uint8_t ldrsw[] = { 0x03, 0x00, 0x80, 0xb9 }; // x3, [x0]
	const struct tl_trap trap = mmio(4, false, ldrsw);
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_effect effect = complete(&s, &trap, 0x80000001);

	assert_reply(&effect, TL_ARM64_x3, 0x80000001);
	assert_string_equal(effect.note, "KVM before 7.2 loses the sign of what is read");
	assert_true(effect.witnessed);
	effect = complete(&s, &trap, 0x7fffffff);
	assert_null(effect.note);
	s.platform.kernel = V7_2;
	effect = complete(&s, &trap, 0x80000001);
	assert_reply(&effect, TL_ARM64_x3, 0xffffffff80000001);
	assert_null(effect.note);
	assert_false(effect.witnessed);
}

static void big_endian_guests_get_their_bytes_in_order(void **state)
{
	static const uint8_t ldrsh[] = { 0x03, 0x00, 0x80, 0x79 }; // x3, [x0]
	static const struct {
		uint64_t pstate, sctlr, value;
	} rows[] = {
		{ TL_ARM64_EL1H, BIT(25), 0xfffffffffffffeff },
		{ TL_ARM64_EL1H, BIT(24), 0xfffffffffffffffe },
		{ TL_ARM64_EL0T, BIT(24), 0xfffffffffffffeff },
		{ TL_ARM64_EL0T, BIT(25), 0xfffffffffffffffe },
	};
	const struct tl_trap trap = mmio(2, false, ldrsh);

	for (unsigned i = 0; i < 4; i++) {
		struct tl_state s = state_of(V7_2, rows[i].pstate, rows[i].sctlr);
		struct tl_effect effect = complete(&s, &trap, 0xfffe);

		assert_reply(&effect, TL_ARM64_x3, rows[i].value);
		s.platform.kernel = V6_12;
		effect = complete(&s, &trap, 0xfffe);
		assert_reply(&effect, TL_ARM64_x3, rows[i].value & 0xffff);
	}
}

static void aarch32_has_the_register_of_its_mode_and_its_own_order(void **state)
{
	static const uint8_t ldr_sp[] = { 0x00, 0xd0, 0x90, 0xe5 }, // ldr sp, [r0]
		ldr_t16[] = { 0x01, 0x68, 0x00, 0x00 };		    // ldr r1, [r0]
	struct tl_trap trap = mmio(4, false, ldr_sp);
	struct tl_state s = state_of(V6_12, TL_ARM32_IRQ, 0);
	struct tl_effect effect = complete(&s, &trap, 0x11223344);

	assert_reply(&effect, TL_ARM64_x17, 0x11223344);
	s = state_of(V6_12, TL_ARM32_SVC | BIT(9) | BIT(5), 0);
	trap = mmio(4, false, ldr_t16);
	effect = complete(&s, &trap, 0x11223344);
	assert_reply(&effect, TL_ARM64_x1, 0x44332211);
	assert_int_equal(effect.regs.word[TL_ARM64_pc], (uint32_t)PC + 2);
}

static void the_syndrome_tells_how_long_the_instruction_is(void **state)
{
	const struct tl_state s = state_of(V6_12, TL_ARM32_SVC | BIT(5), 0);
	struct tl_trap trap = mmio(4, true, NULL);
	struct tl_effect effect;

	trap.has_esr = true;
	trap.esr = ESR(2, 0, 1, 0);
	effect = complete(&s, &trap, 0);
	assert_int_equal(effect.regs.word[TL_ARM64_pc], (uint32_t)PC + 4);
	trap.esr &= ~BIT(25);
	effect = complete(&s, &trap, 0);
	assert_int_equal(effect.regs.word[TL_ARM64_pc], (uint32_t)PC + 2);
}

static void xzr_gets_nothing_and_a_write_changes_no_register(void **state)
{
	static const uint8_t ldr[] = { 0x1f, 0x00, 0x40, 0xf9 }; // xzr, [x0]
	const struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_trap trap = mmio(8, false, ldr);
	struct tl_effect effect = complete(&s, &trap, UINT64_MAX);

	for (unsigned write = 0; write < 2; write++) {
		for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
			if (i != TL_ARM64_pc)
				assert_int_equal(effect.origin[i], TL_ORIGIN_NONE);
		assert_int_equal(effect.regs.word[TL_ARM64_pc], PC + 4);
		trap = mmio(8, true, NULL);
		effect = complete(&s, &trap, 0);
	}
}

static struct tl_trap idsr(bool write, const uint8_t *code)
{
	struct tl_trap trap = mmio(8, write, code);

	trap.kind = TL_TRAP_IDSR;
	return trap;
}

static void a_system_register_is_read_into_the_instructions_registers(void **state)
{
	static const uint8_t mrs[] = { 0x1e, 0xfd, 0x38, 0xd5 }, // mrs x30, s3_0_c15_c13_0
		mrc[] = { 0x10, 0xef, 0x1f, 0xee },		 // mrc p15, 0, lr, c15, c0, 0
		mrrc[] = { 0x9f, 0x1f, 0x53, 0xec };		 // mrrc p15, 9, r1, r3, c15
	const uint64_t value = 0x1122334455667788;
	struct tl_trap trap = idsr(false, mrs);
	struct tl_state s = state_of(V6_1, TL_ARM64_EL1H, 0);
	struct tl_effect effect = complete(&s, &trap, value);

	assert_reply(&effect, TL_ARM64_x30, value);
	assert_true(effect.witnessed);
	s = state_of(V6_12, TL_ARM32_SVC, 0);
	trap = idsr(false, mrc);
	effect = complete(&s, &trap, value);
	assert_reply(&effect, TL_ARM64_x18, 0x55667788);
	assert_false(effect.witnessed);
	trap = idsr(false, mrrc);
	effect = complete(&s, &trap, value);
	assert_reply(&effect, TL_ARM64_x1, 0x55667788);
	assert_reply(&effect, TL_ARM64_x3, 0x11223344);
}

// In an IT block, which goes on.
static void mrc_to_pc_reads_the_flags(void **state)
{
	static const uint8_t mrc[] = { 0x1f, 0xee, 0x10, 0xff };
	const struct tl_state s = state_of(V6_1, 0x5000ec33, 0);
	const struct tl_trap trap = idsr(false, mrc);
	const struct tl_effect effect = complete(&s, &trap, 0xafffffff);

	assert_int_equal(effect.regs.word[TL_ARM64_pstate], 0xa000f833);
	assert_int_equal(effect.regs.word[TL_ARM64_pc], (uint32_t)PC + 4);
}

static void a_write_to_a_system_register_needs_no_instruction(void **state)
{
	const struct tl_state s = state_of(V6_1, TL_ARM64_EL1H, 0);
	const struct tl_trap trap = idsr(true, NULL);
	const struct tl_effect effect = complete(&s, &trap, 0);

	assert_int_equal(effect.regs.word[TL_ARM64_pc], PC + 4);
}

static void what_lacks_is_named(void **state)
{
	static const uint8_t ldp[] = { 0x01, 0x0c, 0x40, 0x29 }, ldr[] = { 0x01, 0x00, 0x40, 0xb9 };
	struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	struct tl_trap trap = mmio(4, false, NULL);

	assert_not_known(&s, &trap, "needs the instruction at pc, which was not recorded");
	trap = idsr(false, NULL);
	assert_not_known(&s, &trap, "needs the instruction at pc, which was not recorded");
	trap = idsr(false, ldr);
	assert_not_known(
		&s, &trap, "the instruction at pc (0xb9400001 ldr) reads no system register");
	trap = mmio(4, false, ldp);
	assert_not_known(&s, &trap,
		"the instruction at pc (0x29400c01 ldp) is none that KVM gets such a read from");
	trap = mmio(2, false, ldr);
	assert_not_known(&s, &trap,
		"the instruction at pc (0xb9400001 ldr) is none that KVM gets such a read from");
	trap = mmio(4, false, ldr);
	trap.has_write = false;
	assert_not_known(&s, &trap, "whether it is a read or a write was not recorded");
	trap.has_write = true;
	s.regs.known[0] &= ~BIT(TL_ARM64_sctlr_el1);
	assert_not_known(&s, &trap, "needs sctlr_el1, which was not recorded");
}

static void nothing_is_completed_after_nisv(void **state)
{
	const struct tl_state s = state_of(V6_12, TL_ARM64_EL1H, 0);
	const struct tl_trap trap = { .kind = TL_TRAP_NISV };
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, &s);
	assert_int_equal(tl_arm64_complete(&s, &trap, 0, &effect, &why), TL_ANSWER_REFUSED);
	assert_string_equal(why.text, "KVM completes nothing after this exit: NISV");
	assert_string_equal(why.source, "KVM API 5, kvm_run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_load_is_as_wide_as_the_syndrome_says),
		cmocka_unit_test(a_sign_that_is_lost_is_said),
		cmocka_unit_test(big_endian_guests_get_their_bytes_in_order),
		cmocka_unit_test(aarch32_has_the_register_of_its_mode_and_its_own_order),
		cmocka_unit_test(the_syndrome_tells_how_long_the_instruction_is),
		cmocka_unit_test(xzr_gets_nothing_and_a_write_changes_no_register),
		cmocka_unit_test(a_system_register_is_read_into_the_instructions_registers),
		cmocka_unit_test(mrc_to_pc_reads_the_flags),
		cmocka_unit_test(a_write_to_a_system_register_needs_no_instruction),
		cmocka_unit_test(what_lacks_is_named),
		cmocka_unit_test(nothing_is_completed_after_nisv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
