/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What instructions do, in words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "arch/x86_64/decode.h"
#include "replayer/cause.h"

static void words_of_a64(void **state)
{
	static const struct {
		uint32_t word;
		const char *deed;
	} rows[] = { { 0xb9400001, "a load of 4 bytes" }, // ldr w1, [x0]
		{ 0x39000001, "a store of 1 byte" },	  // strb
		{ 0xb8004401, "a post-index store of 4 bytes" },
		{ 0xf8408c02, "a pre-index load of 8 bytes" },
		{ 0xf8404802, "an unprivileged load of 8 bytes" }, // ldtr x2, [x0, #4]
		{ 0x58000000, "a literal load of 8 bytes" },
		{ 0xa9400c02, "a pair load of 2 times 8 bytes" },
		{ 0x29820c02, "a pre-index pair store of 2 times 4 bytes" },
		{ 0x3dc00000, "a vector load of 16 bytes" },
		{ 0xad000400, "a vector pair store of 2 times 16 bytes" },
		{ 0x4c407000, "a vector load of 16 times 1 byte" }, // ld1 {v0.16b}
		{ 0xc85f7c02, "an exclusive load of 8 bytes" },	    // ldxr
		{ 0xc87f0c02, "an exclusive pair load of 2 times 8 bytes" },
		{ 0xf8220003, "an atomic update of 8 bytes" },	     // ldadd
		{ 0xf83fd000, "a 64-byte load of 8 times 8 bytes" }, // ld64b
		{ 0xf9800000, "a prefetch" }, { 0xd50b7420, "a zeroing of a cache block" },
		{ 0xd5087620, "cache maintenance" },	  // dc ivac
		{ 0xd5087800, "an address translation" }, // at s1e1r
		{ 0xd538fd00, "a read of a system register" },
		{ 0xd51bff1f, "a write to a system register" }, { 0xd503201f, "" } }; // nop

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tl_arm64_insn insn;
		char deed[120];

		tl_arm64_decode(rows[i].word, &insn);
		tl_arm64_deed(&insn, deed, sizeof(deed));
		assert_string_equal(deed, rows[i].deed);
	}
}

static void words_of_a32(void **state)
{
	static const struct {
		uint32_t word;
		const char *deed;
	} rows[] = { { 0xe8900006, "a multiple load of 2 times 4 bytes" }, // ldm r0, {r1, r2}
		{ 0xe1c020d0, "a pair load of 2 times 4 bytes" },	   // ldrd r2, r3, [r0]
		{ 0xe4801004, "a post-index store of 4 bytes" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tl_arm64_insn insn;
		char deed[120];

		tl_arm64_decode_a32(rows[i].word, &insn);
		tl_arm64_deed(&insn, deed, sizeof(deed));
		assert_string_equal(deed, rows[i].deed);
	}
}

static void words_of_x86(void **state)
{
	static const struct {
		uint8_t code[4];
		const char *deed;
	} rows[] = { { { 0x8b, 0x08 }, "a read of 4 bytes" },
		{ { 0x88, 0x08 }, "a write of 1 byte" }, { { 0x01, 0x08 }, "an update of 4 bytes" },
		{ { 0xf3, 0xab }, "a repeated write of 4 bytes" },
		{ { 0xec }, "a read of a port of 1 byte" },
		{ { 0x66, 0xef }, "a write to a port of 2 bytes" },
		{ { 0xf3, 0x6e }, "a repeated write to a port of 1 byte" },
		{ { 0x0f, 0x32 }, "a read of an MSR" }, { { 0x0f, 0x30 }, "a write to an MSR" },
		{ { 0x90 }, "" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tl_x86_insn insn;
		char deed[120];

		assert_int_equal(tl_x86_decode(64, rows[i].code, 4, &insn), TL_X86_DECODED);
		tl_x86_deed(&insn, deed, sizeof(deed));
		assert_string_equal(deed, rows[i].deed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a64),
		cmocka_unit_test(words_of_a32),
		cmocka_unit_test(words_of_x86),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
