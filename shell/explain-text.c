// SPDX-License-Identifier: MIT
#include "shell/effect.h"
#include "shell/explain.h"
#include "shell/text.h"
#include "shell/walk.h"
#include "shell/wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 13 };

const char *const tl_certainty_names[] = {
	[TL_CERTAIN] = "certain",
	[TL_LIKELY] = "likely",
	[TL_POSSIBLE] = "possible",
	[TL_UNLIKELY] = "unlikely",
	[TL_NO_CAUSE] = "unknown",
};

static void label(const char *text)
{
	printf("  %-*s", LABEL - 2, text);
}

static void title(const char *text)
{
	tl_style(TL_STYLE_BOLD);
	printf("\n%s\n", text);
	tl_style(TL_STYLE_PLAIN);
}

// Text that is put together by a function, wrapped behind a label.
struct text {
	FILE *to;
	char *bytes;
	size_t size;
};

static FILE *begin(struct text *text)
{
	*text = (struct text){ 0 };
	text->to = open_memstream(&text->bytes, &text->size);
	return text->to ? text->to : stdout;
}

static void end(struct text *text, unsigned at, unsigned indent)
{
	if (!text->to)
		return;
	fclose(text->to);
	tl_put_wrapped(stdout, text->bytes, at, indent);
	free(text->bytes);
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
	struct text text;
	FILE *to;

	if (!s->from_report)
		return;
	fputs("  ", stdout);
	to = begin(&text);
	fputs("the guest reports an external abort, as userspace injects it where the CPU gives no "
	      "syndrome: this is about the exit before it",
		to);
	if (s->flat_assumed)
		fputs(", whose guest physical address is taken to be the virtual one", to);
	end(&text, 2, 2);
}

static void put_bytes(const struct tl_disassembled *line, bool words)
{
	int at = 0;

	for (unsigned i = 0; i < line->size; i++)
		at += printf("%02x", line->bytes[words ? line->size - 1 - i : i]);
	printf("%*s", at < 10 ? 10 - at : 1, "");
}

static void print_caret(const struct tl_disassembled *line, int at)
{
	const size_t shown = strlen(line->mnemonic) < 7 ? 7 : strlen(line->mnemonic);
	const size_t n =
		*line->operands ? shown + 1 + strlen(line->operands) : strlen(line->mnemonic);

	printf("%*s", at, "");
	for (size_t i = 0; i < n; i++)
		putchar('^');
	putchar('\n');
	tl_style(TL_STYLE_PLAIN);
}

// Where the code stands may be all that is not known of it.
static void print_line(const struct tl_disassembled *line, bool words, bool has_va)
{
	int at;

	if (line->is_pc)
		tl_style(TL_STYLE_BOLD);
	at = printf("%c ", line->is_pc ? '>' : ' ');
	at += has_va ? printf("0x%-10" PRIx64 " ", line->va)
		     : printf("%-12s ", line->is_pc ? "pc" : "");
	put_bytes(line, words);
	at += line->size * 2 < 10 ? 10 : line->size * 2 + 1;
	printf("%-7s %s\n", line->mnemonic, line->operands);
	if (line->is_pc)
		print_caret(line, at);
}

static void print_code(const struct tl_diagnosis *d)
{
	for (size_t i = 0; i < d->n_lines; i++)
		print_line(&d->line[i], d->situation->state.arch->id == TL_ARCH_ARM64, d->has_at);
}

static void print_symbol(const struct tl_diagnosis *d)
{
	const struct tl_symbol *s = &d->symbol;
	struct text text;
	FILE *to;

	if (!d->has_symbol)
		return;
	label("in");
	to = begin(&text);
	if (s->function || s->name)
		fputs(s->function ? s->function : s->name, to);
	if (s->name && !s->function)
		fprintf(to, "+0x%" PRIx64, s->offset);
	if (s->file)
		fprintf(to, "%s %s:%u", s->function || s->name ? "," : "", s->file, s->line);
	fprintf(to, " (%s, %s", s->elf, s->how);
	if (s->shift)
		fprintf(to, ": %s0x%" PRIx64 " from where it was linked", s->shift < 0 ? "-" : "+",
			(uint64_t)(s->shift < 0 ? -s->shift : s->shift));
	fputc(')', to);
	end(&text, LABEL, LABEL);
}

static void print_access(const struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	struct text text;
	FILE *to;

	if (!d->has_va && !d->has_gpa)
		return;
	label("access");
	to = begin(&text);
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
	end(&text, LABEL, LABEL);
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
	struct text text;
	char words[700];
	FILE *to;

	if (!d->has_va || d->walk.status == TL_WALK_NOT_KNOWN)
		return NULL;
	err = tl_walk_tell(&e->situation.place, d->va, &walk);
	if (err)
		return err;
	label("walk");
	to = begin(&text);
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
	end(&text, LABEL, LABEL);
	return NULL;
}

static void print_backing(const struct tl_diagnosis *d)
{
	struct text text;
	FILE *to;

	if (d->has_gpa) {
		label("place");
		to = begin(&text);
		tl_put_backing(to, d->gpa, &d->backing, &d->situation->state.platform);
		end(&text, LABEL, LABEL);
	}
	for (unsigned i = 0; i < d->n_device_lines; i++) {
		label(i ? "" : "device");
		tl_put_wrapped(stdout, d->device_line[i], LABEL, LABEL);
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
	struct text text;
	FILE *to;

	if (!d->has_syndrome)
		return;
	label("syndrome");
	to = begin(&text);
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
	end(&text, LABEL, LABEL);
}

static void print_contradictions(const struct tl_diagnosis *d)
{
	for (unsigned i = 0; i < d->n_contradictions; i++) {
		label(i ? "" : "but");
		tl_put_wrapped(stdout, d->contradiction[i].text, LABEL, LABEL);
	}
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
	struct text text;

	printf("%c %-*s", t->is_recorded ? '*' : ' ', LABEL - 2, tl_answer_name(t->id));
	tl_put_outcome(begin(&text), &e->situation, t);
	end(&text, LABEL, LABEL);
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
static struct tl_error *print_facts(struct tl_explained *e)
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

struct tl_error *tl_explain_print(struct tl_explained *e)
{
	const struct tl_diagnosis *d = &e->diagnosis;
	struct tl_error *err;

	print_head(e);
	print_report(&e->situation);
	if (d->n_lines)
		putchar('\n');
	print_code(d);
	print_symbol(d);
	err = print_facts(e);
	if (err)
		return err;
	print_causes(d);
	print_missing(d);
	if (e->n_tried)
		print_answers(e);
	return NULL;
}
