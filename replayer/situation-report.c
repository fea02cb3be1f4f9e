// SPDX-License-Identifier: MIT
// What a report tells besides rows, and what may be assumed from it.
#include "replayer/situation-parts.h"

#include "arch/arm64/decode.h"
#include "arch/arm64/regs.h"

// ESR.EC of an abort from where the vCPU was, or from EL0. Arm ARM D17.2.37.
enum { EC_SHIFT = 26, EC_ABORT_EL0 = 0x24, EC_ABORT = 0x25, EXTERNAL = 0x10, ISS = 0x1ffffff };

static bool is_report(const struct tl_trap *trap)
{
	return trap->kind == TL_TRAP_OOPS && trap->has_esr && !trap->esr_is_iss;
}

void tl_situation_assume(struct tl_situation *s)
{
	const bool user = is_report(&s->trap) && s->trap.esr >> EC_SHIFT == EC_ABORT_EL0;
	uint64_t value;

	if (s->state.arch->id != TL_ARCH_ARM64 ||
		tl_arm64_get(&s->state.regs, TL_ARM64_pstate, &value) ||
		!(tl_arm64_get(&s->state.regs, TL_ARM64_pc, &value) || s->trap.code_size))
		return;
	tl_regs_set(&s->state.regs, TL_ARM64_pstate, user ? TL_ARM64_EL0T : TL_ARM64_EL1H);
	s->pstate_assumed = true;
}

// KVM injects an abort with a syndrome that has nothing but "external"; a load or store that gives no
// syndrome to KVM is why userspace had it injected.
void tl_situation_look_behind(struct tl_situation *s)
{
	const uint64_t ec = s->trap.esr >> EC_SHIFT;
	struct tl_arm64_insn insn;

	if (!is_report(&s->trap) || (ec != EC_ABORT && ec != EC_ABORT_EL0) ||
		(s->trap.esr & ISS) != EXTERNAL)
		return;
	if (!tl_arm64_insn_at(&s->state, &s->trap, &insn) || insn.syndrome || !insn.size)
		return;
	s->from_report = true;
	s->trap.kind = TL_TRAP_NISV;
	if (!s->trap.has_far || s->trap.has_address)
		return;
	s->flat_assumed = true;
	s->trap.has_address = true;
	s->trap.address = s->trap.far;
}

// What a report tells that rows have no place for. A guest's own report names FAR_EL1 and ESR_EL1, all
// others FAR_EL2 and ESR_EL2, of which a NISV exit has a part only.
struct tl_error *tl_situation_told(struct tl_situation *s)
{
	struct tl_error *err = tl_import_told(s->place.trace, s->exit.seq, &s->told);
	struct tl_trap *t = &s->trap;

	if (err || s->told.source == TL_IMPORT_NONE)
		return err;
	if (s->told.has_esr && (!t->has_esr || t->esr_is_iss)) {
		t->has_esr = true;
		t->esr = s->told.esr;
		t->esr_is_iss = !(t->esr >> EC_SHIFT);
	}
	if (s->told.has_far) {
		t->has_far = true;
		t->far = s->told.far;
	}
	if (s->told.has_ipa && !t->has_address) {
		t->has_address = true;
		t->address = s->told.ipa;
	}
	if (s->told.n_entries)
		s->state.mem = tl_import_told_mem(&s->told);
	return NULL;
}
