// SPDX-License-Identifier: MIT
// The address that an instruction accesses. Arm ARM C1.3.3, F1.6.
#include "arch/arm64/emulate_parts.h"

#define PSTATE_C   (UINT64_C(1) << 29)
#define SCTLR_ENDB 13
#define SCTLR_ENDA 27

tl_gva tl_emulate_advance(const struct tl_emulation *e, tl_gva va, uint64_t bytes)
{
	return e->aarch32 ? (uint32_t)(va + bytes) : va + bytes;
}

// Arm ARM C6.2, ExtendReg().
static uint64_t extended(const struct tl_arm64_insn *insn, uint64_t value)
{
	if (insn->extend == TL_ARM64_UXTW)
		value = (uint32_t)value;
	else if (insn->extend == TL_ARM64_SXTW)
		value = (uint64_t)(int64_t)(int32_t)value;
	return value << insn->shift;
}

// Arm ARM F2.4, Shift().
static uint32_t shifted(const struct tl_emulation *e, uint32_t value)
{
	const unsigned by = e->insn->shift;
	const uint64_t wide = (uint64_t)(int64_t)(int32_t)value;

	switch ((enum tl_arm32_shift)e->insn->shift_kind) {
	case TL_ARM32_LSL:
		return value << by;
	case TL_ARM32_LSR:
		return (uint32_t)((uint64_t)value >> by);
	case TL_ARM32_ASR:
		return (uint32_t)(wide >> by);
	case TL_ARM32_ROR:
		break;
	}
	if (!by)
		return value >> 1 | (e->pstate & PSTATE_C ? UINT32_C(1) << 31 : 0);
	return value >> by | value << (32 - by);
}

// What is added to the base.
static bool offset(struct tl_emulation *e, uint64_t *ret)
{
	const struct tl_arm64_insn *insn = e->insn;
	uint64_t value;

	if (insn->rm == TL_ARM64_NO_REG) {
		*ret = (uint64_t)insn->imm;
		return true;
	}
	if (!tl_emulate_get(e, insn->rm, &value))
		return false;
	if (e->aarch32)
		value = shifted(e, (uint32_t)value);
	else if (insn->address == TL_ARM64_INDEX)
		value = extended(insn, value);
	*ret = insn->subtracts ? -value : value;
	return true;
}

// PC is aligned where it is a base. Arm ARM F5.1, LDR (literal).
static bool base(struct tl_emulation *e, uint64_t *ret)
{
	const bool literal = e->insn->address == TL_ARM64_LITERAL;

	if (literal && !e->aarch32)
		return tl_emulate_needs(e, TL_ARM64_pc, ret);
	if (literal || (e->aarch32 && e->insn->rn == 15 && e->insn->address == TL_ARM64_OFFSET)) {
		if (!tl_emulate_get(e, 15, ret))
			return false;
		*ret &= ~UINT64_C(3);
		return true;
	}
	return tl_emulate_get_base(e, e->insn->rn, ret);
}

static bool by_base(struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	const bool post = insn->address == TL_ARM64_POST || insn->address == TL_ARM64_POST_REG;
	const bool list = insn->address == TL_ARM64_LIST;
	uint64_t add;

	if (!base(e, &e->base) || !offset(e, &add))
		return false;
	e->va = tl_emulate_advance(e, e->base, post ? 0 : add);
	e->back = tl_emulate_advance(e, e->base, list ? (uint64_t)(int64_t)insn->back : add);
	e->writes_back = post || insn->address == TL_ARM64_PRE ||
			 insn->address == TL_ARM64_PRE_REG || insn->writes_back;
	return true;
}

// The base's signature counts where SCTLR_EL1.EnDA or EnDB is set; an access that trapped at stage
// 2 had a good one, and FAR is the address that it came to. Arm ARM D8.10.
static bool authenticated(struct tl_emulation *e)
{
	const bool key_b = e->insn->word >> 23 & 1;
	const struct tl_trap *fault = e->fault;
	uint64_t sctlr;

	if (!by_base(e))
		return false;
	if (tl_arm64_get(&e->state->regs, TL_ARM64_sctlr_el1, &sctlr) &&
		!(sctlr >> (key_b ? SCTLR_ENDB : SCTLR_ENDA) & 1))
		return true;
	if (!fault || !fault->has_far || (fault->far ^ e->va) & 0xfff)
		return TL_EMULATE_LACK(e, "Arm ARM D8.10",
			"the key that signed its base is not known, nor is FAR, where it led");
	e->va = e->back = fault->far;
	return true;
}

static bool operand(struct tl_emulation *e)
{
	if (!tl_emulate_get(e, e->insn->rt, &e->va))
		return false;
	if (e->insn->does == TL_ARM64_ZEROES)
		e->va &= ~(tl_gva)(TL_EMULATE_BLOCK - 1);
	return true;
}

bool tl_emulate_address(struct tl_emulation *e)
{
	if (e->insn->address == TL_ARM64_OPERAND)
		return operand(e);
	return e->insn->authenticated ? authenticated(e) : by_base(e);
}
