// SPDX-License-Identifier: MIT
// The addresses of a fault against each other: what the registers give, FAR, and the IPA.
#include "arch/arm64/contradiction.h"

#include "arch/arm64/emulate.h"

#include <inttypes.h>

#define PAGE	 UINT64_C(0xfff)
#define UNTAGGED UINT64_C(0x00ffffffffffffff)
#define LOW	 UINT64_C(0xffffffff)

// The largest block of DC ZVA, and cache line. Arm ARM, DCZID_EL0, CTR_EL0.
#define BLOCK UINT64_C(2048)

// Bytes from the effective address on in which the fault may lie.
static uint64_t span(const struct tl_arm64_insn *i)
{
	const unsigned registers = (unsigned)__builtin_popcount(i->list);

	if (i->address == TL_ARM64_OPERAND)
		return BLOCK;
	if (i->address != TL_ARM64_LIST)
		return i->size && i->n ? (uint64_t)i->size * i->n : 1;
	return registers ? registers * 4u : (uint64_t)i->registers * 8;
}

static bool effective(const struct tl_arm64_subject *s, tl_gva *ret)
{
	if (!s->insn || !s->by_data || s->insn->named_only ||
		!tl_arm64_effective_address(s->state, s->insn, ret))
		return false;
	if (s->insn->address == TL_ARM64_OPERAND)
		*ret &= ~(BLOCK - 1);
	return true;
}

static bool has_far(const struct tl_arm64_subject *s)
{
	return s->trap->has_far && !(s->trap->has_esr && s->syndrome.fnv);
}

// In FAR_EL1 of a fault that KVM injects for want of an address it puts the IPA, and the low bits
// of the virtual one.
static bool may_be_ipa(const struct tl_arm64_subject *s, uint64_t off)
{
	return s->trap->kind == TL_TRAP_OOPS && (off & PAGE) < span(s->insn) && s->trap->has_esr &&
	       (s->syndrome.fsc == 0x10 || !s->syndrome.fsc);
}

static bool far_differs(const struct tl_arm64_subject *s, tl_gva ea, struct tl_why *ret)
{
	const uint64_t mask = s->insn->set == TL_ARM64_A64 ? UNTAGGED : LOW,
		       off = (s->trap->far - ea) & mask;

	if (off < span(s->insn) || may_be_ipa(s, off))
		return false;
	return TL_ARM64_CONTRADICTION(ret, "Arm ARM, FAR_EL2",
		"FAR is 0x%" PRIx64 ", but %s accesses 0x%" PRIx64
		"; the registers or the code are not those of the fault",
		s->trap->far, s->insn->name, ea);
}

// An IPA that ends in zeroes may be one of HPFAR_EL2, which has no more. KVM gives NISV and MMIO
// exits the low bits of FAR.
static bool is_exact(const struct tl_trap *trap)
{
	return trap->kind == TL_TRAP_MMIO || trap->kind == TL_TRAP_NISV ||
	       trap->kind == TL_TRAP_LDST64B || trap->address & PAGE;
}

static bool has_ipa(const struct tl_arm64_subject *s)
{
	const enum tl_trap_kind kind = s->trap->kind;

	return s->trap->has_address &&
	       (kind == TL_TRAP_MMIO || kind == TL_TRAP_NISV || kind == TL_TRAP_LDST64B ||
		       kind == TL_TRAP_SEA || kind == TL_TRAP_FAILED);
}

static bool offset_differs(const struct tl_arm64_subject *s, tl_gva ea, struct tl_why *ret)
{
	if (((s->trap->address - ea) & PAGE) < span(s->insn))
		return false;
	return TL_ARM64_CONTRADICTION(ret, "KVM API 5",
		"the IPA 0x%" PRIx64 " and the address of %s, 0x%" PRIx64
		", differ in their low 12 bits; the registers or the code are not those of the "
		"fault",
		s->trap->address, s->insn->name, ea);
}

bool tl_arm64_contradicts_ea(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	tl_gva ea;

	if (!effective(s, &ea))
		return false;
	if (has_far(s))
		return far_differs(s, ea, ret);
	return has_ipa(s) && is_exact(s->trap) && !(s->trap->has_esr && s->syndrome.s1ptw) &&
	       offset_differs(s, ea, ret);
}

// FAR, or the address that the registers give, on the page that faulted.
static bool faulting_va(const struct tl_arm64_subject *s, tl_gva *ret)
{
	if (has_far(s)) {
		*ret = s->trap->far;
		return true;
	}
	if (!effective(s, ret))
		return false;
	if (is_exact(s->trap) && (s->trap->address & PAGE) < (*ret & PAGE) &&
		span(s->insn) > PAGE + 1 - (*ret & PAGE))
		*ret = (*ret | PAGE) + 1;
	return true;
}

static bool is_same_page(tl_gpa a, tl_gpa b)
{
	return !((a ^ b) & ~PAGE);
}

static bool is_same_low(tl_gpa a, tl_gpa b)
{
	return !((a ^ b) & LOW & ~PAGE);
}

// Addresses that stage 2 may have been asked for: those of table entries, and the last one.
static unsigned asked(const struct tl_walk *walk, bool only_entries, tl_gpa ret[TL_WALK_STEPS + 1])
{
	unsigned n = 0;

	for (unsigned step = 0; step < walk->n_steps; step++)
		ret[n++] = walk->step[step].gpa;
	if (walk->status == TL_WALK_NO_MEMORY || (walk->status == TL_WALK_OK && !only_entries))
		ret[n++] = walk->gpa;
	return n;
}

static bool ipa_differs(const struct tl_trap *trap, tl_gva va, tl_gpa walked, struct tl_why *ret)
{
	const tl_gpa shown = trap->address & PAGE ? walked : walked & ~PAGE;

	return TL_ARM64_CONTRADICTION(ret, "Arm ARM, HPFAR_EL2",
		"the reported IPA disagrees with the walk of 0x%" PRIx64 ": 0x%" PRIx64
		" against 0x%" PRIx64 "%s; trusting it would look at another page",
		va, trap->address, shown,
		is_same_low(trap->address, walked) ? ", low 32 bits equal" : "");
}

static bool is_complete(const struct tl_walk *walk)
{
	return walk->status == TL_WALK_OK || walk->status == TL_WALK_NO_MEMORY ||
	       walk->status == TL_WALK_FAULT;
}

// On a walk: any entry of it may be meant. With no syndrome, that or its end.
static bool entry_differs(
	const struct tl_arm64_subject *s, const struct tl_walk *walk, struct tl_why *ret)
{
	tl_gpa gpa[TL_WALK_STEPS + 1];
	const unsigned n = asked(walk, s->trap->has_esr, gpa);
	unsigned like = n;

	for (unsigned i = 0; i < n; i++) {
		if (is_same_page(gpa[i], s->trap->address))
			return false;
		if (is_same_low(gpa[i], s->trap->address))
			like = i;
	}
	if (!n)
		return false;
	return ipa_differs(s->trap, walk->va, gpa[like < n ? like : n - 1], ret);
}

static bool end_differs(
	const struct tl_arm64_subject *s, const struct tl_walk *walk, struct tl_why *ret)
{
	if (walk->status == TL_WALK_FAULT)
		return TL_ARM64_CONTRADICTION(ret, "Arm ARM D8.2",
			"the tables do not map 0x%" PRIx64
			" (level %d), yet stage 2 was asked for 0x%" PRIx64
			"; the tables or their registers have changed since, or are not those of "
			"the fault",
			walk->va, walk->level, s->trap->address);
	return walk->status == TL_WALK_OK && !is_same_page(walk->gpa, s->trap->address) &&
	       ipa_differs(s->trap, walk->va, walk->gpa, ret);
}

bool tl_arm64_contradicts_walk(const struct tl_arm64_subject *s, struct tl_why *ret)
{
	struct tl_walk walk;
	tl_gva va;

	if (!has_ipa(s) || !faulting_va(s, &va))
		return false;
	s->state->arch->walk(&s->state->regs, &s->state->mem, va, &walk);
	if (!is_complete(&walk))
		return false;
	if (s->trap->has_esr ? s->syndrome.s1ptw : s->trap->kind == TL_TRAP_FAILED)
		return entry_differs(s, &walk, ret);
	return end_differs(s, &walk, ret);
}
