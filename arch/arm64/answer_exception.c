// SPDX-License-Identifier: MIT
// Answers that are exceptions of the guest.
#include "arch/arm64/answer_parts.h"
#include "arch/arm64/complete.h"
#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/enter.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/regs.h"
#include "arch/arm64/syndrome.h"

#define PAGE_MASK UINT64_C(0xfff)

enum tl_answer_status tl_arm64_answered_if(bool good, const struct tl_why *why)
{
	if (good)
		return TL_ANSWER_DONE;
	return why->source ? TL_ANSWER_REFUSED : TL_ANSWER_NOT_KNOWN;
}

bool tl_arm64_answer_insn(const struct tl_state *state, const struct tl_trap *trap,
	struct tl_arm64_insn *ret, struct tl_why *why)
{
	uint64_t pstate;

	if (tl_arm64_insn_at(state, trap, ret))
		return true;
	return tl_why(why, NULL, "%s was not recorded",
		tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate) ? "the instruction at pc"
								     : "pstate");
}

// FAR_EL2, which an exit does not carry: the address that the instruction accesses, at the byte whose
// low bits the IPA shares (Arm ARM D17.2.40: the first that faulted).
static bool fault_address(
	const struct tl_state *state, const struct tl_trap *trap, uint64_t *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;
	uint64_t from, ahead = 0;

	if (trap->has_far) {
		*ret = trap->far;
		return true;
	}
	if (!tl_arm64_answer_insn(state, trap, &insn, why))
		return false;
	if (!tl_arm64_effective_address(state, &insn, &from))
		return tl_why(why, NULL,
			"the faulting virtual address: the exit does not carry it, and the "
			"instruction at pc gives none");
	if (trap->has_address)
		ahead = (trap->address - from) & PAGE_MASK;
	if (ahead && ahead >= (uint64_t)insn.size * insn.n && insn.does != TL_ARM64_ZEROES &&
		insn.does != TL_ARM64_MAINTAINS)
		return tl_why(why, NULL,
			"the faulting virtual address: the instruction at pc accesses 0x%llx, "
			"which the IPA contradicts",
			(unsigned long long)from);
	*ret = from + ahead;
	return true;
}

// ESR_EL2.IL, which an MMIO exit does not carry: the access has a syndrome (ISV), and IL is then the
// length of its instruction. Without one it is 1. Arm ARM D17.2.37.
static bool is_narrow(const struct tl_state *state, const struct tl_trap *trap)
{
	struct tl_arm64_syndrome syndrome;
	struct tl_arm64_insn insn;

	if (trap->has_esr && !trap->esr_is_iss) {
		tl_arm64_syndrome(trap->esr, false, &syndrome);
		return !syndrome.il;
	}
	return trap->kind == TL_TRAP_MMIO && tl_arm64_insn_at(state, trap, &insn) &&
	       insn.bytes == 2;
}

static enum tl_answer_status enter_fault(const struct tl_state *state, const struct tl_trap *trap,
	enum tl_arm64_event event, uint64_t far, struct tl_effect *ret, struct tl_why *why)
{
	const struct tl_arm64_exception exception = {
		.event = event, .far = far, .narrow = is_narrow(state, trap)
	};

	return tl_arm64_answered_if(tl_arm64_enter(state, &exception, ret, why), why);
}

static enum tl_answer_status enter_undefined(
	const struct tl_state *state, struct tl_effect *ret, struct tl_why *why)
{
	const struct tl_arm64_exception exception = { .event = TL_ARM64_UNDEFINED };

	return tl_arm64_answered_if(tl_arm64_enter(state, &exception, ret, why), why);
}

enum tl_answer_status tl_arm64_give_abort(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	enum tl_answer_status status;
	uint64_t far = 0;

	if (!fault_address(state, trap, &far, why))
		return TL_ANSWER_NOT_KNOWN;
	status = enter_fault(state, trap, TL_ARM64_ABORT, far, ret, why);
	ret->given = TL_GIVEN_ABORT;
	if (trap->kind == TL_TRAP_SEA)
		ret->note = "KVM takes it, though the API does not list SEA exits";
	else if (trap->error)
		ret->note = "the VMM has to enable KVM_CAP_ARM_NISV_TO_USER first";
	return status;
}

enum tl_answer_status tl_arm64_give_size_fault(const struct tl_state *state,
	const struct tl_trap *trap, const struct tl_choice *choice, struct tl_effect *ret,
	struct tl_why *why)
{
	enum tl_answer_status status;

	if (!trap->has_address) {
		tl_why(why, NULL, "the faulting IPA, which FAR gets, was not recorded");
		return TL_ANSWER_NOT_KNOWN;
	}
	status = enter_fault(state, trap, TL_ARM64_SIZE_FAULT, trap->address, ret, why);
	ret->given = TL_GIVEN_REGS;
	return status;
}

// An IDSR exit that is not handled is made undefined by KVM; elsewhere userspace writes registers.
enum tl_answer_status tl_arm64_give_undef(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	const enum tl_answer_status status = enter_undefined(state, ret, why);

	ret->given = trap->kind == TL_TRAP_IDSR ? TL_GIVEN_REPLY : TL_GIVEN_REGS;
	return status;
}

// KVM from 7.2 on enters an SError that is not masked while userspace asks for it. Others come after
// what the next KVM_RUN does first.
static bool is_entered_at_once(const struct tl_state *state)
{
	uint64_t pstate;

	return tl_arm64_kernel(state) >= TL_KERNEL(7, 2) &&
	       tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate) &&
	       !(pstate & TL_ARM64_PSTATE_A);
}

// That is: the access is completed with what stands in kvm_run, or the register stays undefined.
static enum tl_answer_status run_on(const struct tl_state *state, const struct tl_trap *trap,
	struct tl_effect *ret, struct tl_why *why)
{
	enum tl_answer_status status = TL_ANSWER_DONE;

	if (is_entered_at_once(state))
		return status;
	if (trap->kind == TL_TRAP_IDSR)
		return enter_undefined(state, ret, why);
	if (trap->kind == TL_TRAP_MMIO)
		status =
			tl_arm64_complete(state, trap, trap->has_reply ? trap->reply : 0, ret, why);
	return status;
}

enum tl_answer_status tl_arm64_give_serror(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	const struct tl_arm64_exception exception = {
		.event = TL_ARM64_SERROR, .has_esr = choice->has_value, .esr = choice->value
	};
	const enum tl_answer_status before = run_on(state, trap, ret, why);
	struct tl_state after = *state;

	if (before != TL_ANSWER_DONE)
		return before;
	after.regs = ret->regs;
	if (!tl_arm64_enter(&after, &exception, ret, why))
		return tl_arm64_answered_if(false, why);
	if (trap->kind == TL_TRAP_MMIO && !trap->write && !is_entered_at_once(state))
		ret->note = trap->has_reply ? "the access is completed first, as it was"
					    : "the access is completed first, with what stands in "
					      "kvm_run: 0 is assumed";
	ret->given = TL_GIVEN_SERROR;
	ret->has_esr = choice->has_value;
	ret->esr = choice->value;
	ret->livelock = trap->kind == TL_TRAP_NISV && ret->origin[TL_ARM64_pc] == TL_ORIGIN_NONE;
	return TL_ANSWER_DONE;
}
