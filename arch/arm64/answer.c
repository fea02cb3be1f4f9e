// SPDX-License-Identifier: MIT
// What answers to an exit of arm64 do.
#include "arch/arm64/answer_parts.h"
#include "arch/arm64/complete.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/enter.h"
#include "arch/arm64/regs.h"
#include "arch/backing.h"
#include "arch/bytes.h"

#include <string.h>

static enum tl_answer_status give_skip(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;
	unsigned bytes = 4;
	uint64_t pstate;

	if (tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate) && pstate & 0x10) {
		if (!tl_arm64_answer_insn(state, trap, &insn, why))
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
		return tl_arm64_give_undef(state, trap, choice, ret, why);
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
		status = tl_arm64_give_abort(state, trap, choice, ret, why);
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

	if (!tl_arm64_answer_insn(state, trap, &insn, why))
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
	{ TL_ANSWER_ABORT, ACCESS | MMIO | SEA, tl_arm64_give_abort },
	{ TL_ANSWER_UNDEF, ACCESS | MMIO | IDSR, tl_arm64_give_undef },
	{ TL_ANSWER_SIZE_FAULT, ACCESS | MMIO, tl_arm64_give_size_fault },
	{ TL_ANSWER_SERROR, ANY, tl_arm64_give_serror },
	{ TL_ANSWER_SKIP, ACCESS | MMIO, give_skip },
	{ TL_ANSWER_RETRY, ACCESS | SEA | FAILED, give_retry },
	{ TL_ANSWER_MAP, ACCESS | FAILED, give_map },
	{ .id = TL_ANSWERS },
};
