// SPDX-License-Identifier: MIT
#include "shell/effect.h"
#include "shell/explain-parts.h"
#include "shell/text.h"
#include "shell/wrap.h"

#include <inttypes.h>
#include <string.h>

const char *const tl_certainty_names[] = {
	[TL_CERTAIN] = "certain",
	[TL_LIKELY] = "likely",
	[TL_POSSIBLE] = "possible",
	[TL_UNLIKELY] = "unlikely",
	[TL_NO_CAUSE] = "unknown",
};

static void title(const char *text)
{
	tl_style(TL_STYLE_BOLD);
	printf("\n%s\n", text);
	tl_style(TL_STYLE_PLAIN);
}

// A guest of 32 bits is worth saying.
static const char *mode_of(const struct tl_state *state)
{
	const struct tl_reg *pstate = tl_arch_reg(state->arch, "pstate");
	uint64_t value;

	if (!pstate || !tl_reg_get(pstate, &state->regs, &value) || !(value & 0x10))
		return "";
	return value & 0x20 ? " of a 32-bit guest (T32)" : " of a 32-bit guest (A32)";
}

static void print_head(const struct tl_explained *e)
{
	const struct tl_situation *s = &e->situation;

	tl_style(TL_STYLE_BOLD);
	printf("exit %" PRIu64 " on vCPU %" PRIu32 ": ", s->exit.seq, s->exit.vcpu);
	fputs(s->trap.kind == TL_TRAP_OOPS && s->told.source ? tl_import_source_name(s->told.source)
							     : tl_trap_name(s->trap.kind),
		stdout);
	fputs(mode_of(&s->state), stdout);
	if (*e->diagnosis.deed)
		printf(", %s", e->diagnosis.deed);
	putchar('\n');
	tl_style(TL_STYLE_PLAIN);
}

static void print_report(const struct tl_situation *s)
{
	struct tl_paragraph text;
	FILE *to;

	if (!s->from_report)
		return;
	fputs("  ", stdout);
	to = tl_paragraph_open(&text);
	fputs("the guest reports an external abort, as userspace injects it where the CPU gives no "
	      "syndrome: this is about the exit before it",
		to);
	if (s->flat_assumed)
		fputs(", whose guest physical address is taken to be the virtual one", to);
	tl_paragraph_close(&text, 2, 2);
}

static void print_advice(const char *where, const char *what)
{
	if (!what)
		return;
	printf("     %-14s", where);
	tl_put_wrapped(stdout, what, 19, 19);
}

static void print_cause(const struct tl_cause *cause, unsigned n)
{
	int at = printf("  %u. ", n);

	tl_style(TL_STYLE_BOLD);
	at += printf("%s: ", tl_certainty_names[cause->certainty]);
	tl_style(TL_STYLE_PLAIN);
	tl_put_wrapped(stdout, cause->what, (unsigned)at, 5);
	for (unsigned i = 0; i < cause->n_evidence; i++) {
		fputs("     - ", stdout);
		tl_put_wrapped(stdout, cause->evidence[i], 7, 7);
	}
	print_advice("in the guest:", cause->guest);
	print_advice("in the VMM:", cause->vmm);
}

static void print_causes(const struct tl_diagnosis *d)
{
	title("why");
	for (unsigned i = 0; i < d->n_causes; i++)
		print_cause(&d->cause[i], i + 1);
}

static void print_missing(const struct tl_diagnosis *d)
{
	if (!d->n_missing)
		return;
	title("not known here");
	for (unsigned i = 0; i < d->n_missing; i++) {
		fputs("  - ", stdout);
		tl_put_string(stdout, d->missing[i]);
		putchar('\n');
	}
}

static bool is_whole_vm(enum tl_answer_id id)
{
	return id == TL_ANSWER_RESTART || id == TL_ANSWER_SUSPEND || id == TL_ANSWER_DUMP ||
	       id == TL_ANSWER_STOP;
}

static void print_answer(const struct tl_explained *e, const struct tl_tried *t)
{
	struct tl_paragraph text;

	printf("%c %-*s", t->is_recorded ? '*' : ' ', TL_EXPLAIN_LABEL - 2, tl_answer_name(t->id));
	tl_put_outcome(tl_paragraph_open(&text), &e->situation, t);
	tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
}

static void print_answers(const struct tl_explained *e)
{
	bool recorded = false, partial = false, any = false;

	title("answers");
	for (unsigned i = 0; i < e->n_tried; i++) {
		recorded |= e->tried[i].is_recorded;
		partial |= e->tried[i].is_partial;
		if (is_whole_vm(e->tried[i].id) && !e->tried[i].is_recorded)
			continue;
		any = true;
		print_answer(e, &e->tried[i]);
	}
	printf("  %s the VM as a whole: restart, suspend, dump, stop", any ? "or of" : "only of");
	puts(recorded ? "; * is the answer that was given" : "");
	if (partial)
		puts("  registers that depend on what is not known are left out");
}

// The access and what is known of its place.
struct tl_error *tl_explain_print(struct tl_explained *e)
{
	const struct tl_diagnosis *d = &e->diagnosis;
	struct tl_error *err;

	print_head(e);
	print_report(&e->situation);
	tl_explain_print_code(d);
	err = tl_explain_print_facts(e);
	if (err)
		return err;
	print_causes(d);
	print_missing(d);
	if (e->n_tried)
		print_answers(e);
	return NULL;
}
