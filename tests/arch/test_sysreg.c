/* SPDX-License-Identifier: MIT */
// labels: unit here
//
// System registers by name: those of the architecture as objdump names them, the others as their
// makers do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/sysreg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum { FIRST = 2 << 14, REGS = 2 << 14 }; // Op0 2 and 3

// Architectural names that binutils 2.40 does not know.
static bool is_new(const char *name)
{
	static const char *const names[] = { "id_aa64pfr2_el1", "id_aa64fpfr0_el1",
		"id_aa64dfr2_el1", "id_aa64isar3_el1", "id_aa64mmfr3_el1", "id_aa64mmfr4_el1",
		"sctlr2_el1", "tcr2_el1", "gcscr_el1", "gcspr_el1", "gcscre0_el1", "gcspr_el0",
		"pire0_el1", "pir_el1", "por_el1", "por_el0", "fpmr" };

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strcmp(names[n], name))
			return true;
	return false;
}

// MRS X0 of every one of them.
static FILE *disassemble(void)
{
	char path[] = "/tmp/trapline-words-XXXXXX", command[256];
	static uint32_t words[REGS];
	const int fd = mkstemp(path);
	FILE *lines;

	assert_true(fd >= 0);
	for (unsigned n = 0; n < REGS; n++)
		words[n] = 0xd5200000 | (FIRST + n) << 5;
	assert_int_equal(write(fd, words, sizeof(words)), sizeof(words));
	close(fd);
	snprintf(command, sizeof(command),
		"aarch64-linux-gnu-objdump -D -z -b binary -m aarch64 %s; rm %s", path, path);
	lines = popen(command, "r"); // NOLINT: a command of our own
	assert_non_null(lines);
	return lines;
}

static bool is_generic(const char *text)
{
	return text[0] == 's' && strchr("23", text[1]) && text[2] == '_';
}

// Returns 1 when it is a name of ours that objdump knows.
static unsigned compare(unsigned reg, const char *theirs)
{
	const char *ours = tl_arm64_sysreg_name(reg);
	char encoding[32];

	tl_arm64_sysreg_encoding(reg, encoding, sizeof(encoding));
	if (is_generic(theirs))
		assert_string_equal(encoding, theirs);
	if (tl_arm64_sysreg_is_impdef(reg)) {
		assert_true(is_generic(theirs));
		return 0;
	}
	if (!ours || (is_generic(theirs) && is_new(ours)))
		return 0;
	assert_string_equal(ours, theirs);
	return 1;
}

static void names_are_those_of_objdump(void **state)
{
	FILE *lines = disassemble();
	char text[512], theirs[64];
	unsigned seen = 0, known = 0;
	uint32_t word;

	while (fgets(text, sizeof(text), lines)) {
		if (sscanf(text, " %*x: %" SCNx32 " mrs x0, %63s", &word, theirs) != 2)
			continue;
		assert_int_equal(word >> 5 & 0xffff, FIRST + seen);
		known += compare(FIRST + seen++, theirs);
	}
	assert_int_equal(pclose(lines), 0);
	assert_int_equal(seen, REGS);
	assert_true(known > 470);
}

static void every_name_says_what_it_is(void **state)
{
	for (unsigned reg = 0; reg < 1 << 17; reg++) {
		const char *name = tl_arm64_sysreg_name(reg), *about = tl_arm64_sysreg_about(reg);

		assert_true(!name == !about);
		if (!name || !about)
			continue;
		assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
		assert_true(*about && about[strlen(about) - 1] != '.');
		assert_true(!tl_arm64_sysreg_is_impdef(reg) || strstr(about, ": "));
	}
}

static const struct {
	unsigned reg;
	const char *encoding, *name, *about;
} impdef[] = {
	{ REG(3, 0, 15, 13, 0), "s3_0_c15_c13_0", "hid11_el1",
		"Apple: hardware implementation defined register 11" },
	{ REG(3, 0, 15, 3, 0), "s3_0_c15_c3_0", "hid3_el1",
		"Apple: hardware implementation defined register 3; "
		"DynamIQ cluster, as CLUSTERCFR_EL1: configuration" },
	{ REG(3, 3, 15, 0, 0), "s3_3_c15_c0_0", "lsu_err_sts_el1",
		"Apple: error status of the load-store unit" },
	{ REG(3, 2, 15, 0, 0), "s3_2_c15_c0_0", "pmc0_el1", "Apple: performance counter 0" },
	{ REG(3, 2, 15, 9, 0), "s3_2_c15_c9_0", "pmc8_el1", "Apple: performance counter 8" },
	{ REG(3, 1, 15, 1, 0), "s3_1_c15_c1_0", "pmcr1_el1",
		"Apple: performance monitor control 1" },
	{ REG(3, 1, 15, 13, 0), "s3_1_c15_c13_0", "pmsr_el1", "Apple: performance monitor status" },
	{ REG(3, 1, 15, 0, 0), "s3_1_c15_c0_0", "l2actlr_el1",
		"Cortex-A53, A57, A72: L2 auxiliary control; "
		"Apple, as PMCR0_EL1: performance monitor control 0" },
	{ REG(3, 3, 15, 15, 0), "s3_3_c15_c15_0", "reg_qemu_call",
		"xnu-qemu-arm64: a call of the guest to QEMU" },
	{ REG(3, 5, 15, 5, 0), "s3_5_c15_c5_0", "cyc_ovrd_el1",
		"Apple: override of sleep and interrupts of the core" },
	{ REG(3, 7, 15, 11, 5), "s3_7_c15_c11_5", "upmesr1_el1",
		"Apple: uncore event selection 1" },
	{ REG(3, 1, 11, 0, 2), "s3_1_c11_c0_2", "l2ctlr_el1", "Cortex-A53, A57, A72: L2 control" },
	{ REG(3, 0, 15, 1, 4), "s3_0_c15_c1_4", "cpuectlr_el1",
		"Cortex-A55, A76, Neoverse: extended control of the core" },
	{ REG(3, 7, 15, 15, 7), "s3_7_c15_c15_7", NULL, NULL },
	{ REG(1, 0, 15, 0, 0), "s1_0_c15_c0_0", NULL, NULL },
	{ REG(0, 1, 15, 0, 0), "p15_1_c15_c0_0", "l2actlr",
		"Cortex-A15, A53, A57, A72: L2 auxiliary control" },
	{ REG(0, 1, 9, 0, 2), "p15_1_c9_c0_2", "l2ctlr",
		"Cortex-A7, A15, A53, A57, A72: L2 control" },
	{ REG(0, 0, 15, 0, 0), "p15_0_c15_c0_0", "powerctl", "Cortex-A9: power control" },
	{ REG(0, 1, 0, 15, 0), "p15_1_c15", "cpuectlr",
		"Cortex-A53, A57, A72: extended control of the core" },
	{ 1 << 16 | REG(0, 1, 0, 15, 0), "p15_9_c15", NULL, NULL },
};

static void implementation_defined_registers_have_their_makers_names(void **state)
{
	for (size_t n = 0; n < sizeof(impdef) / sizeof(impdef[0]); n++) {
		const unsigned reg = impdef[n].reg;
		char encoding[32];

		assert_true(tl_arm64_sysreg_is_impdef(reg));
		tl_arm64_sysreg_encoding(reg, encoding, sizeof(encoding));
		assert_string_equal(encoding, impdef[n].encoding);
		if (!impdef[n].name) {
			assert_null(tl_arm64_sysreg_name(reg));
			assert_null(tl_arm64_sysreg_about(reg));
			continue;
		}
		assert_string_equal(tl_arm64_sysreg_name(reg), impdef[n].name);
		assert_string_equal(tl_arm64_sysreg_about(reg), impdef[n].about);
	}
}

static void registers_of_aarch32_have_no_suffix(void **state)
{
	char encoding[32];

	assert_string_equal(tl_arm64_sysreg_name(REG(0, 0, 1, 0, 0)), "sctlr");
	assert_string_equal(tl_arm64_sysreg_name(REG(0, 0, 2, 0, 2)), "ttbcr");
	assert_string_equal(tl_arm64_sysreg_name(REG(0, 0, 0, 2, 0)), "id_isar0");
	assert_string_equal(tl_arm64_sysreg_about(REG(0, 0, 5, 0, 0)), "data fault status");
	tl_arm64_sysreg_encoding(REG(0, 0, 0, 2, 0), encoding, sizeof(encoding));
	assert_string_equal(encoding, "p15_0_c0_c2_0");
}

// HCR_EL2.TIDCP: c9 {0-2, 5-8}, c10 {0, 1, 4, 8}, c11 {0-8, 15}; HSTR_EL2.T15: c15.
static void what_is_implementation_defined_in_aarch32_is_what_traps(void **state)
{
	static const char *const crms[16] = {
		[9] = "1110011110000000",
		[10] = "1100100010000000",
		[11] = "1111111110000001",
		[15] = "1111111111111111",
	};

	for (unsigned crn = 0; crn < 16; crn++)
		for (unsigned crm = 0; crm < 15 + (crn != 0); crm++) {
			const bool expected = crms[crn] && crms[crn][crm] == '1';

			assert_int_equal(
				tl_arm64_sysreg_is_impdef(REG(0, 3, crn, crm, 5)), expected);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_objdump),
		cmocka_unit_test(every_name_says_what_it_is),
		cmocka_unit_test(implementation_defined_registers_have_their_makers_names),
		cmocka_unit_test(registers_of_aarch32_have_no_suffix),
		cmocka_unit_test(what_is_implementation_defined_in_aarch32_is_what_traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
