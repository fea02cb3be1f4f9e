// SPDX-License-Identifier: MIT
// Lines of x86 whose registers are more than a name and a number.
#include "arch/x86_64/regs.h"
#include "replayer/import-read.h"
#include "replayer/import-word.h"

#include <ctype.h>
#include <string.h>

static bool number(const char **at, struct tl_word_hex *ret)
{
	const char *end = tl_word_hex(tl_word_skip(*at), ret);

	if (!end || ret->overflow)
		return false;
	*at = end;
	return true;
}

static unsigned word_of(enum tl_x86_reg reg)
{
	return tl_arch_x86_64.regs[reg].offset / 8;
}

// The high half of a descriptor (SDM 3A 3.4.5), as QEMU shows what KVM gave it: type in 8..11, S
// 12, DPL 13..14, P 15, AVL 20, L 21, D/B 22, G 23. It shows a segment that KVM calls unusable as
// one that is not present.
static void put_segment(
	struct tl_import_facts *f, enum tl_x86_reg first, const struct tl_word_hex part[4])
{
	const uint64_t flags = part[3].value, present = flags >> 15 & 1;
	const unsigned word = word_of(first + 1);

	tl_regs_set(&f->regs, word, part[1].value);
	tl_regs_set(&f->regs, word + 1,
		(part[2].value & 0xffffffff) | (part[0].value & 0xffff) << 32 |
			(flags >> 8 & 15) << 48 | present << 56);
	tl_regs_set(&f->regs, word + 2,
		(flags >> 13 & 3) | (flags >> 22 & 1) << 8 | (flags >> 12 & 1) << 16 |
			(flags >> 21 & 1) << 24 | (flags >> 23 & 1) << 32 |
			(flags >> 20 & 1) << 40 | (present ^ 1) << 48);
	f->said = true;
	f->isa = TL_ISA_X86;
}

// "ES =0000 0000000000000000 ffffffff 00c09300 DPL=0 DS   [-WA]"
static void read_segment(const char *text, struct tl_import_facts *f)
{
	static const struct {
		const char *name;
		enum tl_x86_reg first;
	} segments[] = { { "ES", TL_X86_es }, { "CS", TL_X86_cs }, { "SS", TL_X86_ss },
		{ "DS", TL_X86_ds }, { "FS", TL_X86_fs }, { "GS", TL_X86_gs },
		{ "LDT", TL_X86_ldt }, { "TR", TL_X86_tr } };
	struct tl_word_hex part[4];

	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		const char *at = tl_word_is(text, segments[i].name);

		at = at ? tl_word_skip(at) : NULL;
		if (!at || *at++ != '=')
			continue;
		if (number(&at, &part[0]) && number(&at, &part[1]) && number(&at, &part[2]) &&
			number(&at, &part[3]))
			put_segment(f, segments[i].first, part);
	}
}

// "GDT=     00000000 0000ffff"
static void read_table(const char *text, struct tl_import_facts *f)
{
	static const struct {
		const char *name;
		enum tl_x86_reg base;
	} tables[] = { { "GDT=", TL_X86_gdt_base }, { "IDT=", TL_X86_idt_base } };
	struct tl_word_hex base, limit;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const char *at = tl_word_is(text, tables[i].name);

		if (!at || !number(&at, &base) || !number(&at, &limit))
			continue;
		tl_regs_set(&f->regs, word_of(tables[i].base), base.value);
		tl_regs_set(&f->regs, word_of(tables[i].base) + 1, limit.value & 0xffff);
		f->said = true;
		f->isa = TL_ISA_X86;
	}
}

static void set_guest(struct tl_import_facts *f)
{
	f->said = true;
	f->isa = TL_ISA_X86;
	if (f->source == TL_IMPORT_NONE)
		f->source = TL_IMPORT_GUEST;
}

// "RIP: 0010:[<ffffffff81000000>]", "RIP: 0033:0x7f0012345678", "RIP: 0010:name+0x10/0x20", of
// which the last has no number.
static void read_rip(const char *text, struct tl_import_facts *f)
{
	const char *at = tl_word_after(text, "RIP: ");
	struct tl_word_hex hex;
	unsigned selector = 0;

	if (!at && !(at = tl_word_after(text, "EIP: ")))
		return;
	for (; isxdigit((unsigned char)*at); at++)
		selector = selector << 4 | tl_word_digit(*at);
	if (*at++ != ':')
		return;
	set_guest(f);
	f->begins = true;
	f->user_rip = (selector & 3) == 3;
	f->kernel_rip = !f->user_rip;
	at = tl_word_skip(at);
	at += at[0] == '[' && at[1] == '<' ? 2 : 0;
	if (tl_word_hex(at, &hex) && hex.digits >= 8 && !hex.overflow)
		tl_fact_set(f, TL_FACT_PC, hex.value);
}

// "RSP: 0018:ffffc90000013e28 EFLAGS: 00010246"
static void read_rsp(const char *text, struct tl_import_facts *f)
{
	const char *at = tl_word_after(text, "RSP: ");
	struct tl_word_hex hex;

	at = at ? strchr(at, ':') : NULL;
	if (!at || !tl_word_hex(tl_word_skip(at + 1), &hex) || hex.overflow)
		return;
	set_guest(f);
	tl_regs_set(&f->regs, TL_X86_rsp, hex.value);
}

// "FS:  0000000000000000(0000) GS:ffff88813bc00000(0000) knlGS:0000000000000000"
static void read_bases(const char *text, struct tl_import_facts *f)
{
	const char *fs = tl_word_is(text, "FS:"), *gs = tl_word_after(text, " GS:");
	struct tl_word_hex hex;

	if (!fs || !gs || !number(&fs, &hex))
		return;
	set_guest(f);
	tl_regs_set(&f->regs, word_of(TL_X86_fs_base), hex.value);
	if (number(&gs, &hex))
		tl_regs_set(&f->regs, word_of(TL_X86_gs_base), hex.value);
}

// "PGD 100000067 P4D 100000067 PUD 0"
static void read_walk(const char *text, struct tl_import_facts *f)
{
	static const char *const names[] = { "PGD ", "P4D ", "PUD ", "PMD ", "PTE " };
	struct tl_word_hex hex;

	if (!tl_word_is(text, names[0]))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *at = tl_word_after(text, names[i]);
		struct tl_import_entry *e = &f->entry[f->n_entries];

		if (!at || !number(&at, &hex) || f->n_entries == TL_IMPORT_ENTRIES)
			continue;
		*e = (struct tl_import_entry){ .value = hex.value };
		for (unsigned k = 0; k < 3; k++)
			e->name[k] = (char)tolower((unsigned char)names[i][k]);
		f->n_entries++;
		set_guest(f);
	}
}

void tl_import_read_x86(const char *text, struct tl_import_facts *facts)
{
	read_segment(text, facts);
	read_table(text, facts);
	read_rip(text, facts);
	read_rsp(text, facts);
	read_bases(text, facts);
	read_walk(text, facts);
}
