/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ENTERING_GUESTS_H
#define TL_TESTS_ARCH_ENTERING_GUESTS_H

#include "tests/arch/entering_arm64.h"

/* The two guests of the tests that enter exceptions: EL1 in AArch64, and in AArch32 where KVM has that. */

static struct entering guest64, guest32;
static uint64_t ipa_limit; // bits of address that KVM gives to VMs

static const uint8_t modes64[] = { TL_ARM64_EL1H, TL_ARM64_EL1T, TL_ARM64_EL0T };
static const uint8_t modes32[] = { TL_ARM32_SVC, TL_ARM32_USR, TL_ARM32_SYS, TL_ARM32_IRQ,
	TL_ARM32_FIQ, TL_ARM32_ABT, TL_ARM32_UND };

static inline bool no_aarch32(void)
{
	if (!guest32.high)
		printf("note: not compared: this KVM has no AArch32 at EL1\n");
	return !guest32.high;
}

// A guest of 64 bits has AArch32 at EL0.
static inline void start_randomly(struct entering *e, bool nisv)
{
	const struct entering_code *code;

	do
		code = &entering_codes[below(sizeof(entering_codes) / sizeof(*entering_codes))];
	while ((nisv && code->mmio) || (e->is_32bit && !code->aarch32));
	if (!code->aarch32)
		entering_start(e, code, modes64[below(sizeof(modes64))]);
	else
		entering_start(
			e, code, e->is_32bit ? modes32[below(sizeof(modes32))] : TL_ARM32_USR);
}

static inline bool can_give_esr(const struct entering *e)
{
	return ioctl(e->tiny.system, KVM_CHECK_EXTENSION, (long)KVM_CAP_ARM_INJECT_SERROR_ESR) > 0;
}

static inline struct tl_effect enter(
	const struct entering *e, const struct tl_regs *regs, struct tl_arm64_exception exception)
{
	struct tl_state state = entering_state(e);
	struct tl_effect effect;
	struct tl_why why;

	state.regs = *regs;
	state.platform.serror_esr = can_give_esr(e);
	tl_effect_init(&effect, &state);
	if (!tl_arm64_enter(&state, &exception, &effect, &why))
		fail_msg("%s", why.text);
	return effect;
}

static inline void compare_rounds(
	struct entering *e, unsigned rounds, bool far_vbar, void (*compare)(struct entering *e))
{
	e->far_vbar = far_vbar;
	for (rounds = entering_rounds(rounds); rounds; rounds--)
		compare(e);
}

static inline int open_guests(void **state)
{
	int limit;

	random_start();
	entering_open(&guest64, false);
	limit = ioctl(guest64.tiny.system, KVM_CHECK_EXTENSION, (long)KVM_CAP_ARM_VM_IPA_SIZE);
	ipa_limit = (uint64_t)limit;
	if (ioctl(guest64.tiny.system, KVM_CHECK_EXTENSION, (long)KVM_CAP_ARM_EL1_32BIT) > 0)
		entering_open(&guest32, true);
	return 0;
}

static inline int close_guests(void **state)
{
	printf("note: %u rounds in AArch64, %u in AArch32\n", guest64.n, guest32.n);
	entering_close(&guest64);
	if (guest32.high)
		entering_close(&guest32);
	return 0;
}

#endif
