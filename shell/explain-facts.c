// SPDX-License-Identifier: MIT
// What is known of an access: addresses, what stands there, the syndrome.
#include "shell/explain-parts.h"
#include "shell/text.h"
#include "shell/walk.h"
#include "shell/wrap.h"

#include <inttypes.h>
#include <string.h>

void tl_explain_label(const char *text)
{
	printf("  %-*s", TL_EXPLAIN_LABEL - 2, text);
}

static void print_access(const struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	struct tl_paragraph text;
	FILE *to;

	if (!d->has_va && !d->has_gpa)
		return;
	tl_explain_label("access");
	to = tl_paragraph_open(&text);
	if (*d->deed)
		fputs(d->deed, to);
	else if (s->trap.has_write)
		fputs(s->trap.write ? "a write" : "a read", to);
	else
		fputs("an access", to);
	if (d->has_va)
		fprintf(to, " at virtual 0x%" PRIx64, d->va);
	if (d->has_gpa)
		fprintf(to, "%s guest physical 0x%" PRIx64, d->has_va ? "," : " at", d->gpa);
	if (s->trap.has_value)
		fprintf(to, ", value 0x%" PRIx64, s->trap.value);
	tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
}

static struct tl_attempt attempt_of(const struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	const struct tl_reg *pstate = tl_arch_reg(s->state.arch, "pstate");
	uint64_t value;

	return (struct tl_attempt){ .right = s->trap.has_write && s->trap.write ? TL_RIGHT_WRITE
										: TL_RIGHT_READ,
		.user = pstate && tl_reg_get(pstate, &s->state.regs, &value) &&
			((value & 0x1f) == 0 || (value & 0x1f) == 0x10) };
}

static struct tl_error *print_walk(struct tl_explained *e)
{
	const struct tl_diagnosis *d = &e->diagnosis;
	struct tl_told_walk walk;
	struct tl_error *err;
	struct tl_paragraph text;
	char words[700];
	FILE *to;

	if (!d->has_va || d->walk.status == TL_WALK_NOT_KNOWN)
		return NULL;
	err = tl_walk_tell(&e->situation.place, d->va, &walk);
	if (err)
		return err;
	tl_explain_label("walk");
	to = tl_paragraph_open(&text);
	if (walk.walk.status == TL_WALK_OK) {
		tl_walk_verdict(&walk, attempt_of(d), true, words, sizeof(words));
		fprintf(to, "0x%" PRIx64 " leads to 0x%" PRIx64, d->va, walk.walk.gpa);
		if (walk.has_attributes && walk.attributes.disabled)
			fputs(", translation is off", to);
		else
			fprintf(to, ", over %u table entr%s: %s", walk.walk.n_steps,
				walk.walk.n_steps == 1 ? "y" : "ies", words);
	} else {
		tl_walk_end(&walk, words, sizeof(words));
		fputs(words, to);
	}
	tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
	return NULL;
}

static void print_backing(const struct tl_diagnosis *d)
{
	struct tl_paragraph text;
	FILE *to;

	if (d->has_gpa) {
		tl_explain_label("place");
		to = tl_paragraph_open(&text);
		tl_put_backing(to, d->gpa, &d->backing, &d->situation->state.platform);
		tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
	}
	for (unsigned i = 0; i < d->n_device_lines; i++) {
		tl_explain_label(i ? "" : "device");
		tl_put_wrapped(stdout, d->device_line[i], TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
	}
}

// What is 0 tells little, but for a few.
static bool tells(const struct tl_arm64_syndrome_field *f)
{
	return f->value ? strcmp(f->name, "IL") != 0
			: !strcmp(f->name, "ISV") || !strcmp(f->name, "WnR") ||
				  strstr(f->name, "FSC");
}

static void print_syndrome(const struct tl_diagnosis *d)
{
	const struct tl_arm64_syndrome *s = &d->syndrome;
	struct tl_paragraph text;
	FILE *to;

	if (!d->has_syndrome)
		return;
	tl_explain_label("syndrome");
	to = tl_paragraph_open(&text);
	fprintf(to, "0x%" PRIx64 ": ", d->situation->trap.esr);
	if (d->situation->from_report)
		fputs("of the guest's report; KVM gives it no direction: ", to);
	for (unsigned i = 0, n = 0; i < s->n_fields; i++) {
		const struct tl_arm64_syndrome_field *f = &s->field[i];

		if (!tells(f))
			continue;
		fprintf(to, "%s%s=0x%" PRIx64, n++ ? ", " : "", f->name, f->value);
		if (f->meaning)
			fprintf(to, " %s", f->meaning);
	}
	if (!s->has_class)
		fputs("; KVM left out the rest", to);
	tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
}

static void print_contradictions(const struct tl_diagnosis *d)
{
	for (unsigned i = 0; i < d->n_contradictions; i++) {
		tl_explain_label(i ? "" : "but");
		tl_put_wrapped(
			stdout, d->contradiction[i].text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
	}
}

struct tl_error *tl_explain_print_facts(struct tl_explained *e)
{
	const struct tl_diagnosis *d = &e->diagnosis;
	struct tl_error *err;

	if (d->has_va || d->has_gpa || d->has_syndrome || d->n_contradictions)
		putchar('\n');
	print_access(d);
	err = print_walk(e);
	if (err)
		return err;
	print_backing(d);
	print_syndrome(d);
	print_contradictions(d);
	return NULL;
}
