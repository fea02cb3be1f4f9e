// SPDX-License-Identifier: MIT
// The instruction at PC of a trap's code.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "arch/arm64/regs.h"

#define T (1u << 5)
#define E (1u << 9) /* big-endian data, of A32 and T32 */

// Behind 4 bytes: "ldr x0, [x1]" of A64.
static const uint8_t a64_code[] = { 0x1f, 0x20, 0x03, 0xd5, 0x20, 0x00, 0x40, 0xf9 };
// "str r1, [r2, #4]" of A32.
static const uint8_t a32_code[] = { 0, 0, 0, 0, 0x04, 0x10, 0x82, 0xe5 };
// "ldr r0, [r1, #4]", of T32; "ldr.w r0, [r1, #4]".
static const uint8_t narrow_code[] = { 0, 0, 0, 0, 0x48, 0x68 };
static const uint8_t wide_code[] = { 0, 0, 0, 0, 0xd1, 0xf8, 0x04, 0x00 };

static bool decode(uint64_t pstate, const void *code, uint16_t size, struct tl_arm64_insn *ret)
{
	const struct tl_trap trap = { .code = code, .code_size = size, .code_before = 4 };
	struct tl_state state = { .arch = &tl_arch_arm64 };

	tl_regs_set(&state.regs, TL_ARM64_pstate, pstate);
	return tl_arm64_insn_at(&state, &trap, ret);
}

static void pstate_says_which_instruction_set(void **state)
{
	struct tl_arm64_insn insn;

	assert_true(decode(TL_ARM64_EL1H, a64_code, 8, &insn));
	assert_int_equal(insn.set, TL_ARM64_A64);
	assert_int_equal(insn.word, 0xf9400020);
	assert_string_equal(insn.name, "ldr");
	assert_true(decode(TL_ARM32_SVC, a32_code, 8, &insn));
	assert_int_equal(insn.set, TL_ARM64_A32);
	assert_int_equal(insn.word, 0xe5821004);
	assert_string_equal(insn.name, "str");
	assert_true(decode(TL_ARM32_USR | T, wide_code, 8, &insn));
	assert_int_equal(insn.set, TL_ARM64_T32);
	assert_int_equal(insn.word, 0xf8d10004);
	assert_int_equal(insn.bytes, 4);
	assert_true(decode(TL_ARM32_USR | T, narrow_code, 6, &insn));
	assert_int_equal(insn.word, 0x6848);
	assert_int_equal(insn.bytes, 2);
}

static void bit_5_says_nothing_in_aarch64(void **state)
{
	struct tl_arm64_insn insn;

	assert_true(decode(TL_ARM64_EL0T | T, a64_code, 8, &insn));
	assert_int_equal(insn.set, TL_ARM64_A64);
}

static void code_is_little_endian_where_data_is_not(void **state)
{
	struct tl_arm64_insn insn;

	assert_true(decode(TL_ARM32_SVC | E, a32_code, 8, &insn));
	assert_int_equal(insn.word, 0xe5821004);
}

static void code_that_ends_too_early_is_no_instruction(void **state)
{
	struct tl_arm64_insn insn;

	assert_false(decode(TL_ARM64_EL1H, a64_code, 7, &insn));
	assert_false(decode(TL_ARM32_SVC, a32_code, 6, &insn));
	assert_false(decode(TL_ARM32_SVC | T, wide_code, 6, &insn));
	assert_false(decode(TL_ARM32_SVC | T, narrow_code, 5, &insn));
	assert_false(decode(TL_ARM64_EL1H, NULL, 0, &insn));
}

static void without_pstate_nothing_is_decoded(void **state)
{
	const struct tl_trap trap = { .code = a64_code, .code_size = 8, .code_before = 4 };
	const struct tl_state unknown = { .arch = &tl_arch_arm64 };
	struct tl_arm64_insn insn;

	assert_false(tl_arm64_insn_at(&unknown, &trap, &insn));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pstate_says_which_instruction_set),
		cmocka_unit_test(bit_5_says_nothing_in_aarch64),
		cmocka_unit_test(code_is_little_endian_where_data_is_not),
		cmocka_unit_test(code_that_ends_too_early_is_no_instruction),
		cmocka_unit_test(without_pstate_nothing_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
