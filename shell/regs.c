// SPDX-License-Identifier: MIT
#include "shell/regs.h"

#include "shell/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	WIDTH = 96,  // of a line: three columns
	COLUMN = 32, // of a register with its value
	NAME_WIDTH = 9,
	FAMILY = 3, // registers of one name that get a line of their own
};

struct printer {
	const struct tl_arch *arch;
	const struct tl_regs *regs, *before;
	int width; // of this row so far
};

// The part of a name that its neighbours may share: "cs" of "cs_base", all of "cs".
static size_t family_length(const char *name)
{
	return strcspn(name, "_");
}

static bool same_family(const char *a, const char *b)
{
	const size_t n = family_length(a);

	return n == family_length(b) && !strncmp(a, b, n);
}

static unsigned family_size(const struct tl_arch *arch, unsigned first)
{
	unsigned n = 1;

	while (first + n < arch->n_regs &&
		same_family(arch->regs[first].name, arch->regs[first + n].name))
		n++;
	return n;
}

static bool changed(const struct printer *p, const struct tl_reg *reg, uint64_t value)
{
	uint64_t was;

	return p->before && (!tl_reg_get(reg, p->before, &was) || was != value);
}

// Gives back how wide it is.
static int put_value(const struct printer *p, const struct tl_reg *reg, uint64_t value)
{
	const bool differs = changed(p, reg, value);
	int width;

	if (differs)
		tl_style(TL_STYLE_BOLD);
	width = printf(reg->bits == 8 && value < 10 ? "%" PRIx64 "%s" : "0x%" PRIx64 "%s", value,
		differs ? "*" : "");
	if (differs)
		tl_style(TL_STYLE_PLAIN);
	return width;
}

static void end_row(struct printer *p)
{
	if (p->width)
		putchar('\n');
	p->width = 0;
}

static void print_one(struct printer *p, const struct tl_reg *reg)
{
	const int column = (p->width + COLUMN - 1) / COLUMN * COLUMN;
	uint64_t value;

	if (!tl_reg_get(reg, p->regs, &value))
		return;
	if (column >= WIDTH)
		end_row(p);
	else
		printf("%*s", column - p->width, "");
	p->width = p->width ? column : 0;
	p->width += printf("  %-*s ", NAME_WIDTH, reg->name);
	p->width += put_value(p, reg, value);
}

// A segment and its parts, and other families: "cs   0xf000 base 0xffff0000 limit 0xffff ..."
static void print_family(struct printer *p, unsigned first, unsigned n)
{
	const size_t shared = family_length(p->arch->regs[first].name);
	bool started = false;
	uint64_t value;

	end_row(p);
	for (const struct tl_reg *reg = &p->arch->regs[first]; n; reg++, n--) {
		if (!tl_reg_get(reg, p->regs, &value))
			continue;
		if (!started)
			printf("  %-*.*s", NAME_WIDTH, (int)shared, reg->name);
		started = true;
		printf(" %s%s", reg->name[shared] ? reg->name + shared + 1 : "",
			reg->name[shared] ? " " : "");
		put_value(p, reg, value);
	}
	if (started)
		putchar('\n');
}

static void print_missing(const struct printer *p)
{
	int at = 0;
	uint64_t value;

	for (unsigned i = 0; i < p->arch->n_regs; i++) {
		const struct tl_reg *reg = &p->arch->regs[i];

		if (tl_reg_get(reg, p->regs, &value))
			continue;
		if (!at)
			at = printf("  not recorded:");
		if (at + 1 + (int)strlen(reg->name) > WIDTH)
			at = printf("\n   ") - 1;
		at += printf(" %s", reg->name);
	}
	if (at)
		putchar('\n');
}

// What KVM gives a register of arm64 that has no value after a reset.
#define NEVER_WRITTEN UINT64_C(0x1de7ec7edbadc0de)

static void explain_pattern(const struct printer *p)
{
	uint64_t value;

	for (unsigned i = 0; p->arch->id == TL_ARCH_ARM64 && i < p->arch->n_regs; i++)
		if (tl_reg_get(&p->arch->regs[i], p->regs, &value) && value == NEVER_WRITTEN) {
			printf("  0x%" PRIx64 " is what KVM puts where nothing was written yet\n",
				value);
			return;
		}
}

void tl_print_regs(
	const struct tl_arch *arch, const struct tl_regs *regs, const struct tl_regs *before)
{
	struct printer p = { .arch = arch, .regs = regs, .before = before };

	for (unsigned i = 0, n; i < arch->n_regs; i += n) {
		n = family_size(arch, i);
		if (n >= FAMILY) {
			print_family(&p, i, n);
			continue;
		}
		for (unsigned k = 0; k < n; k++)
			print_one(&p, &arch->regs[i + k]);
	}
	end_row(&p);
	explain_pattern(&p);
	print_missing(&p);
}
