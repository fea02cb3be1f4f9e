// SPDX-License-Identifier: MIT
#include "tests/unicorn/trial.h"

#include "arch/arm64/regs.h"
#include "tests/arch/random.h"
#include "tests/unicorn/model.h"
#include "tests/unicorn/window.h"

#include <string.h>

// Of PSTATE.
#define PSTATE_NZCV  UINT64_C(0xf0000000)
#define PSTATE_GE    UINT64_C(0x000f0000)
#define PSTATE_E     UINT64_C(0x00000200)
#define SCTLR_EE_E0E UINT64_C(0x03000000)
#define PSTATE_T     UINT64_C(0x00000020)
#define T32	     UINT64_C(0x00000020)

void trials_start(void)
{
	random_start();
	for (unsigned i = 0; i < sizeof(window_bytes); i++)
		window_bytes[i] = (uint8_t)any();
	window_map();
}

unsigned trials_wanted(unsigned few)
{
	return getenv("TL_LONG") ? 100 * few : few;
}

// Signs, ends of ranges and small numbers come more often than by chance.
static uint64_t some_value(void)
{
	switch (below(8)) {
	case 0:
		return below(256);
	case 1:
		return -(uint64_t)below(256);
	case 2:
		return UINT64_C(0x80) << 8 * below(8);
	case 3:
		return (UINT64_C(1) << below(64)) - 1;
	}
	return any();
}

// Often aligned, often at the end of a page, sometimes where nothing is.
static tl_gva some_target(void)
{
	tl_gva va;

	do
		va = WINDOW + (tl_gva)below(PAGES) * PAGE;
	while (window_page(va) > PAGE_DEVICE && !one_in(4));
	switch (below(4)) {
	case 0:
		return va + below(PAGE);
	case 1:
		return va + PAGE - below(72);
	}
	return va + below(PAGE / 16) * 16;
}

static void some_registers(struct registers *r)
{
	memset(r, 0, sizeof(*r));
	for (unsigned n = 0; n < 31; n++)
		r->x[n] = some_value();
	r->sp = some_value();
	for (unsigned n = 0; n < sizeof(r->v); n++)
		((uint8_t *)r->v)[n] = (uint8_t)any();
	r->pc = WINDOW_CODE + below(PAGE / 4 - 2) * 4; // a breakpoint stands behind it
}

static void be_a64(struct registers *r)
{
	static const uint8_t modes[] = { TL_ARM64_EL1H, TL_ARM64_EL1T, TL_ARM64_EL0T };

	r->pstate = (any() & PSTATE_NZCV) | modes[below(sizeof(modes))];
	r->sctlr = one_in(4) ? any() & SCTLR_EE_E0E : 0;
}

// An IT block is a condition and where it ends: ITSTATE[7:2] are PSTATE[15:10], [1:0] are [26:25].
static uint64_t some_block(void)
{
	const uint64_t it = below(15) << 4 | (1 + below(15));

	return one_in(3) ? (it & 0xfc) << 8 | (it & 3) << 25 : 0;
}

static void be_aarch32(struct registers *r, bool t32)
{
	static const uint8_t modes[] = { TL_ARM32_USR, TL_ARM32_FIQ, TL_ARM32_IRQ, TL_ARM32_SVC,
		TL_ARM32_ABT, TL_ARM32_UND, TL_ARM32_SYS };

	for (unsigned n = 0; n < 31; n++)
		r->x[n] = n < 15 ? (uint32_t)r->x[n] : 0;
	r->sp = 0;
	memset(r->v[16], 0, sizeof(r->v) - sizeof(r->v[0]) * 16);
	r->pstate = (any() & (PSTATE_NZCV | PSTATE_GE | PSTATE_E)) | modes[below(sizeof(modes))];
	if (t32) {
		r->pstate |= PSTATE_T | some_block();
		r->pc += below(2) * 2;
	}
}

// What SCTLR_EL1 or the architecture keeps from EL0 does not come to an exit.
static bool is_privileged(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_ZEROES || i->does == TL_ARM64_MAINTAINS ||
	       i->does == TL_ARM64_TRANSLATES;
}

// A literal of A64 is made to fit; those of AArch32 reach out of the page of code when that is near.
static void place_literal(struct trial *t, tl_gva target)
{
	const uint64_t distance = (target - t->before.pc) / 4;

	if (t->insn.set != TL_ARM64_A64) {
		t->before.pc = WINDOW_CODE + (t->insn.imm < 0 ? 0 : PAGE - 16) +
			       (t->insn.set == TL_ARM64_T32 ? below(4) * 2 : below(3) * 4);
		return;
	}
	t->word = (t->word & ~UINT32_C(0x00ffffe0)) | (distance & 0x7ffff) << 5;
	memcpy(t->code, &t->word, sizeof(t->word));
	model_decode(TL_ARM64_A64, t->code, &t->insn);
}

static uint64_t *base_of(struct trial *t)
{
	const bool a64 = t->insn.set == TL_ARM64_A64;

	if (t->insn.address == TL_ARM64_OPERAND)
		return t->insn.rt == 31 ? NULL : &t->before.x[t->insn.rt];
	if (t->insn.rn == TL_ARM64_NO_REG || (!a64 && t->insn.rn == 15))
		return NULL;
	return a64 && t->insn.rn == 31 ? &t->before.sp : &t->before.x[t->insn.rn];
}

// The base moves by what lacks to the target. Where the index is small its size does not matter.
static void place(struct trial *t, tl_gva target)
{
	uint64_t *base = base_of(t);
	tl_gva va;

	if (t->insn.address == TL_ARM64_LITERAL)
		place_literal(t, target);
	if (t->insn.rm != TL_ARM64_NO_REG && t->insn.rm < 15 && t->insn.set != TL_ARM64_A64)
		t->before.x[t->insn.rm] = below(PAGE);
	if (!base || !model_address(&t->insn, &t->before, &va))
		return;
	*base += target - va;
	if (t->insn.set != TL_ARM64_A64)
		*base = (uint32_t)*base;
}

static void copy_number(uint64_t *to, const uint8_t *bytes, unsigned size, bool reverse)
{
	for (unsigned i = 0; i < size; i++)
		((uint8_t *)to)[i] = bytes[reverse ? size - 1 - i : i];
}

// CAS and CASP must find what they compare with, now and then; above the size is anything.
static void compare_well(struct trial *t, tl_gva target)
{
	const unsigned rs = t->insn.rs, size = t->insn.size;
	const bool reverse = t->before.sctlr && one_in(2);

	if (strncmp(t->insn.name, "cas", 3) != 0 || one_in(3))
		return;
	for (unsigned i = 0; i < t->insn.n && rs + i < 31; i++) {
		const size_t at = target - WINDOW + (size_t)i * size;

		if (at + size <= sizeof(window_bytes) && rs + i != t->insn.rn && !one_in(6))
			copy_number(&t->before.x[rs + i], window_bytes + at, size, reverse);
	}
}

static uint32_t some_word(const struct family *family, enum tl_arm64_set set)
{
	uint32_t word = ((uint32_t)any() & ~family->mask) | family->value;

	if (!one_in(16))
		word = (word | family->ones) & ~family->zeros;
	if (set == TL_ARM64_A32 && !(family->mask >> 28) && !one_in(4))
		word = (word & 0x0fffffff) | (uint32_t)TL_ARM32_ALWAYS << 28;
	return word;
}

static void set_code(struct trial *t, enum tl_arm64_set set)
{
	const uint32_t word = set == TL_ARM64_T32 ? t->word >> 16 | t->word << 16 : t->word;

	memcpy(t->code, &word, sizeof(word));
	model_decode(set, t->code, &t->insn);
}

void trial_make(const struct family *family, enum tl_arm64_set set, struct trial *ret)
{
	const tl_gva target = some_target();

	ret->family = family;
	ret->tells = (enum tells)below(TELLS);
	ret->word = some_word(family, set);
	set_code(ret, set);
	some_registers(&ret->before);
	if (set == TL_ARM64_A64)
		be_a64(&ret->before);
	else
		be_aarch32(&ret->before, set == TL_ARM64_T32);
	if (set == TL_ARM64_A64 && is_privileged(&ret->insn))
		ret->before.pstate |= TL_ARM64_EL1H;
	place(ret, target);
	compare_well(ret, target);
}
