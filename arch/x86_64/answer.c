// SPDX-License-Identifier: MIT
// What answers to an exit of x86 do.
#include "arch/answering.h"
#include "arch/x86_64/carrying.h"
#include "arch/x86_64/emulate.h"

#define VECTOR_GP 13

static enum tl_answer_status done_if(bool good)
{
	return good ? TL_ANSWER_DONE : TL_ANSWER_NOT_KNOWN;
}

static bool is_read(const struct tl_trap *trap)
{
	return trap->kind != TL_TRAP_WRMSR && !(trap->has_write && trap->write);
}

// By tests/arch/test_answer_kvm_x86_64.c, which no hypercall has reached.
static bool is_witnessed(const struct tl_state *state, const struct tl_trap *trap)
{
	return state->platform.kernel == TL_KERNEL(6, 18) && trap->kind != TL_TRAP_HYPERCALL;
}

static bool is_64bit(const struct tl_state *state)
{
	unsigned mode;

	return tl_x86_mode(&state->regs, &mode) && mode == 64;
}

// RIP behind an instruction that stands at it; `bytes` are its length without prefixes.
static bool skip(const struct tl_state *state, const struct tl_trap *trap, unsigned bytes,
	struct tl_effect *ret, struct tl_why *why)
{
	struct tl_x86_insn insn = { .mode = is_64bit(state) ? 64 : 32, .length = (uint8_t)bytes };
	struct tl_x86_carrying c = { state, trap, &insn, 0, ret, why };
	int at;

	if (tl_x86_trapping(state, trap, &insn, &at))
		return tl_x86_carry_retire(&c);
	if (trap->code_size || !bytes)
		return tl_why(why, NULL, "the instruction at rip is not known");
	ret->note = "its bytes were not recorded: it is taken to have no prefix";
	return tl_x86_carry_retire(&c);
}

static bool read_msr(struct tl_x86_carrying *c, uint64_t value)
{
	return tl_x86_carry_set(c, TL_X86_A, 4, false, value, TL_ORIGIN_REPLY) &&
	       tl_x86_carry_set(c, TL_X86_DX, 4, false, value >> 32, TL_ORIGIN_REPLY);
}

static enum tl_answer_status complete_msr(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_x86_carrying c = { state, trap, NULL, 0, ret, why };

	ret->handled = true;
	if (trap->kind == TL_TRAP_RDMSR && !read_msr(&c, value))
		return TL_ANSWER_NOT_KNOWN;
	return done_if(skip(state, trap, 2, ret, why));
}

// Outside 64-bit code the upper half of the result is lost.
static enum tl_answer_status complete_call(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_x86_carrying c = { state, trap, NULL, 0, ret, why };

	if (!tl_x86_carry_set(&c, TL_X86_A, is_64bit(state) ? 8 : 4, false, value, TL_ORIGIN_REPLY))
		return TL_ANSWER_NOT_KNOWN;
	return done_if(skip(state, trap, 3, ret, why));
}

static enum tl_answer_status complete_access(const struct tl_state *state,
	const struct tl_trap *trap, uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_x86_insn insn;
	int at;
	const bool found = tl_x86_trapping(state, trap, &insn, &at);

	if (trap->kind == TL_TRAP_PIO)
		return tl_x86_complete_port(state, trap, found ? &insn : NULL, value, ret, why);
	return tl_x86_complete_mmio(state, trap, found ? &insn : NULL, value, ret, why);
}

static enum tl_answer_status complete(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_REPLY;
	ret->has_reply = is_read(trap);
	ret->reply = value;
	ret->witnessed = is_witnessed(state, trap);
	if (trap->kind == TL_TRAP_RDMSR || trap->kind == TL_TRAP_WRMSR)
		return complete_msr(state, trap, value, ret, why);
	if (trap->kind == TL_TRAP_HYPERCALL)
		return complete_call(state, trap, value, ret, why);
	return complete_access(state, trap, value, ret, why);
}

static uint64_t all_ones(const struct tl_trap *trap)
{
	return trap->has_size && trap->size && trap->size < 8 ? tl_bytes_mask((unsigned)trap->size)
							      : UINT64_MAX;
}

static enum tl_answer_status give_value(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t value = choice->value;

	if (choice->id == TL_ANSWER_ZERO)
		value = 0;
	else if (choice->id == TL_ANSWER_ONES)
		value = all_ones(trap);
	if (value & ~all_ones(trap)) {
		tl_why(why, NULL, "0x%llx does not fit into the %u bytes that are read",
			(unsigned long long)value, (unsigned)trap->size);
		return TL_ANSWER_REFUSED;
	}
	return complete(state, trap, value, ret, why);
}

static enum tl_answer_status give_ignore(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	return complete(state, trap, 0, ret, why);
}

// KVM queues the exception and RIP stays; what the handler does is the guest's.
static enum tl_answer_status give_gp(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_REPLY;
	ret->witnessed = is_witnessed(state, trap);
	tl_x86_carry_field(ret, TL_X86_exception_pending, 1, TL_ORIGIN_ENTRY);
	tl_x86_carry_field(ret, TL_X86_exception_nr, VECTOR_GP, TL_ORIGIN_ENTRY);
	tl_x86_carry_field(ret, TL_X86_exception_has_error_code, 1, TL_ORIGIN_ENTRY);
	tl_x86_carry_field(ret, TL_X86_exception_error_code, 0, TL_ORIGIN_ENTRY);
	ret->note =
		"without KVM_CAP_EXCEPTION_PAYLOAD KVM_GET_VCPU_EVENTS shows it as injected too";
	ret->outlook = "the guest's #GP handler, by its IDT";
	return TL_ANSWER_DONE;
}

// A reply has room for 8 bytes.
static bool is_all_recorded(const struct tl_trap *trap, struct tl_why *why)
{
	if (trap->kind != TL_TRAP_PIO || !is_read(trap) || trap->count <= 1)
		return true;
	return tl_why(
		why, NULL, "%u elements were read, and the recorded reply is of one", trap->count);
}

static enum tl_answer_status give_recorded(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	if ((trap->kind == TL_TRAP_RDMSR || trap->kind == TL_TRAP_WRMSR) && !trap->handled)
		return give_gp(state, trap, choice, ret, why);
	if (!is_all_recorded(trap, why))
		return TL_ANSWER_NOT_KNOWN;
	return complete(state, trap, trap->reply, ret, why);
}

// Userspace moves RIP on, as if it had emulated what KVM could not.
static enum tl_answer_status give_skip(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_REGS;
	return done_if(skip(state, trap, 0, ret, why));
}

static enum tl_answer_status give_retry(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_AGAIN;
	ret->livelock = trap->kind == TL_TRAP_INTERNAL_ERROR;
	ret->outlook = ret->livelock ? "KVM fails at the same instruction again"
				     : "the instruction runs again";
	return TL_ANSWER_DONE;
}

static enum tl_answer_status give_end(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *why)
{
	ret->given = TL_GIVEN_NEVER;
	ret->outlook = tl_answer_summary(choice->id);
	return TL_ANSWER_DONE;
}

#define ACCESS (TL_TRAP_BIT(TL_TRAP_MMIO) | TL_TRAP_BIT(TL_TRAP_PIO))
#define RDMSR  TL_TRAP_BIT(TL_TRAP_RDMSR)
#define WRMSR  TL_TRAP_BIT(TL_TRAP_WRMSR)
#define CALL   TL_TRAP_BIT(TL_TRAP_HYPERCALL)
#define EVENT  TL_TRAP_BIT(TL_TRAP_SYSTEM_EVENT)
#define ERROR  TL_TRAP_BIT(TL_TRAP_INTERNAL_ERROR)
#define FAILED TL_TRAP_BIT(TL_TRAP_FAILED)
#define ANY    (ACCESS | RDMSR | WRMSR | CALL | EVENT | ERROR | FAILED)

const struct tl_answer_rule tl_x86_answers[] = {
	{ TL_ANSWER_RECORDED, ACCESS | RDMSR | WRMSR | CALL, give_recorded },
	{ TL_ANSWER_VALUE, ACCESS | RDMSR | CALL, give_value },
	{ TL_ANSWER_ZERO, ACCESS | RDMSR | CALL, give_value },
	{ TL_ANSWER_ONES, ACCESS | RDMSR, give_value },
	{ TL_ANSWER_IGNORE, ACCESS | WRMSR, give_ignore },
	{ TL_ANSWER_GP, RDMSR | WRMSR, give_gp },
	{ TL_ANSWER_SKIP, ERROR, give_skip },
	{ TL_ANSWER_RETRY, ERROR | FAILED, give_retry },
	{ TL_ANSWER_RESTART, ANY, give_end },
	{ TL_ANSWER_SUSPEND, ANY, give_end },
	{ TL_ANSWER_DUMP, ANY, give_end },
	{ TL_ANSWER_STOP, ANY, give_end },
	{ .id = TL_ANSWERS },
};
