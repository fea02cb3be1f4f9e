// SPDX-License-Identifier: MIT
#include "replayer/import-facts.h"

#include "replayer/import-word.h"

#include <stdio.h>
#include <string.h>

uint64_t tl_fact_get(const struct tl_import_facts *facts, uint32_t which)
{
	return facts->number[__builtin_ctz(which)];
}

void tl_fact_set(struct tl_import_facts *facts, uint32_t which, uint64_t value)
{
	facts->has |= which;
	facts->number[__builtin_ctz(which)] = value;
	facts->said = true;
}

void tl_fact_set_hex(struct tl_import_facts *facts, uint32_t which, const char *at)
{
	struct tl_word_hex hex;

	if (at && tl_word_hex(at, &hex) && !hex.overflow)
		tl_fact_set(facts, which, hex.value);
}

void tl_fact_set_reason(struct tl_import_facts *facts, uint32_t reason)
{
	facts->has |= TL_FACT_REASON;
	facts->reason = reason;
	facts->said = true;
}

void tl_fact_set_error(struct tl_import_facts *facts, int error)
{
	facts->has |= TL_FACT_ERROR;
	facts->error = error;
	facts->said = true;
}

void tl_fact_trouble(struct tl_import_facts *facts, const char *format, ...)
{
	va_list args;

	if (facts->trouble[0])
		return;
	va_start(args, format);
	vsnprintf(facts->trouble, sizeof(facts->trouble), format, args);
	va_end(args);
}

bool tl_import_isa_fits(enum tl_import_isa a, enum tl_import_isa b)
{
	const bool arm_a = a != TL_ISA_NONE && a != TL_ISA_X86;
	const bool arm_b = b != TL_ISA_NONE && b != TL_ISA_X86;

	return a == b || a == TL_ISA_NONE || b == TL_ISA_NONE ||
	       (arm_a && arm_b && (a == TL_ISA_ARMS || b == TL_ISA_ARMS));
}

enum tl_import_isa tl_import_isa_both(enum tl_import_isa a, enum tl_import_isa b)
{
	return b == TL_ISA_NONE || (b == TL_ISA_ARMS && a != TL_ISA_NONE) ? a : b;
}

const struct tl_arch *tl_import_isa_arch(enum tl_import_isa isa)
{
	if (isa == TL_ISA_NONE)
		return NULL;
	return isa == TL_ISA_X86 ? &tl_arch_x86_64 : &tl_arch_arm64;
}

bool tl_import_differ(const struct tl_import_facts *a, const struct tl_import_facts *b)
{
	// A fault is told more than once, and not always in the same words.
	const uint32_t both = a->has & b->has &
			      (TL_FACT_PC | TL_FACT_SP | TL_FACT_LR | TL_FACT_FLAGS | TL_FACT_IPA);

	for (unsigned i = 0; i < TL_FACT_NUMBERS; i++)
		if (both >> i & 1 && a->number[i] != b->number[i])
			return true;
	for (unsigned i = 0; i < TL_REG_WORDS; i++)
		if (tl_regs_known(&a->regs, i) && tl_regs_known(&b->regs, i) &&
			a->regs.word[i] != b->regs.word[i])
			return true;
	return false;
}

static void join_numbers(struct tl_import_facts *report, const struct tl_import_facts *line)
{
	const uint32_t more = line->has & ~report->has;

	for (unsigned i = 0; i < TL_FACT_NUMBERS; i++)
		if (more >> i & 1)
			report->number[i] = line->number[i];
	if (more & TL_FACT_REASON) {
		report->reason = line->reason;
		report->idsr = line->idsr;
	}
	if (more & TL_FACT_ERROR)
		report->error = line->error;
	report->has |= more;
	if (!report->count)
		report->count = line->count;
}

static void join_regs(struct tl_import_facts *report, const struct tl_import_facts *line)
{
	for (unsigned i = 0; i < TL_REG_WORDS; i++)
		if (tl_regs_known(&line->regs, i) && !tl_regs_known(&report->regs, i))
			tl_regs_set(&report->regs, i, line->regs.word[i]);
}

static void join_bytes(struct tl_import_facts *report, const struct tl_import_facts *line)
{
	if (!report->code_size && line->code_size) {
		memcpy(report->code, line->code, sizeof(report->code));
		report->code_size = line->code_size;
		report->code_before = line->code_before;
	}
	for (unsigned i = 0; i < line->n_entries && report->n_entries < TL_IMPORT_ENTRIES; i++)
		report->entry[report->n_entries++] = line->entry[i];
	for (unsigned i = 0; i < line->n_data && report->n_data < TL_IMPORT_DATA; i++)
		report->data[report->n_data++] = line->data[i];
	if (!report->has_suberror && line->has_suberror) {
		report->has_suberror = true;
		report->suberror = line->suberror;
	}
}

void tl_import_join(struct tl_import_facts *report, const struct tl_import_facts *line)
{
	// A VMM says what the kernel's log has said before, and more.
	if (report->source == TL_IMPORT_NONE ||
		(line->source == TL_IMPORT_VMM && report->source != TL_IMPORT_GUEST))
		report->source = line->source ? line->source : report->source;
	report->isa = tl_import_isa_both(report->isa, line->isa);
	report->begins |= line->begins;
	report->heads |= line->heads;
	report->said |= line->said;
	if (!report->has_cpu && line->has_cpu) {
		report->has_cpu = true;
		report->cpu = line->cpu;
	}
	join_numbers(report, line);
	join_regs(report, line);
	join_bytes(report, line);
}
