// SPDX-License-Identifier: MIT
// labels: kvm arm64 idsr
//
// The patched kernel as the witness of what an answer to an IDSR exit does: a read that is handled, a write,
// and the undefined instruction that others become.
#include "arch/arm64/complete.h"
#include "arch/arm64/enter.h"
#include "tests/arch/entering_arm64.h"

static struct entering guest64, guest32;

static const struct entering_code accesses[] = {
	{ WORD(0xd538fd01), false, false, false, false, false }, // mrs x1, s3_0_c15_c13_0
	{ WORD(0xd538fd1e), false, false, false, false, false }, // mrs x30, s3_0_c15_c13_0
	{ WORD(0xd538fd1f), false, false, false, false, false }, // mrs xzr, s3_0_c15_c13_0
	{ WORD(0xd51bff03), false, false, false, false, true },	 // msr s3_3_c15_c15_0, x3
	{ WORD(0xee1f1f10), true, false, false, false, false },	 // mrc p15, 0, r1, c15, c0, 0
	{ WORD(0xee1fef10), true, false, false, false, false },	 // mrc p15, 0, lr, c15, c0, 0
	{ WORD(0xee1fff10), true, false, false, false, false }, // mrc p15, 0, apsr_nzcv, c15, c0, 0
	{ WORD(0xee0f1f10), true, false, false, false, true },	// mcr p15, 0, r1, c15, c0, 0
	{ WORD(0xec531f9f), true, false, false, false, false }, // mrrc p15, 9, r1, r3, c15
	{ WORD(0xec431f9f), true, false, false, false, true },	// mcrr p15, 9, r1, r3, c15
	{ WORD(0x1f10ee1f), true, true, false, false, false },	// mrc of T32
	{ WORD(0xff10ee1f), true, true, false, false, false },	// to the flags
	{ WORD(0x1f9fec53), true, true, false, false, false },	// mrrc of T32
};

#define N_ACCESSES (sizeof(accesses) / sizeof(*accesses))

// EL0 does not get there.
static const uint8_t modes64[] = { TL_ARM64_EL1H, TL_ARM64_EL1T };
static const uint8_t modes32[] = { TL_ARM32_SVC, TL_ARM32_SYS, TL_ARM32_IRQ, TL_ARM32_FIQ,
	TL_ARM32_ABT, TL_ARM32_UND };

static void start_at_random(struct entering *e)
{
	const struct entering_code *code;

	do
		code = &accesses[below(N_ACCESSES)];
	while (code->aarch32 != e->is_32bit);
	entering_start_to(e, code,
		e->is_32bit ? modes32[below(sizeof(modes32))] : modes64[below(sizeof(modes64))],
		TL_RUN_ARM_IDSR);
	assert_int_equal(tiny_idsr(&e->tiny)->is_write, code->write);
}

static void compare_handled(struct entering *e)
{
	struct tl_trap trap = { .kind = TL_TRAP_IDSR, .has_write = true, .code_size = 4 };
	const uint64_t value = any();
	struct tl_effect effect;
	struct tl_state state;
	struct tl_why why;

	start_at_random(e);
	state = entering_state(e);
	trap.write = e->code->write;
	trap.code = e->code->bytes;
	tl_effect_init(&effect, &state);
	if (tl_arm64_complete(&state, &trap, value, &effect, &why) != TL_ANSWER_DONE)
		fail_msg("%s", why.text);
	assert_true(effect.witnessed);
	tiny_idsr(&e->tiny)->regval = value;
	tiny_idsr(&e->tiny)->is_handled = 1;
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

static void compare_unhandled(struct entering *e)
{
	const struct tl_arm64_exception undefined = { .event = TL_ARM64_UNDEFINED };
	struct tl_effect effect;
	struct tl_state state;
	struct tl_why why;

	start_at_random(e);
	state = entering_state(e);
	tl_effect_init(&effect, &state);
	if (!tl_arm64_enter(&state, &undefined, &effect, &why))
		fail_msg("%s", why.text);
	assert_true(effect.witnessed);
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

static void compare_rounds(struct entering *e, void (*compare)(struct entering *e))
{
	e->far_vbar = true;
	for (unsigned round = entering_rounds(200); round; round--)
		compare(e);
}

static void what_is_handled_is_completed_as_by_kvm(void **state)
{
	compare_rounds(&guest64, compare_handled);
}

static void what_is_not_handled_is_undefined_as_by_kvm(void **state)
{
	compare_rounds(&guest64, compare_unhandled);
}

static void aarch32_gets_what_is_handled_as_from_kvm(void **state)
{
	compare_rounds(&guest32, compare_handled);
}

static void aarch32_takes_what_is_not_handled_as_from_kvm(void **state)
{
	compare_rounds(&guest32, compare_unhandled);
}

static int open_guests(void **state)
{
	random_start();
	entering_open(&guest64, false);
	entering_open(&guest32, true);
	assert_true(tiny_enable(&guest64.tiny, 0));
	assert_true(tiny_enable(&guest32.tiny, 0));
	return 0;
}

static int close_guests(void **state)
{
	printf("note: %u rounds in AArch64, %u in AArch32\n", guest64.n, guest32.n);
	entering_close(&guest64);
	entering_close(&guest32);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_handled_is_completed_as_by_kvm),
		cmocka_unit_test(what_is_not_handled_is_undefined_as_by_kvm),
		cmocka_unit_test(aarch32_gets_what_is_handled_as_from_kvm),
		cmocka_unit_test(aarch32_takes_what_is_not_handled_as_from_kvm),
	};

	return cmocka_run_group_tests(tests, open_guests, close_guests);
}
