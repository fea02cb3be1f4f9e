// SPDX-License-Identifier: MIT
#include "shell/table.h"

#include "shell/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS = 1000,	// laid out at a time
	MOST_WIDTH = 48 // what is wider pushes its own row only
};

struct tl_table {
	const struct tl_column *columns;
	unsigned n_columns;
	unsigned *widths;
	FILE *cell; // writes to text
	char *text;
	size_t size;
	size_t *ends; // of each cell in text
	size_t n_cells;
	bool titled;
};

struct tl_error *tl_table_open(
	const struct tl_column *columns, unsigned n_columns, struct tl_table **ret)
{
	struct tl_table *t = calloc(1, sizeof(*t));

	assert(n_columns);
	if (t) {
		t->columns = columns;
		t->n_columns = n_columns;
		t->widths = calloc(n_columns, sizeof(*t->widths));
		t->ends = calloc((size_t)n_columns * ROWS, sizeof(*t->ends));
		t->cell = open_memstream(&t->text, &t->size);
	}
	if (!t || !t->widths || !t->ends || !t->cell) {
		tl_table_close(t);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	*ret = t;
	return NULL;
}

FILE *tl_table_cell(struct tl_table *t)
{
	return t->cell;
}

static unsigned width_of(const char *text, size_t size)
{
	unsigned width = 0;

	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void widen(struct tl_table *t, unsigned column, unsigned width)
{
	if (width > MOST_WIDTH)
		width = MOST_WIDTH;
	if (width > t->widths[column])
		t->widths[column] = width;
}

static const char *cell_text(const struct tl_table *t, size_t cell, size_t *size)
{
	const size_t from = cell ? t->ends[cell - 1] : 0;

	*size = t->ends[cell] - from;
	return t->text + from;
}

static void lay_out(struct tl_table *t)
{
	const char *text;
	size_t size;

	for (unsigned i = 0; i < t->n_columns && !t->titled; i++)
		widen(t, i, width_of(t->columns[i].title, strlen(t->columns[i].title)));
	for (size_t i = 0; i < t->n_cells; i++) {
		text = cell_text(t, i, &size);
		widen(t, (unsigned)(i % t->n_columns), width_of(text, size));
	}
}

static void put_spaces(unsigned n)
{
	printf("%*s", (int)n, "");
}

// The space before a cell is owed until there is something to print, so that no line ends in it.
static void print_cell(
	const struct tl_table *t, unsigned column, const char *text, size_t size, unsigned *owed)
{
	const unsigned width = width_of(text, size), wanted = t->widths[column];
	const unsigned pad = wanted > width ? wanted - width : 0;
	const bool right = t->columns[column].right;

	if (size) {
		put_spaces(*owed + (right ? pad : 0));
		fwrite(text, 1, size, stdout);
	}
	*owed = (size ? (right ? 0 : pad) : *owed + pad) + 2;
}

static void print_titles(struct tl_table *t)
{
	unsigned owed = 0;

	tl_style(TL_STYLE_BOLD);
	for (unsigned i = 0; i < t->n_columns; i++)
		print_cell(t, i, t->columns[i].title, strlen(t->columns[i].title), &owed);
	tl_style(TL_STYLE_PLAIN);
	putchar('\n');
	t->titled = true;
}

static void print(struct tl_table *t)
{
	unsigned owed = 0;
	const char *text;
	size_t size;

	assert(t->n_columns);
	lay_out(t);
	if (!t->titled)
		print_titles(t);
	for (size_t i = 0; i < t->n_cells; i++) {
		text = cell_text(t, i, &size);
		print_cell(t, (unsigned)(i % t->n_columns), text, size, &owed);
		if ((i + 1) % t->n_columns)
			continue;
		putchar('\n');
		owed = 0;
	}
	t->n_cells = 0;
	rewind(t->cell);
}

void tl_table_next(struct tl_table *t)
{
	t->ends[t->n_cells++] = (size_t)ftell(t->cell);
	if (t->n_cells < (size_t)t->n_columns * ROWS)
		return;
	fflush(t->cell);
	print(t);
}

void tl_table_close(struct tl_table *t)
{
	if (!t)
		return;
	if (t->cell) {
		fflush(t->cell);
		if (t->n_cells)
			print(t);
		fclose(t->cell);
	}
	free(t->text);
	free(t->ends);
	free(t->widths);
	free(t);
}
