// SPDX-License-Identifier: MIT
// labels: unit arm64
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N_ACCESSES 28

/** nisv.elf: its symbols, and its first section, .text, where the accesses are. */
struct guest {
	int fd;
	Elf *elf;
	Elf_Data *symbols;
	GElf_Shdr table, text;
};

static void open_guest(struct guest *guest)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	elf_version(EV_CURRENT);
	guest->fd = open(TL_BUILD_TESTS "/guests/nisv.elf", O_RDONLY | O_CLOEXEC);
	assert_true(guest->fd >= 0);
	guest->elf = elf_begin(guest->fd, ELF_C_READ, NULL);
	while ((section = elf_nextscn(guest->elf, section))) {
		assert_non_null(gelf_getshdr(section, &header));
		if (header.sh_type != SHT_SYMTAB)
			continue;
		guest->table = header;
		guest->symbols = elf_getdata(section, NULL);
	}
	assert_non_null(guest->symbols);
	assert_non_null(gelf_getshdr(elf_getscn(guest->elf, 1), &guest->text));
}

static void close_guest(struct guest *guest)
{
	elf_end(guest->elf);
	close(guest->fd);
}

static uint64_t address_of(const struct guest *guest, const char *label)
{
	for (int i = 0; i < (int)(guest->table.sh_size / guest->table.sh_entsize); i++) {
		GElf_Sym symbol;
		const char *name;

		assert_non_null(gelf_getsym(guest->symbols, i, &symbol));
		name = elf_strptr(guest->elf, guest->table.sh_link, symbol.st_name);
		if (name && strcmp(name, label) == 0)
			return symbol.st_value;
	}
	fail_msg("nisv.elf has no label %s", label);
	return 0;
}

static uint32_t word_at(const struct guest *guest, uint64_t address)
{
	off_t offset = (off_t)(guest->text.sh_offset + address - guest->text.sh_addr);
	uint32_t word;

	assert_int_equal(pread(guest->fd, &word, sizeof(word), offset), sizeof(word));
	return word;
}

static void check_line(
	const struct guest *guest, const char *line, unsigned expected_n, uint64_t *last)
{
	char label[64], place[8], direction[4];
	unsigned n, offset;
	uint32_t word;
	uint64_t at;

	assert_int_equal(sscanf(line, "%u %63s %" SCNx32 " %7s %u %3s", &n, label, &word, place,
				 &offset, direction),
		6);
	assert_int_equal(n, expected_n);
	at = address_of(guest, label);
	assert_true(at > *last);
	assert_int_equal(word_at(guest, at), word);
	*last = at;
}

static void the_list_of_expected_exits_is_that_of_the_guest(void **state)
{
	FILE *list = fopen(TL_BUILD_TESTS "/guests/nisv.expect", "re");
	struct guest guest = { 0 };
	uint64_t last = 0;
	unsigned n = 0;
	char line[256];

	assert_non_null(list);
	open_guest(&guest);
	while (fgets(line, sizeof(line), list))
		if (line[0] != '#')
			check_line(&guest, line, ++n, &last);
	assert_int_equal(n, N_ACCESSES);
	close_guest(&guest);
	fclose(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_of_expected_exits_is_that_of_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
