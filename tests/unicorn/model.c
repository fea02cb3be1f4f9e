// SPDX-License-Identifier: MIT
#include "tests/unicorn/model.h"

#include "arch/arm64/aarch32.h"
#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/regs.h"
#include "tests/unicorn/window.h"

#include <stdio.h>
#include <string.h>

#define SCTLR_EE (UINT64_C(1) << 25)

void model_decode(enum tl_arm64_set set, const uint8_t code[4], struct tl_arm64_insn *ret)
{
	uint16_t halves[2];
	uint32_t word;

	memcpy(halves, code, sizeof(halves));
	memcpy(&word, code, sizeof(word));
	switch (set) {
	case TL_ARM64_A64:
		tl_arm64_decode(word, ret);
		break;
	case TL_ARM64_A32:
		tl_arm64_decode_a32(word, ret);
		break;
	case TL_ARM64_T32:
		tl_arm64_decode_t32(halves[0], halves[1], ret);
		break;
	}
}

// Where the state has X0 to X30, or R0 to R14 of the current mode; 31 is SP.
static unsigned word_of(uint64_t pstate, unsigned n)
{
	enum tl_arm64_reg reg = TL_ARM64_x0 + n;

	if (n == 31)
		return (pstate & TL_ARM64_MODE_MASK) == TL_ARM64_EL1H ? TL_ARM64_sp_el1
								      : TL_ARM64_sp_el0;
	if (pstate & TL_ARM32_USR && !tl_arm32_reg(pstate & TL_ARM64_MODE_MASK, n, &reg))
		return TL_ARM64_N_REGS;
	return reg;
}

static unsigned count_of(uint64_t pstate)
{
	return pstate & TL_ARM32_USR ? 15 : 31;
}

// Stage 1 with the tables of window_map(): T0SZ for 39 bits; in AArch32 EAE.
static void set_system(const struct registers *from, struct tl_regs *to)
{
	const bool aarch32 = from->pstate & TL_ARM32_USR;

	tl_regs_set(to, TL_ARM64_sctlr_el1, from->sctlr | 1);
	tl_regs_set(to, TL_ARM64_tcr_el1, aarch32 ? UINT64_C(1) << 31 : 25);
	tl_regs_set(
		to, TL_ARM64_ttbr0_el1, from->sctlr & SCTLR_EE ? WINDOW_TABLES_BIG : WINDOW_TABLES);
	tl_regs_set(to, TL_ARM64_ttbr1_el1, 0);
	tl_regs_set(to, TL_ARM64_mair_el1, 0xff);
	tl_regs_set(to, TL_ARM64_vbar_el1, 0);
	tl_regs_set(to, TL_ARM64_elr_el1, 0);
	tl_regs_set(to, TL_ARM64_cpacr_el1, 3 << 20);
	tl_regs_set(to, TL_ARM64_dacr32_el2, 0);
}

static void set_state(const struct registers *from, struct tl_state *to)
{
	*to = (struct tl_state){ .arch = &tl_arch_arm64,
		.mem = { .read = window_read },
		.slots_known = true,
		.slots = window_slots,
		.n_slots = WINDOW_SLOTS };
	set_system(from, &to->regs);
	for (unsigned n = 0; n < count_of(from->pstate); n++)
		tl_regs_set(&to->regs, word_of(from->pstate, n), from->x[n]);
	if (!(from->pstate & TL_ARM32_USR))
		tl_regs_set(&to->regs, word_of(from->pstate, 31), from->sp);
	tl_regs_set(&to->regs, TL_ARM64_pc, from->pc);
	tl_regs_set(&to->regs, TL_ARM64_pstate, from->pstate);
	memcpy(to->vectors.v, from->v, sizeof(from->v));
	to->vectors.known = UINT32_MAX;
}

bool model_address(const struct tl_arm64_insn *insn, const struct registers *registers, tl_gva *ret)
{
	struct tl_state state;

	set_state(registers, &state);
	return tl_arm64_effective_address(&state, insn, ret);
}

static void get_registers(
	const struct tl_effect *from, const struct registers *before, struct registers *to)
{
	memset(to, 0, sizeof(*to));
	for (unsigned n = 0; n < count_of(before->pstate); n++)
		to->x[n] = from->regs.word[word_of(before->pstate, n)];
	if (!(before->pstate & TL_ARM32_USR))
		to->sp = from->regs.word[word_of(before->pstate, 31)];
	to->pc = from->regs.word[TL_ARM64_pc];
	to->pstate = from->regs.word[TL_ARM64_pstate];
	to->sctlr = before->sctlr;
	memcpy(to->v, from->vectors.v, sizeof(to->v));
}

// An access to another place than the tables say is told as one to nowhere.
static void get_accesses(const struct tl_effect *from, struct accesses *to)
{
	to->n = 0;
	for (unsigned i = 0; i < from->n_transfers; i++) {
		const struct tl_transfer *t = &from->transfer[i];
		const bool device = window_page(t->va) == PAGE_DEVICE;
		tl_gva va;

		if (!window_va(t->gpa, &va) || !t->has_va || va != t->va || device != t->is_device)
			va = 0;
		accesses_add(to, va, t->write, t->data, t->size);
	}
}

static void decide(enum tl_answer_status status, const struct tl_arm64_insn *insn, struct step *ret)
{
	static const enum outcome outcomes[] = {
		[TL_ANSWER_DONE] = EXECUTED,
		[TL_ANSWER_REFUSED] = REFUSED,
		[TL_ANSWER_NOT_KNOWN] = NOT_KNOWN,
	};

	ret->outcome = *insn->name ? outcomes[status] : UNDEFINED;
}

void model_step(const struct tl_arm64_insn *insn, const struct registers *before,
	const struct tl_trap *trap, struct step *ret)
{
	static struct tl_effect effect;
	const struct tl_device device = { .read = window_device };
	enum tl_answer_status status;
	struct tl_why why = { .text = "" };
	struct tl_state state;

	set_state(before, &state);
	status = tl_arm64_emulate(&state, trap, insn, &device, &effect, &why);
	decide(status, insn, ret);
	snprintf(ret->reason, sizeof(ret->reason), "%s", why.text);
	if (ret->outcome != EXECUTED)
		return;
	get_registers(&effect, before, &ret->after);
	get_accesses(&effect, &ret->accesses);
}
