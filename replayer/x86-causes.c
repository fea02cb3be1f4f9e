// SPDX-License-Identifier: MIT
// Why a guest of x86_64 exits.
#include "replayer/cause.h"

#include "arch/x86_64/regs.h"
#include "schema/trace/payload.h"

#include <inttypes.h>
#include <string.h>

// KVM_INTERNAL_ERROR_*, KVM API 5.
enum { EMULATION = 1, SIMUL_EX = 2, DELIVERY_EV = 3, UNEXPECTED = 4 };

static const char *name_of(const struct tl_diagnosis *d)
{
	return d->has_insn && *d->x86.name ? d->x86.name : "an instruction";
}

static void emulation(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_situation *s = d->situation;

	if (s->trap.kind != TL_TRAP_INTERNAL_ERROR || s->exit.value != EMULATION)
		return;
	c->name = "not-emulated";
	c->weight = 92;
	tl_cause_what(c, "KVM's instruction emulator does not do %s", name_of(d));
	if (d->has_at)
		tl_cause_evidence(
			c, "internal error, suberror 1: emulation failed at rip 0x%" PRIx64, d->at);
	else
		tl_cause_evidence(c, "internal error, suberror 1: emulation failed");
	if (d->device_seen || d->device_assumed)
		tl_cause_evidence(c, "it accesses %s", d->device_name);
	c->guest = "access devices by plain MOVs; no vector instructions there";
	c->vmm = "nothing: KVM_RUN can only fail again at this instruction";
}

static void delivery(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_situation *s = d->situation;

	if (s->trap.kind != TL_TRAP_INTERNAL_ERROR || s->exit.value != DELIVERY_EV)
		return;
	c->name = "event-delivery";
	c->weight = 88;
	tl_cause_what(c,
		"an exception could not be delivered: the guest's IDT, GDT, TSS or stack is "
		"not in RAM");
	tl_cause_evidence(c, "internal error, suberror 3");
	c->guest = "look where IDT, TSS and the stack pointer lead";
}

static void other_internal(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_situation *s = d->situation;

	if (s->trap.kind != TL_TRAP_INTERNAL_ERROR || s->exit.value == EMULATION ||
		s->exit.value == DELIVERY_EV)
		return;
	c->name = "internal-error";
	c->weight = 60;
	tl_cause_what(c, "KVM met what it has no way for: suberror %" PRIu64 "%s", s->exit.value,
		s->exit.value == SIMUL_EX     ? " (another exception while one was being delivered)"
		: s->exit.value == UNEXPECTED ? " (an exit that it does not know)"
					      : "");
}

static void triple_fault(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_situation *s = d->situation;
	uint64_t limit;

	if (!s->kind || strcmp(s->kind->name, "shutdown") != 0)
		return;
	c->name = "triple-fault";
	c->weight = 92;
	tl_cause_what(c, "triple fault: an exception, on delivering that another, and no way to "
			 "deliver that either");
	if (tl_x86_get(&s->state.regs, TL_X86_idt_limit, &limit) && limit < 0x80)
		tl_cause_evidence(
			c, "the IDT has a limit of 0x%" PRIx64 ": it holds no handlers", limit);
	c->guest = "set up the IDT and a good stack before anything can fault";
}

static void vector_access(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (d->situation->trap.kind != TL_TRAP_MMIO || !d->has_insn ||
		d->x86.op != TL_X86_MOVE_VECTOR)
		return;
	c->name = "vector-device-access";
	c->weight = 91;
	tl_cause_what(c,
		"a device is accessed by %s, as compilers make it of several plain accesses",
		name_of(d));
	c->guest = "access registers of devices by plain MOVs of their size";
}

static void ordinary(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const enum tl_trap_kind kind = d->situation->trap.kind;

	if (kind != TL_TRAP_MMIO && kind != TL_TRAP_PIO)
		return;
	c->name = "device-access";
	c->weight = 90;
	tl_cause_what(c, "an ordinary access to a device, which the VMM answers");
	if (*d->device_name)
		tl_cause_evidence(
			c, "0x%" PRIx64 " is %s", d->situation->trap.address, d->device_name);
}

static void msr(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_trap *t = &d->situation->trap;

	if (t->kind != TL_TRAP_RDMSR && t->kind != TL_TRAP_WRMSR)
		return;
	c->name = "msr";
	c->weight = 90;
	tl_cause_what(c, "the guest %s MSR 0x%" PRIx64 "%s%s, which the VMM has asked to see",
		t->kind == TL_TRAP_RDMSR ? "reads" : "writes", t->address,
		*d->device_name ? ", " : "", d->device_name);
	c->guest = "ask CPUID before using an MSR";
	c->vmm = "answer with a value, or with #GP as a CPU without that MSR would";
}

tl_detector *const tl_x86_causes[] = { emulation, delivery, other_internal, triple_fault,
	vector_access, ordinary, msr, NULL };
