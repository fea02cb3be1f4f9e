// SPDX-License-Identifier: MIT
// The code around the instruction that trapped, and where in the source it is.
#include "shell/explain-parts.h"
#include "shell/text.h"
#include "shell/wrap.h"

#include <inttypes.h>
#include <string.h>

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

static void print_lines(const struct tl_diagnosis *d)
{
	for (size_t i = 0; i < d->n_lines; i++)
		print_line(&d->line[i], d->situation->state.arch->id == TL_ARCH_ARM64, d->has_at);
}

static void print_symbol(const struct tl_diagnosis *d)
{
	const struct tl_symbol *s = &d->symbol;
	struct tl_paragraph text;
	FILE *to;

	if (!d->has_symbol)
		return;
	tl_explain_label("in");
	to = tl_paragraph_open(&text);
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
	tl_paragraph_close(&text, TL_EXPLAIN_LABEL, TL_EXPLAIN_LABEL);
}

void tl_explain_print_code(const struct tl_diagnosis *d)
{
	if (d->n_lines)
		putchar('\n');
	print_lines(d);
	print_symbol(d);
}
