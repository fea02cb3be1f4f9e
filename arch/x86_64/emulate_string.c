// SPDX-License-Identifier: MIT
// String instructions: one element, or as many as INS has read ahead. KVM leaves RIP on a repeated
// one, also behind its last element. SDM volume 2, REP.
#include "arch/x86_64/carrying.h"
#include "arch/x86_64/flags.h"

#define REPNE 0xf2

static bool advance(struct tl_x86_carrying *c, unsigned reg, unsigned count)
{
	const unsigned width = c->insn->width;
	int64_t step;
	uint64_t at;

	if (!tl_x86_step(&c->state->regs, c->insn, &step))
		return tl_why(c->why, NULL, "rflags was not recorded");
	if (!tl_x86_carry_get(c, reg, width, false, &at))
		return false;
	return tl_x86_carry_set(
		c, reg, width, false, at + (uint64_t)(step * count), TL_ORIGIN_WRITEBACK);
}

// KVM reads one element after the other, and shows no flags until it goes back to the guest: behind
// the last element, each 1024th, or one that it writes to a device. It then shows RF, as the CPU
// does between elements (SDM volume 3, 18.3.1.1).
static bool shows_flags(const struct tl_x86_carrying *c, uint64_t left)
{
	const struct tl_effect *e = c->ret;
	const struct tl_transfer *last = &e->transfer[e->n_transfers - 1];

	return c->insn->op == TL_X86_INS || left % 1024 == 0 || (last->write && last->is_device);
}

// `ends`: by its flags, as REPE and REPNE do.
static bool finish(struct tl_x86_carrying *c, unsigned count, uint64_t rflags, bool ends)
{
	const unsigned width = c->insn->width;
	uint64_t left;

	if (c->insn->repeat) {
		if (!tl_x86_carry_get(c, TL_X86_C, width, false, &left))
			return false;
		left -= count;
		if (!tl_x86_carry_set(c, TL_X86_C, width, false, left, TL_ORIGIN_RESULT))
			return false;
	}
	if (!c->insn->repeat || ends) {
		tl_x86_carry_flags(c, rflags);
		return tl_x86_carry_retire(c);
	}
	if (shows_flags(c, left))
		tl_x86_carry_flags(c, rflags | TL_X86_RFLAGS_RF);
	c->ret->outlook = "the repeated instruction goes on with the next element";
	return true;
}

static bool destination(struct tl_x86_carrying *c, tl_gva *ret)
{
	if (tl_x86_place(&c->state->regs, c->insn, TL_X86_DESTINATION, ret))
		return true;
	return tl_why(c->why, NULL, "rdi or es was not recorded");
}

bool tl_x86_carry_lods(struct tl_x86_carrying *c)
{
	uint64_t rflags;

	return tl_x86_carry_rflags(c, &rflags) &&
	       tl_x86_carry_set(c, TL_X86_A, c->insn->size, false, c->data, TL_ORIGIN_DATA) &&
	       advance(c, TL_X86_SI, 1) && finish(c, 1, rflags, false);
}

bool tl_x86_carry_movs(struct tl_x86_carrying *c)
{
	uint64_t rflags;
	tl_gva to;

	return tl_x86_carry_rflags(c, &rflags) && destination(c, &to) &&
	       tl_x86_carry_write(c, to, c->data, c->insn->size) && advance(c, TL_X86_SI, 1) &&
	       advance(c, TL_X86_DI, 1) && finish(c, 1, rflags, false);
}

// REPE ends with ZF clear, REPNE with ZF set; then RIP moves on.
bool tl_x86_carry_scas(struct tl_x86_carrying *c)
{
	const struct tl_x86_insn *i = c->insn;
	uint64_t rax, rflags;

	if (!tl_x86_carry_get(c, TL_X86_A, i->size, false, &rax) ||
		!tl_x86_carry_rflags(c, &rflags))
		return false;
	rflags = tl_x86_compute(TL_X86_CMP, i->size, rax, c->data, rflags).rflags;
	return advance(c, TL_X86_DI, 1) &&
	       finish(c, 1, rflags, !(rflags & TL_X86_RFLAGS_ZF) == (i->repeat != REPNE));
}

bool tl_x86_carry_ins(struct tl_x86_carrying *c)
{
	const unsigned count = c->trap->count ? c->trap->count : 1;
	uint64_t rflags;
	int64_t step;
	tl_gva to;

	if (!tl_x86_carry_rflags(c, &rflags) || !destination(c, &to) ||
		!tl_x86_step(&c->state->regs, c->insn, &step))
		return false;
	for (unsigned n = 0; n < count; n++, to += (uint64_t)step)
		if (!tl_x86_carry_write(c, to, c->data, c->insn->size))
			return false;
	return advance(c, TL_X86_DI, count) && finish(c, count, rflags, false);
}
