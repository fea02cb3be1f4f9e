// SPDX-License-Identifier: MIT
#include "arch/answer.h"

#include "arch/answering.h"

#include <string.h>

static const struct {
	const char *name, *summary;
	const char *rule, *source; // why an exit has no such answer
} answers[TL_ANSWERS] = {
	[TL_ANSWER_RECORDED] = { "recorded", "what the VMM answered",
		"only an exit whose reply was recorded has that answer", NULL },
	[TL_ANSWER_VALUE] = { "value", "a read gives this value",
		"a value is the answer to a read that KVM completes: of MMIO, a port, an MSR, an "
		"IMPLEMENTATION DEFINED register, or to a hypercall",
		"KVM API 5, kvm_run" },
	[TL_ANSWER_ZERO] = { "zero", "a read gives zero",
		"a value is the answer to a read that KVM completes", "KVM API 5, kvm_run" },
	[TL_ANSWER_ONES] = { "ones", "a read gives all ones",
		"a value is the answer to a read that KVM completes", "KVM API 5, kvm_run" },
	[TL_ANSWER_IGNORE] = { "ignore", "a write is accepted, and lost",
		"only a write that KVM completes can be ignored", "KVM API 5, kvm_run" },
	[TL_ANSWER_EMULATE] = { "emulate", "the instruction is carried out against a device",
		"userspace emulates where KVM does not complete the instruction: NISV",
		"KVM API 5, "
		"KVM_EXIT_ARM_NISV" },
	[TL_ANSWER_ABORT] = { "abort", "an external data abort",
		"ext_dabt_pending is allowed only after MMIO, NISV and LDST64B",
		"KVM API 4.32, KVM_SET_VCPU_EVENTS" },
	[TL_ANSWER_UNDEF] = { "undef", "the instruction is undefined",
		"only an access of the guest can be made undefined", NULL },
	[TL_ANSWER_SIZE_FAULT] = { "size-fault", "an address size fault, level 0",
		"only an access to a guest physical address can be too large for it", NULL },
	[TL_ANSWER_SERROR] = { "serror", "a system error interrupt",
		"KVM makes an SError pending on arm64 only", "KVM API 4.32, KVM_SET_VCPU_EVENTS" },
	[TL_ANSWER_SKIP] = { "skip", "on to the next instruction, nothing else",
		"only an instruction that trapped can be skipped", NULL },
	[TL_ANSWER_RAZ] = { "raz", "reads as zero, writes are ignored",
		"it is an answer for IMPLEMENTATION DEFINED registers", NULL },
	[TL_ANSWER_CELL] = { "cell", "a register that holds what was written last",
		"it is an answer for IMPLEMENTATION DEFINED registers", NULL },
	[TL_ANSWER_RETRY] = { "retry", "the instruction runs again",
		"KVM completes this exit at the next KVM_RUN: it cannot be tried again",
		"KVM API 5, kvm_run" },
	[TL_ANSWER_MAP] = { "map", "a memory slot appears there, and the instruction runs again",
		"a slot helps only an access to memory that KVM does not complete", NULL },
	[TL_ANSWER_GP] = { "gp", "the access faults: #GP",
		"only the access to an x86 MSR can fault so", "KVM API 5, KVM_EXIT_X86_RDMSR" },
	[TL_ANSWER_RESTART] = { "restart", "the VM starts over", "no exit: there is no VM", NULL },
	[TL_ANSWER_SUSPEND] = { "suspend", "the VM stands still", "no exit: there is no VM", NULL },
	[TL_ANSWER_DUMP] = { "dump", "the guest's memory is written to a file, and it stops",
		"no exit: there is no VM", NULL },
	[TL_ANSWER_STOP] = { "stop", "the VM ends", "no exit: there is no VM", NULL },
};

const char *tl_answer_name(enum tl_answer_id id)
{
	return answers[id].name;
}

const char *tl_answer_summary(enum tl_answer_id id)
{
	return answers[id].summary;
}

bool tl_answer_named(const char *name, enum tl_answer_id *ret)
{
	for (unsigned i = 0; i < TL_ANSWERS; i++)
		if (!strcmp(answers[i].name, name)) {
			*ret = i;
			return true;
		}
	return false;
}

static const struct tl_answer_rule *rule_of(
	const struct tl_state *state, const struct tl_trap *trap, enum tl_answer_id id)
{
	const struct tl_answer_rule *rule =
		state->arch->id == TL_ARCH_ARM64 ? tl_arm64_answers : tl_x86_answers;

	for (; rule->id != TL_ANSWERS; rule++)
		if (rule->id == id && rule->traps & TL_TRAP_BIT(trap->kind))
			return rule;
	return NULL;
}

// Reads have values, and writes are ignored.
static bool fits_direction(const struct tl_trap *trap, enum tl_answer_id id, struct tl_why *why)
{
	const bool of_reads = id == TL_ANSWER_VALUE || id == TL_ANSWER_ZERO || id == TL_ANSWER_ONES;

	if (!trap->has_write || trap->kind == TL_TRAP_HYPERCALL)
		return true;
	if (of_reads && trap->write)
		return tl_why(why, "KVM API 5, kvm_run",
			"this is a write: userspace gives no value back");
	if (id == TL_ANSWER_IGNORE && !trap->write)
		return tl_why(why, "KVM API 5, kvm_run",
			"this is a read: the guest gets a value, whatever it is");
	return true;
}

bool tl_answer_is_legal(const struct tl_state *state, const struct tl_trap *trap,
	enum tl_answer_id id, struct tl_why *ret_why)
{
	if (trap->kind == TL_TRAP_OOPS)
		return tl_why(ret_why, NULL,
			"this is the guest's own report of an exception, no exit: userspace was "
			"not asked");
	if (!rule_of(state, trap, id))
		return tl_why(ret_why, answers[id].source, "%s", answers[id].rule);
	if (id == TL_ANSWER_RECORDED && !trap->has_reply && trap->has_write && !trap->write)
		return tl_why(ret_why, NULL, "the reply was not recorded");
	return fits_direction(trap, id, ret_why);
}

enum tl_answer_status tl_answer_give(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *ret_why)
{
	if (!tl_answer_is_legal(state, trap, choice->id, ret_why))
		return TL_ANSWER_REFUSED;
	if (choice->id == TL_ANSWER_VALUE && !choice->has_value) {
		tl_why(ret_why, NULL, "which value? value=V");
		return TL_ANSWER_NOT_KNOWN;
	}
	tl_effect_init(ret, state);
	return rule_of(state, trap, choice->id)->give(state, trap, choice, ret, ret_why);
}
