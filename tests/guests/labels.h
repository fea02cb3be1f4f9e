/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_GUESTS_LABELS_H
#define TL_TESTS_GUESTS_LABELS_H

#include <fcntl.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/** A guest's program: its symbols, and its first section, .text, where its instructions are. */
struct labels {
	const char *name;
	int fd;
	Elf *elf;
	Elf_Data *symbols;
	GElf_Shdr table, text;
};

/** Opens tests/guests/NAME.elf of the build. */
static inline void labels_open(struct labels *labels, const char *name)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	char path[512];

	snprintf(path, sizeof(path), "%s/guests/%s.elf", TL_BUILD_TESTS, name);
	elf_version(EV_CURRENT);
	*labels = (struct labels){ .name = name, .fd = open(path, O_RDONLY | O_CLOEXEC) };
	assert_true(labels->fd >= 0);
	labels->elf = elf_begin(labels->fd, ELF_C_READ, NULL);
	while ((section = elf_nextscn(labels->elf, section))) {
		assert_non_null(gelf_getshdr(section, &header));
		if (header.sh_type != SHT_SYMTAB)
			continue;
		labels->table = header;
		labels->symbols = elf_getdata(section, NULL);
	}
	assert_non_null(labels->symbols);
	assert_non_null(gelf_getshdr(elf_getscn(labels->elf, 1), &labels->text));
}

static inline void labels_close(struct labels *labels)
{
	elf_end(labels->elf);
	close(labels->fd);
}

static inline uint64_t labels_address(const struct labels *labels, const char *label)
{
	for (int i = 0; i < (int)(labels->table.sh_size / labels->table.sh_entsize); i++) {
		GElf_Sym symbol;
		const char *name;

		assert_non_null(gelf_getsym(labels->symbols, i, &symbol));
		name = elf_strptr(labels->elf, labels->table.sh_link, symbol.st_name);
		if (name && strcmp(name, label) == 0)
			return symbol.st_value;
	}
	fail_msg("%s.elf has no label %s", labels->name, label);
	return 0;
}

/** The instruction there. */
static inline uint32_t labels_word(const struct labels *labels, uint64_t address)
{
	off_t offset = (off_t)(labels->text.sh_offset + address - labels->text.sh_addr);
	uint32_t word;

	assert_int_equal(pread(labels->fd, &word, sizeof(word), offset), sizeof(word));
	return word;
}

#endif
