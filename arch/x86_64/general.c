// SPDX-License-Identifier: MIT
// Registers as operands, and the addresses made of them. SDM volume 1, 3.7.5.
#include "arch/x86_64/general.h"

#include "arch/x86_64/decode.h"
#include "arch/x86_64/flags.h"

enum tl_x86_reg tl_x86_general(unsigned n)
{
	static const uint8_t regs[16] = { TL_X86_rax, TL_X86_rcx, TL_X86_rdx, TL_X86_rbx,
		TL_X86_rsp, TL_X86_rbp, TL_X86_rsi, TL_X86_rdi, TL_X86_r8, TL_X86_r9, TL_X86_r10,
		TL_X86_r11, TL_X86_r12, TL_X86_r13, TL_X86_r14, TL_X86_r15 };

	return regs[n & 15];
}

bool tl_x86_general_get(
	const struct tl_regs *regs, unsigned n, unsigned size, bool high, uint64_t *ret)
{
	uint64_t value;

	if (!tl_x86_get(regs, tl_x86_general(n), &value))
		return false;
	*ret = (high ? value >> 8 : value) & tl_bytes_mask(size);
	return true;
}

bool tl_x86_step(const struct tl_regs *regs, const struct tl_x86_insn *insn, int64_t *ret)
{
	uint64_t rflags;

	if (!tl_x86_get(regs, TL_X86_rflags, &rflags))
		return false;
	*ret = rflags & TL_X86_RFLAGS_DF ? -(int64_t)insn->size : insn->size;
	return true;
}

// 64-bit code has the bases of FS and GS alone.
bool tl_x86_linear(const struct tl_regs *regs, const struct tl_x86_insn *insn, unsigned segment,
	uint64_t offset, tl_gva *ret)
{
	static const uint8_t bases[] = { TL_X86_es_base, TL_X86_cs_base, TL_X86_ss_base,
		TL_X86_ds_base, TL_X86_fs_base, TL_X86_gs_base };
	uint64_t base = 0;

	if ((insn->mode != 64 || segment >= TL_X86_FS) && !tl_x86_get(regs, bases[segment], &base))
		return false;
	*ret = insn->mode == 64 ? base + offset : (uint32_t)(base + offset);
	return true;
}

// BT and its kin with a register reach beyond the operand: SDM volume 2, BT.
static bool bit_offset(const struct tl_regs *regs, const struct tl_x86_insn *insn, int64_t *ret)
{
	uint64_t bit;

	*ret = 0;
	if (insn->op < TL_X86_BT || insn->op > TL_X86_BTC || insn->reg == TL_X86_NO_REG)
		return true;
	if (!tl_x86_general_get(regs, insn->reg, insn->size, false, &bit))
		return false;
	*ret = (tl_bytes_extend(bit, insn->size) & -(int64_t)(8 * insn->size)) / 8;
	return true;
}

static bool offset(const struct tl_regs *regs, const struct tl_x86_insn *insn, uint64_t *ret)
{
	uint64_t value, at = (uint64_t)insn->displacement;
	int64_t bits;

	if (insn->base != TL_X86_NO_REG) {
		if (!tl_x86_general_get(regs, insn->base, 8, false, &value))
			return false;
		at += value;
	}
	if (insn->index != TL_X86_NO_REG) {
		if (!tl_x86_general_get(regs, insn->index, 8, false, &value))
			return false;
		at += value * insn->scale;
	}
	if (insn->rip) {
		if (!tl_x86_get(regs, TL_X86_rip, &value))
			return false;
		at += value + (uint64_t)(int64_t)(insn->at + insn->length);
	}
	if (!bit_offset(regs, insn, &bits))
		return false;
	*ret = (at + (uint64_t)bits) & tl_bytes_mask(insn->width);
	return true;
}

bool tl_x86_place(const struct tl_regs *regs, const struct tl_x86_insn *insn,
	enum tl_x86_place place, tl_gva *ret)
{
	uint64_t at;

	switch (place) {
	case TL_X86_SOURCE:
		return tl_x86_general_get(regs, TL_X86_SI, insn->width, false, &at) &&
		       tl_x86_linear(regs, insn, insn->segment, at, ret);
	case TL_X86_DESTINATION:
		return tl_x86_general_get(regs, TL_X86_DI, insn->width, false, &at) &&
		       tl_x86_linear(regs, insn, TL_X86_ES, at, ret);
	case TL_X86_ADDRESS:
		return offset(regs, insn, &at) && tl_x86_linear(regs, insn, insn->segment, at, ret);
	case TL_X86_NO_PLACE:
	case TL_X86_BOTH:
		break;
	}
	return false;
}

bool tl_x86_effective_address(
	const struct tl_state *state, const struct tl_x86_insn *insn, tl_gva *ret)
{
	enum tl_x86_place place = insn->place;
	int64_t step = 0;
	tl_gva at;

	if (place == TL_X86_BOTH)
		place = insn->past ? TL_X86_DESTINATION : TL_X86_SOURCE;
	if (insn->past && !tl_x86_step(&state->regs, insn, &step))
		return false;
	if (!tl_x86_place(&state->regs, insn, place, &at))
		return false;
	*ret = insn->mode == 64 ? at - (uint64_t)step : (uint32_t)(at - (uint64_t)step);
	return true;
}

bool tl_x86_physical(const struct tl_state *state, tl_gva va, tl_gpa *ret)
{
	struct tl_walk walk;
	uint64_t cr0;

	if (!tl_x86_get(&state->regs, TL_X86_cr0, &cr0))
		return false;
	if (cr0 & TL_X86_CR0_PG && !state->mem.read)
		return false;
	tl_x86_walk(&state->regs, &state->mem, va, &walk);
	if (walk.status != TL_WALK_OK)
		return false;
	*ret = walk.gpa;
	return true;
}
