/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ANSWER_ARM64_H
#define TL_TESTS_ARCH_ANSWER_ARM64_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/answer.h"
#include "tests/arch/emulate_arm64.h"

/* Exits of an arm64 guest on a 6.12 host, and what answers make of them. */

#define PC	  (RAM + 0x100)
#define VBAR	  0x40008000
#define STR	  0xb8004401 // str w1, [x0], #4
#define LDP	  0xa9400c02 // ldp x2, x3, [x0]
#define LDR	  0xb9400003 // ldr w3, [x0]
#define STRB	  0x39000001 // strb w1, [x0]
#define IVAC	  0xd5087620 // dc ivac, x0
#define CIVAC	  0xd50b7e20 // dc civac, x0
#define MRS	  0xd538fd00 // mrs x0, s3_0_c15_c13_0
#define MSR	  0xd51bff01 // msr s3_3_c15_c15_0, x1
#define EL1H	  0x3c5
#define EL1H_OPEN 0x5 // no exception is masked

static uint8_t code[4];

// EL1 of a 6.12 host, with that instruction at PC, X0 at `x0`.
static inline void begin(struct machine *m, enum tl_trap_kind kind, uint32_t word, uint64_t x0)
{
	machine_init(m, EL1H);
	machine_set(m, TL_ARM64_vbar_el1, VBAR);
	machine_set(m, TL_ARM64_x0, x0);
	machine_set(m, TL_ARM64_x1, 0x11223344);
	m->state.platform.kernel = TL_KERNEL(6, 12);
	for (unsigned i = 0; i < 4; i++)
		code[i] = (uint8_t)(word >> 8 * i);
	m->trap = (struct tl_trap){ .kind = kind, .count = 1, .code = code, .code_size = 4 };
}

static inline void begin_at(struct machine *m, enum tl_trap_kind kind, uint32_t word, uint64_t x0)
{
	begin(m, kind, word, x0);
	m->trap.has_address = true;
	m->trap.address = x0;
}

static inline void begin_mmio(struct machine *m, uint32_t word, unsigned size, bool write)
{
	begin_at(m, TL_TRAP_MMIO, word, DEVICE);
	m->trap.has_size = m->trap.has_write = true;
	m->trap.size = size;
	m->trap.write = write;
}

static inline void begin_idsr(struct machine *m, uint32_t word, bool write)
{
	begin(m, TL_TRAP_IDSR, word, 0x99);
	m->trap.has_write = true;
	m->trap.write = write;
}

static inline enum tl_answer_status choose(struct machine *m, const struct tl_choice *choice)
{
	return tl_answer_give(&m->state, &m->trap, choice, &m->effect, &m->why);
}

static inline enum tl_answer_status give(struct machine *m, enum tl_answer_id id)
{
	return choose(m, &(struct tl_choice){ .id = id, .device = m->device });
}

static inline enum tl_answer_status give_value(
	struct machine *m, enum tl_answer_id id, uint64_t value)
{
	return choose(m, &(struct tl_choice){ .id = id, .has_value = true, .value = value });
}

// Words that are set, in their order; TL_ARM64_N_REGS ends them.
static inline void assert_set(const struct machine *m, const uint8_t *expected)
{
	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++) {
		const bool is_set = m->effect.origin[i] != TL_ORIGIN_NONE;

		if (is_set != (i == *expected))
			fail_msg("%s is %sset", tl_arch_arm64.regs[i].name, is_set ? "" : "not ");
		expected += i == *expected;
	}
}

#define ASSERT_SET(m, ...) assert_set(m, (const uint8_t[]){ __VA_ARGS__, TL_ARM64_N_REGS })
#define ENTRY		   TL_ARM64_pc, TL_ARM64_pstate, TL_ARM64_elr_el1, TL_ARM64_spsr_el1, TL_ARM64_esr_el1

// Exception entry from EL1h at PC: `esr` is the syndrome.
static inline void assert_entry(const struct machine *m, uint64_t vector, uint64_t esr)
{
	assert_word(m, pc, VBAR + vector, ENTRY);
	assert_word(m, elr_el1, PC, ENTRY);
	assert_word(m, esr_el1, esr, ENTRY);
}

static inline void assert_why(const struct machine *m, const char *text, const char *source)
{
	assert_string_equal(m->why.text, text);
	if (source)
		assert_string_equal(m->why.source, source);
	else
		assert_null(m->why.source);
}

#endif
