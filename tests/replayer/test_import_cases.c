// SPDX-License-Identifier: MIT
// labels: unit
// Public reports of guests that died: what a trace of each holds.
#include "tests/replayer/imported.h"

static const struct {
	const char *name;
	unsigned exits;
	const char *rows[5];
} cases[] = {
	{ "01-uboot-xhci", 1,
		{ "failed pc=0x476fc1c8 value=0x96000010 | x0=0x10100040 x1=0x1 x21=0x10100040 "
		  "pc=0x476fc1c8 esr_el1=0x96000010 far_el1=0x10100040 | "
		  "bf3f03d5e00315aa03d0875202008052>014400b8" } },
	{ "02-uboot-hvf", 1, { "nisv | |" } },
	{ "03-uboot-cfi", 1,
		{ "nisv ENOSYS pc=0x7ff72d08 | x0=0x1 x1=0x40 x7=0x55 pc=0x7ff72d08 "
		  "pstate=0x200001d3 |" } },
	{ "04-edk2-lto-thumb", 1,
		{ "nisv ENOSYS pc=0x7faa887c | x2=0x48 x3=0x8000820 pc=0x7faa887c "
		  "pstate=0x800001f3 |" } },
	{ "05-edk2-gic-typer", 1,
		{ "nisv ENOSYS pc=0x40001000 addr=0x80a0008 write=0 value=0x92000007 | "
		  "x2=0x80a0008 "
		  "pc=0x40001000 pstate=0x600001d3 | >d000c2e1" } },
	{ "06-edk2-null", 1,
		{ "nisv ENOSYS pc=0x13f7ff804 | x0=0x13f7ab108 x1=0x64 x5=0x96000044 "
		  "pc=0x13f7ff804 "
		  "pstate=0x800003c5 sp_el1=0x13f7a6f30 |" } },
	{ "07-barebox-primecell", 1,
		{ "nisv addr=0x9000fe0 write=0 value=0x92000007 | x0=0x9000fe0 | >014440b8" } },
	{ "08-barebox-memcpy", 1,
		{ "nisv addr=0x4000000 write=0 value=0x92000007 | x1=0x4000000 | >238440f8" } },
	{ "09-barebox-stack", 1,
		{ "failed pc=0x40001000 | x30=0x40000f00 pc=0x40001000 pstate=0x600003c5 "
		  "sp_el1=0x4007fff8 | >e00700a9" } },
	{ "10-lpae-hpfar", 1, { "failed addr=0x3deb0000 | ttbr0_el1=0x5b06cc40 |" } },
	{ "11-tcg-isv", 1,
		{ "mmio addr=0x9000000 size=4 write=1 value=0x41 | x3=0x41 x6=0x9000000 | "
		  ">c34400b8" } },
	{ "12-osv-pi4", 1,
		{ "nisv ENOSYS pc=0x40205afc | x8=0x9 x9=0x48000000 x14=0x48000000 x17=0x0 "
		  "x21=0x40723f4c pc=0x40205afc pstate=0x600003c5 sp_el1=0x40723f10 |" } },
	{ "13-ios-idsr", 5,
		{ "idsr pc=0xfffffff007b9a000 addr=0xc7e8 write=0 | pc=0xfffffff007b9a000 "
		  "pstate=0x600003c5 | >00fd38d5",
			"idsr pc=0xfffffff007b9a100 addr=0xdff8 write=1 | pc=0xfffffff007b9a100 "
			"pstate=0x600003c5 | >1fff1bd5",
			"idsr pc=0xfffffff007b9a200 addr=0xcf80 write=0 | pc=0xfffffff007b9a200 "
			"pstate=0x600003c5 |",
			"idsr pc=0xfffffff007b9a300 addr=0xd780 write=0 | pc=0xfffffff007b9a300 "
			"pstate=0x600003c5 |",
			"idsr pc=0xfffffff007b9a400 addr=0xdf80 write=0 | pc=0xfffffff007b9a400 "
			"pstate=0x600003c5 |" } },
};

static void every_case_is_a_trace(void **state)
{
	char path[256], text[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		FILE *f;
		size_t n;

		snprintf(path, sizeof(path), "%s/tests/data/cases/%s.txt", TL_SOURCE_DIR,
			cases[i].name);
		f = fopen(path, "r");
		assert_non_null(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = 0;
		gives(text, cases[i].exits, cases[i].rows, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
		every_case_is_a_trace, enter_folder, leave_imported) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
