// SPDX-License-Identifier: MIT
#include "replayer/import-report.h"

#include "arch/arm64/regs.h"
#include "arch/x86_64/regs.h"

#include <string.h>

void tl_import_report_begin(struct tl_import_report *report, const struct tl_import_line *line)
{
	memset(report, 0, offsetof(struct tl_import_report, text));
	report->open = true;
	report->first = line->number;
	memcpy(report->stream, line->stream, sizeof(report->stream));
}

struct tl_import_report *tl_import_report_oldest(struct tl_import_report *reports, unsigned n)
{
	struct tl_import_report *found = reports;

	for (unsigned i = 0; i < n && found->open; i++)
		if (!reports[i].open || reports[i].last < found->last)
			found = &reports[i];
	return found;
}

struct tl_import_report *tl_import_report_first(
	struct tl_import_report *reports, unsigned n, uint64_t before)
{
	struct tl_import_report *found = NULL;

	for (unsigned i = 0; i < n; i++)
		if (reports[i].open && reports[i].last < before &&
			(!found || reports[i].first < found->first))
			found = &reports[i];
	return found;
}

static bool has_registers(const struct tl_import_facts *f)
{
	for (size_t i = 0; i < sizeof(f->regs.known) / sizeof(*f->regs.known); i++)
		if (f->regs.known[i])
			return true;
	return f->has & (TL_FACT_PC | TL_FACT_FLAGS) || f->code_size;
}

// The register that a dump begins or ends with, by machine.
static bool has_first(const struct tl_import_facts *f)
{
	return tl_regs_known(&f->regs, f->isa == TL_ISA_X86 ? TL_X86_rax : TL_ARM64_x0);
}

static bool has_flags(const struct tl_import_facts *f)
{
	return tl_fact(f, TL_FACT_FLAGS) ||
	       (f->isa == TL_ISA_X86 && tl_regs_known(&f->regs, TL_X86_rflags));
}

static bool goes_with(enum tl_import_source a, enum tl_import_source b)
{
	return a == b || a == TL_IMPORT_NONE || b == TL_IMPORT_NONE ||
	       (a != TL_IMPORT_GUEST && b != TL_IMPORT_GUEST);
}

// The guest's report has several titles; a VMM's and the kernel's one each.
static bool is_another_title(const struct tl_import_facts *r, const struct tl_import_facts *line)
{
	if (!line->heads)
		return false;
	return has_registers(r) ||
	       (r->heads && line->source != TL_IMPORT_GUEST && r->source == line->source);
}

// One line that tells a whole fault, after another that did.
static bool is_another_fault(const struct tl_import_facts *r, const struct tl_import_facts *line)
{
	const uint32_t fault = TL_FACT_ESR | TL_FACT_IPA;

	return line->source == TL_IMPORT_FAULT && r->has & line->has & fault;
}

enum tl_import_fit tl_import_report_fit(
	const struct tl_import_report *report, const struct tl_import_facts *line)
{
	const struct tl_import_facts *r = &report->facts;
	const bool whole = has_flags(r) && has_first(r);

	if (!report->open || !goes_with(r->source, line->source) ||
		!tl_import_isa_fits(r->isa, line->isa) || is_another_title(r, line) ||
		is_another_fault(r, line))
		return TL_FIT_BEGINS;
	if (report->mixed)
		return TL_FIT_MIXES;
	if (!tl_import_differ(r, line))
		return TL_FIT_JOINS;
	if (whole)
		return TL_FIT_BEGINS;
	if (!report->after_cut && line->begins && has_first(line))
		return TL_FIT_CUTS;
	return report->after_cut ? TL_FIT_MIXES : TL_FIT_BEGINS;
}

static void add_text(struct tl_import_report *report, const char *text)
{
	const size_t n = strlen(text);

	if (report->size + n + 1 >= sizeof(report->text))
		return;
	memcpy(report->text + report->size, text, n);
	report->size += n;
	report->text[report->size++] = '\n';
}

static void forget_regs(struct tl_import_report *report, const struct tl_import_facts *line)
{
	const struct tl_regs *regs = &report->facts.regs;

	for (unsigned i = 0; i < TL_REG_WORDS; i++)
		if (tl_regs_known(regs, i) && tl_regs_known(&line->regs, i) &&
			regs->word[i] != line->regs.word[i])
			tl_regs_set(&report->differing, i, 0);
}

// Nobody can say which of two values is this report's.
static void forget(struct tl_import_report *report, const struct tl_import_facts *line)
{
	const struct tl_import_facts *f = &report->facts;

	for (unsigned i = 0; i < TL_FACT_NUMBERS; i++)
		if (f->has & line->has & 1u << i && f->number[i] != line->number[i])
			report->differing_facts |= 1u << i;
	forget_regs(report, line);
}

void tl_import_report_add(struct tl_import_report *report, const struct tl_import_line *line,
	const struct tl_import_facts *facts)
{
	struct tl_import_facts *f = &report->facts;

	if (report->mixed)
		forget(report, facts);
	tl_import_join(f, facts);
	f->has &= ~report->differing_facts;
	for (unsigned i = 0; i < sizeof(f->regs.known) / sizeof(*f->regs.known); i++)
		f->regs.known[i] &= ~report->differing.known[i];
	if (!f->has_cpu && line->has_cpu) {
		f->has_cpu = true;
		f->cpu = line->cpu;
	}
	if (!report->has_time && line->has_time) {
		report->has_time = true;
		report->time = line->time;
	}
	report->last = line->number;
	add_text(report, line->whole);
}

bool tl_import_report_counts(const struct tl_import_report *report)
{
	const struct tl_import_facts *f = &report->facts;

	return f->begins && (f->has || f->n_entries || has_registers(f));
}
