// SPDX-License-Identifier: MIT
// Registers and memory as an instruction changes them.
#include "arch/x86_64/carrying.h"

#include "arch/backing.h"
#include "arch/x86_64/flags.h"

#define PAGE UINT64_C(4096)

static bool lacks(struct tl_x86_carrying *c, enum tl_x86_reg reg)
{
	return tl_why(c->why, NULL, "%s was not recorded", tl_arch_x86_64.regs[reg].name);
}

bool tl_x86_carry_get(
	struct tl_x86_carrying *c, unsigned n, unsigned size, bool high, uint64_t *ret)
{
	if (!tl_x86_general_get(&c->ret->regs, n, size, high, ret))
		return lacks(c, tl_x86_general(n));
	return true;
}

bool tl_x86_carry_rflags(struct tl_x86_carrying *c, uint64_t *ret)
{
	if (!tl_x86_get(&c->ret->regs, TL_X86_rflags, ret))
		return lacks(c, TL_X86_rflags);
	return true;
}

bool tl_x86_carry_set(struct tl_x86_carrying *c, unsigned n, unsigned size, bool high,
	uint64_t value, enum tl_origin origin)
{
	const enum tl_x86_reg reg = tl_x86_general(n);
	const unsigned shift = high ? 8 : 0;
	uint64_t mask = tl_bytes_mask(size) << shift, old = 0;

	if (size < 4 && !tl_x86_get(&c->ret->regs, reg, &old))
		return lacks(c, reg);
	if (size == 4)
		value &= mask;
	value = size < 4 ? (old & ~mask) | (value << shift & mask) : value;
	tl_x86_carry_field(c->ret, reg, value, origin);
	return true;
}

void tl_x86_carry_field(
	struct tl_effect *effect, enum tl_x86_reg reg, uint64_t value, enum tl_origin origin)
{
	if (tl_reg_set(&tl_arch_x86_64.regs[reg], &effect->regs, value))
		effect->origin[tl_arch_x86_64.regs[reg].offset / 8] = (uint8_t)origin;
}

void tl_x86_carry_flags(struct tl_x86_carrying *c, uint64_t rflags)
{
	uint64_t old;

	if (tl_x86_get(&c->ret->regs, TL_X86_rflags, &old) && old != rflags)
		tl_x86_carry_field(c->ret, TL_X86_rflags, rflags, TL_ORIGIN_RESULT);
}

static void fill(struct tl_transfer *transfer, uint64_t data, unsigned size)
{
	transfer->size = (uint8_t)size;
	tl_store_le(transfer->data, data, size);
}

static bool write_part(struct tl_x86_carrying *c, tl_gva va, uint64_t data, unsigned size)
{
	struct tl_transfer transfer = { .has_va = true, .write = true, .va = va };
	struct tl_backing backing;

	if (!tl_x86_physical(c->state, va, &transfer.gpa))
		return tl_why(c->why, NULL, "what 0x%llx is in guest memory is not known",
			(unsigned long long)va);
	tl_backing(c->state, transfer.gpa, &backing);
	transfer.is_device = backing.kind == TL_BACKING_HOLE || backing.kind == TL_BACKING_ROM;
	fill(&transfer, data, size);
	if (!tl_effect_transfer(c->ret, &transfer))
		return tl_why(c->why, NULL, "it writes more than %u times", TL_TRANSFERS);
	return true;
}

bool tl_x86_carry_write(struct tl_x86_carrying *c, tl_gva va, uint64_t data, unsigned size)
{
	const uint64_t room = PAGE - va % PAGE;
	const unsigned first = room < size ? (unsigned)room : size;

	if (!write_part(c, va, data, first))
		return false;
	return first == size || write_part(c, va + first, data >> 8 * first, size - first);
}

void tl_x86_carry_device(struct tl_x86_carrying *c, bool write, uint64_t data)
{
	struct tl_transfer transfer = {
		.write = write, .is_device = true, .gpa = c->trap->address
	};

	transfer.has_va = tl_x86_effective_address(c->state, c->insn, &transfer.va);
	fill(&transfer, data, c->insn->size);
	tl_effect_transfer(c->ret, &transfer);
}

// RF, and the shadow of STI or of a move to SS, last for one instruction.
bool tl_x86_carry_retire(struct tl_x86_carrying *c)
{
	uint64_t rip, rflags, shadow;

	if (!tl_x86_get(&c->ret->regs, TL_X86_rip, &rip))
		return lacks(c, TL_X86_rip);
	rip += c->insn->length;
	if (c->insn->mode != 64)
		rip = (uint32_t)rip;
	tl_effect_set(c->ret, tl_arch_x86_64.regs[TL_X86_rip].offset / 8, rip, TL_ORIGIN_NEXT);
	if (tl_x86_get(&c->ret->regs, TL_X86_rflags, &rflags) && rflags & TL_X86_RFLAGS_RF)
		tl_x86_carry_field(
			c->ret, TL_X86_rflags, rflags & ~TL_X86_RFLAGS_RF, TL_ORIGIN_NEXT);
	if (tl_x86_get(&c->ret->regs, TL_X86_interrupt_shadow, &shadow) && shadow)
		tl_x86_carry_field(c->ret, TL_X86_interrupt_shadow, 0, TL_ORIGIN_NEXT);
	return true;
}
