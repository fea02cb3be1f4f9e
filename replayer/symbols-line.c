// SPDX-License-Identifier: MIT
// Source lines and functions, by DWARF in the file itself. Of the units of a large file only the
// one that holds the address is read.
#include "replayer/symbols-elf.h"

#include <dwarf.h>
#include <string.h>

enum {
	DEEPEST = 64,	 // of blocks in blocks; a hostile file has more
	UNITS = 1 << 20, // that are looked through; likewise
};

// libdw would open the file that these sections name, wherever that is.
static bool names_another_file(Elf *elf)
{
	const char *name;
	GElf_Shdr header;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return true;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		name = gelf_getshdr(scn, &header) ? elf_strptr(elf, strings, header.sh_name) : NULL;
		if (name && (!strcmp(name, ".gnu_debugaltlink") || !strcmp(name, ".debug_sup")))
			return true;
	}
	return false;
}

static Dwarf *dwarf_of(struct tl_symbols *symbols)
{
	if (!symbols->dwarf_tried && !names_another_file(symbols->elf))
		symbols->dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
	symbols->dwarf_tried = true;
	return symbols->dwarf;
}

// Without a table of addresses, which clang does not write, each unit says its own.
static bool unit_by_looking(Dwarf *dwarf, uint64_t address, Dwarf_Die *ret)
{
	Dwarf_Off at = 0, next;
	unsigned n = 0;
	size_t header;

	for (; n < UNITS && !dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL) && next > at;
		at = next, n++)
		if (dwarf_offdie(dwarf, at + header, ret) && dwarf_haspc(ret, address) > 0)
			return true;
	return false;
}

static bool unit_at(Dwarf *dwarf, uint64_t address, Dwarf_Die *ret)
{
	return dwarf_addrdie(dwarf, address, ret) || unit_by_looking(dwarf, address, ret);
}

static void fill_line(Dwarf_Die *unit, uint64_t address, struct tl_symbol *ret)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	const char *file;
	int number;

	if (!line || dwarf_lineno(line, &number) || number <= 0)
		return;
	file = dwarf_linesrc(line, NULL, NULL);
	if (!file)
		return;
	ret->file = file;
	ret->line = (unsigned)number;
}

enum scope { NO_SCOPE, FUNCTION, BLOCK, NAMESPACE };

static enum scope scope_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
		return FUNCTION;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return BLOCK;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
		return NAMESPACE; // has no addresses of its own
	default:
		return NO_SCOPE;
	}
}

static bool next_sibling(Dwarf_Die *die)
{
	const Dwarf_Off before = dwarf_dieoffset(die);

	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > before;
}

// The innermost function that holds the address; NULL when none of these does.
static const char *function_in(Dwarf_Die *parent, uint64_t address, unsigned depth)
{
	const char *inner;
	enum scope scope;
	Dwarf_Die die;

	if (depth > DEEPEST || dwarf_child(parent, &die))
		return NULL;
	do {
		scope = scope_of(&die);
		if (scope == NO_SCOPE || (scope != NAMESPACE && dwarf_haspc(&die, address) <= 0))
			continue;
		inner = function_in(&die, address, depth + 1);
		if (inner || scope == FUNCTION)
			return inner ? inner : dwarf_diename(&die);
	} while (next_sibling(&die));
	return NULL;
}

void tl_symbols_line(struct tl_symbols *symbols, uint64_t address, struct tl_symbol *ret)
{
	Dwarf *dwarf = dwarf_of(symbols);
	Dwarf_Die unit;

	if (!dwarf || !unit_at(dwarf, address, &unit))
		return;
	fill_line(&unit, address, ret);
	ret->function = function_in(&unit, address, 0);
}
