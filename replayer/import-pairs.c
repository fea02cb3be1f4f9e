// SPDX-License-Identifier: MIT
// Names with numbers: QEMU's dumps ("X00=... PSTATE=..."), kernels' and U-Boot's
// ("x0 : ... lr : ..."), and what people write themselves ("esr=0x93820046 ipa=0x9000000", in any
// order).
#include "arch/arm64/regs.h"
#include "arch/bytes.h"
#include "arch/x86_64/regs.h"
#include "replayer/import-names.h"
#include "replayer/import-read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const tables[] = { "pgd", "p4d", "pud", "pmd", "pte", "pml5", "pml4", "pdpt",
	"pdpte", "pde", "l0", "l1", "l2", "l3", "pgdp" };

// How much of a line speaks for a report.
struct weight {
	bool colons, guest; // names with a colon, as the guest's own report has them
	unsigned named;
	bool hpfar, flags;
};

static bool is_wide(const struct tl_word_pair *pair)
{
	return pair->value.prefixed || pair->value.digits >= 8;
}

static bool fits_width(struct tl_import_facts *f, const struct tl_word_pair *pair, unsigned bits)
{
	const bool over = pair->value.overflow || (bits < 64 && pair->value.value >> bits);

	if (over)
		tl_fact_trouble(f, "%.*s has more than %u bits; left out", (int)pair->size,
			pair->name, bits);
	return !over;
}

static void put_word(
	struct tl_import_facts *f, const struct tl_word_pair *pair, unsigned word, unsigned bits)
{
	if (!fits_width(f, pair, bits))
		return;
	tl_regs_set(&f->regs, word, pair->value.value);
	f->said = true;
}

static bool put_general(struct tl_import_facts *f, const struct tl_word_pair *pair,
	enum tl_import_isa isa, struct weight *w)
{
	const int x = tl_import_numbered(pair, 'x', 30), r = tl_import_numbered(pair, 'r', 15);
	const bool padded = pair->size == 3 && isupper((unsigned char)*pair->name);

	if (x >= 0 && tl_import_isa_fits(isa, TL_ISA_ARM64))
		put_word(f, pair, TL_ARM64_x0 + (unsigned)x, 64);
	else if (r == 15 && tl_import_isa_fits(isa, TL_ISA_ARM32)) {
		if (fits_width(f, pair, 32))
			tl_fact_set(f, TL_FACT_PC, pair->value.value);
	} else if (r >= 0 && tl_import_isa_fits(isa, TL_ISA_ARM32))
		put_word(f, pair, TL_ARM64_x0 + (unsigned)r, 32);
	else
		return false;
	w->named += is_wide(pair) || padded;
	return true;
}

// "fp", "ip" and "lr" are R11, R12 and R14 of AArch32; "fp" is X29 of AArch64.
static bool put_frame(
	struct tl_import_facts *f, const struct tl_word_pair *pair, enum tl_import_isa isa)
{
	if (tl_word_named(pair, "fp") && (isa == TL_ISA_ARM32 || isa == TL_ISA_ARM64))
		put_word(f, pair, isa == TL_ISA_ARM32 ? TL_ARM64_x11 : TL_ARM64_x29,
			isa == TL_ISA_ARM32 ? 32 : 64);
	else if (tl_word_named(pair, "ip") && isa == TL_ISA_ARM32)
		put_word(f, pair, TL_ARM64_x12, 32);
	else
		return false;
	return true;
}

static bool put_system(struct tl_import_facts *f, const struct tl_word_pair *pair,
	enum tl_import_isa isa, struct weight *w)
{
	const struct tl_import_word_name *n = tl_import_word_named(pair);
	const struct tl_reg *reg;

	if (isa == TL_ISA_NONE || (n && !tl_import_isa_fits(isa, (enum tl_import_isa)n->isa)))
		return false;
	reg = n ? &tl_import_isa_arch(isa)->regs[n->reg]
		: tl_import_own_reg(tl_import_isa_arch(isa), pair);
	if (!reg)
		return false;
	put_word(f, pair, reg->offset / 8u, 64);
	w->named += is_wide(pair);
	return true;
}

static bool put_fact(struct tl_import_facts *f, const struct tl_word_pair *pair,
	enum tl_import_isa isa, struct weight *w)
{
	const uint32_t narrow = TL_FACT_PC | TL_FACT_SP | TL_FACT_LR | TL_FACT_FLAGS;
	const struct tl_import_fact_name *n = tl_import_fact_named(pair);

	if (n && tl_import_isa_fits(isa, (enum tl_import_isa)n->isa)) {
		// What is told first is the whole of it: a title's syndrome.
		if (fits_width(f, pair, isa == TL_ISA_ARM32 && n->fact & narrow ? 32 : 64) &&
			!tl_fact(f, n->fact))
			tl_fact_set(f, n->fact, pair->value.value);
		w->guest |= pair->between == ':' && !pair->value.prefixed &&
			    n->fact & (TL_FACT_PC | TL_FACT_LR | TL_FACT_FLAGS);
		w->flags |=
			n->fact == TL_FACT_FLAGS && pair->value.digits == 8 && pair->between != ' ';
		return true;
	}
	// HPFAR_EL2 bits 43:4 are bits 51:12 of the address (Arm ARM D17.2.63).
	if ((tl_word_named(pair, "hpfar") || tl_word_named(pair, "hpfar_el2")) &&
		fits_width(f, pair, 64)) {
		if (!tl_fact(f, TL_FACT_IPA)) {
			tl_fact_set(
				f, TL_FACT_IPA, (pair->value.value & UINT64_C(0xffffffffff0)) << 8);
			w->hpfar = true;
		}
		return true;
	}
	return false;
}

static bool put_entry(struct tl_import_facts *f, const struct tl_word_pair *pair)
{
	struct tl_import_entry *e = &f->entry[f->n_entries];

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		if (!tl_word_named(pair, tables[i]) || f->n_entries == TL_IMPORT_ENTRIES)
			continue;
		// "l1=..." alone is anything.
		if (!pair->has_at && tables[i][0] == 'l')
			return false;
		if (pair->value.overflow || (pair->has_at && pair->at.overflow)) {
			tl_fact_trouble(f, "%s has more than 64 bits; left out", tables[i]);
			return true;
		}
		*e = (struct tl_import_entry){ .has_gpa = pair->has_at,
			.gpa = pair->has_at ? pair->at.value : 0,
			.value = pair->value.value };
		snprintf(e->name, sizeof(e->name), "%s", tables[i]);
		f->n_entries++;
		f->said = true;
		f->begins |= pair->has_at;
		return true;
	}
	return false;
}

// "insn=0xb8004401": the word at PC.
static bool put_insn(
	struct tl_import_facts *f, const struct tl_word_pair *pair, enum tl_import_isa isa)
{
	if ((!tl_word_named(pair, "insn") && !tl_word_named(pair, "instruction")) ||
		pair->value.digits != 8 || isa == TL_ISA_X86 || f->code_size)
		return false;
	tl_store_le(f->code, pair->value.value, 4);
	f->code_size = 4;
	f->said = true;
	return true;
}

static void put(struct tl_import_facts *f, const struct tl_word_pair *pair, enum tl_import_isa isa,
	struct weight *w)
{
	if (put_entry(f, pair) || pair->has_at || put_fact(f, pair, isa, w) ||
		put_insn(f, pair, isa))
		return;
	// Registers need a sign between name and number, else any sentence has some.
	if (pair->between == ' ' && !pair->value.prefixed)
		return;
	if (put_frame(f, pair, isa))
		return;
	if (put_general(f, pair, isa, w) || put_system(f, pair, isa, w))
		w->colons |= pair->between == ':';
}

// HPFAR holds no byte of the page; the low bits are FAR's.
static void complete_ipa(struct tl_import_facts *f, const struct weight *w)
{
	if (w->hpfar && tl_fact(f, TL_FACT_FAR))
		tl_fact_set(f, TL_FACT_IPA,
			tl_fact_get(f, TL_FACT_IPA) | (tl_fact_get(f, TL_FACT_FAR) & 0xfff));
}

static bool tells_fault(const struct tl_import_facts *f)
{
	const uint32_t others = TL_FACT_PC | TL_FACT_FAR;

	return (tl_fact(f, TL_FACT_ESR) && f->has & (others | TL_FACT_IPA)) ||
	       (tl_fact(f, TL_FACT_IPA) && f->has & others);
}

void tl_import_read_pairs(const char *text, enum tl_import_isa isa, struct tl_import_facts *facts)
{
	struct weight w = { 0 };
	struct tl_word_pair pair;

	// U-Boot before its relocation: the same line again, with the addresses of its image.
	if (strstr(text, "(reloc)") || strstr(text, "reloc pc"))
		return;
	facts->isa = tl_import_isa_of_line(text, facts->isa);
	isa = tl_import_isa_both(isa, facts->isa);
	for (const char *at = text; (at = tl_word_pair(at, &pair));)
		put(facts, &pair, isa, &w);
	complete_ipa(facts, &w);
	if (!facts->said)
		return;
	if (w.named >= 2 || w.flags || (w.named && tl_fact(facts, TL_FACT_PC)) ||
		(tl_fact(facts, TL_FACT_PC) && tl_fact(facts, TL_FACT_LR)))
		facts->begins = true;
	if (facts->source == TL_IMPORT_NONE && facts->begins && (w.guest || (w.named && w.colons)))
		facts->source = TL_IMPORT_GUEST;
	if (facts->source == TL_IMPORT_NONE && tells_fault(facts)) {
		facts->source = TL_IMPORT_FAULT;
		facts->begins = true;
	}
}
