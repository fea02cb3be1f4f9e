// SPDX-License-Identifier: MIT
#include "shell/effect.h"

#include "shell/table.h"
#include "shell/text.h"

#include <inttypes.h>
#include <string.h>

static const char *const origins[] = {
	[TL_ORIGIN_NONE] = "",
	[TL_ORIGIN_DATA] = "what was read",
	[TL_ORIGIN_REPLY] = "the reply",
	[TL_ORIGIN_WRITEBACK] = "writeback",
	[TL_ORIGIN_STATUS] = "status",
	[TL_ORIGIN_RESULT] = "result",
	[TL_ORIGIN_NEXT] = "next instruction",
	[TL_ORIGIN_ENTRY] = "exception entry",
};

static unsigned word_of(const struct tl_reg *reg)
{
	return reg->offset / 8;
}

// Parts of a word count when they differ, whole ones also when they are set to what they were.
static bool is_changed(
	const struct tl_state *state, const struct tl_effect *effect, const struct tl_reg *reg)
{
	uint64_t before = 0, after = 0;
	const bool was_known = tl_reg_get(reg, &state->regs, &before);

	if (!effect->origin[word_of(reg)] || !tl_reg_get(reg, &effect->regs, &after))
		return false;
	return reg->bits == 64 || !was_known || before != after;
}

static void put_reply(FILE *to, const struct tl_trap *trap, const struct tl_effect *effect)
{
	if (trap->kind == TL_TRAP_IDSR && !effect->handled)
		fputs("is_handled = 0", to);
	else if (trap->kind == TL_TRAP_IDSR && effect->has_reply)
		fprintf(to, "is_handled = 1, regval = 0x%" PRIx64, effect->reply);
	else if (trap->kind == TL_TRAP_IDSR)
		fputs("is_handled = 1", to);
	else if ((trap->kind == TL_TRAP_RDMSR || trap->kind == TL_TRAP_WRMSR) && !effect->handled)
		fputs("kvm_run, error = 1", to);
	else if (effect->has_reply)
		fprintf(to, "kvm_run, data = 0x%" PRIx64, effect->reply);
	else
		fputs("nothing but the next KVM_RUN", to);
}

void tl_put_given(FILE *to, const struct tl_situation *s, const struct tl_tried *tried)
{
	const struct tl_effect *effect = &tried->effect;
	const bool arm64 = s->state.arch->id == TL_ARCH_ARM64;

	switch (effect->given) {
	case TL_GIVEN_REPLY:
		put_reply(to, &s->trap, effect);
		break;
	case TL_GIVEN_ABORT:
		fputs("KVM_SET_VCPU_EVENTS, ext_dabt_pending", to);
		break;
	case TL_GIVEN_SERROR:
		fputs("KVM_SET_VCPU_EVENTS, serror_pending", to);
		if (effect->has_esr)
			fprintf(to, ", serror_esr = 0x%" PRIx64, effect->esr);
		break;
	case TL_GIVEN_REGS:
		if (s->trap.kind == TL_TRAP_MMIO)
			fputs("KVM_RUN with immediate_exit, then ", to);
		fputs(arm64 ? "KVM_SET_ONE_REG" : "KVM_SET_REGS", to);
		break;
	case TL_GIVEN_SLOT:
		fputs("KVM_SET_USER_MEMORY_REGION", to);
		break;
	case TL_GIVEN_AGAIN:
		fputs("nothing but the next KVM_RUN", to);
		break;
	case TL_GIVEN_NEVER:
		fputs("no further KVM_RUN", to);
		break;
	}
}

static void put_bytes(FILE *to, const uint8_t *bytes, unsigned size)
{
	unsigned n = size;

	while (n > 1 && !bytes[n - 1])
		n--;
	fprintf(to, "0x%x", bytes[n - 1]);
	while (--n)
		fprintf(to, "%02x", bytes[n - 1]);
}

static bool is_zero(const struct tl_transfer *t)
{
	for (unsigned i = 0; i < t->size; i++)
		if (t->data[i])
			return false;
	return true;
}

// A block of zeroes is one thing to a reader.
static unsigned zero_run(const struct tl_effect *e, unsigned from)
{
	unsigned n = 0;

	while (from + n < e->n_transfers && e->transfer[from + n].write &&
		is_zero(&e->transfer[from + n]))
		n++;
	return n > 3 ? n : 0;
}

static void put_transfer(FILE *to, const struct tl_transfer *t, unsigned size)
{
	fprintf(to, "%s %u %s0x%" PRIx64, t->write ? "write" : "read", size,
		t->no_gpa ? "virtual " : "", t->no_gpa ? t->va : t->gpa);
	fputs(t->write ? " = " : " -> ", to);
	put_bytes(to, t->data, t->size);
	if (!t->is_device)
		fputs(" (memory)", to);
}

void tl_put_accesses(FILE *to, const struct tl_effect *e, const char *separator)
{
	for (unsigned i = 0, run; i < e->n_transfers; i += run ? run : 1) {
		unsigned size = 0;

		run = zero_run(e, i);
		for (unsigned k = 0; k < (run ? run : 1); k++)
			size += e->transfer[i + k].size;
		fputs(i ? separator : "", to);
		put_transfer(to, &e->transfer[i], size);
	}
}

static bool put_changes(FILE *to, const struct tl_situation *s, const struct tl_effect *e, bool any)
{
	const struct tl_arch *arch = s->state.arch;
	uint64_t value;

	for (unsigned i = 0; i < arch->n_regs; i++) {
		if (!is_changed(&s->state, e, &arch->regs[i]))
			continue;
		tl_reg_get(&arch->regs[i], &e->regs, &value);
		fprintf(to, "%s%s = 0x%" PRIx64, any ? ", " : "", arch->regs[i].name, value);
		any = true;
	}
	for (unsigned i = 0; i < 32; i++) {
		if (!(e->vectors_set >> i & 1))
			continue;
		fprintf(to, "%sv%u = ", any ? ", " : "", i);
		put_bytes(to, e->vectors.v[i], 16);
		any = true;
	}
	return any;
}

void tl_put_outcome(FILE *to, const struct tl_situation *s, const struct tl_tried *t)
{
	const struct tl_effect *e = &t->effect;
	bool any = e->n_transfers;

	if (t->status != TL_ANSWER_DONE) {
		fputs(t->status == TL_ANSWER_REFUSED ? "refused: " : "not known: ", to);
		tl_put_string(to, t->why.text);
		if (t->why.source)
			fprintf(to, " (%s)", t->why.source);
		return;
	}
	tl_put_accesses(to, e, ", ");
	any = put_changes(to, s, e, any);
	if (e->outlook)
		fprintf(to, "%s%s", any ? ": " : "", e->outlook);
	if (!any && !e->outlook)
		fputs("nothing changes", to);
	if (e->note)
		fprintf(to, " (%s)", e->note);
}

static void label(const char *text)
{
	printf("  %-11s", text);
}

static void print_source(const struct tl_tried *t)
{
	if (t->source != TL_VALUE_TRACE)
		return;
	label("value");
	printf("the last there was in this trace, at exit %" PRIu64 "\n", t->value_seq);
}

static void print_registers(const struct tl_situation *s, const struct tl_effect *e)
{
	const struct tl_arch *arch = s->state.arch;
	uint64_t before, after;

	for (unsigned i = 0; i < arch->n_regs; i++) {
		const struct tl_reg *reg = &arch->regs[i];

		if (!is_changed(&s->state, e, reg))
			continue;
		tl_reg_get(reg, &e->regs, &after);
		printf("  %-11s", reg->name);
		if (tl_reg_get(reg, &s->state.regs, &before))
			printf("0x%-18" PRIx64, before);
		else
			printf("%-20s", "not recorded");
		printf(" -> 0x%-18" PRIx64 " %s\n", after, origins[e->origin[word_of(reg)]]);
	}
}

static void print_vectors(const struct tl_situation *s, const struct tl_effect *e)
{
	for (unsigned i = 0; i < 32; i++) {
		if (!(e->vectors_set >> i & 1))
			continue;
		printf("  v%-10u", i);
		if (s->state.vectors.known >> i & 1)
			put_bytes(stdout, s->state.vectors.v[i], 16);
		else
			fputs("not recorded", stdout);
		fputs(" -> ", stdout);
		put_bytes(stdout, e->vectors.v[i], 16);
		putchar('\n');
	}
}

static void print_memory(const struct tl_situation *s, const struct tl_effect *e)
{
	uint8_t before[16];

	for (unsigned i = 0; i < e->n_transfers; i++) {
		const struct tl_transfer *t = &e->transfer[i];

		if (t->is_device || !t->write)
			continue;
		label("memory");
		printf("0x%" PRIx64 ": ", t->gpa);
		if (s->state.mem.read(s->state.mem.ctx, t->gpa, before, t->size))
			put_bytes(stdout, before, t->size);
		else
			fputs("not recorded", stdout);
		fputs(" -> ", stdout);
		put_bytes(stdout, t->data, t->size);
		putchar('\n');
	}
}

void tl_effect_print(const struct tl_situation *s, const struct tl_tried *t)
{
	const struct tl_effect *e = &t->effect;

	tl_style(TL_STYLE_BOLD);
	fputs(tl_answer_name(t->id), stdout);
	tl_style(TL_STYLE_PLAIN);
	printf(": %s%s\n", tl_answer_summary(t->id),
		t->is_recorded && t->id != TL_ANSWER_RECORDED ? "; the answer that was given" : "");
	if (t->status != TL_ANSWER_DONE) {
		fputs("  ", stdout);
		tl_put_outcome(stdout, s, t);
		putchar('\n');
		return;
	}
	label("given by");
	tl_put_given(stdout, s, t);
	putchar('\n');
	print_source(t);
	if (e->n_transfers) {
		label("accesses");
		tl_put_accesses(stdout, e, "\n             ");
		putchar('\n');
	}
	print_registers(s, e);
	print_vectors(s, e);
	print_memory(s, e);
	if (e->outlook) {
		label("then");
		puts(e->outlook);
	}
	if (e->note) {
		label("note");
		puts(e->note);
	}
	if (t->is_partial)
		puts("  registers that depend on what is not known are left out");
}
