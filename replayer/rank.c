// SPDX-License-Identifier: MIT
// Which causes there are, the likeliest first, and what is missing to know more.
#include "replayer/cause.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POSSIBLE = 30, LIKELY = 60, CERTAIN = 90 };

static void interrupted(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_situation_is_interrupted(d->situation))
		return;
	c->name = "interrupted";
	c->weight = 95;
	tl_cause_what(c, "no instruction trapped: KVM_RUN was interrupted, by a signal or by "
			 "immediate_exit");
}

static void failed_run(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_trap *t = &d->situation->trap;

	if (t->kind != TL_TRAP_FAILED || tl_situation_is_interrupted(d->situation))
		return;
	c->name = "failed-run";
	c->weight = t->error == EFAULT ? 75 : 40;
	if (t->error == EFAULT)
		tl_cause_what(c, "KVM could not reach the memory behind a slot: the VMM unmapped "
				 "it, or a page of it is poisoned");
	else
		tl_cause_what(c, "KVM_RUN failed with errno %d", t->error);
	c->vmm = t->error == EFAULT ? "look at the mappings behind the memory slots"
				    : "look into the host's kernel log";
}

// KVM_SYSTEM_EVENT_*, KVM API 5.
static const char *event_name(uint64_t type)
{
	static const char *const names[] = { "a system event", "shutdown", "reset", "a crash",
		"wakeup", "suspend" };

	return type < sizeof(names) / sizeof(*names) ? names[type] : names[0];
}

static void call(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_situation *s = d->situation;

	if (s->trap.kind != TL_TRAP_SYSTEM_EVENT && s->trap.kind != TL_TRAP_HYPERCALL)
		return;
	c->name = "call";
	c->weight = 95;
	if (s->trap.kind == TL_TRAP_SYSTEM_EVENT)
		tl_cause_what(c, "the guest called for it: %s", event_name(s->exit.value));
	else
		tl_cause_what(c, "the guest called for it: hypercall 0x%" PRIx64, s->trap.address);
}

// Of every architecture.
static tl_detector *const common[] = { interrupted, failed_run, call, NULL };

static enum tl_certainty certainty(const struct tl_cause *cause)
{
	const unsigned weight = cause->weight;

	if (!strcmp(cause->name, "unknown"))
		return TL_NO_CAUSE;
	if (weight >= CERTAIN)
		return TL_CERTAIN;
	if (weight >= LIKELY)
		return TL_LIKELY;
	return weight >= POSSIBLE ? TL_POSSIBLE : TL_UNLIKELY;
}

static int by_weight(const void *a, const void *b)
{
	const struct tl_cause *one = a, *other = b;

	return (int)other->weight - (int)one->weight;
}

static void unknown(struct tl_cause *cause)
{
	cause->name = "unknown";
	cause->weight = 1;
	tl_cause_what(cause, "nothing that is known of this exit tells why");
}

static void miss(struct tl_diagnosis *d, const char *what)
{
	if (d->n_missing < TL_DIAGNOSIS_MISSING)
		snprintf(d->missing[d->n_missing++], sizeof(d->missing[0]), "%s", what);
}

static bool is_access(const struct tl_trap *trap)
{
	return trap->kind == TL_TRAP_NISV || trap->kind == TL_TRAP_LDST64B ||
	       trap->kind == TL_TRAP_MMIO || trap->kind == TL_TRAP_SEA ||
	       trap->kind == TL_TRAP_OOPS;
}

// Words differ by architecture where its people's do.
static void list_missing_access(struct tl_diagnosis *d)
{
	const bool arm64 = d->situation->state.arch->id == TL_ARCH_ARM64;

	if (!d->has_gpa || d->situation->flat_assumed)
		miss(d, arm64 ? "the guest physical address (IPA) of the access"
			      : "the guest physical address of the access");
	if (!d->has_va)
		miss(d, arm64 ? "the virtual address of the access (FAR)"
			      : "the virtual address of the access");
	if (!d->situation->state.slots_known)
		miss(d, "the memory slots of the VM");
	if (d->has_va && d->walk.status == TL_WALK_NOT_KNOWN)
		miss(d, "the registers of the page-table walk");
	else if (d->has_va && d->walk.status == TL_WALK_NO_MEMORY)
		miss(d, "the memory of the page tables");
}

static void list_missing(struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	const bool arm64 = s->state.arch->id == TL_ARCH_ARM64;
	uint64_t pstate;

	if (arm64 && (s->pstate_assumed || !tl_reg_get(tl_arch_reg(s->state.arch, "pstate"),
						   &s->state.regs, &pstate)))
		miss(d, "pstate: which instruction set, which exception level");
	if (!d->has_insn && !tl_situation_is_idle(s))
		miss(d, arm64 ? "the instruction at pc" : "the instruction at rip");
	if (is_access(&s->trap))
		list_missing_access(d);
}

static void add(struct tl_diagnosis *d, const struct tl_cause *cause)
{
	if (cause->weight && d->n_causes < TL_DIAGNOSIS_CAUSES)
		d->cause[d->n_causes++] = *cause;
}

static void look(struct tl_diagnosis *d, tl_detector *const *detectors)
{
	for (; *detectors; detectors++) {
		struct tl_cause cause = { 0 };

		(*detectors)(d, &cause);
		add(d, &cause);
	}
}

void tl_causes_rank(struct tl_diagnosis *d)
{
	d->n_causes = d->n_missing = 0;
	look(d, common);
	look(d, d->situation->state.arch->id == TL_ARCH_ARM64 ? tl_arm64_causes : tl_x86_causes);
	qsort(d->cause, d->n_causes, sizeof(d->cause[0]), by_weight);
	if (!d->n_causes || d->cause[0].weight < POSSIBLE) {
		struct tl_cause cause = { 0 };

		unknown(&cause);
		add(d, &cause);
	}
	for (unsigned i = 0; i < d->n_causes; i++)
		d->cause[i].certainty = certainty(&d->cause[i]);
	list_missing(d);
}
