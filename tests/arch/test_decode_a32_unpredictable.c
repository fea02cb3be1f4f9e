// SPDX-License-Identifier: MIT
// Why A32 and T32 instructions are CONSTRAINED UNPREDICTABLE.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "tests/arch/spaces_a32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUCTIONS = 200000 };

typedef bool predicate(const struct tl_arm64_insn *i);

static bool overwrites(const struct tl_arm64_insn *i)
{
	const bool writes = i->address == TL_ARM64_PRE || i->address == TL_ARM64_POST ||
			    i->address == TL_ARM64_PRE_REG || i->address == TL_ARM64_POST_REG;

	return (writes && (i->rn == i->rt || i->rn == i->rt2)) ||
	       (i->writes_back && i->list >> i->rn & 1);
}

static bool base_is_pc(const struct tl_arm64_insn *i)
{
	return i->rn == 15;
}

static bool offset_is_pc(const struct tl_arm64_insn *i)
{
	return i->rm == 15;
}

static bool data_is_pc(const struct tl_arm64_insn *i)
{
	return i->rt == 15 || i->rt2 == 15;
}

static bool is_odd_pair(const struct tl_arm64_insn *i)
{
	return i->set == TL_ARM64_A32 && i->rt & 1 && i->rt2 == (i->rt + 1) % 16;
}

static bool is_post_indexed(const struct tl_arm64_insn *i)
{
	return i->n == 2 && i->word >> 21 & 1 &&
	       (i->address == TL_ARM64_POST || i->address == TL_ARM64_POST_REG);
}

static bool loads_offset(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_LOADS && (i->rm == i->rt || i->rm == i->rt2);
}

static bool status_is_base(const struct tl_arm64_insn *i)
{
	return i->rs == i->rn;
}

static bool status_is_data(const struct tl_arm64_insn *i)
{
	return i->rs == i->rt || i->rs == i->rt2;
}

static bool status_is_pc(const struct tl_arm64_insn *i)
{
	return i->rs == 15;
}

static bool is_swp(const struct tl_arm64_insn *i)
{
	return !strncmp(i->name, "swp", 3);
}

static bool has_none(const struct tl_arm64_insn *i)
{
	return i->n == 0;
}

static bool stores_base(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_STORES && i->writes_back && i->list >> i->rn & 1 &&
	       i->list & ((1u << i->rn) - 1);
}

static bool is_user_bank(const struct tl_arm64_insn *i)
{
	return i->user_bank && i->writes_back;
}

static bool has_no_stack(const struct tl_arm64_insn *i)
{
	static const uint8_t modes[] = { 0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f };

	return !memchr(modes, i->mode, sizeof(modes));
}

static bool is_pldw_of_pc(const struct tl_arm64_insn *i)
{
	return !strcmp(i->name, "pldw") && i->rn == 15;
}

static bool has_condition(const struct tl_arm64_insn *i)
{
	return i->vector && i->size == 2 && i->cond < 14;
}

static bool is_beyond(const struct tl_arm64_insn *i)
{
	return i->registers > 16 || i->rt + i->registers > 32 ||
	       i->rt + (i->interleave - 1) * i->apart > 31;
}

static bool loads_twice(const struct tl_arm64_insn *i)
{
	return i->rt == i->rt2;
}

static bool has_one(const struct tl_arm64_insn *i)
{
	return i->n == 1;
}

static bool has_sp(const struct tl_arm64_insn *i)
{
	return i->list >> 13 & 1;
}

static bool has_lr_and_pc(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_LOADS && i->list >> 14 == 3;
}

static bool has_pc(const struct tl_arm64_insn *i)
{
	return i->does == TL_ARM64_STORES && i->list >> 15;
}

static bool any_bit(const struct tl_arm64_insn *i)
{
	return true;
}

static const struct {
	const char *why;
	predicate *holds;
} reasons[] = {
	{ "it writes back to a register that it transfers", overwrites },
	{ "it writes back to PC", base_is_pc },
	{ "its base is PC", base_is_pc },
	{ "its offset is PC", offset_is_pc },
	{ "it transfers PC", data_is_pc },
	{ "its pair starts with an odd register", is_odd_pair },
	{ "it is neither post-indexed nor pre-indexed", is_post_indexed },
	{ "it loads the register that is its offset", loads_offset },
	{ "its status goes to its base", status_is_base },
	{ "its status goes to a register that it stores", status_is_data },
	{ "its status goes to PC", status_is_pc },
	{ "it is undefined since ARMv8", is_swp },
	{ "its list is empty", has_none },
	{ "it stores its base, which it writes back", stores_base },
	{ "it writes back beside registers of User mode", is_user_bank },
	{ "its mode has no stack that it could use", has_no_stack },
	{ "it prefetches for a write at PC", is_pldw_of_pc },
	{ "it has a condition", has_condition },
	{ "its list goes beyond the last register", is_beyond },
	{ "it loads the same register twice", loads_twice },
	{ "its list has one register", has_one },
	{ "its list has SP", has_sp },
	{ "its list has both LR and PC", has_lr_and_pc },
	{ "its list has PC", has_pc },
	{ "a bit is not what it should be", any_bit },
};

static void check(const struct tl_arm64_insn *i, unsigned *seen)
{
	unsigned n = 0;

	if (!i->unpredictable)
		return;
	while (n < LENGTH(reasons) && strcmp(reasons[n].why, i->unpredictable) != 0)
		n++;
	assert_true(n < LENGTH(reasons));
	if (!reasons[n].holds(i))
		fail_msg("%08" PRIx32 ", %s: %s", i->word, i->name, i->unpredictable);
	seen[n]++;
}

static void every_reason_is_there_and_true(void **state)
{
	const unsigned n = random_rounds(INSTRUCTIONS);
	unsigned seen[LENGTH(reasons)] = { 0 };
	struct tl_arm64_insn insn;
	uint16_t code[2] = { 0 };

	random_start();
	for (unsigned i = 0; i < n; i++) {
		tl_arm64_decode_a32(some_a32(), &insn);
		check(&insn, seen);
		some_t32(code);
		tl_arm64_decode_t32(code[0], code[1], &insn);
		check(&insn, seen);
	}
	for (unsigned i = 0; i < LENGTH(reasons); i++)
		if (!seen[i])
			fail_msg("not seen: %s", reasons[i].why);
}

static const struct {
	bool t32;
	uint32_t word;
	const char *why;
} unpredictable[] = {
	{ false, 0xe4900004, "it writes back to a register that it transfers" }, // ldr r0, [r0], #4
	{ false, 0xe49f0004, "it writes back to PC" },				 // ldr r0, [pc], #4
	{ false, 0xe790000f, "its offset is PC" },				 // ldr r0, [r0, pc]
	{ false, 0xe5d0f000, "it transfers PC" },				 // ldrb pc, [r0]
	{ false, 0xe590f000, NULL },						 // ldr pc, [r0]
	{ false, 0xe580f000, NULL },						 // str pc, [r0]
	{ false, 0xe1c210d0, "its pair starts with an odd register" },		 // ldrd r1, [r2]
	{ false, 0xe1c2e0d0, "it transfers PC" },				 // ldrd lr, [r2]
	{ false, 0xe06200d4, "it is neither post-indexed nor pre-indexed" }, // ldrd r0, [r2], -r4
	{ false, 0xe18200d1, "it loads the register that is its offset" },   // ldrd r0, [r2, r1]
	{ false, 0xe18201d4, "a bit is not what it should be" },
	{ false, 0xe1800f90, "its status goes to its base" }, // strex r0, r0, [r0]
	{ false, 0xe1810f90, "its status goes to a register that it stores" },
	{ false, 0xe181ff90, "its status goes to PC" },
	{ false, 0xe19f0f9f, "its base is PC" },		       // ldrex r0, [pc]
	{ false, 0xe191ff9f, "it transfers PC" },		       // ldrex pc, [r1]
	{ false, 0xe1b11f9f, "its pair starts with an odd register" }, // ldrexd r1, [r1]
	{ false, 0xe1010092, "it is undefined since ARMv8" },	       // swp r0, r2, [r1]
	{ false, 0xe8900000, "its list is empty" },
	{ false, 0xe8b00001, "it writes back to a register that it transfers" }, // ldm r0!, {r0}
	{ false, 0xe8a10003, "it stores its base, which it writes back" }, // stm r1!, {r0, r1}
	{ false, 0xe8a00003, NULL },					   // stm r0!, {r0, r1}
	{ false, 0xe8f00002, "it writes back beside registers of User mode" },
	{ false, 0xf96d0514, "its mode has no stack that it could use" },
	{ false, 0xf59f0000, "a bit is not what it should be" }, // pld [pc]
	{ false, 0xf51ff000, "it prefetches for a write at PC" },
	{ false, 0x0d900900, "it has a condition" },			 // vldreq.16 s0, [r0]
	{ false, 0xecb0fb04, NULL },					 // vldmia r0!, {d15-d16}
	{ false, 0xecf0fb04, "its list goes beyond the last register" }, // from d31
	{ false, 0xec500f10, "it loads the same register twice" },	 // mrrc 15, 1, r0, r0, cr0
	{ false, 0xee07ff36, "it transfers PC" },			 // dcimvac of pc
	{ false, 0xec900b22, "its list goes beyond the last register" }, // 17 of D registers
	{ false, 0xec900a20, NULL },					 // vldmia r0, {s0-s31}
	{ false, 0xecbf0a01, "its base is PC" },			 // vldmia pc!, {s0}
	{ false, 0xec9f0a01, NULL },
	{ true, 0xec9f0a01, "its base is PC" },
	{ false, 0xec51ff02, "it transfers PC" }, // mrrc 15, 0, pc, r1, cr2
	{ false, 0xedaf5e01, "its base is PC" },  // stc 14, cr5, [pc, #4]!
	{ false, 0xed8f5e01, NULL },
	{ true, 0xed8f5e01, "its base is PC" },
	{ true, 0xed9f5e01, NULL }, // ldc 14, cr5, [pc, #4]
	{ true, 0xf8500b04, "it writes back to a register that it transfers" },
	{ true, 0xf8c0f000, "it transfers PC" }, // str.w pc, [r0]
	{ true, 0xf8d0f000, NULL },
	{ true, 0xe9d20000, "it loads the same register twice" }, // ldrd r0, r0, [r2]
	{ true, 0xe9cf0100, "its base is PC" },			  // strd r0, r1, [pc]
	{ true, 0xe8400000, "its status goes to its base" },	  // strex r0, r0, [r0]
	{ true, 0xe8900001, "its list has one register" },
	{ true, 0xe8902001, "its list has SP" },
	{ true, 0xe890c000, "its list has both LR and PC" },
	{ true, 0xe8808001, "its list has PC" }, // stm.w r0, {r0, pc}
	{ true, 0xe8a00003, "it writes back to a register that it transfers" },
	{ true, 0xed8f0a00, "its base is PC" }, // vstr s0, [pc]
	{ true, 0xb400, "its list is empty" },
	{ true, 0xc102, NULL }, // stmia r1!, {r1}
	{ true, 0xc103, "it stores its base, which it writes back" },
};

static void what_cannot_be_predicted_says_why(void **state)
{
	for (unsigned i = 0; i < LENGTH(unpredictable); i++) {
		const char *why = unpredictable[i].why;
		struct tl_arm64_insn insn;

		decode_32(unpredictable[i].t32, unpredictable[i].word, &insn);
		assert_true(*insn.name);
		assert_int_equal(insn.unpredictable != NULL, why != NULL);
		if (why)
			assert_string_equal(insn.unpredictable, why);
	}
}

static void what_can_be_predicted_has_no_reason(void **state)
{
	static const uint32_t a32[] = { 0xe1910f9f, 0xe1810f92, 0xe1b12f9f, 0xe1a10f92, 0xe1910c9f,
		0xe181fc90, 0xe1d10e9f, 0xe1e10e92, 0xe10200f3, 0xe19100b2, 0xf8b00a00, 0xf96d0513,
		0xf5d1f000, 0xf791f002, 0xf4dff004, 0xe8d08002, 0xe8dd0006, 0xed9f0a01, 0xed8f0a01,
		0xecc10b20, 0xf461f70f, 0xf461910f, 0xee17ff7e, 0xec510f02 };
	static const uint32_t t32[] = { 0xe8510f01, 0xe8412000, 0xe8d1237f, 0xe8c12370, 0xe8d12f4f,
		0xe8c12f50, 0xe8d10faf, 0xe8c10f9f, 0xe8d201ff, 0xe8c21fe0, 0xe8dff000, 0xe8d1f010,
		0xe810c000, 0xe98dc011, 0xe8914001, 0xe8b18001, 0xe9204002, 0xf89ff004, 0xf8b1f004,
		0xf85dfb04, 0xe9d21000, 0xe9c20000, 0xed9f0b01, 0xf9310e04 };
	struct tl_arm64_insn insn;

	for (unsigned i = 0; i < LENGTH(a32) + LENGTH(t32); i++) {
		const bool wide = i >= LENGTH(a32);

		decode_32(wide, wide ? t32[i - LENGTH(a32)] : a32[i], &insn);
		assert_true(*insn.name);
		if (insn.unpredictable)
			fail_msg("%08" PRIx32 ", %s: %s", insn.word, insn.name, insn.unpredictable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_there_and_true),
		cmocka_unit_test(what_cannot_be_predicted_says_why),
		cmocka_unit_test(what_can_be_predicted_has_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
