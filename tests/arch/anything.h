/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ANYTHING_H
#define TL_TESTS_ARCH_ANYTHING_H

#include <string.h>

#include "arch/answer.h"
#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/regs.h"
#include "arch/x86_64/decode.h"
#include "arch/x86_64/regs.h"

/*
 * Any state and any exit, such as no CPU and no kernel would have them, but often near to what they
 * would. Whoever includes this has any(), below() and one_in(): of tests/arch/random.h, or its own.
 */

#define ANYTHING_SLOTS 5

struct anything {
	struct tl_state state;
	struct tl_trap trap;
	struct tl_slot slots[ANYTHING_SLOTS];
	uint8_t code[64];
	uint64_t memory, device; // what they hold, as seeds
	unsigned memory_lacks, device_lacks;
};

static inline uint64_t anything_hash(uint64_t value)
{
	value = (value ^ value >> 31) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static inline bool anything_bytes(
	uint64_t seed, unsigned lacks, tl_gpa gpa, uint8_t *buf, size_t size)
{
	if (lacks && anything_hash(seed ^ gpa >> 12) % 16 < lacks)
		return false;
	for (size_t i = 0; i < size; i++)
		buf[i] = (uint8_t)anything_hash(seed + gpa + i);
	return true;
}

static inline bool anything_memory(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	const struct anything *a = ctx;

	return anything_bytes(a->memory, a->memory_lacks, gpa, buf, size);
}

static inline bool anything_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	const struct anything *a = ctx;

	return anything_bytes(a->device, a->device_lacks, gpa, ret, size);
}

/** Small ones, large ones, and those at an edge. */
static inline uint64_t any_number(void)
{
	switch (below(6)) {
	case 0:
		return below(256);
	case 1:
		return any() & 0xffffffff;
	case 2:
		return any() & 0xfffffff000;
	case 3:
		return UINT64_C(1) << below(64);
	case 4:
		return UINT64_MAX - below(32);
	}
	return any();
}

static inline void any_slots(struct anything *a)
{
	a->state.slots = a->slots;
	a->state.n_slots = below(ANYTHING_SLOTS + 1);
	a->state.slots_known = a->state.n_slots > 0;
	for (unsigned i = 0; i < a->state.n_slots; i++)
		a->slots[i] = (struct tl_slot){
			.gpa = any_number(), .size = any_number(), .read_only = one_in(3)
		};
}

static inline void any_platform(struct tl_platform *p)
{
	static const uint32_t kernels[] = { 0, TL_KERNEL(5, 10), TL_KERNEL(6, 1), TL_KERNEL(6, 12),
		TL_KERNEL(6, 18), TL_KERNEL(7, 2), TL_KERNEL(255, 65535) };

	*p = (struct tl_platform){ .kernel = one_in(4) ? (uint32_t)any() : kernels[below(7)],
		.ipa_bits = one_in(2) ? (uint8_t)any() : 40,
		.host_ipa_bits = one_in(2) ? (uint8_t)any() : 48,
		.nisv_to_user = one_in(2),
		.idsr_to_user = one_in(2),
		.serror_esr = one_in(2),
		.mte = one_in(2) };
}

static inline void any_registers(struct anything *a)
{
	const bool all = !one_in(3);

	for (unsigned n = 0; n < a->state.arch->words; n++)
		if (all || !one_in(4))
			tl_regs_set(&a->state.regs, n, any_number());
	a->state.vectors.known = one_in(2) ? UINT32_MAX : (uint32_t)any();
	for (unsigned n = 0; n < 32; n++)
		memset(a->state.vectors.v[n], (int)below(256), sizeof(a->state.vectors.v[n]));
}

static inline void any_code(struct anything *a)
{
	for (unsigned i = 0; i < sizeof(a->code); i += 8) {
		const uint64_t bytes = any();

		memcpy(a->code + i, &bytes, sizeof(bytes));
	}
	a->trap.code = a->code;
	a->trap.code_size = (uint16_t)(one_in(8) ? below(sizeof(a->code) + 1) : sizeof(a->code));
	a->trap.code_before = (uint16_t)(one_in(8) ? below(80) : 32);
}

static inline void any_trap(struct anything *a)
{
	const uint64_t bits = any();
	struct tl_trap *t = &a->trap;

	t->kind = below(TL_TRAP_KINDS);
	t->error = one_in(4) ? (int)below(140) : 0;
	t->has_address = bits & 7;
	t->has_size = bits >> 3 & 3;
	t->has_write = bits >> 5 & 7;
	t->has_value = bits >> 8 & 1;
	t->has_esr = bits >> 9 & 1;
	t->has_far = bits >> 10 & 1;
	t->write = bits >> 11 & 1;
	t->esr_is_iss = bits >> 12 & 1;
	t->has_reply = bits >> 13 & 1;
	t->handled = bits >> 14 & 1;
	t->address = any_number();
	t->size = one_in(2) ? 1u << below(4) : any_number();
	t->value = any_number();
	t->count = one_in(3) ? (uint32_t)any_number() : 1;
	t->esr = any();
	t->far = any_number();
	t->reply = any_number();
}

static inline void any_arm64(struct anything *a)
{
	static const uint8_t modes[] = { TL_ARM64_EL0T, TL_ARM64_EL1T, TL_ARM64_EL1H, TL_ARM32_USR,
		TL_ARM32_SVC, TL_ARM32_ABT, TL_ARM32_SYS, TL_ARM32_FIQ };
	struct tl_regs *regs = &a->state.regs;
	struct tl_arm64_insn insn;
	tl_gva va;

	if (one_in(2))
		a->trap.kind = TL_TRAP_NISV;
	if (!one_in(8)) // else it may be a mode that there is not
		tl_regs_set(regs, TL_ARM64_pstate,
			(any() & ~(uint64_t)TL_ARM64_MODE_MASK) | modes[below(8)]);
	if (!one_in(3)) // translated one to one
		tl_regs_set(regs, TL_ARM64_sctlr_el1, any() & ~UINT64_C(1));
	for (unsigned tries = 0; tries < 24 && tl_arm64_insn_at(&a->state, &a->trap, &insn) &&
				 insn.does == TL_ARM64_NOTHING;
		tries++)
		any_code(a);
	if (one_in(4) || !tl_arm64_insn_at(&a->state, &a->trap, &insn) ||
		!tl_arm64_effective_address(&a->state, &insn, &va))
		return;
	a->trap.address = one_in(2) ? va : (any_number() & ~UINT64_C(0xfff)) | (va & 0xfff);
	a->trap.far = va;
	if (one_in(2))
		a->trap.size = insn.size;
}

static inline unsigned any_x86_mode(struct anything *a)
{
	static const struct {
		unsigned mode;
		uint64_t efer;
		bool db, l;
	} modes[] = { { 64, TL_X86_EFER_LMA, false, true }, { 32, 0, true, false },
		{ 16, 0, false, false } };
	const unsigned n = below(3);

	tl_reg_set(&tl_arch_x86_64.regs[TL_X86_efer], &a->state.regs, modes[n].efer);
	tl_reg_set(&tl_arch_x86_64.regs[TL_X86_cs_db], &a->state.regs, modes[n].db);
	tl_reg_set(&tl_arch_x86_64.regs[TL_X86_cs_l], &a->state.regs, modes[n].l);
	return modes[n].mode;
}

static inline void any_x86(struct anything *a)
{
	struct tl_x86_insn insn;
	unsigned mode, tries = 0;
	tl_gva va;

	if (one_in(2))
		a->trap.kind = one_in(3) ? TL_TRAP_PIO : TL_TRAP_MMIO;
	if (!one_in(3))
		tl_reg_set(&tl_arch_x86_64.regs[TL_X86_cr0], &a->state.regs, 0x11);
	mode = any_x86_mode(a);
	while (tl_x86_decode(mode, a->code + 32, 16, &insn) != TL_X86_DECODED || !*insn.name) {
		any_code(a);
		if (tries++ == 24)
			return;
	}
	if (one_in(4))
		return;
	a->trap.size = insn.size;
	a->trap.write = insn.writes && (!insn.reads || one_in(2));
	if (a->trap.has_write && a->trap.write && insn.place == TL_X86_ADDRESS)
		a->trap.code_before = (uint16_t)(32 + insn.length);
	if (insn.op >= TL_X86_IN && insn.has_immediate)
		a->trap.address = (uint64_t)insn.immediate;
	else if (tl_x86_effective_address(&a->state, &insn, &va))
		a->trap.address = va;
}

/** `ret` must not be moved: it holds pointers into itself. */
static inline void anything(const struct tl_arch *arch, struct anything *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->state.arch = arch;
	ret->memory = any();
	ret->device = any();
	ret->memory_lacks = below(6);
	ret->device_lacks = below(6);
	if (!one_in(16))
		ret->state.mem = (struct tl_mem){ anything_memory, ret };
	any_slots(ret);
	any_platform(&ret->state.platform);
	any_registers(ret);
	any_trap(ret);
	any_code(ret);
	if (arch->id == TL_ARCH_ARM64)
		any_arm64(ret);
	else
		any_x86(ret);
}

static inline struct tl_choice any_choice(struct anything *a, enum tl_answer_id id)
{
	return (struct tl_choice){ .id = id,
		.has_value = one_in(2),
		.value = any_number(),
		.device = { one_in(8) ? NULL : anything_device, a } };
}

#endif
