// SPDX-License-Identifier: MIT
#include "replayer/arm64-abort.h"

#include "arch/arm64/regs.h"

#include <inttypes.h>

bool tl_abort_is(const struct tl_diagnosis *d)
{
	const enum tl_trap_kind kind = d->situation->trap.kind;

	return kind == TL_TRAP_NISV || kind == TL_TRAP_LDST64B || kind == TL_TRAP_SEA ||
	       kind == TL_TRAP_OOPS;
}

// A load or store whose abort comes without a syndrome.
bool tl_abort_is_mute(const struct tl_diagnosis *d)
{
	const unsigned does = d->arm64.does;

	return d->has_insn && !d->arm64.syndrome &&
	       (does == TL_ARM64_LOADS || does == TL_ARM64_STORES || does == TL_ARM64_UPDATES);
}

bool tl_abort_is_write(const struct tl_diagnosis *d)
{
	if (d->has_insn)
		return d->arm64.does == TL_ARM64_STORES || d->arm64.does == TL_ARM64_UPDATES ||
		       d->arm64.does == TL_ARM64_ZEROES;
	return d->situation->trap.has_write && d->situation->trap.write;
}

bool tl_abort_base(const struct tl_diagnosis *d, uint64_t *ret)
{
	const struct tl_regs *regs = &d->situation->state.regs;

	if (!d->has_insn || d->arm64.rn == TL_ARM64_NO_REG)
		return false;
	if (d->arm64.rn == 31)
		return d->situation->state.arch->stack_pointer(regs, ret);
	return d->arm64.set == TL_ARM64_A64 && tl_arm64_get(regs, d->arm64.rn, ret);
}

bool tl_abort_is_in_hole(const struct tl_diagnosis *d)
{
	return d->has_gpa && d->backing.kind == TL_BACKING_HOLE;
}

void tl_abort_say_place(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (*d->device_name)
		tl_cause_evidence(c, "0x%" PRIx64 " is %s", d->gpa, d->device_name);
	else if (tl_abort_is_in_hole(d))
		tl_cause_evidence(c, "no memory slot shows 0x%" PRIx64, d->gpa);
	else if (d->has_gpa && d->backing.kind == TL_BACKING_ROM)
		tl_cause_evidence(c, "0x%" PRIx64 " is in a read-only slot", d->gpa);
}
