// SPDX-License-Identifier: MIT
#include "replayer/disassembly.h"

#include "arch/arm64/decode.h"
#include "arch/arm64/regs.h"
#include "arch/bytes.h"
#include "arch/x86_64/flags.h"
#include "arch/x86_64/regs.h"
#include "replayer/disassembly-a64.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOK_BACK = 64,	  // bytes before `at` in which instructions are looked for
	X86_LONGEST = 15, // SDM 2.3.11
};

struct mode {
	cs_arch arch;
	int mode;
	unsigned unit; // bytes that instructions are multiples of
	const char *directive;
};

static const struct mode a64 = { CS_ARCH_ARM64, CS_MODE_ARM, 4, ".word" },
			 a32 = { CS_ARCH_ARM, CS_MODE_ARM | CS_MODE_V8, 4, ".word" },
			 t32 = { CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_V8, 2, ".short" },
			 x86_16 = { CS_ARCH_X86, CS_MODE_16, 1, ".byte" },
			 x86_32 = { CS_ARCH_X86, CS_MODE_32, 1, ".byte" },
			 x86_64 = { CS_ARCH_X86, CS_MODE_64, 1, ".byte" };

static const struct mode *arm64_mode(const struct tl_regs *regs)
{
	static const struct mode *const modes[] = {
		[TL_ARM64_A64] = &a64, [TL_ARM64_A32] = &a32, [TL_ARM64_T32] = &t32
	};
	uint64_t pstate;

	return modes[tl_arm64_get(regs, TL_ARM64_pstate, &pstate) ? tl_arm64_set_of(pstate)
								  : TL_ARM64_A64];
}

static bool x86_is_set(const struct tl_regs *regs, enum tl_x86_reg reg, uint64_t mask)
{
	uint64_t value;

	return tl_x86_get(regs, reg, &value) && (value & mask);
}

// In the order of the SDM, 3.1 "Modes of operation". A log may lack EFER.
static const struct mode *x86_mode(const struct tl_regs *regs)
{
	uint64_t cr0, l;

	if (!tl_x86_get(regs, TL_X86_cr0, &cr0) || !tl_x86_get(regs, TL_X86_cs_l, &l))
		return &x86_64;
	if (!(cr0 & TL_X86_CR0_PE))
		return &x86_16;
	if (l)
		return &x86_64;
	if (x86_is_set(regs, TL_X86_rflags, TL_X86_RFLAGS_VM) || !x86_is_set(regs, TL_X86_cs_db, 1))
		return &x86_16;
	return &x86_32;
}

// The code and what reads it.
struct view {
	const struct mode *mode;
	csh handle;
	cs_insn *insn; // the last one that was read
	const uint8_t *code;
	size_t size;
	size_t at; // where the instruction that trapped stands in it
	tl_gva va; // of `at`
};

static struct tl_error *view_open(struct view *view)
{
	const cs_err status = cs_open(view->mode->arch, (cs_mode)view->mode->mode, &view->handle);

	if (status != CS_ERR_OK) {
		view->handle = 0;
		return tl_error_new(TL_ERROR_UNSUPPORTED, "Capstone: %s", cs_strerror(status));
	}
	view->insn = cs_malloc(view->handle);
	return view->insn ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static void view_close(struct view *view)
{
	if (view->insn)
		cs_free(view->insn, 1);
	if (view->handle)
		cs_close(&view->handle);
}

// Reads the instruction in these bytes; how long it is, 0 when they are none.
static size_t view_read(struct view *view, size_t offset, size_t size)
{
	const uint8_t *code = view->code + offset;
	uint64_t va = view->va + offset - view->at;

	return cs_disasm_iter(view->handle, &code, &size, &va, view->insn) ? view->insn->size : 0;
}

// How long an instruction of arm64 is, one or not; 0 when the code ends in it.
static size_t arm64_size(const struct view *view, size_t offset)
{
	const size_t left = view->size - offset;
	size_t size = view->mode->unit;

	if (left < size)
		return 0;
	if (view->mode == &t32)
		size = tl_arm64_t32_is_wide((uint16_t)tl_load_le(view->code + offset, 2)) ? 4 : 2;
	return left < size ? 0 : size;
}

static size_t x86_size(struct view *view, size_t offset)
{
	const size_t left = view->size - offset;

	return view_read(view, offset, left < X86_LONGEST ? left : X86_LONGEST);
}

static size_t size_at(struct view *view, size_t offset)
{
	return view->mode->arch == CS_ARCH_X86 ? x86_size(view, offset) : arm64_size(view, offset);
}

// Chains of instructions, from each place before `at` on. `votes` are the chains that come by:
// they fall into step after a few instructions, so what starts on the right foot has most of
// them.
struct chains {
	size_t from, end; // offsets of the first place, and of `at`
	uint8_t size[LOOK_BACK], votes[LOOK_BACK + 1];
};

static void chains_find(struct chains *chains, struct view *view)
{
	size_t i, size;

	chains->end = view->at;
	chains->from = view->at < LOOK_BACK ? view->at % view->mode->unit : view->at - LOOK_BACK;
	for (i = 0; i < chains->end - chains->from; i += view->mode->unit) {
		chains->votes[i]++;
		size = size_at(view, chains->from + i);
		chains->size[i] = (uint8_t)size;
		if (size && i + size <= chains->end - chains->from)
			chains->votes[i + size] += chains->votes[i];
	}
}

// The most likely instruction that ends at `end`; the longest of equals. False when there is none.
static bool chains_before(const struct chains *chains, size_t end, size_t *ret)
{
	unsigned best = 0;

	for (size_t start = chains->from; start < end; start++) {
		const size_t i = start - chains->from;

		if (start + chains->size[i] == end && chains->votes[i] > best) {
			best = chains->votes[i];
			*ret = start;
		}
	}
	return best;
}

// Where the first of the instructions before `at` starts, and how many they are.
static size_t first_before(struct view *view, size_t *ret_n)
{
	struct chains chains = { 0 };
	size_t start = view->at;

	chains_find(&chains, view);
	for (*ret_n = 0; chains_before(&chains, start, &start); (*ret_n)++)
		;
	return start;
}

static void spell_data(const struct view *view, struct tl_disassembled *line)
{
	const uint8_t *b = line->bytes;

	snprintf(line->mnemonic, sizeof(line->mnemonic), "%s", view->mode->directive);
	if (view->mode->unit == 1)
		snprintf(line->operands, sizeof(line->operands), "0x%02x", b[0]);
	else if (view->mode->unit == 4)
		snprintf(line->operands, sizeof(line->operands), "0x%02x%02x%02x%02x", b[3], b[2],
			b[1], b[0]);
	else if (line->size == 2)
		snprintf(line->operands, sizeof(line->operands), "0x%02x%02x", b[1], b[0]);
	else
		snprintf(line->operands, sizeof(line->operands), "0x%02x%02x, 0x%02x%02x", b[1],
			b[0], b[3], b[2]);
}

// Capstone 5 writes "mov w1, #1" where 4 has "movz w1, #0x1".
static void spell_move(struct tl_disassembled *line)
{
	char *at = strstr(line->operands, "#0x");

	if (strcmp(line->mnemonic, "movz") != 0 || strstr(line->operands, "lsl"))
		return;
	memcpy(line->mnemonic, "mov", sizeof("mov"));
	if (at && at[3] >= '0' && at[3] <= '9' && !at[4])
		memmove(at + 1, at + 3, 2);
}

static void spell(struct view *view, size_t offset, struct tl_disassembled *line)
{
	if (view->mode == &a64 && tl_a64_spell((uint32_t)tl_load_le(line->bytes, 4), line))
		return;
	if (view_read(view, offset, line->size) != line->size) {
		spell_data(view, line);
		return;
	}
	snprintf(line->mnemonic, sizeof(line->mnemonic), "%s", view->insn->mnemonic);
	snprintf(line->operands, sizeof(line->operands), "%s", view->insn->op_str);
	spell_move(line);
}

// False at the end of the code, also of one that is cut in the middle of an instruction.
static bool read_line(struct view *view, size_t offset, struct tl_disassembled *ret)
{
	size_t size = offset < view->size ? size_at(view, offset) : 0;
	const bool is_cut = view->mode->unit > 1 || offset + X86_LONGEST > view->size;

	if (offset >= view->size || (!size && is_cut && offset != view->at))
		return false;
	if (!size)
		size = view->mode->unit;
	if (size > view->size - offset)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->va = view->va + offset - view->at;
	ret->size = (uint8_t)size;
	ret->is_pc = offset == view->at;
	memcpy(ret->bytes, view->code + offset, size);
	spell(view, offset, ret);
	return true;
}

// Those that are left out are read all the same: one may be the IT of a conditional T32
// instruction.
static size_t read_lines(struct view *view, struct tl_disassembled *ret, size_t max)
{
	struct tl_disassembled line;
	size_t n_before, n = 0, offset = first_before(view, &n_before);
	size_t skipped = n_before > max / 2 ? n_before - max / 2 : 0;

	for (; n < max && read_line(view, offset, &line); offset += line.size) {
		if (skipped)
			skipped--;
		else
			ret[n++] = line;
	}
	return n;
}

struct tl_error *tl_disassemble(const struct tl_state *state, const struct tl_trap *trap, tl_gva at,
	unsigned at_offset, struct tl_disassembled *ret, size_t max, size_t *ret_n)
{
	struct view view = {
		.mode = state->arch->id == TL_ARCH_ARM64 ? arm64_mode(&state->regs)
							 : x86_mode(&state->regs),
		.code = trap->code,
		.size = trap->code_size,
		.at = at_offset,
		.va = at,
	};
	struct tl_error *err;

	if (!trap->code || at_offset >= trap->code_size) {
		*ret_n = 0;
		return NULL;
	}
	err = view_open(&view);
	if (!err)
		*ret_n = read_lines(&view, ret, max);
	view_close(&view);
	return err;
}
