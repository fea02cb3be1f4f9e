/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_EMULATE_ARM64_H
#define TL_TESTS_ARCH_EMULATE_ARM64_H

#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/regs.h"
#include "tests/arch/memory.h"

#define RAM    0x40000000
#define ROM    0x8000000
#define DEVICE 0x9000000

/**
 * A vCPU without stage 1: RAM and a read-only slot of 64 KiB each, all else a hole, where a device gives
 * for each byte the lowest of its address. What an instruction did to it stands in `effect`.
 */
struct machine {
	struct memory memory;
	struct tl_slot slots[2];
	struct tl_state state;
	struct tl_trap trap;
	struct tl_device device;
	struct tl_effect effect;
	struct tl_why why;
};

static inline bool machine_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	for (unsigned i = 0; i < size; i++)
		ret[i] = (uint8_t)(gpa + i);
	return true;
}

static inline void machine_set(struct machine *m, unsigned word, uint64_t value)
{
	tl_regs_set(&m->state.regs, word, value);
}

static inline void machine_forget(struct machine *m, unsigned word)
{
	m->state.regs.known[word / 64] &= ~(UINT64_C(1) << word % 64);
}

/** Every register is known: Xn is 0x0n00000n in both halves, byte k of Vn is 0xnk. */
static inline void machine_init(struct machine *m, uint64_t pstate)
{
	memset(m, 0, sizeof(*m));
	m->slots[0] = (struct tl_slot){ .gpa = RAM, .size = 0x10000 };
	m->slots[1] = (struct tl_slot){ .gpa = ROM, .size = 0x10000, .read_only = true };
	m->state = (struct tl_state){ .arch = &tl_arch_arm64,
		.mem = { .read = memory_read, .ctx = &m->memory },
		.slots_known = true,
		.slots = m->slots,
		.n_slots = 2,
		.vectors.known = UINT32_MAX };
	m->device.read = machine_device;
	for (unsigned i = 0; i < tl_arch_arm64.words; i++)
		machine_set(m, i, 0);
	for (uint64_t i = 0; i < 31; i++)
		machine_set(m, TL_ARM64_x0 + (unsigned)i, (i << 24 | i) * 0x100000001);
	for (unsigned i = 0; i < 32 * 16; i++)
		m->state.vectors.v[i / 16][i % 16] = (uint8_t)(i / 16 << 4 | i % 16);
	machine_set(m, TL_ARM64_pc, RAM + 0x100);
	machine_set(m, TL_ARM64_pstate, pstate);
}

/** An exit without syndrome at that address, as KVM tells it. */
static inline void machine_trap(struct machine *m, tl_gpa gpa)
{
	m->trap = (struct tl_trap){ .kind = TL_TRAP_NISV, .has_address = true, .address = gpa };
}

static inline enum tl_answer_status machine_run(struct machine *m, const struct tl_arm64_insn *insn)
{
	return tl_arm64_emulate(&m->state, &m->trap, insn, &m->device, &m->effect, &m->why);
}

/** Carries out an A64 word. */
static inline enum tl_answer_status machine_a64(struct machine *m, uint32_t word)
{
	struct tl_arm64_insn insn;

	tl_arm64_decode(word, &insn);
	return machine_run(m, &insn);
}

static inline enum tl_answer_status machine_a32(struct machine *m, uint32_t word)
{
	struct tl_arm64_insn insn;

	tl_arm64_decode_a32(word, &insn);
	return machine_run(m, &insn);
}

static inline enum tl_answer_status machine_t32(struct machine *m, uint16_t first, uint16_t second)
{
	struct tl_arm64_insn insn;

	tl_arm64_decode_t32(first, second, &insn);
	return machine_run(m, &insn);
}

static inline uint64_t machine_value(const struct tl_transfer *t)
{
	uint64_t value = 0;

	for (unsigned i = 8; i--;)
		value = value << 8 | t->data[i];
	return value;
}

#define assert_done(m, status)                                                                     \
	do {                                                                                       \
		if ((status) != TL_ANSWER_DONE)                                                    \
			fail_msg("not done: %s", (m)->why.text);                                   \
	} while (0)

#define assert_refused(m, status, words)                                                           \
	do {                                                                                       \
		assert_int_equal(status, TL_ANSWER_REFUSED);                                       \
		assert_string_equal((m)->why.text, words);                                         \
	} while (0)

#define assert_not_known(m, status, words)                                                         \
	do {                                                                                       \
		assert_int_equal(status, TL_ANSWER_NOT_KNOWN);                                     \
		assert_string_equal((m)->why.text, words);                                         \
	} while (0)

#define assert_word(m, name, value, from)                                                          \
	do {                                                                                       \
		assert_int_equal((m)->effect.regs.word[TL_ARM64_##name], value);                   \
		assert_int_equal((m)->effect.origin[TL_ARM64_##name], TL_ORIGIN_##from);           \
	} while (0)

#define assert_access(m, n, is_write, at, bytes, value)                                            \
	do {                                                                                       \
		assert_int_equal((m)->effect.transfer[n].write, is_write);                         \
		assert_int_equal((m)->effect.transfer[n].gpa, at);                                 \
		assert_int_equal((m)->effect.transfer[n].size, bytes);                             \
		assert_int_equal(machine_value(&(m)->effect.transfer[n]), value);                  \
	} while (0)

#endif
