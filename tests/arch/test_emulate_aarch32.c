/* SPDX-License-Identifier: MIT */
// labels: unit
// A32 and T32 loads and stores carried out, against values worked out by hand: Arm ARM F5.1, F6.1.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/arch/bits_arm64.h"
#include "tests/arch/emulate_arm64.h"

#include <stdio.h>

#define SVC 0x1d3
#define IRQ 0x1d2
#define FIQ 0x1d1
#define ABT 0x1d7
#define UND 0x1db
#define USR 0x1d0
#define SYS 0x1df

#define PSTATE_T BIT(5)
#define PSTATE_E BIT(9)
#define PSTATE_C BIT(29)
#define PSTATE_Z BIT(30)

/** ITSTATE as PSTATE has it. */
#define IT(it) ((uint64_t)((it)&0xfc) << 8 | (uint64_t)((it)&3) << 25)

static struct machine machine, *m = &machine;

static int set_up(void **state)
{
	machine_init(m, SVC);
	machine_set(m, TL_ARM64_x0, DEVICE + 0x80);
	machine_set(m, TL_ARM64_x2, DEVICE + 0x80);
	machine_set(m, TL_ARM64_x3, 0x10);
	return 0;
}

// Registers have zeros above their 32 bits after a write.
static void loads_extend_to_32_bits(void **state)
{
	static const struct {
		uint32_t word;
		unsigned size;
		tl_gpa at;
		uint64_t r1;
	} rows[] = {
		{ 0xe4901004, 4, 0x9000080, 0x83828180 }, // ldr r1, [r0], #4
		{ 0xe5d21000, 1, 0x9000080, 0x80 },	  // ldrb r1, [r2]
		{ 0xe1d210d0, 1, 0x9000080, 0xffffff80 }, // ldrsb r1, [r2]
		{ 0xe1d210f2, 2, 0x9000082, 0xffff8382 }, // ldrsh r1, [r2, #2]
		{ 0xe4b21004, 4, 0x9000080, 0x83828180 }, // ldrt r1, [r2], #4
		{ 0xe1921f9f, 4, 0x9000080, 0x83828180 }, // ldrex r1, [r2]
		{ 0xe1921e9f, 4, 0x9000080, 0x83828180 }, // ldaex r1, [r2]
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_trap(m, rows[i].at);
		assert_done(m, machine_a32(m, rows[i].word));
		assert_int_equal(m->effect.n_transfers, 1);
		assert_access(m, 0, false, rows[i].at, rows[i].size,
			rows[i].r1 & UINT64_MAX >> (64 - 8 * rows[i].size));
		assert_word(m, x1, rows[i].r1, DATA);
		assert_word(m, pc, RAM + 0x104, NEXT);
	}
}

static void bases_are_written_back(void **state)
{
	assert_done(m, machine_a32(m, 0xe4901004)); // ldr r1, [r0], #4
	assert_word(m, x0, DEVICE + 0x84, WRITEBACK);
	assert_done(m, machine_a32(m, 0xe5201004)); // str r1, [r0, #-4]!
	assert_access(m, 0, true, DEVICE + 0x7c, 4, 0x01000001);
	assert_word(m, x0, DEVICE + 0x7c, WRITEBACK);
	assert_done(m, machine_a32(m, 0xe6921003)); // ldr r1, [r2], r3
	assert_int_equal(m->effect.transfer[0].gpa, DEVICE + 0x80);
	assert_word(m, x2, DEVICE + 0x90, WRITEBACK);
	assert_done(m, machine_a32(m, 0xe7b21003)); // ldr r1, [r2, r3]!
	assert_int_equal(m->effect.transfer[0].gpa, DEVICE + 0x90);
	assert_word(m, x2, DEVICE + 0x90, WRITEBACK);
	assert_done(m, machine_a32(m, 0xe1c210b0)); // strh r1, [r2]
	assert_access(m, 0, true, DEVICE + 0x80, 2, 1);
	assert_word(m, x2, DEVICE + 0x80, NONE);
}

static void offsets_are_shifted(void **state)
{
	static const struct {
		uint32_t word;
		uint32_t r3;
		uint64_t flags;
		tl_gpa at;
	} rows[] = {
		{ 0xe7921103, 0x10, 0, DEVICE + 0xc0 },			   // r3, lsl #2
		{ 0xe7121003, 0x10, 0, DEVICE + 0x70 },			   // -r3
		{ 0xe7921023, 0xffffffff, 0, DEVICE + 0x80 },		   // r3, lsr #32
		{ 0xe7921043, 0x80000000, 0, DEVICE + 0x7f },		   // r3, asr #32
		{ 0xe7921263, 0x00000104, 0, 0x40000000 + DEVICE + 0x90 }, // r3, ror #4
		{ 0xe7921063, 0x00000020, 0, DEVICE + 0x90 },		   // r3, rrx
		{ 0xe7921063, 0x00000020, PSTATE_C, 0x80000000 + DEVICE + 0x90 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_set(m, TL_ARM64_x3, rows[i].r3);
		machine_set(m, TL_ARM64_pstate, SVC | rows[i].flags);
		assert_done(m, machine_a32(m, rows[i].word));
		assert_int_equal(m->effect.transfer[0].gpa, rows[i].at);
	}
}

static void addresses_wrap_at_32_bits(void **state)
{
	machine_set(m, TL_ARM64_x2, 0xfffffffc);
	assert_done(m, machine_a32(m, 0xe0c240f8)); // strd r4, r5, [r2], #8
	assert_access(m, 0, true, 0xfffffffc, 4, 0x04000004);
	assert_access(m, 1, true, 0, 4, 0x05000005);
	assert_int_equal(m->effect.transfer[1].va, 0);
	assert_word(m, x2, 4, WRITEBACK);
}

static void pc_is_read_two_instructions_on(void **state)
{
	memory_put(&m->memory, RAM + 0x110, 0x11223344, 4);
	assert_done(m, machine_a32(m, 0xe59f1008)); // ldr r1, [pc, #8]
	assert_word(m, x1, 0x11223344, DATA);
	assert_done(m, machine_a32(m, 0xe582f000)); // str pc, [r2]
	assert_access(m, 0, true, DEVICE + 0x80, 4, RAM + 0x108);
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	machine_set(m, TL_ARM64_pc, RAM + 0x106);
	assert_done(m, machine_t32(m, 0x4902, 0)); // ldr r1, [pc, #8]
	assert_word(m, x1, 0x11223344, DATA);
	assert_word(m, pc, RAM + 0x108, NEXT);
}

static void a_load_of_pc_branches(void **state)
{
	machine_set(m, TL_ARM64_x2, RAM + 0x20);
	memory_put(&m->memory, RAM + 0x20, 0x40000801, 4);
	assert_done(m, machine_a32(m, 0xe592f000)); // ldr pc, [r2]
	assert_word(m, pc, 0x40000800, DATA);
	assert_word(m, pstate, SVC | PSTATE_T, NEXT);
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	memory_put(&m->memory, RAM + 0x20, 0x40000804, 4);
	assert_done(m, machine_t32(m, 0xf8d2, 0xf000)); // ldr.w pc, [r2]
	assert_word(m, pc, 0x40000804, DATA);
	assert_word(m, pstate, SVC, NEXT);
	memory_put(&m->memory, RAM + 0x20, 0x40000802, 4);
	assert_refused(m, machine_t32(m, 0xf8d2, 0xf000),
		"CONSTRAINED UNPREDICTABLE: it branches to 0x40000802, in A32 not a multiple of 4");
}

static void pairs_and_lists_are_words_from_the_lowest_on(void **state)
{
	assert_done(m, machine_a32(m, 0xe1c240d0)); // ldrd r4, r5, [r2]
	assert_word(m, x4, 0x83828180, DATA);
	assert_word(m, x5, 0x87868584, DATA);
	assert_done(m, machine_a32(m, 0xe8920150)); // ldm r2, {r4, r6, r8}
	assert_int_equal(m->effect.n_transfers, 3);
	assert_word(m, x4, 0x83828180, DATA);
	assert_word(m, x6, 0x87868584, DATA);
	assert_word(m, x8, 0x8b8a8988, DATA);
	assert_word(m, x2, DEVICE + 0x80, NONE);
	assert_done(m, machine_a32(m, 0xe9320050)); // ldmdb r2!, {r4, r6}
	assert_word(m, x4, 0x7b7a7978, DATA);
	assert_word(m, x2, DEVICE + 0x78, WRITEBACK);
	assert_done(m, machine_a32(m, 0xe982000a)); // stmib r2, {r1, r3}
	assert_access(m, 0, true, DEVICE + 0x84, 4, 0x01000001);
	assert_access(m, 1, true, DEVICE + 0x88, 4, 0x10);
	machine_set(m, TL_ARM64_x1, DEVICE);
	assert_done(m, machine_a32(m, 0xe8a1000a)); // stmia r1!, {r1, r3}
	assert_access(m, 0, true, DEVICE, 4, DEVICE);
	assert_word(m, x1, DEVICE + 8, WRITEBACK);
}

static void pushes_and_pops_use_the_stack_of_the_mode(void **state)
{
	machine_set(m, TL_ARM64_x19, RAM + 0x40);
	machine_set(m, TL_ARM64_x18, 0x18181818);
	assert_done(m, machine_a32(m, 0xe92d4012)); // push {r1, r4, lr}
	assert_access(m, 0, true, RAM + 0x34, 4, 0x01000001);
	assert_access(m, 2, true, RAM + 0x3c, 4, 0x18181818);
	assert_word(m, x19, RAM + 0x34, WRITEBACK);
	memory_put(&m->memory, RAM + 0x40, 0x55, 4);
	memory_put(&m->memory, RAM + 0x44, 0x40000401, 4);
	assert_done(m, machine_a32(m, 0xe8bd8002)); // pop {r1, pc}
	assert_word(m, x1, 0x55, DATA);
	assert_word(m, pc, 0x40000400, DATA);
	assert_word(m, x19, RAM + 0x48, WRITEBACK);
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	assert_done(m, machine_t32(m, 0xb512, 0)); // push {r1, r4, lr}
	assert_access(m, 2, true, RAM + 0x3c, 4, 0x18181818);
	assert_done(m, machine_t32(m, 0xbd02, 0)); // pop {r1, pc}
	assert_word(m, pc, 0x40000400, DATA);
	assert_word(m, pstate, SVC | PSTATE_T, NONE);
}

static void each_mode_has_its_own_sp_and_lr(void **state)
{
	static const struct {
		uint64_t pstate;
		unsigned sp, lr;
	} rows[] = {
		{ USR, TL_ARM64_x13, TL_ARM64_x14 },
		{ SYS, TL_ARM64_x13, TL_ARM64_x14 },
		{ IRQ, TL_ARM64_x17, TL_ARM64_x16 },
		{ SVC, TL_ARM64_x19, TL_ARM64_x18 },
		{ ABT, TL_ARM64_x21, TL_ARM64_x20 },
		{ UND, TL_ARM64_x23, TL_ARM64_x22 },
		{ FIQ, TL_ARM64_x29, TL_ARM64_x30 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_set(m, TL_ARM64_pstate, rows[i].pstate);
		assert_done(m, machine_a32(m, 0xe592d000)); // ldr sp, [r2]
		assert_int_equal(m->effect.regs.word[rows[i].sp], 0x83828180);
		assert_int_equal(m->effect.origin[rows[i].sp], TL_ORIGIN_DATA);
		assert_done(m, machine_a32(m, 0xe582e000)); // str lr, [r2]
		assert_access(
			m, 0, true, DEVICE + 0x80, 4, (uint32_t)m->state.regs.word[rows[i].lr]);
	}
	machine_set(m, TL_ARM64_pstate, FIQ);
	assert_done(m, machine_a32(m, 0xe8920150)); // ldm r2, {r4, r6, r8}
	assert_word(m, x24, 0x8b8a8988, DATA);
	machine_set(m, TL_ARM64_pstate, 0x1da);
	assert_not_known(m, machine_a32(m, 0xe592d000), "r2 of mode 0x1a: there is no such mode");
}

static void a_condition_that_fails_only_moves_on(void **state)
{
	assert_done(m, machine_a32(m, 0x05921000)); // ldreq r1, [r2]
	assert_int_equal(m->effect.n_transfers, 0);
	assert_word(m, x1, m->state.regs.word[TL_ARM64_x1], NONE);
	assert_word(m, pc, RAM + 0x104, NEXT);
	assert_string_equal(m->effect.note, "its condition fails: it does nothing");
	assert_done(m, machine_a32(m, 0x01820f91)); // strexeq r0, r1, [r2]
	assert_int_equal(m->effect.n_transfers, 0);
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_Z);
	assert_done(m, machine_a32(m, 0x05921000));
	assert_int_equal(m->effect.n_transfers, 1);
}

// ITTE EQ at its second and its third instruction: 0x06 with 00001100, then 00011000.
static void itstate_is_the_condition_of_t32(void **state)
{
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x0c));
	assert_done(m, machine_t32(m, 0x6841, 0)); // ldr r1, [r0, #4]
	assert_int_equal(m->effect.n_transfers, 1);
	assert_word(m, pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x18), NEXT);
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x18));
	assert_done(m, machine_t32(m, 0x6841, 0));
	assert_int_equal(m->effect.n_transfers, 0);
	assert_word(m, pstate, SVC | PSTATE_T | PSTATE_Z, NEXT);
	assert_word(m, pc, RAM + 0x102, NEXT);
}

static void a_branch_stands_at_the_end_of_its_it_block(void **state)
{
	static const uint16_t branches[][2] = {
		{ 0xe8d2, 0xf003 }, // tbb [r2, r3]
		{ 0xf8d2, 0xf000 }, // ldr.w pc, [r2]
		{ 0xbd02, 0 },	    // pop {r1, pc}
	};
	static const char *const names[] = { "tbb", "ldr", "pop" };
	char text[100];

	memory_put(&m->memory, RAM, 0x40000801, 4);
	memory_put(&m->memory, RAM + 4, 0x40000801, 4);
	machine_set(m, TL_ARM64_x2, RAM);
	machine_set(m, TL_ARM64_x3, 1);
	machine_set(m, TL_ARM64_x19, RAM);
	for (unsigned i = 0; i < 3; i++) {
		machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x04));
		snprintf(text, sizeof(text),
			"%s: CONSTRAINED UNPREDICTABLE: it branches, and is not the last of its IT "
			"block",
			names[i]);
		assert_refused(m, machine_t32(m, branches[i][0], branches[i][1]), text);
		machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x08));
		assert_done(m, machine_t32(m, branches[i][0], branches[i][1]));
		assert_word(m, pstate, SVC | PSTATE_T | PSTATE_Z, NEXT);
	}
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T | PSTATE_Z | IT(0x04));
	assert_done(m, machine_t32(m, 0x6841, 0)); // ldr r1, [r0, #4]
}

static void every_condition_reads_its_flags(void **state)
{
	// NZCV in the order of the conditions, of each of which the next is the opposite.
	static const uint8_t holds[][2] = { { 4, 0 }, { 2, 0 }, { 8, 0 }, { 1, 0 }, { 2, 6 },
		{ 9, 8 }, { 9, 13 } };

	for (unsigned i = 0; i < 14; i++)
		for (unsigned n = 0; n < 2; n++) {
			const bool does = (i ^ n) % 2 == 0;

			machine_set(m, TL_ARM64_pstate, SVC | (uint64_t)holds[i / 2][n] << 28);
			assert_done(m, machine_a32(m, i << 28 | 0x05921000));
			assert_int_equal(m->effect.n_transfers, does);
		}
}

static void big_endian_data_is_turned(void **state)
{
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_E);
	assert_done(m, machine_a32(m, 0xe4901004)); // ldr r1, [r0], #4
	assert_word(m, x1, 0x80818283, DATA);
	assert_done(m, machine_a32(m, 0xe1c240d0)); // ldrd r4, r5, [r2]
	assert_word(m, x5, 0x84858687, DATA);
	assert_done(m, machine_a32(m, 0xed925b02)); // vldr d5, [r2, #8]
	assert_int_equal(m->effect.vectors.v[2][15], 0x88);
	machine_set(m, TL_ARM64_x3, 0x11223344);
	assert_done(m, machine_a32(m, 0xe982000a)); // stmib r2, {r1, r3}
	assert_access(m, 1, true, DEVICE + 0x88, 4, 0x44332211);
}

static void assert_double(unsigned n, uint64_t value)
{
	uint64_t found = 0;

	for (unsigned i = 8; i--;)
		found = found << 8 | m->effect.vectors.v[n / 2][n % 2 * 8 + i];
	assert_int_equal(found, value);
}

// Before: D(2n) is 0xn7n6n5n4n3n2n1n0 and D(2n + 1) 0xnf...n8.
static void s_and_d_registers_are_parts_of_v_registers(void **state)
{
	assert_done(m, machine_a32(m, 0xedd22a00)); // vldr s5, [r2]
	assert_int_equal(m->effect.vectors_set, 1 << 1);
	assert_double(2, 0x8382818013121110);
	assert_double(3, 0x1f1e1d1c1b1a1918);
	assert_done(m, machine_a32(m, 0xedd22900)); // vldr.16 s5, [r2]
	assert_double(2, 0x0000818013121110);
	assert_done(m, machine_a32(m, 0xedc22900)); // vstr.16 s5, [r2]
	assert_access(m, 0, true, DEVICE + 0x80, 2, 0x1514);
	assert_done(m, machine_a32(m, 0xed925b02)); // vldr d5, [r2, #8]
	assert_double(5, 0x8f8e8d8c8b8a8988);
	assert_double(4, 0x2726252423222120);
	assert_done(m, machine_a32(m, 0xedc25b00)); // vstr d21, [r2]
	assert_access(m, 0, true, DEVICE + 0x80, 8, 0xafaeadacabaaa9a8);
	assert_done(m, machine_a32(m, 0xecb21a04)); // vldmia r2!, {s2-s5}
	assert_int_equal(m->effect.n_transfers, 4);
	assert_double(1, 0x8786858483828180);
	assert_double(2, 0x8f8e8d8c8b8a8988);
	assert_word(m, x2, DEVICE + 0x90, WRITEBACK);
	assert_done(m, machine_a32(m, 0xecb23b04)); // vldmia r2!, {d3-d4}
	assert_double(3, 0x8786858483828180);
	assert_double(4, 0x8f8e8d8c8b8a8988);
	assert_done(m, machine_a32(m, 0xed62eb04)); // vstmdb r2!, {d30-d31}
	assert_access(m, 0, true, DEVICE + 0x70, 8, 0xf7f6f5f4f3f2f1f0);
	assert_access(m, 1, true, DEVICE + 0x78, 8, 0xfffefdfcfbfaf9f8);
	assert_word(m, x2, DEVICE + 0x70, WRITEBACK);
	m->state.vectors.known = 0;
	assert_not_known(m, machine_a32(m, 0xedd22a00), "needs v1, which was not recorded");
}

static void structures_are_taken_apart(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a32(m, 0xf422270f)); // vld1.8 {d2}, [r2]
	assert_double(2, 0x0706050403020100);
	assert_double(3, 0x1f1e1d1c1b1a1918);
	assert_done(m, machine_a32(m, 0xf422228d)); // vld1.32 {d2-d5}, [r2]!
	assert_double(5, 0x1f1e1d1c1b1a1918);
	assert_word(m, x2, DEVICE + 32, WRITEBACK);
	assert_done(m, machine_a32(m, 0xf422294f)); // vld2.16 {d2, d4}, [r2]
	assert_double(2, 0x0d0c090805040100);
	assert_double(4, 0x0f0e0b0a07060302);
	assert_done(m, machine_a32(m, 0xf4222303)); // vld2.8 {d2-d5}, [r2], r3
	assert_double(2, 0x0e0c0a0806040200);
	assert_double(3, 0x1e1c1a1816141210);
	assert_double(4, 0x0f0d0b0907050301);
	assert_double(5, 0x1f1d1b1917151311);
	assert_word(m, x2, DEVICE + 0x10, WRITEBACK);
	assert_done(m, machine_a32(m, 0xf402000f)); // vst4.8 {d0-d3}, [r2]
	assert_int_equal(m->effect.n_transfers, 32);
	assert_access(m, 3, true, DEVICE + 3, 1, 0x18);
	assert_access(m, 4, true, DEVICE + 4, 1, 0x01);
}

static void one_lane_or_all_are_loaded(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE);
	assert_done(m, machine_a32(m, 0xf4a2388f)); // vld1.32 {d3[1]}, [r2]
	assert_double(3, 0x030201001b1a1918);
	assert_done(m, machine_a32(m, 0xf4a2066f)); // vld3.16 {d0[1], d2[1], d4[1]}, [r2]
	assert_double(0, 0x0706050401000100);
	assert_double(2, 0x1716151403021110);
	assert_double(4, 0x2726252405042120);
	machine_set(m, TL_ARM64_x2, DEVICE + 0x33);
	assert_done(m, machine_a32(m, 0xf4a23c2f)); // vld1.8 {d3[], d4[]}, [r2]
	assert_int_equal(m->effect.n_transfers, 1);
	assert_int_equal(m->effect.vectors_set, 1 << 1 | 1 << 2);
	assert_double(3, 0x3333333333333333);
	assert_double(4, 0x3333333333333333);
	assert_double(5, 0x2f2e2d2c2b2a2928);
	assert_double(2, 0x1716151413121110);
}

static void t32_does_the_same(void **state)
{
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	assert_done(m, machine_t32(m, 0xf850, 0x1b04)); // ldr.w r1, [r0], #4
	assert_word(m, x1, 0x83828180, DATA);
	assert_word(m, x0, DEVICE + 0x84, WRITEBACK);
	assert_word(m, pc, RAM + 0x104, NEXT);
	assert_done(m, machine_t32(m, 0xe9f2, 0x1402)); // ldrd r1, r4, [r2, #8]!
	assert_word(m, x4, 0x8f8e8d8c, DATA);
	assert_word(m, x2, DEVICE + 0x88, WRITEBACK);
	assert_done(m, machine_t32(m, 0xe8b2, 0x0050)); // ldmia.w r2!, {r4, r6}
	assert_word(m, x6, 0x87868584, DATA);
	assert_done(m, machine_t32(m, 0x5ed1, 0)); // ldrsh r1, [r2, r3]
	assert_word(m, x1, 0xffff9190, DATA);
	assert_word(m, pc, RAM + 0x102, NEXT);
	assert_done(m, machine_t32(m, 0xe852, 0x1f01)); // ldrex r1, [r2, #4]
	assert_word(m, x1, 0x87868584, DATA);
}

static void a_branch_by_table_goes_on_from_pc(void **state)
{
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	assert_done(m, machine_t32(m, 0xe8d2, 0xf003)); // tbb [r2, r3]
	assert_access(m, 0, false, DEVICE + 0x90, 1, 0x90);
	assert_word(m, pc, RAM + 0x104 + 0x120, DATA);
	assert_int_equal(m->effect.regs.word[TL_ARM64_pstate], SVC | PSTATE_T);
	machine_set(m, TL_ARM64_pc, RAM + 0x102);
	memory_put(&m->memory, RAM + 0x126, 0x1234, 2);
	assert_done(m, machine_t32(m, 0xe8df, 0xf013)); // tbh [pc, r3, lsl #1]
	assert_access(m, 0, false, RAM + 0x126, 2, 0x1234);
	assert_word(m, pc, RAM + 0x106 + 0x2468, DATA);
}

static void what_cannot_be_carried_out_says_why(void **state)
{
	static const struct {
		uint32_t word;
		const char *text;
	} rows[] = {
		{ 0xe1a00000, "the instruction: it is no load, store or cache operation" },
		{ 0xe8d2000a, "ldm: it transfers registers of User mode" },
		{ 0xe8d28002, "ldm: it returns from an exception" },
		{ 0xf8920a00, "rfeia: it returns from an exception" },
		{ 0xf96d0513, "srsdb: it stores the state to return to" },
		{ 0xe1820f91, "strex: whether the monitor still holds is not known: it may fail "
			      "without an access" },
		{ 0xe1021090, "swp: it is UNDEFINED since ARMv8" },
		{ 0xed925e00, "ldc: it transfers a register of a coprocessor" },
		{ 0xee110f10, "mrc: it is no load, store or cache operation" },
		{ 0xe5b22004, "ldr: CONSTRAINED UNPREDICTABLE: it writes back to a register that "
			      "it transfers" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(m, machine_a32(m, rows[i].word), rows[i].text);
	assert_string_equal(m->why.source, "Arm ARM K1.1");
}

static void maintenance_and_prefetches_only_move_on(void **state)
{
	assert_done(m, machine_a32(m, 0xee070f3e)); // mcr p15, 0, r0, c7, c14, 1
	assert_int_equal(m->effect.n_transfers, 0);
	assert_word(m, pc, RAM + 0x104, NEXT);
	assert_done(m, machine_a32(m, 0xf5d2f000)); // pld [r2]
	assert_int_equal(m->effect.n_transfers, 0);
	assert_done(m, machine_a32(m, 0xee070f18)); // mcr p15, 0, r0, c7, c8, 0
	assert_int_equal(m->effect.origin[TL_ARM64_par_el1], TL_ORIGIN_RESULT);
	assert_false(tl_regs_known(&m->effect.regs, TL_ARM64_par_el1));
}

static void an_operation_of_a_higher_level_is_undefined(void **state)
{
	assert_refused(m, machine_a32(m, 0xee070f98), // mcr p15, 0, r0, c7, c8, 4
		"ats12nsopr: it is UNDEFINED at this exception level");
	machine_set(m, TL_ARM64_pstate, USR);
	assert_refused(
		m, machine_a32(m, 0xee070f3e), "dccimvac: it is UNDEFINED at this exception level");
}

static void alignment_faults_are_the_guests(void **state)
{
	machine_set(m, TL_ARM64_x2, DEVICE + 2);
	assert_done(m, machine_a32(m, 0xe592d000)); // ldr sp, [r2]
	assert_refused(m, machine_a32(m, 0xe8920150),
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
	assert_refused(m, machine_a32(m, 0xe1c240d0),
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
	assert_refused(m, machine_a32(m, 0xedd22a00),
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
	assert_refused(m, machine_a32(m, 0xf42227df), // vld1.64 {d2}, [r2 :64]
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 8");
	machine_set(m, TL_ARM64_x2, DEVICE + 4);
	machine_set(m, TL_ARM64_sctlr_el1, BIT(1));
	assert_done(m, machine_a32(m, 0xed925b02)); // vldr d5, [r2, #8]
	machine_set(m, TL_ARM64_x2, DEVICE + 2);
	assert_refused(m, machine_a32(m, 0xe592d000),
		"the guest takes an alignment fault of its own: 0x9000002 is no multiple of 4");
}

static void the_address_is_that_of_the_first_byte(void **state)
{
	struct tl_arm64_insn insn;
	tl_gva va;

	tl_arm64_decode_a32(0xe9320050, &insn); // ldmdb r2!, {r4, r6}
	assert_true(tl_arm64_effective_address(&m->state, &insn, &va));
	assert_int_equal(va, DEVICE + 0x78);
	tl_arm64_decode_a32(0x05921000, &insn); // ldreq r1, [r2]
	assert_false(tl_arm64_effective_address(&m->state, &insn, &va));
	tl_arm64_decode_t32(0xe8d2, 0xf003, &insn); // tbb [r2, r3]
	machine_set(m, TL_ARM64_pstate, SVC | PSTATE_T);
	assert_true(tl_arm64_effective_address(&m->state, &insn, &va));
	assert_int_equal(va, DEVICE + 0x90);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loads_extend_to_32_bits),
		TEST(bases_are_written_back),
		TEST(offsets_are_shifted),
		TEST(addresses_wrap_at_32_bits),
		TEST(pc_is_read_two_instructions_on),
		TEST(a_load_of_pc_branches),
		TEST(pairs_and_lists_are_words_from_the_lowest_on),
		TEST(pushes_and_pops_use_the_stack_of_the_mode),
		TEST(each_mode_has_its_own_sp_and_lr),
		TEST(a_condition_that_fails_only_moves_on),
		TEST(itstate_is_the_condition_of_t32),
		TEST(a_branch_stands_at_the_end_of_its_it_block),
		TEST(every_condition_reads_its_flags),
		TEST(big_endian_data_is_turned),
		TEST(s_and_d_registers_are_parts_of_v_registers),
		TEST(structures_are_taken_apart),
		TEST(one_lane_or_all_are_loaded),
		TEST(t32_does_the_same),
		TEST(a_branch_by_table_goes_on_from_pc),
		TEST(what_cannot_be_carried_out_says_why),
		TEST(maintenance_and_prefetches_only_move_on),
		TEST(an_operation_of_a_higher_level_is_undefined),
		TEST(alignment_faults_are_the_guests),
		TEST(the_address_is_that_of_the_first_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
