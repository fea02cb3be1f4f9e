// SPDX-License-Identifier: MIT
// Prefixes, opcode, ModRM, displacement and immediate. SDM volume 2, chapter 2.
#include "arch/x86_64/decode.h"

#include "arch/x86_64/decoding.h"
#include "arch/x86_64/flags.h"
#include "arch/x86_64/regs.h"

#include <string.h>

static bool legacy_prefix(struct tl_x86_text *t, struct tl_x86_insn *i, unsigned byte)
{
	static const uint8_t segments[256] = { [0x26] = 1 + TL_X86_ES,
		[0x2e] = 1 + TL_X86_CS,
		[0x36] = 1 + TL_X86_SS,
		[0x3e] = 1 + TL_X86_DS,
		[0x64] = 1 + TL_X86_FS,
		[0x65] = 1 + TL_X86_GS };

	if (segments[byte] && (i->mode != 64 || byte >= 0x64))
		t->segment = segments[byte] - 1;
	else if (byte == 0x66)
		t->has_66 = true;
	else if (byte == 0x67)
		t->has_67 = true;
	else if (byte == 0xf0)
		i->lock = true;
	else if (byte == 0xf2 || byte == 0xf3)
		i->repeat = (uint8_t)byte;
	else
		return segments[byte];
	return true;
}

// REX counts where it stands directly before the opcode.
static void prefixes(struct tl_x86_text *t, struct tl_x86_insn *i)
{
	for (; t->at < t->size && t->at < TL_X86_LONGEST; t->at++) {
		const unsigned byte = t->code[t->at];

		if (i->mode == 64 && (byte & 0xf0) == 0x40) {
			t->has_rex = true;
			t->rex = (uint8_t)byte;
		} else if (legacy_prefix(t, i, byte)) {
			t->has_rex = false;
			t->rex = 0;
		} else {
			break;
		}
	}
	t->mandatory = i->repeat ? i->repeat : t->has_66 ? 0x66 : 0;
}

static void vector_prefix(struct tl_x86_text *t, unsigned last)
{
	static const uint8_t mandatory[] = { 0, 0x66, 0xf3, 0xf2 };

	t->vex = true;
	t->mandatory = mandatory[last & 3];
	t->length = last >> 2 & 3;
}

// R, X and B are inverted.
static void vex2(struct tl_x86_text *t)
{
	const unsigned byte = tl_x86_next(t);

	t->rex = byte & 0x80 ? 0 : TL_X86_REX_R;
	t->map = TL_X86_TWO_BYTE;
	vector_prefix(t, byte & 7);
}

static void vex3(struct tl_x86_text *t)
{
	const unsigned first = tl_x86_next(t), second = tl_x86_next(t);

	t->rex = (uint8_t)((~first >> 5 & 7) | (second & 0x80 ? TL_X86_REX_W : 0));
	t->map = first & 0x1f;
	vector_prefix(t, second & 7);
}

static void evex(struct tl_x86_text *t)
{
	const unsigned first = tl_x86_next(t), second = tl_x86_next(t);

	tl_x86_next(t);
	t->rex = (uint8_t)((~first >> 5 & 7) | (second & 0x80 ? TL_X86_REX_W : 0));
	t->map = first & 7;
	t->evex = true;
	vector_prefix(t, second & 3);
}

// Before memory operands, but in 64-bit code, C4, C5 and 62 are LES, LDS and BOUND. 8F is POP where
// the map would be below 8.
static bool vector_opcode(struct tl_x86_text *t, const struct tl_x86_insn *i, unsigned byte)
{
	const bool taken = i->mode == 64 || tl_x86_peek(t) >= 0xc0;
	const bool xop = byte == 0x8f && (tl_x86_peek(t) & 0x1f) >= TL_X86_MAP_XOP;

	if (byte == 0xc5 && taken)
		vex2(t);
	else if ((byte == 0xc4 && taken) || xop)
		vex3(t);
	else if (byte == 0x62 && taken)
		evex(t);
	else
		return false;
	t->opcode = (uint8_t)tl_x86_next(t);
	return true;
}

static void opcode(struct tl_x86_text *t, const struct tl_x86_insn *i)
{
	t->opcode = (uint8_t)tl_x86_next(t);
	if (vector_opcode(t, i, t->opcode) || t->opcode != 0x0f)
		return;
	t->map = TL_X86_TWO_BYTE;
	t->opcode = (uint8_t)tl_x86_next(t);
	if (t->opcode != 0x38 && t->opcode != 0x3a)
		return;
	t->map = t->opcode == 0x38 ? TL_X86_MAP_38 : TL_X86_MAP_3A;
	t->opcode = (uint8_t)tl_x86_next(t);
}

// What a vector instruction is, as far as its length goes.
static struct tl_x86_opcode vector_row(const struct tl_x86_text *t)
{
	struct tl_x86_opcode row = { .shape = TL_X86_M };

	if (t->map == TL_X86_TWO_BYTE)
		row.shape = tl_x86_two_byte[t->opcode].shape == TL_X86_M_I8 ? TL_X86_M_I8
			    : t->opcode == 0x77				    ? TL_X86_ALONE
									    : TL_X86_M;
	else if (t->map == TL_X86_MAP_3A || t->map == TL_X86_MAP_XOP)
		row.shape = TL_X86_M_I8;
	else if (t->map == TL_X86_MAP_XOP + 2)
		row.shape = TL_X86_M_IZ;
	else if (t->map == 0 || t->map == 4 || t->map == 7 || t->map > TL_X86_MAP_XOP + 2)
		row.shape = TL_X86_UNUSED;
	return row;
}

static struct tl_x86_opcode row_38(const struct tl_x86_text *t)
{
	const bool crc = t->mandatory == 0xf2, moves = !crc && (t->opcode & 0xfe) == 0xf0;
	const bool stores = t->opcode & 1;

	if (!moves || t->mandatory == 0xf3)
		return (struct tl_x86_opcode){ .shape = TL_X86_M };
	return (struct tl_x86_opcode){ "movbe", TL_X86_MOVBE, stores ? TL_X86_M_R : TL_X86_R_M,
		TL_X86_V, stores ? TL_X86_WRITES : TL_X86_READS, 0 };
}

// What shares its opcode with others that have another mode or another prefix.
static void amend(
	const struct tl_x86_text *t, const struct tl_x86_insn *i, struct tl_x86_opcode *row)
{
	const bool extended = t->map == TL_X86_TWO_BYTE && t->opcode == 0x78;

	if (t->map == TL_X86_ONE_BYTE && t->opcode == 0x63 && i->mode != 64)
		*row = (struct tl_x86_opcode){ .shape = TL_X86_M };
	else if (extended && (t->mandatory == 0x66 || t->mandatory == 0xf2))
		row->shape = TL_X86_M_I8; // EXTRQ and INSERTQ, of two bytes
	if (row->flags & TL_X86_NOT_64 && i->mode == 64)
		row->shape = TL_X86_UNUSED;
}

static struct tl_x86_opcode find_row(const struct tl_x86_text *t, const struct tl_x86_insn *i)
{
	struct tl_x86_opcode row;

	if (t->vex)
		return vector_row(t);
	if (t->map == TL_X86_MAP_38)
		return row_38(t);
	if (t->map == TL_X86_MAP_3A)
		return (struct tl_x86_opcode){ .shape = TL_X86_M_I8 };
	row = t->map == TL_X86_ONE_BYTE ? tl_x86_one_byte[t->opcode] : tl_x86_two_byte[t->opcode];
	amend(t, i, &row);
	return row;
}

static void join_group(const struct tl_x86_text *t, struct tl_x86_opcode *row)
{
	const struct tl_x86_opcode *member;

	if (!row->group)
		return;
	member = &tl_x86_groups[row->group - 1][t->modrm >> 3 & 7];
	memcpy(row->name, member->name, sizeof(row->name));
	row->op = member->op;
	row->flags |= member->flags;
	if (member->shape == TL_X86_M_IZ)
		row->shape = row->size == TL_X86_B ? TL_X86_M_I8 : TL_X86_M_IZ;
}

static void body(struct tl_x86_text *t, struct tl_x86_insn *i, struct tl_x86_opcode *row)
{
	if (tl_x86_has_modrm(row->shape)) {
		t->modrm = (uint8_t)tl_x86_next(t);
		join_group(t, row);
	}
	tl_x86_sizes(t, i, row->flags);
	i->op = row->op;
	if (tl_x86_has_modrm(row->shape))
		tl_x86_modrm(t, i, row->shape);
	tl_x86_operands(t, i, row->shape);
}

enum tl_x86_decoded tl_x86_decode(
	unsigned mode, const uint8_t *code, size_t size, struct tl_x86_insn *ret)
{
	struct tl_x86_text t = { .code = code, .size = size, .segment = TL_X86_NO_REG };
	struct tl_x86_insn i = { .mode = (uint8_t)mode,
		.base = TL_X86_NO_REG,
		.index = TL_X86_NO_REG,
		.reg = TL_X86_NO_REG,
		.rm = TL_X86_NO_REG,
		.scale = 1 };
	struct tl_x86_opcode row;

	prefixes(&t, &i);
	opcode(&t, &i);
	row = find_row(&t, &i);
	if (t.truncated && t.at < TL_X86_LONGEST)
		return TL_X86_TRUNCATED;
	if (row.shape == TL_X86_UNUSED)
		return TL_X86_UNDEFINED;
	body(&t, &i, &row);
	if (t.at > TL_X86_LONGEST || (t.truncated && t.at == TL_X86_LONGEST))
		return TL_X86_UNDEFINED;
	if (t.truncated)
		return TL_X86_TRUNCATED;
	tl_x86_describe(&t, &i, &row);
	*ret = i;
	return TL_X86_DECODED;
}

bool tl_x86_mode(const struct tl_regs *regs, unsigned *ret)
{
	uint64_t cr0, efer, rflags, l, db;

	if (!tl_x86_get(regs, TL_X86_cr0, &cr0) || !tl_x86_get(regs, TL_X86_efer, &efer) ||
		!tl_x86_get(regs, TL_X86_cs_l, &l) || !tl_x86_get(regs, TL_X86_cs_db, &db) ||
		!tl_x86_get(regs, TL_X86_rflags, &rflags))
		return false;
	if ((efer & TL_X86_EFER_LMA) && l)
		*ret = 64;
	else if (!(cr0 & TL_X86_CR0_PE) || (rflags & TL_X86_RFLAGS_VM))
		*ret = 16;
	else
		*ret = db ? 32 : 16;
	return true;
}
