// SPDX-License-Identifier: MIT
// Memory by ModRM and SIB. SDM volume 2, 2.1.5, tables 2-1 to 2-3; 2.2.1.6.
#include "arch/x86_64/decoding.h"

// Without an override BP and SP stand in the stack's segment.
static void address16(struct tl_x86_text *t, struct tl_x86_insn *i)
{
	static const struct {
		uint8_t base, index;
	} forms[] = { { 3, 6 }, { 3, 7 }, { 5, 6 }, { 5, 7 }, { 6, TL_X86_NO_REG },
		{ 7, TL_X86_NO_REG }, { 5, TL_X86_NO_REG }, { 3, TL_X86_NO_REG } };
	const unsigned mod = t->modrm >> 6, rm = t->modrm & 7;
	const bool absolute = mod == 0 && rm == 6;

	i->base = absolute ? TL_X86_NO_REG : forms[rm].base;
	i->index = forms[rm].index;
	i->displacement = tl_x86_take_signed(t, mod == 1 ? 1 : mod == 2 || absolute ? 2 : 0);
	i->segment = tl_x86_segment(t, i->base == 5 ? TL_X86_SS : TL_X86_DS);
}

// An index of 4 without REX.X is none.
static void sib(struct tl_x86_text *t, struct tl_x86_insn *i)
{
	const unsigned byte = tl_x86_next(t),
		       index = (byte >> 3 & 7) | (t->rex & TL_X86_REX_X ? 8 : 0);

	i->scale = (uint8_t)(1 << (byte >> 6));
	i->index = index == 4 ? TL_X86_NO_REG : (uint8_t)index;
	if ((byte & 7) == 5 && t->modrm < 0x40)
		i->base = TL_X86_NO_REG;
	else
		i->base = (uint8_t)((byte & 7) | (t->rex & TL_X86_REX_B ? 8 : 0));
}

static void address32(struct tl_x86_text *t, struct tl_x86_insn *i)
{
	const unsigned mod = t->modrm >> 6, rm = t->modrm & 7;

	if (rm == 4)
		sib(t, i);
	else if (mod == 0 && rm == 5)
		i->rip = i->mode == 64;
	else
		i->base = (uint8_t)(rm | (t->rex & TL_X86_REX_B ? 8 : 0));
	if (mod == 1)
		i->displacement = tl_x86_take_signed(t, 1);
	else if (mod == 2 || (mod == 0 && i->base == TL_X86_NO_REG))
		i->displacement = tl_x86_take_signed(t, 4);
	i->segment = tl_x86_segment(t, i->base == 4 || i->base == 5 ? TL_X86_SS : TL_X86_DS);
}

void tl_x86_modrm(struct tl_x86_text *t, struct tl_x86_insn *i, unsigned shape)
{
	i->reg = (uint8_t)((t->modrm >> 3 & 7) | (t->rex & TL_X86_REX_R ? 8 : 0));
	i->is_register = t->modrm >= 0xc0 || shape == TL_X86_REGISTERS;
	if (i->is_register) {
		i->rm = (uint8_t)((t->modrm & 7) | (t->rex & TL_X86_REX_B ? 8 : 0));
		return;
	}
	i->place = TL_X86_ADDRESS;
	if (i->width == 2)
		address16(t, i);
	else
		address32(t, i);
}
