// SPDX-License-Identifier: MIT
// Sizes, immediates, and what an instruction accesses. SDM volume 2, 2.2.1, chapters 3 to 5.
#include "arch/x86_64/decoding.h"

#include <string.h>

static unsigned size_of(const struct tl_x86_insn *i, unsigned size)
{
	static const uint8_t sizes[] = { [TL_X86_B] = 1, [TL_X86_W] = 2, [TL_X86_D] = 4 };

	if (size == TL_X86_V)
		return i->operand;
	if (size == TL_X86_Z)
		return i->operand == 2 ? 2 : 4;
	if (size == TL_X86_Y)
		return i->operand == 8 ? 8 : 4;
	return size < sizeof(sizes) ? sizes[size] : 0;
}

void tl_x86_sizes(const struct tl_x86_text *t, struct tl_x86_insn *i, unsigned flags)
{
	const unsigned narrow = i->mode == 16 ? 2 : 4;

	i->operand = (uint8_t)(t->has_66 ? 6 - narrow : narrow);
	if (i->mode == 64 && (flags & TL_X86_WIDE) && !t->has_66)
		i->operand = 8;
	if (t->rex & TL_X86_REX_W)
		i->operand = 8;
	i->width = i->mode == 64 ? 8 : (uint8_t)narrow;
	if (t->has_67)
		i->width = i->mode == 64 ? 4 : 6 - i->width;
}

static void string(const struct tl_x86_text *t, struct tl_x86_insn *i)
{
	const bool source = i->op == TL_X86_OUTS || i->op == TL_X86_LODS,
		   both = i->op == TL_X86_MOVS || i->op == TL_X86_CMPS;

	i->place = both ? TL_X86_BOTH : source ? TL_X86_SOURCE : TL_X86_DESTINATION;
	i->segment = i->place == TL_X86_DESTINATION ? TL_X86_ES : tl_x86_segment(t, TL_X86_DS);
	i->loads = i->op == TL_X86_LODS;
	if (i->op == TL_X86_LODS || i->op == TL_X86_STOS || i->op == TL_X86_SCAS)
		i->reg = 0;
}

static void immediate(struct tl_x86_text *t, struct tl_x86_insn *i, unsigned size)
{
	i->has_immediate = true;
	i->immediate = tl_x86_take_signed(t, size);
}

static void offset(struct tl_x86_text *t, struct tl_x86_insn *i, bool loads)
{
	i->place = TL_X86_ADDRESS;
	i->displacement = (int64_t)tl_x86_take(t, i->width);
	i->segment = tl_x86_segment(t, TL_X86_DS);
	i->reg = 0;
	i->loads = loads;
}

void tl_x86_operands(struct tl_x86_text *t, struct tl_x86_insn *i, enum tl_x86_shape shape)
{
	const unsigned z = i->operand == 2 ? 2 : 4;

	switch (shape) {
	case TL_X86_M_I8:
	case TL_X86_I8:
		immediate(t, i, t->map == TL_X86_TWO_BYTE && t->opcode == 0x78 ? 2 : 1);
		break;
	case TL_X86_M_IZ:
	case TL_X86_IZ:
		immediate(t, i, t->map > TL_X86_MAP_XOP ? 4 : z);
		break;
	case TL_X86_I16:
		tl_x86_take(t, 2);
		break;
	case TL_X86_IV:
		tl_x86_take(t, i->operand);
		break;
	case TL_X86_JZ:
		tl_x86_take(t, i->mode == 64 ? 4 : z);
		break;
	case TL_X86_I16_I8:
		tl_x86_take(t, 3);
		break;
	case TL_X86_FAR:
		tl_x86_take(t, z + 2);
		break;
	case TL_X86_A_O:
	case TL_X86_O_A:
		offset(t, i, shape == TL_X86_A_O);
		break;
	case TL_X86_STRING:
		string(t, i);
		break;
	case TL_X86_I_PORT:
		i->has_immediate = true;
		i->immediate = tl_x86_next(t);
		i->reg = 0;
		break;
	case TL_X86_D_PORT:
		i->reg = 0;
		break;
	case TL_X86_R_M:
		i->loads = true;
		break;
	case TL_X86_M_R:
	case TL_X86_M:
	case TL_X86_REGISTERS:
	case TL_X86_ALONE:
	case TL_X86_UNUSED:
		break;
	}
}

// SPL to DIL take the place of AH to BH with REX.
static bool split_high(const struct tl_x86_text *t, unsigned size, uint8_t *reg)
{
	if (size != 1 || t->has_rex || t->vex || *reg < 4 || *reg > 7)
		return false;
	*reg -= 4;
	return true;
}

// The other register of a plain instruction, or none.
static void other_register(
	const struct tl_x86_text *t, struct tl_x86_insn *i, const struct tl_x86_opcode *row)
{
	if (row->shape == TL_X86_M || row->shape == TL_X86_M_I8 || row->shape == TL_X86_M_IZ)
		i->reg = TL_X86_NO_REG;
	if (i->is_register)
		i->high_rm = split_high(t, i->size, &i->rm);
	if (i->reg == TL_X86_NO_REG)
		return;
	i->reg_size = i->op == TL_X86_MOVZX || i->op == TL_X86_MOVSX ? i->operand : i->size;
	if (tl_x86_has_modrm(row->shape))
		i->high = split_high(t, i->reg_size, &i->reg);
}

static void plain(
	const struct tl_x86_text *t, struct tl_x86_insn *i, const struct tl_x86_opcode *row)
{
	const bool accesses = i->place != TL_X86_NO_PLACE || row->shape == TL_X86_I_PORT ||
			      row->shape == TL_X86_D_PORT;

	memcpy(i->name, row->name, sizeof(row->name));
	i->size = (uint8_t)size_of(i, row->size);
	i->reads = accesses && row->flags & TL_X86_READS;
	i->writes = accesses && row->flags & TL_X86_WRITES;
	i->condition = t->opcode & 15;
	other_register(t, i, row);
}

static void describe_move(
	const struct tl_x86_text *t, struct tl_x86_insn *i, const struct tl_x86_move *move)
{
	const size_t v = t->vex;

	i->name[0] = 'v';
	memcpy(i->name + v, move->name, sizeof(move->name));
	if (!move->size && t->rex & TL_X86_REX_W)
		i->name[v + 3] = 'q';
	i->op = TL_X86_MOVE_VECTOR;
	i->size = move->size ? move->size : t->rex & TL_X86_REX_W && i->mode == 64 ? 8 : 4;
	if (t->length && move->by_length)
		i->size *= 2;
	i->loads = i->reads = !move->writes;
	i->writes = move->writes;
}

static void vector(const struct tl_x86_text *t, struct tl_x86_insn *i)
{
	const struct tl_x86_move *move = tl_x86_move(t->map, t->opcode, t->mandatory);

	i->reg = TL_X86_NO_REG;
	if (move && i->place && !t->evex && !(t->vex && move->mmx))
		describe_move(t, i, move);
}

static bool is_hypercall(const struct tl_x86_text *t)
{
	return t->map == TL_X86_TWO_BYTE && t->opcode == 0x01 && !t->mandatory &&
	       (t->modrm == 0xc1 || t->modrm == 0xd9);
}

void tl_x86_describe(
	const struct tl_x86_text *t, struct tl_x86_insn *i, const struct tl_x86_opcode *row)
{
	static const char hypercalls[2][8] = { "vmcall", "vmmcall" };

	i->length = (uint8_t)t->at;
	if (is_hypercall(t)) {
		memcpy(i->name, hypercalls[t->modrm == 0xd9], sizeof(hypercalls[0]));
		i->op = TL_X86_VMCALL;
	} else if (t->vex || (t->map != TL_X86_ONE_BYTE && !*row->name)) {
		vector(t, i);
	} else {
		plain(t, i, row);
	}
}
