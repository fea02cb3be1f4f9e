// SPDX-License-Identifier: MIT
// Pointers that lead nowhere, and what tells that they do.
#include "arch/arm64/regs.h"
#include "replayer/arm64-abort.h"

#include <inttypes.h>

enum { NULL_AREA = 0x10000 }; // a NULL pointer with the offset of a member

void tl_arm64_null_pointer(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const uint64_t va = d->has_va ? d->va : d->gpa;

	if (!tl_abort_is(d) || !(d->has_va || d->has_gpa) || va >= NULL_AREA)
		return;
	c->name = "null-pointer";
	c->weight = d->device_seen ? 55 : 85;
	tl_cause_what(c, "a NULL pointer: the access goes to 0x%" PRIx64, va);
	if (va)
		tl_cause_evidence(c, "0x%" PRIx64 " would be the offset of a member", va);
	if (*d->device_name)
		tl_cause_evidence(
			c, "what stands there answers instead of a fault: %s", d->device_name);
	c->guest = "find who passed NULL: the caller is in x30 (r14), the stack at sp";
	c->vmm = "an external abort tells the guest at once";
}

void tl_arm64_wild_pointer(const struct tl_diagnosis *d, struct tl_cause *c)
{
	uint64_t base;

	if (!tl_abort_is(d) || !tl_abort_is_in_hole(d) || d->gpa < NULL_AREA)
		return;
	c->name = "wild-pointer";
	c->weight = d->device_seen ? 10 : d->device_assumed ? 40 : 65;
	tl_cause_what(c, "a wild pointer: nothing is known to stand at 0x%" PRIx64, d->gpa);
	if (d->device_assumed || d->device_seen)
		tl_cause_what(c, "a wild pointer, which happens to lead to %s", d->device_name);
	else
		tl_cause_evidence(c, "no slot, no device seen in this trace, and no device of a "
				     "known board");
	if (tl_abort_base(d, &base) && base != d->gpa)
		tl_cause_evidence(c, "its base register holds 0x%" PRIx64, base);
	c->guest = "look where the base register got its value";
	c->vmm = "an external abort tells the guest at once";
}

// An address by a register alone: what a dump without FAR still tells.
void tl_arm64_candidate_base(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (d->has_gpa || d->has_va || !d->n_candidates || d->situation->trap.kind == TL_TRAP_IDSR)
		return;
	c->name = "candidate-base";
	c->weight = 40;
	tl_cause_what(c, "%s = 0x%" PRIx64 " may be the base: %s", d->candidate[0].reg,
		d->candidate[0].value, d->candidate[0].what);
	for (unsigned i = 1; i < d->n_candidates; i++)
		tl_cause_evidence(c, "or %s = 0x%" PRIx64 ": %s", d->candidate[i].reg,
			d->candidate[i].value, d->candidate[i].what);
}

// A register that reads as a syndrome: the guest was in trouble of its own before.
void tl_arm64_nested_trouble(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_regs *regs = &d->situation->state.regs;

	if (!tl_abort_is(d) || d->has_gpa)
		return;
	for (unsigned n = 0; n <= 30; n++) {
		uint64_t value;

		if (!tl_arm64_get(regs, TL_ARM64_x0 + n, &value) ||
			(value & ~UINT64_C(0x0200007f)) != 0x94000000 || !(value & 0x3f))
			continue;
		c->name = "wild-pointer";
		c->weight = 62;
		tl_cause_what(c,
			"a wild or NULL pointer: the guest was handling a data abort of its "
			"own");
		tl_cause_evidence(
			c, "x%u = 0x%" PRIx64 " reads as ESR_EL1 of a data abort", n, value);
		c->guest = "look at the first exception, not at this one";
		return;
	}
}

static bool sp_check(const struct tl_regs *regs, bool *ret_known)
{
	uint64_t sctlr;

	*ret_known = tl_arm64_get(regs, TL_ARM64_sctlr_el1, &sctlr);
	return *ret_known && sctlr >> 3 & 1;
}

void tl_arm64_misaligned_sp(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_state *state = &d->situation->state;
	bool known, checked;
	uint64_t sp;

	if (!tl_abort_is(d) || !d->has_insn || d->arm64.set != TL_ARM64_A64 || d->arm64.rn != 31 ||
		!state->arch->stack_pointer(&state->regs, &sp) || sp % 16 == 0)
		return;
	checked = sp_check(&state->regs, &known);
	c->name = "misaligned-sp";
	tl_cause_evidence(c, "sp = 0x%" PRIx64 " is not a multiple of 16", sp);
	if (d->situation->trap.kind != TL_TRAP_OOPS) {
		c->weight = 5;
		tl_cause_what(c,
			"not the stack pointer's alignment: such a fault goes to the guest, "
			"never to the VMM");
		return;
	}
	c->weight = known && !checked ? 5 : 95;
	tl_cause_what(c, "the stack pointer is misaligned: %s",
		known ? (checked ? "SCTLR_EL1.SA is set, so the access faults"
				 : "but SCTLR_EL1.SA is clear, so the access does not fault")
		      : "the access faults if SCTLR_EL1.SA is set, which was not recorded");
	c->guest = "keep sp a multiple of 16 at every access through it";
}
