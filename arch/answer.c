// SPDX-License-Identifier: MIT
#include "arch/answer.h"

#include "arch/answering.h"

#include <errno.h>
#include <string.h>

static const char kvm_run[] = "KVM API 5, kvm_run";
static const char vcpu_events[] = "KVM API 4.32, KVM_SET_VCPU_EVENTS";

static const struct {
	const char *name, *summary;
	const char *rule, *source; // why an exit has no such answer; NULL: all have
	const char *only;	   // exits of this architecture may have it; NULL: of all
} answers[TL_ANSWERS] = {
	[TL_ANSWER_RECORDED] = { "recorded", "what the VMM answered",
		"only an exit whose reply was recorded has that answer", NULL, NULL },
	[TL_ANSWER_VALUE] = { "value", "a read gives this value",
		"a value is the answer to a read that KVM completes: of MMIO, a port, an MSR, an "
		"IMPLEMENTATION DEFINED register, or to a hypercall",
		kvm_run, NULL },
	[TL_ANSWER_ZERO] = { "zero", "a read gives zero",
		"a value is the answer to a read that KVM completes", kvm_run, NULL },
	[TL_ANSWER_ONES] = { "ones", "a read gives all ones",
		"a value is the answer to a read that KVM completes", kvm_run, NULL },
	[TL_ANSWER_IGNORE] = { "ignore", "a write is accepted, and lost",
		"only a write that KVM completes can be ignored", kvm_run, NULL },
	[TL_ANSWER_EMULATE] = { "emulate", "the instruction is carried out against a device",
		"userspace emulates where KVM does not complete the instruction: NISV",
		"KVM API 5, KVM_EXIT_ARM_NISV", "arm64" },
	[TL_ANSWER_ABORT] = { "abort", "an external data abort",
		"ext_dabt_pending is allowed only after MMIO, NISV and LDST64B", vcpu_events,
		"arm64" },
	[TL_ANSWER_UNDEF] = { "undef", "the instruction is undefined",
		"only an access of the guest can be made undefined", NULL, "arm64" },
	[TL_ANSWER_SIZE_FAULT] = { "size-fault", "an address size fault, level 0",
		"only an access to a guest physical address can be too large for it", NULL,
		"arm64" },
	[TL_ANSWER_SERROR] = { "serror", "a system error interrupt",
		"KVM makes an SError pending on arm64 only", vcpu_events, NULL },
	[TL_ANSWER_SKIP] = { "skip", "on to the next instruction, nothing else",
		"only an access of the guest can be skipped", NULL, NULL },
	[TL_ANSWER_RAZ] = { "raz", "reads as zero, writes are ignored",
		"only an IMPLEMENTATION DEFINED register of arm64 can be answered so", NULL, NULL },
	[TL_ANSWER_CELL] = { "cell", "a register that holds what was written last",
		"only an IMPLEMENTATION DEFINED register of arm64 can be answered so", NULL, NULL },
	[TL_ANSWER_RETRY] = { "retry", "the instruction runs again",
		"KVM completes this exit at the next KVM_RUN: it cannot be tried again", kvm_run,
		NULL },
	[TL_ANSWER_MAP] = { "map", "a memory slot appears there, and the instruction runs again",
		"a slot helps only an access to memory that KVM does not complete", NULL, NULL },
	[TL_ANSWER_GP] = { "gp", "the access faults: #GP",
		"only an access to an MSR of x86_64 can be answered so",
		"KVM API 5, KVM_EXIT_X86_RDMSR", NULL },
	[TL_ANSWER_RESTART] = { "restart", "the VM starts over", NULL, NULL, NULL },
	[TL_ANSWER_SUSPEND] = { "suspend", "the VM stands still", NULL, NULL, NULL },
	[TL_ANSWER_DUMP] = { "dump", "the guest's memory is written to a file, and it stops", NULL,
		NULL, NULL },
	[TL_ANSWER_STOP] = { "stop", "the VM ends", NULL, NULL, NULL },
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

static enum tl_answer_status end_run(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_choice *choice, struct tl_effect *ret, struct tl_why *ret_why)
{
	ret->given = TL_GIVEN_NEVER;
	ret->outlook = tl_answer_summary(choice->id);
	return TL_ANSWER_DONE;
}

// Whatever the exit is.
static const struct tl_answer_rule of_vm[] = {
	{ TL_ANSWER_RESTART, UINT32_MAX, end_run },
	{ TL_ANSWER_SUSPEND, UINT32_MAX, end_run },
	{ TL_ANSWER_DUMP, UINT32_MAX, end_run },
	{ TL_ANSWER_STOP, UINT32_MAX, end_run },
	{ .id = TL_ANSWERS },
};

static const struct tl_answer_rule *find(
	const struct tl_answer_rule *rule, enum tl_trap_kind kind, enum tl_answer_id id)
{
	for (; rule->id != TL_ANSWERS; rule++)
		if (rule->id == id && rule->traps & TL_TRAP_BIT(kind))
			return rule;
	return NULL;
}

static const struct tl_answer_rule *rule_of(
	const struct tl_state *state, const struct tl_trap *trap, enum tl_answer_id id)
{
	const struct tl_answer_rule *rule =
		find(state->arch->id == TL_ARCH_ARM64 ? tl_arm64_answers : tl_x86_answers,
			trap->kind, id);

	return rule ? rule : find(of_vm, trap->kind, id);
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

static bool no_such_answer(const struct tl_state *state, enum tl_answer_id id, struct tl_why *why)
{
	const char *only = answers[id].only;

	if (only && strcmp(only, state->arch->name) != 0)
		return tl_why(why, NULL, "only exits of %s can be answered so", only);
	return tl_why(why, answers[id].source, "%s", answers[id].rule);
}

// Of failed runs, EFAULT alone is for want of memory.
static bool lacks_memory(const struct tl_trap *trap)
{
	return trap->kind != TL_TRAP_FAILED || trap->error == EFAULT;
}

bool tl_answer_is_legal(const struct tl_state *state, const struct tl_trap *trap,
	enum tl_answer_id id, struct tl_why *ret_why)
{
	if (trap->kind == TL_TRAP_OOPS)
		return tl_why(ret_why, NULL,
			"this is the guest's own report of an exception, no exit: userspace was "
			"not asked");
	if (!rule_of(state, trap, id) || (id == TL_ANSWER_MAP && !lacks_memory(trap)))
		return no_such_answer(state, id, ret_why);
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
		tl_why(ret_why, NULL, "value needs a value: value=V");
		return TL_ANSWER_NOT_KNOWN;
	}
	tl_effect_init(ret, state);
	return rule_of(state, trap, choice->id)->give(state, trap, choice, ret, ret_why);
}
