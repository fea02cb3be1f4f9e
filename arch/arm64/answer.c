// SPDX-License-Identifier: MIT
// What answers to an exit of arm64 do.
#include "arch/answering.h"
#include "arch/arm64/complete.h"
#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/enter.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/regs.h"
#include "arch/arm64/syndrome.h"
#include "arch/backing.h"
#include "arch/bytes.h"

#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)

// A reason with a source is a rule; one without says what is not known.
static enum tl_answer_status done_if(bool good, const struct tl_why *why)
{
	if (good)
		return TL_ANSWER_DONE;
	return why->source ? TL_ANSWER_REFUSED : TL_ANSWER_NOT_KNOWN;
}

static bool instruction(const struct tl_state *state, const struct tl_trap *trap,
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
	if (!instruction(state, trap, &insn, why))
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

	return done_if(tl_arm64_enter(state, &exception, ret, why), why);
}

static enum tl_answer_status enter_undefined(
	const struct tl_state *state, struct tl_effect *ret, struct tl_why *why)
{
	const struct tl_arm64_exception exception = { .event = TL_ARM64_UNDEFINED };

	return done_if(tl_arm64_enter(state, &exception, ret, why), why);
}

static enum tl_answer_status give_abort(const struct tl_state *state, const struct tl_trap *trap,
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

static enum tl_answer_status give_size_fault(const struct tl_state *state,
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
static enum tl_answer_status give_undef(const struct tl_state *state, const struct tl_trap *trap,
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

static enum tl_answer_status give_serror(const struct tl_state *state, const struct tl_trap *trap,
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
		return done_if(false, why);
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

static enum tl_answer_status give_skip(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;
	unsigned bytes = 4;
	uint64_t pstate;

	if (tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate) && pstate & 0x10) {
		if (!instruction(state, trap, &insn, why))
			return TL_ANSWER_NOT_KNOWN;
		bytes = insn.bytes;
	}
	if (!tl_arm64_skip(state, bytes, ret, why))
		return TL_ANSWER_NOT_KNOWN;
	ret->given = TL_GIVEN_REGS;
	return TL_ANSWER_DONE;
}

// The size of what is read: an IDSR is 64 bits wide, or 32 from AArch32.
static uint64_t all_ones(const struct tl_trap *trap)
{
	return trap->has_size ? tl_bytes_mask(trap->size) : UINT64_MAX;
}

static enum tl_answer_status complete(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	const enum tl_answer_status status = tl_arm64_complete(state, trap, value, ret, why);

	ret->given = TL_GIVEN_REPLY;
	ret->handled = true;
	ret->has_reply = !(trap->has_write && trap->write);
	ret->reply = value;
	return status;
}

static enum tl_answer_status give_hypercall(
	const struct tl_state *state, uint64_t value, struct tl_effect *ret)
{
	tl_effect_set(ret, TL_ARM64_x0, value, TL_ORIGIN_REPLY);
	ret->given = TL_GIVEN_REGS;
	return TL_ANSWER_DONE;
}

static enum tl_answer_status give_value(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t value = choice->value;

	if (choice->id == TL_ANSWER_ZERO)
		value = 0;
	else if (choice->id == TL_ANSWER_ONES)
		value = all_ones(trap);
	if (trap->kind == TL_TRAP_HYPERCALL)
		return give_hypercall(state, value, ret);
	if (value & ~all_ones(trap)) {
		tl_why(why, NULL, "0x%llx does not fit into the %u byte%s that %s read",
			(unsigned long long)value, (unsigned)trap->size, trap->size == 1 ? "" : "s",
			trap->size == 1 ? "is" : "are");
		return TL_ANSWER_REFUSED;
	}
	return complete(state, trap, value, ret, why);
}

static enum tl_answer_status give_ignore(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	return complete(state, trap, 0, ret, why);
}

// A cell that nobody has said the content of is 0 at first.
static enum tl_answer_status give_cell(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	const enum tl_answer_status status = complete(state, trap, choice->value, ret, why);

	ret->note = trap->write		? "the value is read back from now on"
		    : choice->has_value ? NULL
					: "as nothing was written to it before";
	return status;
}

static enum tl_answer_status give_recorded(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	if (trap->kind == TL_TRAP_IDSR && !trap->handled)
		return give_undef(state, trap, choice, ret, why);
	return complete(state, trap, trap->reply, ret, why);
}

static bool is_maintenance_of_rom(
	const struct tl_state *state, const struct tl_trap *trap, const struct tl_arm64_insn *insn)
{
	struct tl_backing backing;

	if (insn->does != TL_ARM64_MAINTAINS || !trap->has_address)
		return false;
	tl_backing(state, trap->address, &backing);
	return backing.kind == TL_BACKING_ROM;
}

// Invalidation needs the right to write, cleaning does not (Arm ARM D7.5.9): on memory that the guest
// may only read, DC IVAC faults and the others take effect.
static enum tl_answer_status maintain_rom(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_arm64_insn *insn, const struct tl_choice *choice, struct tl_effect *ret,
	struct tl_why *why)
{
	enum tl_answer_status status;

	if (!strncmp(insn->name, "dc i", 4) || !strcmp(insn->name, "dcimvac")) {
		status = give_abort(state, trap, choice, ret, why);
		ret->note =
			"DC IVAC needs the right to write, which read-only memory does not give";
		ret->witnessed = false;
		return status;
	}
	if (!tl_arm64_skip(state, insn->bytes, ret, why))
		return TL_ANSWER_NOT_KNOWN;
	ret->given = TL_GIVEN_REGS;
	ret->note = "caches need no maintenance here: the memory is coherent for KVM's guests";
	return TL_ANSWER_DONE;
}

static enum tl_answer_status give_emulate(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;
	enum tl_answer_status status;

	if (!instruction(state, trap, &insn, why))
		return TL_ANSWER_NOT_KNOWN;
	if (is_maintenance_of_rom(state, trap, &insn))
		return maintain_rom(state, trap, &insn, choice, ret, why);
	status = tl_arm64_emulate(state, trap, &insn, &choice->device, ret, why);
	ret->given = TL_GIVEN_REGS;
	return status;
}

static enum tl_answer_status give_retry(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_AGAIN;
	ret->livelock = trap->kind == TL_TRAP_NISV || trap->kind == TL_TRAP_LDST64B;
	ret->outlook = ret->livelock ? "the same instruction traps again, at once and for ever"
				     : "the instruction runs again";
	return TL_ANSWER_DONE;
}

static enum tl_answer_status give_map(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_SLOT;
	ret->outlook = "the instruction runs again, on memory";
	return TL_ANSWER_DONE;
}

#define ACCESS (TL_TRAP_BIT(TL_TRAP_NISV) | TL_TRAP_BIT(TL_TRAP_LDST64B))
#define MMIO   TL_TRAP_BIT(TL_TRAP_MMIO)
#define IDSR   TL_TRAP_BIT(TL_TRAP_IDSR)
#define SEA    TL_TRAP_BIT(TL_TRAP_SEA)
#define CALL   TL_TRAP_BIT(TL_TRAP_HYPERCALL)
#define FAILED TL_TRAP_BIT(TL_TRAP_FAILED)
#define EVENT  TL_TRAP_BIT(TL_TRAP_SYSTEM_EVENT)
#define ERROR  TL_TRAP_BIT(TL_TRAP_INTERNAL_ERROR)
#define OTHER  TL_TRAP_BIT(TL_TRAP_OTHER)
#define ANY    (ACCESS | MMIO | IDSR | SEA | CALL | FAILED | EVENT | ERROR | OTHER)

const struct tl_answer_rule tl_arm64_answers[] = {
	{ TL_ANSWER_RECORDED, MMIO | IDSR, give_recorded },
	{ TL_ANSWER_EMULATE, ACCESS, give_emulate },
	{ TL_ANSWER_VALUE, MMIO | IDSR | CALL, give_value },
	{ TL_ANSWER_ZERO, MMIO, give_value },
	{ TL_ANSWER_ONES, MMIO | IDSR, give_value },
	{ TL_ANSWER_IGNORE, MMIO, give_ignore },
	{ TL_ANSWER_CELL, IDSR, give_cell },
	{ TL_ANSWER_RAZ, IDSR, give_ignore },
	{ TL_ANSWER_ABORT, ACCESS | MMIO | SEA, give_abort },
	{ TL_ANSWER_UNDEF, ACCESS | MMIO | IDSR, give_undef },
	{ TL_ANSWER_SIZE_FAULT, ACCESS | MMIO, give_size_fault },
	{ TL_ANSWER_SERROR, ANY, give_serror },
	{ TL_ANSWER_SKIP, ACCESS | MMIO, give_skip },
	{ TL_ANSWER_RETRY, ACCESS | SEA | FAILED, give_retry },
	{ TL_ANSWER_MAP, ACCESS | FAILED, give_map },
	{ .id = TL_ANSWERS },
};
