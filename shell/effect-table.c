// SPDX-License-Identifier: MIT
// Answers side by side.
#include "shell/effect.h"
#include "shell/table.h"

#include <inttypes.h>

enum { ABREAST = 5 /* answers whose 64-bit values fit beside each other on most screens */ };

struct sheet {
	const struct tl_situation *situation;
	const struct tl_tried *tried[ABREAST];
	unsigned n;
};

static bool sets(const struct tl_effect *e, const struct tl_reg *reg)
{
	return e->origin[reg->offset / 8];
}

static bool is_row(const struct sheet *sheet, const struct tl_reg *reg)
{
	for (unsigned i = 0; i < sheet->n; i++)
		if (sets(&sheet->tried[i]->effect, reg) && reg->bits == 64)
			return true;
	return false;
}

static void cell(struct tl_table *table, const struct tl_regs *regs, const struct tl_reg *reg)
{
	uint64_t value;

	if (tl_reg_get(reg, regs, &value))
		fprintf(tl_table_cell(table), "0x%" PRIx64, value);
	else
		fputs("not recorded", tl_table_cell(table));
	tl_table_next(table);
}

static void row(struct tl_table *table, const struct sheet *sheet, const struct tl_reg *reg)
{
	fputs(reg->name, tl_table_cell(table));
	tl_table_next(table);
	cell(table, &sheet->situation->state.regs, reg);
	for (unsigned i = 0; i < sheet->n; i++) {
		if (sets(&sheet->tried[i]->effect, reg)) {
			cell(table, &sheet->tried[i]->effect.regs, reg);
			continue;
		}
		fputs("=", tl_table_cell(table));
		tl_table_next(table);
	}
}

static struct tl_error *print_sheet(const struct sheet *sheet)
{
	const struct tl_arch *arch = sheet->situation->state.arch;
	struct tl_column columns[ABREAST + 2] = { { "register", false }, { "at the exit", false } };
	struct tl_table *table;
	struct tl_error *err;

	for (unsigned i = 0; i < sheet->n; i++)
		columns[i + 2].title = tl_answer_name(sheet->tried[i]->id);
	err = tl_table_open(columns, sheet->n + 2, &table);
	if (err)
		return err;
	for (unsigned i = 0; i < arch->n_regs; i++)
		if (is_row(sheet, &arch->regs[i]))
			row(table, sheet, &arch->regs[i]);
	tl_table_close(table);
	return NULL;
}

static bool has_registers(const struct tl_situation *s, const struct tl_tried *t)
{
	if (t->status != TL_ANSWER_DONE)
		return false;
	for (unsigned i = 0; i < s->state.arch->words; i++)
		if (t->effect.origin[i])
			return true;
	return false;
}

static void print_line(const struct tl_situation *s, const struct tl_tried *t)
{
	const struct tl_effect *e = &t->effect;

	printf("%-11s ", tl_answer_name(t->id));
	if (!has_registers(s, t)) {
		tl_put_outcome(stdout, s, t);
	} else {
		tl_put_accesses(stdout, e, ", ");
		fputs(e->n_transfers ? "; by " : "by ", stdout);
		tl_put_given(stdout, s, t);
		if (e->outlook)
			printf(": %s", e->outlook);
		if (e->note)
			printf(" (%s)", e->note);
	}
	puts(t->is_recorded ? "; the answer that was given" : "");
}

struct tl_error *tl_effects_print(
	const struct tl_situation *s, const struct tl_tried *tried, unsigned n)
{
	struct sheet sheet = { .situation = s };
	struct tl_error *err = NULL;

	for (unsigned i = 0; i < n; i++)
		print_line(s, &tried[i]);
	for (unsigned i = 0; !err && i <= n; i++) {
		if (sheet.n && (i == n || sheet.n == ABREAST)) {
			putchar('\n');
			err = print_sheet(&sheet);
			sheet.n = 0;
		}
		if (i < n && has_registers(s, &tried[i]))
			sheet.tried[sheet.n++] = &tried[i];
	}
	return err;
}
