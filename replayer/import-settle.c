// SPDX-License-Identifier: MIT
// From the names of a report to the words of a trace.
#include "arch/arm64/aarch32.h"
#include "arch/x86_64/regs.h"
#include "replayer/import-report.h"

#include <stdio.h>
#include <string.h>

// A message as it grows.
struct list {
	char text[200];
	unsigned n;
	const char *first, *last; // of a run, whose names end in numbers
};

struct settling {
	const struct tl_import_report *report;
	const struct tl_import_facts *facts;
	tl_import_say *say;
	void *ctx;
	struct tl_regs *to;
	uint64_t mode; // PSTATE.M
	bool has_mode;
};

static void say(const struct settling *s, const char *text)
{
	s->say(s->ctx, s->report->last, text);
}

static void append(struct list *l, const char *name)
{
	const size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s%s", l->n++ ? ", " : "", name);
}

static void end_run(struct list *l)
{
	if (!l->first)
		return;
	append(l, l->first);
	if (l->first != l->last) {
		const size_t n = strlen(l->text);

		snprintf(l->text + n, sizeof(l->text) - n, " to %s", l->last);
	}
	l->first = NULL;
}

static void list_one(struct list *l, bool known, const char *name)
{
	if (known) {
		end_run(l);
		return;
	}
	l->first = l->first ? l->first : name;
	l->last = name;
}

// Registers `first` to `last` of the architecture that are not there.
static void list_missing(struct list *l, const struct tl_arch *arch, const struct tl_regs *regs,
	unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		list_one(l, tl_regs_known(regs, arch->regs[i].offset / 8), arch->regs[i].name);
	end_run(l);
}

static void say_missing(const struct settling *s, const struct list *l)
{
	char text[300];

	if (!l->n)
		return;
	snprintf(text, sizeof(text), "the dump of registers is not whole: no %s", l->text);
	say(s, text);
}

static unsigned count(const struct tl_regs *regs, unsigned first, unsigned last)
{
	unsigned n = 0;

	for (unsigned i = first; i <= last; i++)
		n += tl_regs_known(regs, i);
	return n;
}

static void copy_words(const struct settling *s, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		if (tl_regs_known(&s->facts->regs, i))
			tl_regs_set(s->to, i, s->facts->regs.word[i]);
}

static void copy_fact(const struct settling *s, uint32_t fact, unsigned word)
{
	if (tl_fact(s->facts, fact) && !tl_regs_known(s->to, word))
		tl_regs_set(s->to, word, tl_fact_get(s->facts, fact));
}

// PSTATE.M of AArch64: 0 EL0t, 4 EL1t, 5 EL1h. An SP of EL2 has no place among a guest's.
static void settle_sp(const struct settling *s)
{
	if (!tl_fact(s->facts, TL_FACT_SP))
		return;
	if (!s->has_mode)
		say(s, "sp is left out: without pstate it is not known which one it is");
	else if (s->mode == TL_ARM64_EL1H)
		copy_fact(s, TL_FACT_SP, TL_ARM64_sp_el1);
	else if (s->mode == TL_ARM64_EL0T || s->mode == TL_ARM64_EL1T)
		copy_fact(s, TL_FACT_SP, TL_ARM64_sp_el0);
	else
		say(s, "sp is left out: it is that of EL2 or EL3, which the trace has no place "
		       "for");
}

// What the guest's handler read. At EL2 it read others.
static void settle_syndrome(const struct settling *s)
{
	if (s->facts->source != TL_IMPORT_GUEST ||
		(s->has_mode && !(s->mode & TL_ARM64_PSTATE_IS32) && s->mode > TL_ARM64_EL1H))
		return;
	copy_fact(s, TL_FACT_ESR, TL_ARM64_esr_el1);
	copy_fact(s, TL_FACT_FAR, TL_ARM64_far_el1);
}

static void settle_aarch64(const struct settling *s)
{
	struct list missing = { "" };

	copy_words(s, 0, TL_ARM64_N_REGS - 1);
	copy_fact(s, TL_FACT_LR, TL_ARM64_x30);
	settle_sp(s);
	if (count(s->to, TL_ARM64_x0, TL_ARM64_x30) < 8)
		return;
	list_missing(&missing, &tl_arch_arm64, s->to, TL_ARM64_x0, TL_ARM64_x28);
	if (s->facts->source != TL_IMPORT_GUEST)
		list_missing(&missing, &tl_arch_arm64, s->to, TL_ARM64_pc, TL_ARM64_pstate);
	say_missing(s, &missing);
}

static void put_banked(const struct settling *s, unsigned n, uint64_t value)
{
	enum tl_arm64_reg reg;

	if (tl_arm32_reg((unsigned)s->mode, n, &reg))
		tl_regs_set(s->to, reg, value);
}

static void list_missing_aarch32(const struct settling *s)
{
	static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8",
		"r9", "r10", "r11", "r12" };
	const struct tl_regs *regs = &s->facts->regs;
	struct list missing = { "" };

	if (count(regs, TL_ARM64_x0, TL_ARM64_x12) < 8)
		return;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		list_one(&missing, tl_regs_known(regs, i), names[i]);
	end_run(&missing);
	if (!tl_fact(s->facts, TL_FACT_PC))
		append(&missing, "r15");
	if (!tl_fact(s->facts, TL_FACT_FLAGS) && s->facts->source != TL_IMPORT_GUEST)
		append(&missing, "psr");
	say_missing(s, &missing);
}

// R8 to R14 are banked: without a mode they have no place.
static void settle_aarch32(const struct settling *s)
{
	const struct tl_regs *regs = &s->facts->regs;
	enum tl_arm64_reg any;
	const bool known = s->has_mode && tl_arm32_reg((unsigned)s->mode, 0, &any);

	copy_words(s, TL_ARM64_x0, TL_ARM64_x7);
	copy_words(s, TL_ARM64_x15 + 1, TL_ARM64_N_REGS - 1);
	for (unsigned n = 8; known && n < 15; n++)
		if (tl_regs_known(regs, n))
			put_banked(s, n, regs->word[n]);
	if (known && tl_fact(s->facts, TL_FACT_SP) && !tl_regs_known(regs, 13))
		put_banked(s, 13, tl_fact_get(s->facts, TL_FACT_SP));
	if (known && tl_fact(s->facts, TL_FACT_LR) && !tl_regs_known(regs, 14))
		put_banked(s, 14, tl_fact_get(s->facts, TL_FACT_LR));
	if (!known && (count(regs, TL_ARM64_x8, TL_ARM64_x14) ||
			      s->facts->has & (TL_FACT_SP | TL_FACT_LR)))
		say(s, "r8 to r14 are left out: without a valid psr it is not known of which mode");
	list_missing_aarch32(s);
}

static void settle_x86(const struct settling *s)
{
	struct list missing = { "" };

	copy_words(s, 0, TL_X86_WORDS - 1);
	copy_fact(s, TL_FACT_PC, TL_X86_rip);
	if (s->facts->source == TL_IMPORT_GUEST || count(s->to, TL_X86_rax, TL_X86_rbp) < 4)
		return;
	list_missing(&missing, &tl_arch_x86_64, s->to, TL_X86_rax, TL_X86_rbp);
	list_missing(&missing, &tl_arch_x86_64, s->to, TL_X86_rip, TL_X86_rflags);
	list_missing(&missing, &tl_arch_x86_64, s->to, TL_X86_cr0, TL_X86_cr0);
	say_missing(s, &missing);
}

void tl_import_settle(const struct tl_import_report *report, tl_import_say *say_it, void *ctx,
	struct tl_regs *ret)
{
	const struct tl_import_facts *f = &report->facts;
	struct settling s = { .report = report, .facts = f, .say = say_it, .ctx = ctx, .to = ret };

	memset(ret, 0, sizeof(*ret));
	if (f->isa == TL_ISA_X86)
		return settle_x86(&s);
	s.has_mode = f->has & (TL_FACT_FLAGS | TL_FACT_MODE);
	s.mode = tl_fact_get(f, tl_fact(f, TL_FACT_FLAGS) ? TL_FACT_FLAGS : TL_FACT_MODE) &
		 TL_ARM64_MODE_MASK;
	copy_fact(&s, TL_FACT_PC, TL_ARM64_pc);
	copy_fact(&s, TL_FACT_FLAGS, TL_ARM64_pstate);
	if (f->isa == TL_ISA_ARM32 ||
		(f->isa == TL_ISA_ARMS && s.has_mode && s.mode & TL_ARM64_PSTATE_IS32))
		settle_aarch32(&s);
	else
		settle_aarch64(&s);
	settle_syndrome(&s);
}
