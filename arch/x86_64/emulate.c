// SPDX-License-Identifier: MIT
// What KVM's emulator does with the answer to an access, instruction by instruction.
#include "arch/x86_64/emulate.h"

#include "arch/x86_64/carrying.h"
#include "arch/x86_64/flags.h"

static bool destination(struct tl_x86_carrying *c, uint64_t value, enum tl_origin origin)
{
	return tl_x86_carry_set(c, c->insn->reg, c->insn->reg_size, c->insn->high, value, origin);
}

// A write to the device that was read: the next exit.
static void store(struct tl_x86_carrying *c, uint64_t value)
{
	tl_x86_carry_device(c, true, value);
	c->ret->outlook = "KVM exits again at once, with the write";
}

static bool load(struct tl_x86_carrying *c)
{
	uint64_t value = c->data;

	if (c->insn->op == TL_X86_MOVSX)
		value = (uint64_t)tl_bytes_extend(value, c->insn->size);
	else if (c->insn->op == TL_X86_MOVBE)
		value = tl_bytes_swap(value, c->insn->size);
	return destination(c, value, TL_ORIGIN_DATA) && tl_x86_carry_retire(c);
}

// The other operand of what has two.
static bool operand(struct tl_x86_carrying *c, uint64_t *ret)
{
	const struct tl_x86_insn *i = c->insn;

	if (i->reg != TL_X86_NO_REG)
		return tl_x86_carry_get(c, i->reg, i->reg_size, i->high, ret);
	*ret = (uint64_t)i->immediate;
	return true;
}

static bool compute(struct tl_x86_carrying *c)
{
	const struct tl_x86_insn *i = c->insn;
	uint64_t other, rflags;
	struct tl_x86_sum sum;

	if (!operand(c, &other) || !tl_x86_carry_rflags(c, &rflags))
		return false;
	sum = i->loads ? tl_x86_compute(i->op, i->size, other, c->data, rflags)
		       : tl_x86_compute(i->op, i->size, c->data, other, rflags);
	tl_x86_carry_flags(c, sum.rflags);
	if (i->writes)
		store(c, sum.value);
	else if (i->loads && i->op != TL_X86_CMP && i->op != TL_X86_TEST &&
		 !destination(c, sum.value, TL_ORIGIN_RESULT))
		return false;
	return tl_x86_carry_retire(c);
}

static bool exchange(struct tl_x86_carrying *c)
{
	uint64_t other, rflags;
	struct tl_x86_sum sum;

	if (!operand(c, &other) || !tl_x86_carry_rflags(c, &rflags))
		return false;
	if (c->insn->op == TL_X86_XADD) {
		sum = tl_x86_compute(TL_X86_ADD, c->insn->size, c->data, other, rflags);
		tl_x86_carry_flags(c, sum.rflags);
		other = sum.value;
	}
	store(c, other);
	return destination(c, c->data, TL_ORIGIN_DATA) && tl_x86_carry_retire(c);
}

// Without its condition it still clears the upper half of a 32-bit register.
static bool conditional(struct tl_x86_carrying *c)
{
	uint64_t rflags, value = c->data;

	if (!tl_x86_carry_rflags(c, &rflags))
		return false;
	if (!tl_x86_condition(c->insn->condition, rflags)) {
		if (c->insn->reg_size != 4)
			return tl_x86_carry_retire(c);
		if (!operand(c, &value))
			return false;
	}
	return destination(c, value, TL_ORIGIN_DATA) && tl_x86_carry_retire(c);
}

static bool stack_width(struct tl_x86_carrying *c, unsigned *ret)
{
	uint64_t big;

	*ret = 8;
	if (c->insn->mode == 64)
		return true;
	if (!tl_x86_get(&c->state->regs, TL_X86_ss_db, &big))
		return tl_why(c->why, NULL, "ss was not recorded");
	*ret = big ? 4 : 2;
	return true;
}

static bool push(struct tl_x86_carrying *c)
{
	const unsigned size = c->insn->size;
	unsigned width;
	uint64_t sp;
	tl_gva to;

	if (!stack_width(c, &width) || !tl_x86_carry_get(c, TL_X86_SP, width, false, &sp))
		return false;
	sp = (sp - size) & tl_bytes_mask(width);
	if (!tl_x86_linear(&c->state->regs, c->insn, TL_X86_SS, sp, &to))
		return tl_why(c->why, NULL, "ss was not recorded");
	return tl_x86_carry_write(c, to, c->data, size) &&
	       tl_x86_carry_set(c, TL_X86_SP, width, false, sp, TL_ORIGIN_WRITEBACK) &&
	       tl_x86_carry_retire(c);
}

typedef bool carry(struct tl_x86_carrying *c);

// What each does with data that it has read. What is missing here is not modelled.
static carry *const readers[] = {
	[TL_X86_MOV] = load,
	[TL_X86_MOVZX] = load,
	[TL_X86_MOVSX] = load,
	[TL_X86_MOVBE] = load,
	[TL_X86_ADD] = compute,
	[TL_X86_OR] = compute,
	[TL_X86_ADC] = compute,
	[TL_X86_SBB] = compute,
	[TL_X86_AND] = compute,
	[TL_X86_SUB] = compute,
	[TL_X86_XOR] = compute,
	[TL_X86_CMP] = compute,
	[TL_X86_TEST] = compute,
	[TL_X86_INC] = compute,
	[TL_X86_DEC] = compute,
	[TL_X86_NOT] = compute,
	[TL_X86_NEG] = compute,
	[TL_X86_XCHG] = exchange,
	[TL_X86_XADD] = exchange,
	[TL_X86_BT] = compute,
	[TL_X86_BTS] = compute,
	[TL_X86_BTR] = compute,
	[TL_X86_BTC] = compute,
	[TL_X86_CMOVCC] = conditional,
	[TL_X86_PUSH] = push,
	[TL_X86_LODS] = tl_x86_carry_lods,
	[TL_X86_MOVS] = tl_x86_carry_movs,
	[TL_X86_SCAS] = tl_x86_carry_scas,
};

static bool unmodelled(const struct tl_x86_insn *i, struct tl_why *why)
{
	if (i->op == TL_X86_MOVE_VECTOR)
		return tl_why(why, NULL,
			"%s at a device is not modelled: vector registers are no part of the state",
			i->name);
	return tl_why(why, NULL, "%s at a device is not modelled",
		*i->name ? i->name : "this instruction");
}

static bool carry_read(struct tl_x86_carrying *c)
{
	const struct tl_x86_insn *i = c->insn;
	carry *const reader = i->op < sizeof(readers) / sizeof(readers[0]) ? readers[i->op] : NULL;

	if (!reader)
		return unmodelled(i, c->why);
	if (c->trap->has_size && c->trap->size != i->size)
		return tl_why(c->why, NULL,
			"KVM reads the %u bytes of %s in parts, and this exit is one of them",
			i->size, i->name);
	tl_x86_carry_device(c, false, c->data);
	return reader(c);
}

static bool not_found(const struct tl_trap *trap, struct tl_why *why)
{
	if (!trap->code_size)
		return tl_why(why, NULL, "the instruction that trapped was not recorded");
	return tl_why(why, NULL, "no instruction around rip makes this access");
}

static void warn_of_trap_flag(struct tl_effect *effect)
{
	uint64_t rflags;

	if (tl_x86_get(&effect->regs, TL_X86_rflags, &rflags) && rflags & TL_X86_RFLAGS_TF)
		effect->note = "RFLAGS.TF is set: #DB follows the instruction";
}

static enum tl_answer_status done_if(bool good, struct tl_effect *effect)
{
	if (good)
		warn_of_trap_flag(effect);
	return good ? TL_ANSWER_DONE : TL_ANSWER_NOT_KNOWN;
}

// Behind a write nothing is left to do: KVM carries the instruction out, then exits.
static void written(
	const struct tl_trap *trap, const struct tl_x86_insn *i, struct tl_effect *effect)
{
	if (!i)
		return;
	if (i->repeat && i->at == 0)
		effect->outlook = "the repeated instruction goes on with the next element";
	else if (trap->has_size && trap->size < i->size)
		effect->outlook = "KVM writes it in parts: the others are exits too";
}

enum tl_answer_status tl_x86_complete_mmio(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_x86_insn *insn, uint64_t value, struct tl_effect *ret,
	struct tl_why *ret_why)
{
	struct tl_x86_carrying c = { state, trap, insn, value, ret, ret_why };

	if (!trap->has_write) {
		tl_why(ret_why, NULL, "whether it is a read or a write was not recorded");
		return TL_ANSWER_NOT_KNOWN;
	}
	if (trap->write) {
		written(trap, insn, ret);
		return TL_ANSWER_DONE;
	}
	return done_if(insn ? carry_read(&c) : not_found(trap, ret_why), ret);
}

enum tl_answer_status tl_x86_complete_port(const struct tl_state *state, const struct tl_trap *trap,
	const struct tl_x86_insn *insn, uint64_t value, struct tl_effect *ret,
	struct tl_why *ret_why)
{
	struct tl_x86_carrying c = { state, trap, insn, value, ret, ret_why };
	bool good = true;

	if (!insn)
		return done_if(not_found(trap, ret_why), ret);
	if (insn->op == TL_X86_INS)
		good = tl_x86_carry_ins(&c);
	else if (insn->op == TL_X86_IN)
		good = tl_x86_carry_set(&c, TL_X86_A, insn->size, false, value, TL_ORIGIN_REPLY) &&
		       tl_x86_carry_retire(&c);
	else if (insn->op == TL_X86_OUT && insn->at == 0)
		good = tl_x86_carry_retire(&c);
	else
		written(trap, insn, ret);
	return done_if(good, ret);
}
