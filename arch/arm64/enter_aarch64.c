// SPDX-License-Identifier: MIT
// Exception entry to EL1h. Arm ARM D1.3.2, AArch64.TakeException.
#include "arch/arm64/entry.h"

#define SCTLR_DSSBS   (UINT64_C(1) << 44)
#define VBAR_RES0     UINT64_C(0x7ff)
#define VECTOR_SERROR UINT64_C(0x180)

// ESR_EL1. Arm ARM D17.2.37.
#define ESR_IL	    (UINT64_C(1) << 25)
#define ESR_CLASS   26
#define CLASS_IABT  UINT64_C(0x20) // from EL0; from EL1 it is one more
#define CLASS_DABT  UINT64_C(0x24)
#define CLASS_OTHER UINT64_C(0x00)
#define CLASS_SERR  UINT64_C(0x2f)

struct before {
	uint64_t pc, pstate, sctlr, vbar;
};

static bool gather(const struct tl_regs *regs, struct before *ret, struct tl_why *why)
{
	return tl_arm64_needs(regs, TL_ARM64_pc, &ret->pc, why) &&
	       tl_arm64_needs(regs, TL_ARM64_pstate, &ret->pstate, why) &&
	       tl_arm64_needs(regs, TL_ARM64_sctlr_el1, &ret->sctlr, why) &&
	       tl_arm64_needs(regs, TL_ARM64_vbar_el1, &ret->vbar, why);
}

static bool from_el0(const struct before *before)
{
	return (before->pstate & TL_ARM64_MODE_MASK) == TL_ARM64_EL0T ||
	       before->pstate & TL_ARM64_PSTATE_IS32;
}

static uint64_t vector(const struct before *before)
{
	switch (before->pstate & TL_ARM64_MODE_MASK) {
	case TL_ARM64_EL1T:
		return 0;
	case TL_ARM64_EL1H:
		return 0x200;
	case TL_ARM64_EL0T:
		return 0x400;
	default:
		return 0x600;
	}
}

// What is not named is 0: UAO, SS, IL, BTYPE; ALLINT and others that KVM does not know of.
static uint64_t handler_pstate(const struct before *before, bool mte)
{
	uint64_t pstate = TL_ARM64_PSTATE_DAIF | TL_ARM64_EL1H;

	pstate |=
		before->pstate & (TL_ARM64_PSTATE_NZCV | TL_ARM64_PSTATE_DIT | TL_ARM64_PSTATE_PAN);
	if (mte)
		pstate |= TL_ARM64_PSTATE_TCO;
	if (!(before->sctlr & TL_ARM64_SCTLR_SPAN))
		pstate |= TL_ARM64_PSTATE_PAN;
	if (before->sctlr & SCTLR_DSSBS)
		pstate |= TL_ARM64_PSTATE_SSBS;
	return pstate;
}

static void set(struct tl_effect *effect, enum tl_arm64_reg reg, uint64_t value)
{
	tl_effect_set(effect, reg, value, TL_ORIGIN_ENTRY);
}

static void take(const struct before *before, uint64_t at, bool mte, struct tl_effect *ret)
{
	set(ret, TL_ARM64_elr_el1, before->pc);
	set(ret, TL_ARM64_spsr_el1, before->pstate);
	set(ret, TL_ARM64_pc, at + vector(before));
	set(ret, TL_ARM64_pstate, handler_pstate(before, mte));
}

// Until 7.2 an abort on a walk does not tell the level.
static uint64_t fault_status(const struct tl_arm64_exception *exception, uint32_t kernel)
{
	switch (exception->event) {
	case TL_ARM64_ABORT_WALK:
		return kernel < TL_KERNEL(7, 2) ? 0x10 : (uint64_t)(0x14 + exception->level);
	case TL_ARM64_ABORT:
	case TL_ARM64_ABORT_FETCH:
		return 0x10;
	case TL_ARM64_UNSUPPORTED_ATOMIC:
		return 0x35;
	case TL_ARM64_SIZE_FAULT:
	case TL_ARM64_SIZE_FAULT_FETCH:
	case TL_ARM64_UNDEFINED:
	case TL_ARM64_SERROR:
	case TL_ARM64_EVENTS:
		break;
	}
	return 0;
}

static bool is_fetch(enum tl_arm64_event event)
{
	return event == TL_ARM64_ABORT_FETCH || event == TL_ARM64_SIZE_FAULT_FETCH;
}

// Before 6.12 KVM shifts the class as an int, so that the sign of an abort's goes into the upper
// half.
static uint64_t syndrome(
	const struct before *before, const struct tl_arm64_exception *exception, uint32_t kernel)
{
	uint64_t class = CLASS_OTHER, esr;

	if (exception->event != TL_ARM64_UNDEFINED)
		class = (is_fetch(exception->event) ? CLASS_IABT : CLASS_DABT) + !from_el0(before);
	esr = class << ESR_CLASS | fault_status(exception, kernel);
	if (!exception->narrow || kernel >= TL_KERNEL(7, 2))
		esr |= ESR_IL;
	return kernel < TL_KERNEL(6, 12) ? (uint64_t)(int64_t)(int32_t)esr : esr;
}

// What the CPU's own entry does that the model cannot tell.
static const char *cpu_note(const struct tl_state *state, bool has_esr)
{
	if (state->platform.kernel > TL_KERNEL(6, 12))
		return "as 6.12 does it: kernels before 7.2 came to enter it themselves";
	if (!has_esr && !state->platform.serror_esr)
		return "without FEAT_RAS the ISS is IMPLEMENTATION DEFINED";
	return "a CPU with FEAT_NMI sets PSTATE.ALLINT too, one with FEAT_MTE2 TCO";
}

// From 7.2 on KVM enters an SError that is not masked; before, it leaves that to the CPU.
static bool take_serror(const struct tl_state *state, const struct before *before,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t iss, vbar = before->vbar;

	if (!tl_arm64_serror_iss(state, exception, &iss, why))
		return false;
	if (before->pstate & TL_ARM64_PSTATE_A) {
		ret->outlook = "pending until the guest unmasks SErrors";
		return true;
	}
	if (tl_arm64_kernel(state) < TL_KERNEL(7, 2)) {
		vbar &= ~VBAR_RES0;
		ret->note = cpu_note(state, exception->has_esr);
		ret->outlook = "the CPU takes it as soon as the vCPU enters";
	}
	set(ret, TL_ARM64_esr_el1, CLASS_SERR << ESR_CLASS | ESR_IL | iss);
	take(before, vbar + VECTOR_SERROR, state->platform.mte, ret);
	return true;
}

bool tl_arm64_enter_aarch64(const struct tl_state *state,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *why)
{
	struct before before;

	if (!gather(&state->regs, &before, why))
		return false;
	ret->witnessed = tl_arm64_kernel_is_witnessed(state) &&
			 exception->event != TL_ARM64_UNSUPPORTED_ATOMIC;
	if (exception->event == TL_ARM64_SERROR)
		return take_serror(state, &before, exception, ret, why);
	set(ret, TL_ARM64_esr_el1, syndrome(&before, exception, tl_arm64_kernel(state)));
	if (exception->event != TL_ARM64_UNDEFINED)
		set(ret, TL_ARM64_far_el1, exception->far);
	take(&before, before.vbar, state->platform.mte, ret);
	return true;
}
