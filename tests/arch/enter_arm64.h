/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ENTER_ARM64_H
#define TL_TESTS_ARCH_ENTER_ARM64_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/enter.h"
#include "arch/arm64/regs.h"
#include "tests/arch/bits_arm64.h"

#include <string.h>

#define V6_1  TL_KERNEL(6, 1)
#define V6_12 TL_KERNEL(6, 12)
#define V7_2  TL_KERNEL(7, 2)

#define PC   UINT64_C(0xffff800010203044)
#define VBAR UINT64_C(0xffff800010000800)
#define FAR  UINT64_C(0xffff00000a0b0c0d)
#define WAS  UINT64_C(0x5a5a5a5aa5a5a5a5)

/** All registers are known, and most are WAS. */
static inline struct tl_state state_of(uint32_t kernel, uint64_t pstate, uint64_t sctlr)
{
	struct tl_state state = { .arch = &tl_arch_arm64,
		.platform = { .kernel = kernel, .serror_esr = true } };

	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		tl_regs_set(&state.regs, i, WAS);
	tl_regs_set(&state.regs, TL_ARM64_pc, PC);
	tl_regs_set(&state.regs, TL_ARM64_pstate, pstate);
	tl_regs_set(&state.regs, TL_ARM64_sctlr_el1, sctlr);
	tl_regs_set(&state.regs, TL_ARM64_vbar_el1, VBAR);
	return state;
}

static inline struct tl_effect enter(
	const struct tl_state *state, struct tl_arm64_exception exception)
{
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, state);
	if (!tl_arm64_enter(state, &exception, &effect, &why))
		fail_msg("%s", why.text);
	return effect;
}

static inline struct tl_effect enter_event(const struct tl_state *state, enum tl_arm64_event event)
{
	return enter(state, (struct tl_arm64_exception){ .event = event, .far = FAR });
}

static inline void assert_reg(
	const struct tl_effect *effect, enum tl_arm64_reg reg, uint64_t expected)
{
	if (effect->regs.word[reg] != expected)
		print_error("%s:\n", tl_arch_arm64.regs[reg].name);
	assert_int_equal(effect->regs.word[reg], expected);
	assert_int_equal(effect->origin[reg], TL_ORIGIN_ENTRY);
}

/** Nothing but these is changed; TL_ARM64_N_REGS ends them. */
static inline void assert_changes(
	const struct tl_effect *effect, const struct tl_state *state, const uint8_t *changed)
{
	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++) {
		if (i == *changed) {
			changed++;
			continue;
		}
		assert_int_equal(effect->origin[i], TL_ORIGIN_NONE);
		assert_int_equal(effect->regs.word[i], state->regs.word[i]);
	}
	assert_int_equal(*changed, TL_ARM64_N_REGS);
}

static inline void assert_refused(const struct tl_state *state, struct tl_arm64_exception exception,
	const char *text, const char *source)
{
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, state);
	assert_false(tl_arm64_enter(state, &exception, &effect, &why));
	assert_string_equal(why.text, text);
	if (source)
		assert_string_equal(why.source, source);
	else
		assert_null(why.source);
}

/** EL1 is in AArch32. The registers that AArch64 has are 0: that tells the two apart in User mode. */
static inline struct tl_state state32_of(
	uint32_t kernel, uint64_t pstate, uint64_t sctlr, uint64_t ttbcr)
{
	struct tl_state state = state_of(kernel, pstate, sctlr);

	tl_regs_set(&state.regs, TL_ARM64_pc, 0x80001236);
	tl_regs_set(&state.regs, TL_ARM64_vbar_el1, 0x80010000);
	tl_regs_set(&state.regs, TL_ARM64_tcr_el1, ttbcr);
	tl_regs_set(&state.regs, TL_ARM64_elr_el1, 0);
	tl_regs_set(&state.regs, TL_ARM64_esr_el1, 0x8c1);
	tl_regs_set(&state.regs, TL_ARM64_far_el1, 0x1111111122222222);
	return state;
}

/** Without `reg` the entry is not known. */
static inline void assert_needs(
	struct tl_state s, enum tl_arm64_event event, enum tl_arm64_reg reg, const char *text)
{
	s.regs.known[reg / 64] &= ~BIT(reg % 64);
	assert_refused(&s, (struct tl_arm64_exception){ .event = event }, text, NULL);
}

#endif
