// SPDX-License-Identifier: MIT
#include "shell/address.h"
#include "shell/position.h"
#include "shell/table.h"
#include "shell/text.h"
#include "shell/verb.h"
#include "shell/walk.h"

#include <inttypes.h>
#include <string.h>

static void label(const char *text)
{
	printf("  %-10s ", text);
}

static void print_head(const struct tl_told_walk *t)
{
	tl_style(TL_STYLE_BOLD);
	printf("walk of 0x%" PRIx64 " at ", t->walk.va);
	tl_put_position(stdout, t->place->position);
	printf(", vCPU %" PRIu32 "\n", t->place->vcpu);
	tl_style(TL_STYLE_PLAIN);
	if (t->place->registers_set)
		puts("  the VMM set registers before it ran the guest again; these are the exit's");
}

static void print_registers(const struct tl_told_walk *t)
{
	const struct tl_arch *arch = tl_trace_arch(t->place->trace);
	uint64_t value;

	for (const char *const *name = tl_walk_registers(arch, &t->place->regs); *name; name++) {
		label(*name);
		if (tl_reg_get(tl_arch_reg(arch, *name), &t->place->regs, &value))
			printf("0x%" PRIx64 "\n", value);
		else
			puts("not recorded");
	}
}

// Of a power of two: "4 KiB", "2 MiB".
static void put_span(FILE *to, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	for (; bytes >= 1024 && unit < 4; unit++)
		bytes /= 1024;
	fprintf(to, "%" PRIu64 " %s", bytes, units[unit]);
}

static void put_level(FILE *to, const struct tl_arch *arch, int level)
{
	static const char *const x86[] = { "", " PTE", " PDE", " PDPTE", " PML4E", " PML5E" };

	fprintf(to, "%d%s", level, arch->id == TL_ARCH_X86_64 ? x86[level] : "");
}

static void put_meaning(FILE *to, const struct tl_walk_step *step)
{
	switch ((enum tl_entry_kind)step->kind) {
	case TL_ENTRY_INVALID:
		fputs("invalid", to);
		return;
	case TL_ENTRY_RESERVED:
		fputs("a reserved bit is set", to);
		return;
	case TL_ENTRY_TABLE:
		fprintf(to, "table at 0x%" PRIx64, step->output);
		return;
	case TL_ENTRY_BLOCK:
		fprintf(to, "block at 0x%" PRIx64, step->output);
		return;
	case TL_ENTRY_PAGE:
		fprintf(to, "page at 0x%" PRIx64, step->output);
		return;
	}
}

static void add_step(
	struct tl_table *table, const struct tl_arch *arch, const struct tl_walk_step *step)
{
	put_level(tl_table_cell(table), arch, step->level);
	tl_table_next(table);
	fprintf(tl_table_cell(table), "0x%" PRIx64, step->gpa);
	tl_table_next(table);
	fprintf(tl_table_cell(table), "0x%0*" PRIx64, step->size * 2, step->entry);
	tl_table_next(table);
	put_meaning(tl_table_cell(table), step);
	tl_table_next(table);
}

static struct tl_error *print_steps(const struct tl_told_walk *t)
{
	static const struct tl_column columns[] = { { "level", false }, { "entry at", false },
		{ "entry", false }, { "is", false } };
	struct tl_table *table;
	struct tl_error *err;

	if (!t->walk.n_steps)
		return NULL;
	err = tl_table_open(columns, 4, &table);
	if (err)
		return err;
	putchar('\n');
	for (unsigned i = 0; i < t->walk.n_steps; i++)
		add_step(table, tl_trace_arch(t->place->trace), &t->walk.step[i]);
	tl_table_close(table);
	return NULL;
}

static void print_end(const struct tl_told_walk *t)
{
	char text[600];

	putchar('\n');
	label(t->walk.status == TL_WALK_OK ? "leads to" : "ends");
	if (t->walk.status != TL_WALK_OK) {
		tl_walk_end(t, text, sizeof(text));
		tl_put_string(stdout, text);
		putchar('\n');
		return;
	}
	printf("0x%" PRIx64, t->walk.gpa);
	if (t->walk.page_size) {
		fputs(", in a page of ", stdout);
		put_span(stdout, t->walk.page_size);
	} else if (t->walk.gpa == t->walk.va) {
		fputs(", the same: there is no translation", stdout);
	} else {
		fputs(": there is no translation, and the bits above do not count", stdout);
	}
	putchar('\n');
	label("memory");
	tl_put_string(stdout, t->page.page.status == TL_MEMORY_RECORDED ? "recorded" : t->page.why);
	fputs(*t->page.note ? "; " : "", stdout);
	tl_put_string(stdout, t->page.note);
	putchar('\n');
}

// "read, write ok; execute permission fault, level 3": those with one fate together.
static void print_accesses(const struct tl_told_walk *t, bool user)
{
	static const char *const names[] = { "read", "write", "execute" };
	static const enum tl_right rights[] = { TL_RIGHT_READ, TL_RIGHT_WRITE, TL_RIGHT_EXECUTE };
	char text[3][96];

	label(user ? "user" : "privileged");
	for (unsigned i = 0; i < 3; i++)
		tl_walk_verdict(
			t, (struct tl_attempt){ rights[i], user }, false, text[i], sizeof(text[i]));
	for (unsigned i = 0; i < 3; i++) {
		const bool same_before = i && !strcmp(text[i], text[i - 1]);
		const bool same_after = i < 2 && !strcmp(text[i], text[i + 1]);

		printf("%s%s%s%s", same_before || !i ? "" : "; ", same_before ? ", " : "", names[i],
			same_after ? "" : ": ");
		if (!same_after)
			fputs(text[i], stdout);
	}
	putchar('\n');
}

static const char *memory_name(uint8_t attribute)
{
	static const struct {
		uint8_t attribute;
		const char *name;
	} names[] = { { 0x00, "Device-nGnRnE" }, { 0x04, "Device-nGnRE" }, { 0x08, "Device-nGRE" },
		{ 0x0c, "Device-GRE" }, { 0x44, "Normal, non-cacheable" },
		{ 0xbb, "Normal, write-through" }, { 0xff, "Normal, write-back" },
		{ 0xf0, "Normal, tagged, write-back" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].attribute == attribute)
			return names[i].name;
	return NULL;
}

static void put_type(const struct tl_told_walk *t)
{
	static const char *const shares[] = { "non-shareable", "reserved shareability",
		"outer shareable", "inner shareable" };
	const struct tl_attributes *a = &t->attributes;
	const char *name = a->memory_known ? memory_name(a->memory) : NULL;

	if (tl_trace_arch(t->place->trace)->id != TL_ARCH_ARM64) {
		printf("PAT index %u", a->memory_index);
		return;
	}
	if (name)
		fputs(name, stdout);
	else if (a->memory_known)
		printf("type 0x%02x", a->memory);
	else
		printf("type by index %u", a->memory_index);
	printf(", %s", shares[a->shareability & 3]);
}

// What entries say, and the registers that count with them.
static void put_facts(const struct tl_attributes *a)
{
	const struct {
		bool is;
		const char *name;
	} facts[] = { { a->global, "global" }, { a->user_page, "user page" },
		{ a->accessed, "accessed" }, { a->dirty, "dirty" },
		{ a->dbm, "dirty bit modifier" }, { a->pan, "PAN" }, { a->smep, "SMEP" },
		{ a->wxn, "WXN" }, { a->uwxn, "UWXN" } };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (facts[i].is)
			printf(", %s", facts[i].name);
	if (a->run) {
		fputs(", contiguous run of ", stdout);
		put_span(stdout, a->run);
	}
	if (a->short_form)
		printf(", domain %u", a->domain);
	if (a->key_checked)
		printf(", protection key %u", a->key);
}

// Without translation arm64 has a type of memory still, and x86 nothing of this.
static void print_attributes(const struct tl_told_walk *t)
{
	const bool has_entries = t->walk.n_steps;

	if (!has_entries && tl_trace_arch(t->place->trace)->id != TL_ARCH_ARM64)
		return;
	label("attributes");
	put_type(t);
	if (has_entries)
		put_facts(&t->attributes);
	putchar('\n');
}

static struct tl_error *print(const struct tl_told_walk *t)
{
	struct tl_error *err;

	print_head(t);
	print_registers(t);
	err = print_steps(t);
	if (err)
		return err;
	print_end(t);
	if (t->walk.status != TL_WALK_OK)
		return NULL;
	if (t->has_attributes) {
		print_attributes(t);
		print_accesses(t, false);
		print_accesses(t, true);
	} else {
		label("attributes");
		puts("not known: a register that they need was not recorded");
	}
	return NULL;
}

struct tl_error *tl_walk_print(struct tl_place *place, const char *word, bool json, int *ret_status)
{
	struct tl_address address;
	struct tl_told_walk t;
	struct tl_error *err;

	err = tl_place_address(place, word, true, &address);
	if (!err)
		err = tl_walk_tell(place, address.at, &t);
	if (err)
		return err;
	if (t.walk.status != TL_WALK_OK && t.walk.status != TL_WALK_FAULT)
		*ret_status = TL_STATUS_NO;
	if (!json)
		return print(&t);
	tl_walk_json(&t);
	return NULL;
}
