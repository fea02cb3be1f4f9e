// SPDX-License-Identifier: MIT
// What registers and faults are called, and which machine has such a name.
#include "replayer/import-names.h"

#include "arch/arm64/regs.h"
#include "arch/x86_64/regs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// Numbers that are facts of their own.
static const struct tl_import_fact_name fact_names[] = {
	{ "pc", TL_FACT_PC, TL_ISA_NONE },
	{ "elr", TL_FACT_PC, TL_ISA_ARMS },
	{ "elr_el2", TL_FACT_PC, TL_ISA_ARMS },
	{ "eip", TL_FACT_PC, TL_ISA_X86 },
	{ "rip", TL_FACT_PC, TL_ISA_X86 },
	{ "sp", TL_FACT_SP, TL_ISA_ARMS },
	{ "lr", TL_FACT_LR, TL_ISA_ARMS },
	{ "pstate", TL_FACT_FLAGS, TL_ISA_ARM64 },
	{ "spsr_el2", TL_FACT_FLAGS, TL_ISA_ARMS },
	{ "psr", TL_FACT_FLAGS, TL_ISA_ARM32 },
	{ "cpsr", TL_FACT_FLAGS, TL_ISA_ARM32 },
	{ "esr", TL_FACT_ESR, TL_ISA_ARMS },
	{ "esr_el2", TL_FACT_ESR, TL_ISA_ARMS },
	{ "esr_iss", TL_FACT_ESR, TL_ISA_ARMS },
	{ "hsr", TL_FACT_ESR, TL_ISA_ARMS },
	{ "far", TL_FACT_FAR, TL_ISA_ARMS },
	{ "far_el2", TL_FACT_FAR, TL_ISA_ARMS },
	{ "hxfar", TL_FACT_FAR, TL_ISA_ARMS },
	{ "hfar", TL_FACT_FAR, TL_ISA_ARMS },
	{ "ipa", TL_FACT_IPA, TL_ISA_ARMS },
	{ "fault_ipa", TL_FACT_IPA, TL_ISA_ARMS },
};

// Registers by another name than the architecture's.
static const struct tl_import_word_name word_names[] = {
	{ "control", TL_ISA_ARM32, TL_ARM64_sctlr_el1, true },
	{ "table", TL_ISA_ARM32, TL_ARM64_ttbr0_el1, true },
	{ "dac", TL_ISA_ARM32, TL_ARM64_dacr32_el2, true },
	{ "sctlr", TL_ISA_ARMS, TL_ARM64_sctlr_el1 },
	{ "ttbr0", TL_ISA_ARMS, TL_ARM64_ttbr0_el1 },
	{ "ttbr1", TL_ISA_ARMS, TL_ARM64_ttbr1_el1 },
	{ "ttbcr", TL_ISA_ARM32, TL_ARM64_tcr_el1 },
	{ "tcr", TL_ISA_ARMS, TL_ARM64_tcr_el1 },
	{ "mair", TL_ISA_ARMS, TL_ARM64_mair_el1 },
	{ "vbar", TL_ISA_ARMS, TL_ARM64_vbar_el1 },
	{ "dacr", TL_ISA_ARM32, TL_ARM64_dacr32_el2 },
	{ "eax", TL_ISA_X86, TL_X86_rax },
	{ "ebx", TL_ISA_X86, TL_X86_rbx },
	{ "ecx", TL_ISA_X86, TL_X86_rcx },
	{ "edx", TL_ISA_X86, TL_X86_rdx },
	{ "esi", TL_ISA_X86, TL_X86_rsi },
	{ "edi", TL_ISA_X86, TL_X86_rdi },
	{ "ebp", TL_ISA_X86, TL_X86_rbp },
	{ "esp", TL_ISA_X86, TL_X86_rsp },
	{ "efl", TL_ISA_X86, TL_X86_rflags },
	{ "rfl", TL_ISA_X86, TL_X86_rflags },
	{ "eflags", TL_ISA_X86, TL_X86_rflags },
};

int tl_import_numbered(const struct tl_word_pair *pair, char letter, unsigned most)
{
	const char *p = pair->name + 1;
	unsigned n;

	if (tolower((unsigned char)*pair->name) != letter || pair->size < 2 || pair->size > 3 ||
		!isdigit((unsigned char)*p) || (pair->size == 3 && !isdigit((unsigned char)p[1])))
		return -1;
	n = pair->size == 3 ? (unsigned)(10 * (p[0] - '0') + p[1] - '0') : (unsigned)(*p - '0');
	return n <= most ? (int)n : -1;
}

const struct tl_reg *tl_import_own_reg(const struct tl_arch *arch, const struct tl_word_pair *pair)
{
	const struct tl_reg *reg;
	char name[20] = "";

	if (pair->size >= sizeof(name))
		return NULL;
	memcpy(name, pair->name, pair->size);
	if (arch == &tl_arch_x86_64 && tl_import_numbered(pair, 'r', 9) >= 8)
		snprintf(name, sizeof(name), "r%d", tl_import_numbered(pair, 'r', 9));
	reg = tl_arch_reg(arch, name);
	return reg && reg->bits == 64 ? reg : NULL;
}

// R0 to R7 are AArch32's, R8 to R15 of two machines: QEMU and kernels write all digits.
static enum tl_import_isa isa_of_r(const struct tl_word_pair *pair, unsigned r)
{
	const unsigned digits = pair->value.prefixed ? 0 : pair->value.digits;

	if (digits == 16 && r >= 8)
		return TL_ISA_X86;
	return r < 8 || digits == 8 || pair->name[1] == '0' ? TL_ISA_ARM32 : TL_ISA_NONE;
}

const struct tl_import_fact_name *tl_import_fact_named(const struct tl_word_pair *pair)
{
	for (size_t i = 0; i < sizeof(fact_names) / sizeof(*fact_names); i++)
		if (tl_word_named(pair, fact_names[i].name))
			return &fact_names[i];
	return NULL;
}

const struct tl_import_word_name *tl_import_word_named(const struct tl_word_pair *pair)
{
	for (size_t i = 0; i < sizeof(word_names) / sizeof(*word_names); i++)
		if (tl_word_named(pair, word_names[i].name))
			return &word_names[i];
	return NULL;
}

// Which machine has a register of that name.
static enum tl_import_isa isa_of(const struct tl_word_pair *pair)
{
	const int r = tl_import_numbered(pair, 'r', 15);

	if (tl_import_numbered(pair, 'x', 30) >= 0)
		return TL_ISA_ARM64;
	if (r >= 0)
		return isa_of_r(pair, (unsigned)r);
	if (tl_import_fact_named(pair))
		return (enum tl_import_isa)tl_import_fact_named(pair)->isa;
	if (tl_import_word_named(pair))
		return tl_import_word_named(pair)->word
			       ? TL_ISA_NONE
			       : (enum tl_import_isa)tl_import_word_named(pair)->isa;
	if (tl_import_own_reg(&tl_arch_arm64, pair))
		return TL_ISA_ARMS;
	return tl_import_own_reg(&tl_arch_x86_64, pair) ? TL_ISA_X86 : TL_ISA_NONE;
}

// "pc : [<c0101234>]" of a 32-bit kernel, "pc : ffff800010001234" of a 64-bit one.
static enum tl_import_isa isa_by_width(const struct tl_word_pair *pair)
{
	static const char *const names[] = { "pc", "lr", "sp", "elr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (pair->between == ':' && !pair->value.prefixed && tl_word_named(pair, names[i]))
			return pair->value.digits == 16	 ? TL_ISA_ARM64
			       : pair->value.digits == 8 ? TL_ISA_ARM32
							 : TL_ISA_NONE;
	return TL_ISA_NONE;
}

enum tl_import_isa tl_import_isa_of_line(const char *text, enum tl_import_isa isa)
{
	struct tl_word_pair pair;

	for (const char *at = text; (at = tl_word_pair(at, &pair));) {
		const enum tl_import_isa by_width = isa_by_width(&pair);

		isa = tl_import_isa_both(isa, isa_of(&pair));
		isa = tl_import_isa_both(isa, by_width);
	}
	return isa;
}
