// SPDX-License-Identifier: MIT
#include "recorder/vmm/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/vmm/board.h"

struct loader {
	const struct tl_board *board;
	const struct tl_memory *ram;
	int fd;
	Elf *elf;
	GElf_Ehdr header;
	uint64_t file_size;
};

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ EM_AARCH64, "arm64" },
	{ EM_ARM, "arm" },
	{ EM_X86_64, "x86_64" },
	{ EM_386, "i386" },
	{ EM_RISCV, "riscv" },
};

static const char *const types[] = {
	[ET_NONE] = "of no type",
	[ET_REL] = "a relocatable file",
	[ET_EXEC] = "an executable",
	[ET_DYN] = "a shared object or position-independent executable",
	[ET_CORE] = "a core dump",
};

static struct tl_error *wrong_machine(const struct loader *l)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == l->header.e_machine)
			return tl_error_new(TL_ERROR_UNSUPPORTED,
				"is for %s, this host runs %s guests", machines[i].name,
				l->board->name);
	return tl_error_new(TL_ERROR_UNSUPPORTED, "is for ELF machine %u, this host runs %s guests",
		l->header.e_machine, l->board->name);
}

static bool machine_runs(const struct loader *l)
{
	switch (l->header.e_ident[EI_CLASS]) {
	case ELFCLASS64:
		return l->header.e_machine == l->board->elf_machine;
	case ELFCLASS32:
		return l->board->elf_32 != EM_NONE && l->header.e_machine == l->board->elf_32;
	}
	return false;
}

static struct tl_error *check_magic(const struct loader *l)
{
	unsigned char found[SELFMAG];

	if (pread(l->fd, found, sizeof(found), 0) != sizeof(found))
		return tl_error_new(
			TL_ERROR_USAGE, "is not an ELF file: %" PRIu64 " bytes long", l->file_size);
	if (memcmp(found, ELFMAG, SELFMAG))
		return tl_error_new(TL_ERROR_USAGE,
			"is not an ELF file: starts with %02x %02x %02x %02x, expected 7f 45 4c 46",
			found[0], found[1], found[2], found[3]);
	return NULL;
}

static struct tl_error *check_header(struct loader *l)
{
	struct tl_error *err = check_magic(l);
	unsigned type;

	if (err)
		return err;
	if (!gelf_getehdr(l->elf, &l->header))
		return tl_error_new(TL_ERROR_CORRUPT,
			"ELF header is cut short or damaged: the file has %" PRIu64 " bytes",
			l->file_size);
	if (!machine_runs(l))
		return wrong_machine(l);
	if (l->header.e_ident[EI_DATA] != ELFDATA2LSB)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "is big-endian, expected little-endian");
	type = l->header.e_type;
	if (type != ET_EXEC)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "is %s, expected a static executable",
			type < ET_NUM ? types[type] : "of an unknown ELF type");
	return NULL;
}

// "3 MiB", "20 bytes": the largest unit that leaves no rest.
static const char *print_size(uint64_t size, char *buf, size_t len)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	unsigned unit = 0;

	while (unit < 3 && size && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, len, "%" PRIu64 " %s", size, units[unit]);
	return buf;
}

static bool overlaps(const GElf_Phdr *segment, const struct tl_range *range)
{
	return segment->p_paddr < range->base + range->size &&
	       range->base < segment->p_paddr + segment->p_memsz;
}

static struct tl_error *check_segment(const struct loader *l, const GElf_Phdr *segment)
{
	const struct tl_range *reserved = &l->board->reserved;
	const struct tl_memory *ram = l->ram;

	if (segment->p_offset > l->file_size ||
		segment->p_filesz > l->file_size - segment->p_offset)
		return tl_error_new(TL_ERROR_CORRUPT,
			"file is cut short: %" PRIu64 " bytes, expected 0x%" PRIx64
			" at offset 0x%" PRIx64,
			l->file_size, segment->p_filesz, segment->p_offset);
	if (segment->p_filesz > segment->p_memsz)
		return tl_error_new(TL_ERROR_CORRUPT,
			"0x%" PRIx64 " bytes in the file, expected at most its size",
			segment->p_filesz);
	if (!tl_memory_at(ram, segment->p_paddr, segment->p_memsz))
		return tl_error_new(TL_ERROR_USAGE, "does not fit in RAM 0x%" PRIx64 "..0x%" PRIx64,
			ram->base, ram->base + ram->size);
	if (overlaps(segment, reserved))
		return tl_error_new(TL_ERROR_USAGE,
			"overlaps the page tables at 0x%" PRIx64 "..0x%" PRIx64, reserved->base,
			reserved->base + reserved->size);
	return NULL;
}

static struct tl_error *copy_segment(const struct loader *l, const GElf_Phdr *segment)
{
	uint8_t *to = tl_memory_at(l->ram, segment->p_paddr, segment->p_memsz);
	uint64_t done = 0;

	while (done < segment->p_filesz) {
		ssize_t n = pread(l->fd, to + done, segment->p_filesz - done,
			(off_t)(segment->p_offset + done));

		if (n < 0)
			return tl_error_errno(
				errno, "reading 0x%" PRIx64 " bytes", segment->p_filesz);
		if (!n)
			return tl_error_new(TL_ERROR_CORRUPT, "the file became shorter");
		done += (uint64_t)n;
	}
	return NULL;
}

static struct tl_error *load_segment(const struct loader *l, const GElf_Phdr *segment)
{
	struct tl_error *err = check_segment(l, segment);
	char size[32];

	if (!err)
		err = copy_segment(l, segment);
	if (!err)
		return NULL;
	return tl_error_in(err, "segment at 0x%" PRIx64 " of %s", segment->p_paddr,
		print_size(segment->p_memsz, size, sizeof(size)));
}

// libelf counts those that are in the file.
static struct tl_error *check_program_headers(const struct loader *l)
{
	uint64_t size = (uint64_t)l->header.e_phnum * l->header.e_phentsize;

	if (l->header.e_phoff <= l->file_size && size <= l->file_size - l->header.e_phoff)
		return NULL;
	return tl_error_new(TL_ERROR_CORRUPT,
		"program headers are cut short: the file has %" PRIu64 " bytes, expected 0x%" PRIx64
		" at offset 0x%" PRIx64,
		l->file_size, size, l->header.e_phoff);
}

static struct tl_error *load_segments(const struct loader *l)
{
	struct tl_error *err = check_program_headers(l);
	bool has_entry = false;
	size_t n = 0;

	if (err)
		return err;
	if (elf_getphdrnum(l->elf, &n))
		return tl_error_new(TL_ERROR_CORRUPT, "program headers are damaged");
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(l->elf, (int)i, &segment))
			return tl_error_new(
				TL_ERROR_CORRUPT, "program header %zu of %zu is damaged", i + 1, n);
		if (segment.p_type != PT_LOAD || !segment.p_memsz)
			continue;
		err = load_segment(l, &segment);
		if (err)
			return err;
		if (l->header.e_entry - segment.p_paddr < segment.p_memsz)
			has_entry = true;
	}
	if (!has_entry)
		return tl_error_new(TL_ERROR_CORRUPT,
			"entry point 0x%" PRIx64 " is in no segment to load", l->header.e_entry);
	return NULL;
}

static struct tl_error *load(struct loader *l, struct tl_image *ret)
{
	struct tl_error *err = check_header(l);

	if (!err)
		err = load_segments(l);
	if (err)
		return err;
	ret->entry = l->header.e_entry;
	ret->is_32bit = l->header.e_ident[EI_CLASS] == ELFCLASS32;
	return NULL;
}

static struct tl_error *load_file(struct loader *l, struct tl_image *ret)
{
	struct tl_error *err;
	struct stat st;

	if (fstat(l->fd, &st))
		return tl_error_errno(errno, "fstat");
	if (!S_ISREG(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is not a regular file");
	l->file_size = (uint64_t)st.st_size;
	elf_version(EV_CURRENT);
	l->elf = elf_begin(l->fd, ELF_C_READ, NULL);
	err = load(l, ret);
	elf_end(l->elf);
	return err;
}

struct tl_error *tl_elf_load(const char *path, const struct tl_board *board,
	const struct tl_memory *ram, struct tl_image *ret)
{
	struct loader l = { .board = board, .ram = ram };
	struct tl_error *err;

	l.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l.fd < 0)
		return tl_error_errno(errno, "%s", path);
	err = load_file(&l, ret);
	close(l.fd);
	return tl_error_in(err, "%s", path);
}
