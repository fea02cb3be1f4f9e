// SPDX-License-Identifier: MIT
// Symbol tables. They are read from end to end at each question: a kernel has some 200,000
// symbols, which is less work than putting them in order.
#include "replayer/symbols-elf.h"

#include <string.h>

// Most that are looked through, in all tables. Ten times what the largest programs have.
enum { SYMBOLS = 16 << 20 };

struct table {
	Elf *elf;
	uint16_t machine;
	Elf_Data *data;
	size_t n;
	size_t strings; // number of the section with the names
};

struct choice {
	GElf_Sym symbol;
	const char *name; // NULL: none yet
};

// The best ones so far.
struct choices {
	struct choice covering; // its size says that the address is in it
	struct choice nearest;	// a label without a size ends where any other symbol begins
	size_t seen;
};

// ELF for the Arm architecture, 5.5.5, and for the Arm 64-bit architecture, 5.5.4: "$a", "$t.5",
// ...
static bool is_mapping(uint16_t machine, const char *name)
{
	const bool is_arm = machine == EM_AARCH64 || machine == EM_ARM;

	return is_arm && name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (!name[2] || name[2] == '.');
}

static bool section_holds(Elf *elf, size_t section, uint64_t address)
{
	Elf_Scn *scn = elf_getscn(elf, section);
	GElf_Shdr header;

	return scn && gelf_getshdr(scn, &header) && address - header.sh_addr < header.sh_size;
}

static bool is_place(const GElf_Sym *symbol)
{
	const unsigned type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE &&
	       (type == STT_FUNC || type == STT_NOTYPE || type == STT_OBJECT ||
		       type == STT_GNU_IFUNC);
}

static bool covers(const GElf_Sym *symbol, uint64_t address)
{
	return address - symbol->st_value < symbol->st_size;
}

// Of two at the same address: functions first, then what is known outside of its file.
static unsigned rank(const GElf_Sym *symbol)
{
	static const uint8_t binds[] = { [STB_GLOBAL] = 2, [STB_WEAK] = 1 };
	const unsigned bind = GELF_ST_BIND(symbol->st_info);

	return (GELF_ST_TYPE(symbol->st_info) == STT_FUNC ? 4 : 0) +
	       (bind < sizeof(binds) ? binds[bind] : 0);
}

static bool is_better(const GElf_Sym *symbol, const struct choice *than)
{
	if (!than->name)
		return true;
	if (symbol->st_value != than->symbol.st_value)
		return symbol->st_value > than->symbol.st_value;
	return rank(symbol) > rank(&than->symbol);
}

static bool read_symbol(const struct table *table, size_t i, GElf_Sym *ret)
{
	if (!gelf_getsym(table->data, (int)i, ret))
		return false;
	if (table->machine == EM_ARM && GELF_ST_TYPE(ret->st_info) == STT_FUNC)
		ret->st_value &= ~UINT64_C(1); // Thumb
	return true;
}

static void consider(const struct table *table, const GElf_Sym *symbol, struct choice *best)
{
	const char *name;

	if (!is_better(symbol, best))
		return;
	name = elf_strptr(table->elf, table->strings, symbol->st_name);
	if (name && *name && !is_mapping(table->machine, name))
		*best = (struct choice){ *symbol, name };
}

static void look_through(const struct table *table, uint64_t address, struct choices *best)
{
	GElf_Sym symbol;

	for (size_t i = 1; i < table->n && best->seen < SYMBOLS; i++, best->seen++) {
		if (!read_symbol(table, i, &symbol) || symbol.st_value > address ||
			!is_place(&symbol))
			continue;
		consider(table, &symbol, &best->nearest);
		if (covers(&symbol, address))
			consider(table, &symbol, &best->covering);
	}
}

// ELF's gABI, "String Table": the last byte is 0. Without it each name would be looked for to the end.
static bool ends_its_names(Elf *elf, size_t section)
{
	Elf_Scn *scn = elf_getscn(elf, section);
	const Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;

	return data && data->d_buf && data->d_size &&
	       !((const char *)data->d_buf)[data->d_size - 1];
}

static bool open_table(struct tl_symbols *symbols, Elf_Scn *scn, struct table *ret)
{
	const size_t size = gelf_fsize(symbols->elf, ELF_T_SYM, 1, EV_CURRENT);
	GElf_Shdr header;

	if (!gelf_getshdr(scn, &header) || !size ||
		(header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
		return false;
	*ret = (struct table){
		.elf = symbols->elf,
		.machine = symbols->machine,
		.data = elf_getdata(scn, NULL),
		.strings = header.sh_link,
	};
	if (ret->data)
		ret->n = ret->data->d_size / size;
	return ret->data && ends_its_names(symbols->elf, header.sh_link);
}

void tl_symbols_name(struct tl_symbols *symbols, uint64_t address, struct tl_symbol *ret)
{
	struct choices best = { .nearest.name = NULL };
	const struct choice *choice = &best.covering;
	struct table table;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(symbols->elf, scn));)
		if (open_table(symbols, scn, &table))
			look_through(&table, address, &best);
	if (best.nearest.name && !best.nearest.symbol.st_size &&
		section_holds(symbols->elf, best.nearest.symbol.st_shndx, address))
		choice = &best.nearest;
	if (!choice->name)
		return;
	ret->name = choice->name;
	ret->offset = address - choice->symbol.st_value;
}
