// SPDX-License-Identifier: MIT
#include "replayer/symbols.h"

#include "replayer/symbols-elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Nothing that somebody built is larger, but a sparse file may claim to be.
#define FILE_BYTES ((off_t)8 << 30)

// A plain number, decimal, 0x... or 0...
static bool parse_number(const char *text, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

// "FILE[@LOAD]"; a file whose name has an @ in it is one all the same.
static struct tl_error *split(
	const char *word, char **ret_path, bool *ret_given, uint64_t *ret_load)
{
	const char *at = strrchr(word, '@');
	const bool is_all_path = !at || access(word, F_OK) == 0;

	if (!is_all_path && !parse_number(at + 1, ret_load))
		return tl_error_new(TL_ERROR_USAGE, "%s: expected a number behind the @", word);
	*ret_path = is_all_path ? strdup(word) : strndup(word, (size_t)(at - word));
	*ret_given = !is_all_path;
	return *ret_path ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static struct tl_error *open_file(struct tl_symbols *symbols)
{
	struct stat st;

	// O_NONBLOCK: nobody may ever write to a FIFO.
	symbols->fd = open(symbols->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (symbols->fd < 0)
		return tl_error_errno(errno, "cannot open");
	if (fstat(symbols->fd, &st))
		return tl_error_errno(errno, "cannot be read");
	if (!S_ISREG(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is not a regular file");
	if (st.st_size > FILE_BYTES)
		return tl_error_new(TL_ERROR_USAGE, "is %lld bytes long, expected at most %lld",
			(long long)st.st_size, (long long)FILE_BYTES);
	return NULL;
}

static struct tl_error *check_magic(int fd)
{
	unsigned char magic[SELFMAG];
	const ssize_t n = pread(fd, magic, sizeof(magic), 0);

	if (n < 0)
		return tl_error_errno(errno, "cannot be read");
	if (n < SELFMAG)
		return tl_error_new(TL_ERROR_USAGE, "is not an ELF file: %zd bytes long", n);
	if (memcmp(magic, ELFMAG, SELFMAG) != 0)
		return tl_error_new(TL_ERROR_USAGE,
			"is not an ELF file: starts with %02x %02x %02x %02x, expected 7f 45 4c 46",
			magic[0], magic[1], magic[2], magic[3]);
	return NULL;
}

static struct tl_error *check_header(const GElf_Ehdr *header)
{
	static const char *const kinds[] = {
		[ET_NONE] = "of no type", [ET_REL] = "a relocatable file", [ET_CORE] = "a core dump"
	};

	switch (header->e_machine) {
	case EM_AARCH64:
	case EM_ARM:
	case EM_X86_64:
	case EM_386:
		break;
	default:
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"is for ELF machine %u, expected arm64, arm, x86_64 or i386",
			header->e_machine);
	}
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"is %s, expected an executable or a shared object",
			header->e_type <= ET_CORE ? kinds[header->e_type] : "of another type");
	return NULL;
}

bool tl_symbols_segment(const struct tl_symbols *symbols, size_t i, GElf_Phdr *ret)
{
	GElf_Phdr header;

	if (!gelf_getphdr(symbols->elf, (int)i, &header) || header.p_type != PT_LOAD ||
		!header.p_memsz || header.p_vaddr + header.p_memsz - 1 < header.p_vaddr)
		return false;
	*ret = header;
	return true;
}

// By physical address, where that is told: a Linux kernel for x86 has its per-CPU data at 0
// virtually.
static bool find_low(struct tl_symbols *symbols)
{
	GElf_Phdr segment, low = { 0 };
	bool found = false;

	for (size_t i = 0; i < symbols->n_segments; i++) {
		if (!tl_symbols_segment(symbols, i, &segment))
			continue;
		if (!found || segment.p_paddr < low.p_paddr ||
			(segment.p_paddr == low.p_paddr && segment.p_vaddr < low.p_vaddr))
			low = segment;
		found = true;
	}
	if (found)
		symbols->low = low.p_vaddr;
	return found;
}

static struct tl_error *open_elf(struct tl_symbols *symbols)
{
	GElf_Ehdr header;
	struct tl_error *err = check_magic(symbols->fd);

	if (err)
		return err;
	elf_version(EV_CURRENT);
	symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP, NULL);
	if (!symbols->elf || !gelf_getehdr(symbols->elf, &header))
		return tl_error_new(TL_ERROR_CORRUPT, "ELF header is cut short or damaged");
	err = check_header(&header);
	if (err)
		return err;
	symbols->machine = header.e_machine;
	if (elf_getphdrnum(symbols->elf, &symbols->n_segments))
		return tl_error_new(TL_ERROR_CORRUPT, "program headers are damaged");
	if (!find_low(symbols))
		return tl_error_new(TL_ERROR_CORRUPT, "has no segment that is loaded");
	return NULL;
}

struct tl_error *tl_symbols_open(const char *word, struct tl_symbols **ret)
{
	struct tl_symbols *symbols = calloc(1, sizeof(*symbols));
	struct tl_error *err;
	uint64_t load = 0;

	if (!symbols)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	symbols->fd = -1;
	symbols->how = "as linked";
	err = split(word, &symbols->path, &symbols->given, &load);
	if (!err)
		err = tl_error_in(open_file(symbols), "%s", symbols->path);
	if (!err)
		err = tl_error_in(open_elf(symbols), "%s", symbols->path);
	if (err) {
		tl_symbols_close(symbols);
		return err;
	}
	if (symbols->given) {
		symbols->shift = (int64_t)(load - symbols->low);
		symbols->how = "given";
	}
	*ret = symbols;
	return NULL;
}

void tl_symbols_close(struct tl_symbols *symbols)
{
	if (!symbols)
		return;
	dwarf_end(symbols->dwarf);
	elf_end(symbols->elf);
	if (symbols->fd >= 0)
		close(symbols->fd);
	free(symbols->path);
	free(symbols);
}

static bool is_loaded(const struct tl_symbols *symbols, uint64_t address)
{
	GElf_Phdr segment;

	for (size_t i = 0; i < symbols->n_segments; i++)
		if (tl_symbols_segment(symbols, i, &segment) &&
			address - segment.p_vaddr < segment.p_memsz)
			return true;
	return false;
}

bool tl_symbols_find(struct tl_symbols *symbols, tl_gva va, struct tl_symbol *ret)
{
	const uint64_t address = va - (uint64_t)symbols->shift;
	struct tl_symbol found = {
		.shift = symbols->shift,
		.how = symbols->how,
		.elf = symbols->path,
	};

	if (!is_loaded(symbols, address))
		return false;
	tl_symbols_name(symbols, address, &found);
	tl_symbols_line(symbols, address, &found);
	*ret = found;
	return true;
}
