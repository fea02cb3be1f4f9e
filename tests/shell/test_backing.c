/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "shell/explain.h"

static const struct tl_slot slots[] = { { 0x40000000, 0x10000000, false },
	{ 0xc000000, 0x10000, true } };

static void assert_place(tl_gpa gpa, const char *expected)
{
	const struct tl_state state = { .arch = &tl_arch_arm64,
		.slots_known = true,
		.slots = slots,
		.n_slots = 2,
		.platform = { .ipa_bits = 36, .host_ipa_bits = 40 } };
	struct tl_backing backing;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	tl_backing(&state, gpa, &backing);
	tl_put_backing(to, gpa, &backing, &state.platform);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
}

static void each_place_has_its_words(void **state)
{
	assert_place(0x40000000, "RAM at 0x40000000-0x4fffffff");
	assert_place(0xc00ffff, "read-only memory at 0xc000000-0xc00ffff");
	assert_place(0xc010000, "no memory slot shows it; the nearest is read-only memory at "
				"0xc000000-0xc00ffff, 1 byte below");
	assert_place(0x3fffff00, "no memory slot shows it; the nearest is RAM at "
				 "0x40000000-0x4fffffff, 256 bytes above");
	assert_place(0x1000, "no memory slot shows it; the nearest is read-only memory at "
			     "0xc000000-0xc00ffff, 192.0 MiB above");
	assert_place(UINT64_C(1) << 36, "no address of this VM: its IPA size is 36 bits");
	assert_place(UINT64_C(1) << 40, "no address of this host: its PARange is 40 bits");
}

static void without_slots_little_is_known(void **state)
{
	struct tl_backing backing = { .kind = TL_BACKING_NOT_KNOWN };
	const struct tl_platform none = { 0 };
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	tl_put_backing(to, 0, &backing, &none);
	fputs("; ", to);
	backing.kind = TL_BACKING_HOLE;
	tl_put_backing(to, 0, &backing, &none);
	fclose(to);
	assert_string_equal(text, "the memory slots are not recorded; no memory slot shows it");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_has_its_words),
		cmocka_unit_test(without_slots_little_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
