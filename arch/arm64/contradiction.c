// SPDX-License-Identifier: MIT
// An instruction against the syndrome of its fault. Arm ARM D17.2.37, ISS of a data abort.
#include "arch/arm64/contradiction.h"

#include "arch/arm64/aarch32.h"
#include "arch/arm64/decode.h"

#include <inttypes.h>

#define DATA_ABORT "Arm ARM D17.2.37"

// The kernel makes an MMIO exit only of an abort with a syndrome. KVM API 5, KVM_EXIT_MMIO.
static bool has_syndrome(const struct tl_arm64_subject *s)
{
	return s->trap->kind == TL_TRAP_MMIO || (s->trap->has_esr && s->syndrome.isv);
}

static bool pc_is_misaligned(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	uint64_t pc, pstate;
	unsigned align;

	if (!tl_arm64_get(&s->state->regs, TL_ARM64_pc, &pc) ||
		!tl_arm64_get(&s->state->regs, TL_ARM64_pstate, &pstate))
		return false;
	align = tl_arm64_set_of(pstate) == TL_ARM64_T32 ? 2 : 4;
	if (!(pc & (align - 1)))
		return false;
	return TL_ARM64_CONTRADICTION(ret, "Arm ARM D1.3",
		"PC is 0x%" PRIx64 ", no multiple of %u: no instruction of this state stands there",
		pc, align);
}

static bool writes_back(const struct tl_arm64_insn *i)
{
	return i->address == TL_ARM64_PRE || i->address == TL_ARM64_POST ||
	       i->address == TL_ARM64_POST_REG || i->address == TL_ARM64_PRE_REG || i->writes_back;
}

static bool is_exclusive(const struct tl_arm64_insn *i)
{
	return i->exclusive;
}

static bool is_atomic(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_UPDATES;
}

static bool is_block(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_ZEROES;
}

static bool is_maintenance(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_MAINTAINS || i->does == TL_ARM64_TRANSLATES;
}

static bool is_vector(const struct tl_arm64_insn *i)
{
	return i->vector;
}

static bool is_several(const struct tl_arm64_insn *i)
{
	return i->n > 1 || i->address == TL_ARM64_LIST;
}

// Why an instruction gives no syndrome, and what is lost when one is believed.
static const struct {
	bool (*is)(const struct tl_arm64_insn *i);
	const char *what, *lost;
} without[] = {
	{ is_exclusive, "an exclusive access", "lose the monitor and the status" },
	{ is_atomic, "a read and a write at once", "lose one of the two" },
	{ is_block, "a block of zeroes", "write one register instead" },
	{ is_maintenance, "cache maintenance", "make an access of it" },
	{ is_vector, "SIMD and FP registers", "use a general register instead" },
	{ is_several, "several registers", "lose all but one" },
	{ writes_back, "writeback", "lose the writeback" },
};

static bool class_has_none(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	const char *what = "none of the loads and stores that give one",
		   *lost = "carry out another";

	if (!s->insn || !s->insn->does || !has_syndrome(s) || s->insn->syndrome)
		return false;
	for (unsigned n = 0; n < sizeof(without) / sizeof(without[0]); n++)
		if (without[n].is(s->insn)) {
			what = without[n].what;
			lost = without[n].lost;
			break;
		}
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"the syndrome contradicts the instruction: %s, but %s, with %s, gives none; "
		"trusting "
		"it would %s",
		s->trap->kind == TL_TRAP_MMIO ? "an MMIO exit is of ISV=1" : "ISV is 1",
		s->insn->name, what, lost);
}

static bool accesses_nothing(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	const struct tl_arm64_insn *i = s->insn;

	if (!i || !s->by_data)
		return false;
	if (i->does == TL_ARM64_PREFETCHES)
		return TL_ARM64_CONTRADICTION(ret, "Arm ARM, PRFM",
			"the abort is of data, but %s never faults; PC or the code is not that of "
			"the "
			"fault",
			i->name);
	if (i->address != TL_ARM64_NO_ADDRESS || i->named_only)
		return false;
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"the abort is of data, but the instruction at PC, 0x%0*" PRIx32
		", is none that accesses memory; PC or the code is not that of the fault",
		i->bytes * 2, i->word);
}

// External aborts that KVM injects tell neither.
static bool tells_direction(const struct tl_arm64_subject *s)
{
	const unsigned fsc = s->syndrome.fsc;

	if (!s->trap->has_esr)
		return false;
	return s->syndrome.is_abort && !s->syndrome.is_fetch && !s->syndrome.s1ptw &&
	       (fsc < 0x10 || fsc > 0x1f);
}

static bool maintenance_differs(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	if (!s->insn || !s->insn->does || s->insn->address == TL_ARM64_NO_ADDRESS ||
		!tells_direction(s) || s->syndrome.cm == is_maintenance(s->insn))
		return false;
	if (s->syndrome.cm)
		return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
			"CM says cache maintenance, but %s is none; trusting it would lose the "
			"access",
			s->insn->name);
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"CM is 0, but %s is cache maintenance; trusting it would make an access of it",
		s->insn->name);
}

// Atomics report a read when the read would fault, else a write; of cache maintenance WnR is 1.
static bool direction_differs(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	const struct tl_arm64_insn *i = s->insn;
	bool write = s->trap->write;

	if (!i || (!tells_direction(s) && !s->trap->has_write))
		return false;
	if (tells_direction(s))
		write = s->syndrome.wnr;
	if (i->does == TL_ARM64_LOADS && write)
		return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
			"%s says a write, but %s reads; trusting it would write and leave the "
			"register as it is",
			tells_direction(s) ? "WnR" : "the exit", i->name);
	if ((i->does != TL_ARM64_STORES && i->does != TL_ARM64_ZEROES) || write)
		return false;
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"%s says a read, but %s writes; trusting it would lose the write%s",
		tells_direction(s) ? "WnR" : "the exit", i->name,
		i->does == TL_ARM64_STORES ? " and load a register" : "");
}

// What follows is of instructions that give a syndrome.
static const struct tl_arm64_insn *told(const struct tl_arm64_subject *s)
{
	return s->insn && s->insn->syndrome && has_syndrome(s) ? s->insn : NULL;
}

static bool size_differs(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	const struct tl_arm64_insn *i = told(s);
	const bool by_sas = s->trap->has_esr && s->syndrome.isv;
	const uint64_t size = by_sas ? UINT64_C(1) << s->syndrome.sas : s->trap->size;

	if (!i || (!by_sas && !s->trap->has_size) || size == i->size)
		return false;
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"%s says %" PRIu64 " byte%s, but %s has %u; trusting it would access %s",
		by_sas ? "SAS" : "the exit", size, size == 1 ? "" : "s", i->name, i->size,
		size > i->size ? "too much" : "too little");
}

// SRT counts as AArch64 does: R13_svc is 19. Arm ARM D1.19.
static bool register_of(const struct tl_arm64_subject *s, unsigned *ret)
{
	enum tl_arm64_reg reg;
	uint64_t pstate;

	*ret = s->insn->rt;
	if (s->insn->set == TL_ARM64_A64)
		return true;
	if (!tl_arm64_get(&s->state->regs, TL_ARM64_pstate, &pstate) ||
		!tl_arm32_reg(pstate & TL_ARM64_MODE_MASK, s->insn->rt, &reg))
		return false;
	*ret = reg - TL_ARM64_x0;
	return true;
}

static bool register_differs(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	unsigned reg;

	if (!told(s) || !s->trap->has_esr || !s->syndrome.isv || !register_of(s, &reg) ||
		s->syndrome.srt == reg)
		return false;
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"SRT says X%u, but %s has X%u; trusting it would use the wrong register",
		s->syndrome.srt, s->insn->name, reg);
}

static bool extension_differs(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	const struct tl_arm64_insn *i = told(s);

	if (!i || i->does != TL_ARM64_LOADS || !s->trap->has_esr || !s->syndrome.isv ||
		s->syndrome.sse == i->is_signed)
		return false;
	return TL_ARM64_CONTRADICTION(ret, DATA_ABORT,
		"SSE says that %s sign-extends, but %s does%s; trusting it would load a wrong "
		"value",
		s->syndrome.sse ? "it" : "nothing", i->name, i->is_signed ? "" : " not");
}

static bool (*const checks[])(const struct tl_arm64_subject *s, struct tl_why *ret) = {
	pc_is_misaligned,
	accesses_nothing,
	class_has_none,
	maintenance_differs,
	direction_differs,
	size_differs,
	register_differs,
	extension_differs,
	tl_arm64_contradicts_ea,
	tl_arm64_contradicts_walk,
};

// A failed KVM_RUN, and what a guest reports, may be of anything: the syndrome says.
static bool is_by_data(const struct tl_arm64_subject *s)
{
	const enum tl_trap_kind kind = s->trap->kind;

	if (s->trap->has_esr)
		return s->syndrome.is_abort && !s->syndrome.is_fetch;
	return kind == TL_TRAP_MMIO || kind == TL_TRAP_NISV || kind == TL_TRAP_LDST64B;
}

unsigned tl_arm64_contradictions(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_arm64_insn *insn, struct tl_why ret[TL_ARM64_CONTRADICTIONS])
{
	struct tl_arm64_subject s = { .state = state, .trap = trap, .insn = insn };
	unsigned found = 0;

	if (trap->has_esr)
		tl_arm64_syndrome(trap->esr, trap->esr_is_iss, &s.syndrome);
	s.by_data = is_by_data(&s);
	for (unsigned n = 0; n < sizeof(checks) / sizeof(checks[0]); n++)
		if (found < TL_ARM64_CONTRADICTIONS && checks[n](&s, &ret[found]))
			found++;
	return found;
}
