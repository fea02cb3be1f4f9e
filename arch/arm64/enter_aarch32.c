// SPDX-License-Identifier: MIT
// Exception entry to Abort and Undefined mode. Arm ARM G1.12, AArch32.EnterMode.
#include "arch/arm64/aarch32.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/walk.h"

#define LOW32 UINT64_C(0xffffffff)

// SCTLR. Arm ARM G8.2.126.
#define SCTLR_DSSBS (UINT64_C(1) << 31)
#define SCTLR_TE    (UINT64_C(1) << 30)
#define SCTLR_EE    (UINT64_C(1) << 25)
#define SCTLR_V	    (UINT64_C(1) << 13)

#define PSTATE_Q  (UINT64_C(1) << 27)
#define PSTATE_GE (UINT64_C(15) << 16)
#define PSTATE_I  (UINT64_C(1) << 7)
#define PSTATE_F  (UINT64_C(1) << 6)

// In an SPSR of AArch32, DIT stands where AArch64 has SS.
#define SPSR_DIT (UINT64_C(1) << 21)

// DFSR and IFSR, with long descriptors and with short ones. Arm ARM G8.2.42.
#define FSR_LONG_ABORT	 0x210
#define FSR_LONG_SERROR	 0x211
#define FSR_LONG_STATUS	 0x3f
#define FSR_SHORT_ABORT	 0x008
#define FSR_SHORT_SERROR 0x406
#define FSR_AET_EXT	 0xd000 // of an SError, as its syndrome has them

// Where an exception leads, and by how much LR is ahead of PC, in A32 and T32.
struct target {
	uint8_t mode, vector, ahead[2];
};

static const struct target undefined = { TL_ARM32_UND, 0x04, { 4, 2 } };
static const struct target prefetch_abort = { TL_ARM32_ABT, 0x0c, { 4, 4 } };
static const struct target data_abort = { TL_ARM32_ABT, 0x10, { 8, 8 } };

struct before {
	uint64_t pc, pstate, sctlr, vbar;
};

static bool gather(const struct tl_regs *regs, struct before *ret, struct tl_why *why)
{
	*ret = (struct before){ 0 };
	if (!tl_arm64_needs(regs, TL_ARM64_pc, &ret->pc, why) ||
		!tl_arm64_needs(regs, TL_ARM64_pstate, &ret->pstate, why) ||
		!tl_arm64_needs(regs, TL_ARM64_sctlr_el1, &ret->sctlr, why))
		return false;
	return ret->sctlr & SCTLR_V || tl_arm64_needs(regs, TL_ARM64_vbar_el1, &ret->vbar, why);
}

static void set(struct tl_effect *effect, enum tl_arm64_reg reg, uint64_t value)
{
	tl_effect_set(effect, reg, value, TL_ORIGIN_ENTRY);
}

// What is not named is 0: IT, SS, IL, J.
static uint64_t handler_pstate(const struct before *before, uint8_t mode)
{
	uint64_t pstate = PSTATE_I | mode;

	pstate |= before->pstate &
		  (TL_ARM64_PSTATE_NZCV | PSTATE_Q | TL_ARM64_PSTATE_DIT | TL_ARM64_PSTATE_PAN |
			  PSTATE_GE | TL_ARM64_PSTATE_A | PSTATE_F);
	if (before->sctlr & SCTLR_DSSBS)
		pstate |= TL_ARM32_PSTATE_SSBS;
	if (!(before->sctlr & TL_ARM64_SCTLR_SPAN))
		pstate |= TL_ARM64_PSTATE_PAN;
	if (before->sctlr & SCTLR_EE)
		pstate |= TL_ARM32_PSTATE_E;
	if (before->sctlr & SCTLR_TE)
		pstate |= TL_ARM32_PSTATE_T;
	if (mode == TL_ARM32_ABT)
		pstate |= TL_ARM64_PSTATE_A;
	return pstate;
}

static uint64_t saved_pstate(uint64_t pstate)
{
	const bool dit = pstate & TL_ARM64_PSTATE_DIT;

	return (pstate & ~(TL_ARM64_PSTATE_DIT | SPSR_DIT)) | (dit ? SPSR_DIT : 0);
}

static void take(const struct before *before, const struct target *target, struct tl_effect *ret)
{
	const uint64_t base = before->sctlr & SCTLR_V ? 0xffff0000 : before->vbar;
	const bool thumb = before->pstate & TL_ARM32_PSTATE_T;
	enum tl_arm64_reg lr, spsr;

	if (!tl_arm32_reg(target->mode, 14, &lr) || !tl_arm32_spsr(target->mode, &spsr))
		return;
	set(ret, lr, (before->pc + target->ahead[thumb]) & LOW32);
	set(ret, spsr, saved_pstate(before->pstate));
	set(ret, TL_ARM64_pc, (base + target->vector) & LOW32);
	set(ret, TL_ARM64_pstate, handler_pstate(before, target->mode));
}

// DFAR and IFAR are the halves of FAR_EL1.
static bool abort_data(const struct tl_state *state, const struct tl_arm64_exception *exception,
	struct tl_effect *ret, struct tl_why *why)
{
	uint64_t ttbcr, far, fsr = FSR_SHORT_ABORT;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_tcr_el1, &ttbcr, why) ||
		!tl_arm64_needs(&state->regs, TL_ARM64_far_el1, &far, why))
		return false;
	if (ttbcr & TL_ARM32_TTBCR_EAE)
		fsr = exception->event == TL_ARM64_SIZE_FAULT ? FSR_LONG_ABORT & ~FSR_LONG_STATUS
							      : FSR_LONG_ABORT;
	set(ret, TL_ARM64_esr_el1, fsr);
	set(ret, TL_ARM64_far_el1, (far & ~LOW32) | (exception->far & LOW32));
	return true;
}

// KVM makes an address size fault of an abort in DFSR also where the status is in IFSR.
static bool clear_status(
	const struct tl_regs *regs, uint64_t ttbcr, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t dfsr;

	if (!(ttbcr & TL_ARM32_TTBCR_EAE))
		return true;
	if (!tl_arm64_needs(regs, TL_ARM64_esr_el1, &dfsr, why))
		return false;
	set(ret, TL_ARM64_esr_el1, dfsr & ~(uint64_t)FSR_LONG_STATUS);
	return true;
}

static bool abort_fetch(const struct tl_state *state, const struct tl_arm64_exception *exception,
	struct tl_effect *ret, struct tl_why *why)
{
	uint64_t ttbcr, far;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_tcr_el1, &ttbcr, why) ||
		!tl_arm64_needs(&state->regs, TL_ARM64_far_el1, &far, why))
		return false;
	if (exception->event == TL_ARM64_SIZE_FAULT_FETCH &&
		!clear_status(&state->regs, ttbcr, ret, why))
		return false;
	set(ret, TL_ARM64_ifsr32_el2,
		ttbcr & TL_ARM32_TTBCR_EAE ? FSR_LONG_ABORT : FSR_SHORT_ABORT);
	set(ret, TL_ARM64_far_el1, (far & LOW32) | exception->far << 32);
	return true;
}

// The CPU's own entry: what DFAR gets is UNKNOWN, and is left out.
static bool take_serror_by_cpu(const struct tl_state *state, const struct before *before,
	uint64_t iss, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t ttbcr, fsr;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_tcr_el1, &ttbcr, why))
		return false;
	fsr = ttbcr & TL_ARM32_TTBCR_EAE ? FSR_LONG_SERROR : FSR_SHORT_SERROR;
	set(ret, TL_ARM64_esr_el1, fsr | (iss & FSR_AET_EXT));
	take(before, &data_abort, ret);
	ret->note = "DFAR is UNKNOWN after it";
	ret->outlook = "the CPU takes it as soon as the vCPU enters";
	return true;
}

// 7.2 enters an SError that is not masked as if EL1 were in AArch64: half of that gets lost.
static bool take_serror(const struct tl_state *state, const struct before *before,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t iss;

	if (!tl_arm64_serror_iss(state, exception, &iss, why))
		return false;
	if (before->pstate & TL_ARM64_PSTATE_A) {
		ret->outlook = "pending until the guest unmasks SErrors";
		return true;
	}
	if (tl_arm64_kernel(state) < TL_KERNEL(7, 2))
		return take_serror_by_cpu(state, before, iss, ret, why);
	set(ret, TL_ARM64_esr_el1, UINT64_C(0xbe000000) | iss);
	ret->outlook = "never delivered: this kernel overwrites DFSR and forgets the rest";
	return true;
}

// The events that are entered by way of that target, after what `report` sets.
static const struct {
	const struct target *target;
	bool (*report)(const struct tl_state *state, const struct tl_arm64_exception *exception,
		struct tl_effect *ret, struct tl_why *why);
} events[TL_ARM64_EVENTS] = {
	[TL_ARM64_ABORT] = { &data_abort, abort_data },
	[TL_ARM64_ABORT_FETCH] = { &prefetch_abort, abort_fetch },
	[TL_ARM64_ABORT_WALK] = { &data_abort, abort_data },
	[TL_ARM64_SIZE_FAULT] = { &data_abort, abort_data },
	[TL_ARM64_SIZE_FAULT_FETCH] = { &prefetch_abort, abort_fetch },
	[TL_ARM64_UNDEFINED] = { &undefined, NULL },
};

bool tl_arm64_enter_aarch32(const struct tl_state *state,
	const struct tl_arm64_exception *exception, struct tl_effect *ret, struct tl_why *why)
{
	const struct target *target = events[exception->event].target;
	struct before before;

	if (exception->event == TL_ARM64_UNSUPPORTED_ATOMIC)
		return tl_why(
			why, NULL, "KVM has no fault of unsupported atomics for AArch32 at EL1");
	if (!gather(&state->regs, &before, why))
		return false;
	ret->witnessed =
		tl_arm64_kernel_is_witnessed(state) && exception->event != TL_ARM64_ABORT_WALK;
	if (exception->event == TL_ARM64_SERROR)
		return take_serror(state, &before, exception, ret, why);
	if (events[exception->event].report &&
		!events[exception->event].report(state, exception, ret, why))
		return false;
	take(&before, target, ret);
	return true;
}
