// SPDX-License-Identifier: MIT
#include "replayer/disassembly-a64.h"

#include "arch/arm64/decode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void put(
	struct tl_disassembled *line, const char *format, ...)
{
	const size_t have = strlen(line->operands);
	va_list ap;

	va_start(ap, format);
	vsnprintf(line->operands + have, sizeof(line->operands) - have, format, ap);
	va_end(ap);
}

static void put_comma(struct tl_disassembled *line)
{
	if (*line->operands)
		put(line, ", ");
}

// Capstone's way with numbers.
static void put_number(struct tl_disassembled *line, int64_t value)
{
	const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	const char *sign = value < 0 ? "-" : "";

	if (size > 9)
		put(line, "#%s0x%" PRIx64, sign, size);
	else
		put(line, "#%s%" PRIu64, sign, size);
}

static void put_general(struct tl_disassembled *line, char letter, unsigned n, const char *name_31)
{
	if (n == 31)
		put(line, "%s", name_31);
	else
		put(line, "%c%u", letter, n);
}

static bool data_may_be_sp(const struct tl_arm64_insn *insn)
{
	return insn->tags && insn->does == TL_ARM64_STORES && insn->rt2 == TL_ARM64_NO_REG &&
	       strcmp(insn->name, "stgm") != 0 && strcmp(insn->name, "stzgm") != 0;
}

static void put_register(
	struct tl_disassembled *line, const struct tl_arm64_insn *insn, unsigned n, uint8_t width)
{
	put_comma(line);
	if (insn->vector)
		put(line, "%c%u", "bhsdq"[__builtin_ctz(insn->size)], n);
	else if (data_may_be_sp(insn))
		put_general(line, 'x', n, "sp");
	else
		put_general(line, width == 64 ? 'x' : 'w', n, width == 64 ? "xzr" : "wzr");
}

// CASP names both of each pair.
static void put_data(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	const bool is_pair = insn->does == TL_ARM64_UPDATES && insn->n == 2,
		   is_status = insn->exclusive && insn->does == TL_ARM64_STORES;

	if (insn->rs != TL_ARM64_NO_REG)
		put_register(line, insn, insn->rs, is_status ? 32 : insn->width);
	if (insn->rs != TL_ARM64_NO_REG && is_pair)
		put_register(line, insn, insn->rs | 1, insn->width);
	put_register(line, insn, insn->rt, insn->width);
	if (insn->rt2 != TL_ARM64_NO_REG)
		put_register(line, insn, insn->rt2, insn->width);
}

// LD1 to ST4, LD1R to LD4R: "{v0.4s, v1.4s}", "{v0.b}[3]".
static void put_structures(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	static const char *const all[][2] = { { "16b", "8b" }, { "8h", "4h" }, { "4s", "2s" },
		{ "2d", "1d" } };
	static const char *const one[] = { "b", "h", "s", "d" };
	const unsigned size = (unsigned)__builtin_ctz(insn->size);

	for (unsigned i = 0; i < insn->registers; i++)
		put(line, "%sv%u.%s", i ? ", " : "{", (insn->rt + i) % 32,
			insn->lane >= 0 ? one[size] : all[size][insn->half]);
	put(line, "}");
	if (insn->lane >= 0)
		put(line, "[%d]", insn->lane);
}

static void put_index(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	static const char *const extends[] = { [TL_ARM64_UXTW] = "uxtw",
		[TL_ARM64_LSL] = "lsl",
		[TL_ARM64_SXTW] = "sxtw",
		[TL_ARM64_SXTX] = "sxtx" };
	const bool is_wide = insn->extend & 1, is_shifted = insn->word >> 12 & 1;

	put(line, ", ");
	put_general(line, is_wide ? 'x' : 'w', insn->rm, is_wide ? "xzr" : "wzr");
	if (is_shifted || insn->extend != TL_ARM64_LSL)
		put(line, ", %s", extends[insn->extend]);
	if (is_shifted)
		put(line, " #%u", insn->shift);
}

// What stands behind the base.
static void put_offset(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	const bool is_post = insn->address == TL_ARM64_POST || insn->address == TL_ARM64_POST_REG,
		   is_pre = insn->address == TL_ARM64_PRE;

	if (is_post)
		put(line, "]");
	if (insn->address == TL_ARM64_INDEX)
		put_index(line, insn);
	if (insn->address == TL_ARM64_POST_REG)
		put(line, ", x%u", insn->rm);
	if (is_post ? insn->address == TL_ARM64_POST
		    : insn->imm || (is_pre && !insn->authenticated)) {
		put(line, ", ");
		put_number(line, insn->imm);
	}
	if (!is_post)
		put(line, is_pre ? "]!" : "]");
}

static void put_address(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	put_comma(line);
	if (insn->address == TL_ARM64_LITERAL) {
		put(line, "#0x%" PRIx64, line->va + (uint64_t)insn->imm);
		return;
	}
	put(line, "[");
	put_general(line, 'x', insn->rn, "sp");
	put_offset(line, insn);
}

static void spell_access(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	snprintf(line->mnemonic, sizeof(line->mnemonic), "%s", insn->name);
	if (insn->interleave)
		put_structures(line, insn);
	else
		put_data(line, insn);
	put_address(line, insn);
}

// The decoder's name is both: "dc zva".
static void spell_operation(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	const int mnemonic = (int)strcspn(insn->name, " ");

	snprintf(line->mnemonic, sizeof(line->mnemonic), "%.*s", mnemonic, insn->name);
	put(line, "%s", insn->name + mnemonic + (insn->name[mnemonic] == ' '));
	if (insn->address == TL_ARM64_OPERAND) {
		put(line, ", ");
		put_general(line, 'x', insn->rt, "xzr");
	}
}

static void spell_sysreg(struct tl_disassembled *line, const struct tl_arm64_insn *insn)
{
	const bool reads = insn->does == TL_ARM64_READS_SYSREG;

	snprintf(line->mnemonic, sizeof(line->mnemonic), "%s", insn->name);
	if (reads)
		put_register(line, insn, insn->rt, 64);
	put_comma(line);
	put(line, "s%u_%u_c%u_c%u_%u", insn->op0, insn->op1, insn->crn, insn->crm, insn->op2);
	if (!reads)
		put_register(line, insn, insn->rt, 64);
}

typedef void spell(struct tl_disassembled *line, const struct tl_arm64_insn *insn);

static spell *const spells[] = {
	[TL_ARM64_LOADS] = spell_access,
	[TL_ARM64_STORES] = spell_access,
	[TL_ARM64_UPDATES] = spell_access,
	[TL_ARM64_ZEROES] = spell_operation,
	[TL_ARM64_MAINTAINS] = spell_operation,
	[TL_ARM64_TRANSLATES] = spell_operation,
	[TL_ARM64_READS_SYSREG] = spell_sysreg,
	[TL_ARM64_WRITES_SYSREG] = spell_sysreg,
};

// Arm ARM D17.1.1: Op0 is 3 and CRn 11 or 15. Others have names, which Capstone knows.
static bool is_named_register(const struct tl_arm64_insn *insn)
{
	const bool is_register =
		insn->does == TL_ARM64_READS_SYSREG || insn->does == TL_ARM64_WRITES_SYSREG;

	return is_register && (insn->op0 != 3 || (insn->crn != 11 && insn->crn != 15));
}

bool tl_a64_spell(uint32_t word, struct tl_disassembled *line)
{
	struct tl_arm64_insn insn;

	tl_arm64_decode(word, &insn);
	if (insn.does >= sizeof(spells) / sizeof(spells[0]) || !spells[insn.does] ||
		insn.named_only || is_named_register(&insn))
		return false;
	*line->operands = '\0';
	spells[insn.does](line, &insn);
	return true;
}
