// SPDX-License-Identifier: MIT
// What is not carried out, and why.
#include "arch/arm64/emulate_parts.h"

#include <inttypes.h>
#include <string.h>

#define SCTLR_A	  1
#define SCTLR_SA  3
#define SCTLR_SA0 4

static bool accesses_nothing(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_NOTHING || i->does == TL_ARM64_READS_SYSREG ||
	       i->does == TL_ARM64_WRITES_SYSREG;
}

static bool moves_blocks(const struct tl_arm64_insn *i)
{
	return i->named_only && (!strncmp(i->name, "cpy", 3) || !strncmp(i->name, "set", 3));
}

static bool is_named_only(const struct tl_arm64_insn *i)
{
	return i->named_only && !tl_emulate_is_table_branch(i);
}

static bool is_of_tags(const struct tl_arm64_insn *i)
{
	return i->tags;
}

static bool is_of_guarded_stack(const struct tl_arm64_insn *i)
{
	return !strncmp(i->name, "gcs", 3);
}

static bool is_of_64_bytes(const struct tl_arm64_insn *i)
{
	return i->registers == 8 && !i->vector;
}

static bool needs_monitor(const struct tl_arm64_insn *i)
{
	return i->exclusive && i->does == TL_ARM64_STORES;
}

static bool is_of_user_bank(const struct tl_arm64_insn *i)
{
	return i->user_bank;
}

static bool returns(const struct tl_arm64_insn *i)
{
	return i->returns;
}

static bool saves_return_state(const struct tl_arm64_insn *i)
{
	return !strncmp(i->name, "srs", 3);
}

static bool is_of_coprocessor(const struct tl_arm64_insn *i)
{
	return i->coprocessor && (i->does == TL_ARM64_LOADS || i->does == TL_ARM64_STORES);
}

// SWP and SWPB.
static bool is_old_swap(const struct tl_arm64_insn *i)
{
	return i->set != TL_ARM64_A64 && i->does == TL_ARM64_UPDATES;
}

static const struct {
	bool (*applies)(const struct tl_arm64_insn *insn);
	const char *text, *source;
} rules[] = {
	{ accesses_nothing, "it is no load, store or cache operation", NULL },
	{ moves_blocks, "it may stop midway, with its registers changed", "Arm ARM C6.2" },
	{ is_named_only, "its registers and sizes are not decoded", NULL },
	{ is_of_tags, "allocation tags are not recorded", "Arm ARM D10" },
	{ is_of_guarded_stack, "a guarded control stack is not modelled", "Arm ARM D11" },
	{ is_of_64_bytes, "its 64 bytes are one access, which they are not when emulated",
		"Arm ARM C3.2" },
	{ needs_monitor,
		"whether the monitor still holds is not known: it may fail without an access",
		"Arm ARM B2.12" },
	{ is_of_user_bank, "it transfers registers of User mode", "Arm ARM F5.1" },
	{ returns, "it returns from an exception", "Arm ARM F5.1" },
	{ saves_return_state, "it stores the state to return to", "Arm ARM F5.1" },
	{ is_old_swap, "it is UNDEFINED since ARMv8", "Arm ARM F4.1" },
	{ is_of_coprocessor, "it transfers a register of a coprocessor", "Arm ARM F5.1" },
};

// DC, IC and AT of a higher exception level, which opc1 and in AArch32 ATS12NSO's opc2 tell. Arm
// ARM C5.3, C5.4, G7.2.
static bool is_above(const struct tl_emulation *e)
{
	const struct tl_arm64_insn *i = e->insn;

	if (i->does != TL_ARM64_MAINTAINS && i->does != TL_ARM64_TRANSLATES)
		return false;
	return i->op1 >= 4 || (i->op1 == 0 && tl_emulate_is_el0(e)) ||
	       (e->aarch32 && i->does == TL_ARM64_TRANSLATES && i->crm == 8 && i->op2 >= 4);
}

// What loads PC must stand at the end of its IT block, where ITSTATE[3:0] is 8.
static bool leaves_it_block(const struct tl_emulation *e)
{
	const struct tl_arm64_insn *i = e->insn;
	const bool loads_pc = tl_emulate_is_table_branch(i) || i->rt == 15 || i->list >> 15;

	return i->does == TL_ARM64_LOADS && !i->vector && loads_pc && tl_emulate_itstate(e) & 7;
}

static const char *unpredictable(const struct tl_emulation *e)
{
	return leaves_it_block(e) ? "it branches, and is not the last of its IT block"
				  : e->insn->unpredictable;
}

bool tl_emulate_check_form(struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	const char *name = *insn->name ? insn->name : "the instruction";

	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies(insn))
			return TL_EMULATE_REFUSE(e, rules[i].source, "%s: %s", name, rules[i].text);
	if (is_above(e))
		return TL_EMULATE_REFUSE(e, e->aarch32 ? "Arm ARM G7.2" : "Arm ARM C5",
			"%s: it is UNDEFINED at this exception level", name);
	if (unpredictable(e))
		return TL_EMULATE_REFUSE(e, e->aarch32 ? "Arm ARM K1.1" : "Arm ARM K1.2",
			"%s: CONSTRAINED UNPREDICTABLE: %s", name, unpredictable(e));
	return true;
}

static bool sctlr_bit(const struct tl_emulation *e, unsigned bit)
{
	uint64_t sctlr;

	return tl_arm64_get(&e->state->regs, TL_ARM64_sctlr_el1, &sctlr) && (sctlr >> bit & 1);
}

static bool check_stack_pointer(struct tl_emulation *e)
{
	const bool el0 = tl_emulate_is_el0(e);

	if (e->aarch32 || e->insn->rn != 31 || !(e->base & 15) ||
		!sctlr_bit(e, el0 ? SCTLR_SA0 : SCTLR_SA))
		return true;
	return TL_EMULATE_REFUSE(e, "Arm ARM D1.3.9",
		"the guest takes an SP alignment fault of its own: sp is 0x%" PRIx64 ", and "
		"SCTLR_EL1.%s is set",
		e->base, el0 ? "SA0" : "SA");
}

// What the address must be a multiple of in AArch32; SCTLR.A asks for the size of an element. Arm
// ARM E2.5.2.
static unsigned aarch32_needs(const struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	const unsigned strict = sctlr_bit(e, SCTLR_A) ? insn->size : 1;

	if (insn->exclusive || insn->acquires || insn->releases)
		return (unsigned)insn->size * insn->n;
	if (insn->interleave)
		return insn->aligned > strict ? insn->aligned : strict;
	if (insn->vector)
		return insn->size < 4 ? insn->size : 4;
	return insn->address == TL_ARM64_LIST || insn->n > 1 ? 4 : strict;
}

// Of the ordered and the atomic ones, FEAT_LSE2 lets pass what stays in 16 bytes; whether it is
// there is not known.
static unsigned aarch64_needs(const struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	const unsigned all = (unsigned)insn->size * insn->n;
	const bool whole = insn->does == TL_ARM64_UPDATES || insn->acquires || insn->releases;

	if (insn->exclusive || (whole && (e->va & 15) + all > 16))
		return all;
	return sctlr_bit(e, SCTLR_A) ? insn->size : 1;
}

bool tl_emulate_check_alignment(struct tl_emulation *e)
{
	const unsigned needs = e->aarch32 ? aarch32_needs(e) : aarch64_needs(e);

	if (e->insn->does == TL_ARM64_ZEROES)
		return true;
	if (!check_stack_pointer(e))
		return false;
	return !(e->va & (needs - 1)) ||
	       TL_EMULATE_REFUSE(e, "Arm ARM B2.8.2",
		       "the guest takes an alignment fault of its own: 0x%" PRIx64
		       " is no multiple of %u",
		       e->va, needs);
}
