// SPDX-License-Identifier: MIT
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/vmm/board.h"

#define RAM_SIZE (2ULL << 20)

#if defined(__aarch64__)
#define OUR_MACHINE   EM_AARCH64
#define OUR_NAME      "arm64"
#define OTHER_MACHINE EM_X86_64
#define OTHER_NAME    "x86_64"
#define RAM_TEXT      "0x40000000..0x40200000"
#define AT_TEXT	      "0x40100000"
#define PAST_TEXT     "0x40200000"
#else
#define OUR_MACHINE   EM_X86_64
#define OUR_NAME      "x86_64"
#define OTHER_MACHINE EM_AARCH64
#define OTHER_NAME    "arm64"
#define RAM_TEXT      "0x0..0x200000"
#define AT_TEXT	      "0x100000"
#define PAST_TEXT     "0x200000"
#endif

/** A small ELF file, to be spoilt. */
struct file {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char code[16];
};

static struct file good_file(void)
{
	uint64_t at = tl_board.ram_base + 0x100000;
	struct file file = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = OUR_MACHINE,
			.e_version = EV_CURRENT,
			.e_entry = at,
			.e_phoff = offsetof(struct file, segment),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_offset = offsetof(struct file, code),
			.p_vaddr = at,
			.p_paddr = at,
			.p_filesz = sizeof(file.code),
			.p_memsz = sizeof(file.code),
		},
		.code = "fifteen letters",
	};

	return file;
}

/** Loads the first `size` bytes of `bytes` as a file called "guest.elf". */
static struct tl_error *load(
	const void *bytes, size_t size, struct tl_memory *ram, struct tl_image *ret)
{
	char path[] = "guest.elf";
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct tl_error *err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	err = tl_memory_init(ram, tl_board.ram_base, RAM_SIZE);
	assert_null(err);
	err = tl_elf_load(path, &tl_board, ram, ret);
	unlink(path);
	return err;
}

static void assert_bytes_refused(const void *bytes, size_t size, const char *expected)
{
	struct tl_image image;
	struct tl_memory ram;
	struct tl_error *err = load(bytes, size, &ram, &image);

	assert_non_null(err);
	assert_string_equal(err->message, expected);
	tl_error_free(err);
	tl_memory_deinit(&ram);
}

static void assert_refused(const struct file *file, const char *expected)
{
	assert_bytes_refused(file, sizeof(*file), expected);
}

static void a_good_file_is_in_ram_at_its_address(void **state)
{
	struct file file = good_file();
	struct tl_image image;
	struct tl_memory ram;
	struct tl_error *err = load(&file, sizeof(file), &ram, &image);

	assert_null(err);
	assert_true(image.entry == file.header.e_entry);
	assert_false(image.is_32bit);
	assert_string_equal(tl_memory_at(&ram, image.entry, 16), "fifteen letters");
	tl_memory_deinit(&ram);
}

static void a_missing_file_is_named(void **state)
{
	struct tl_memory ram = { 0 };
	struct tl_image image;
	struct tl_error *err = tl_elf_load("/nowhere/boot.elf", &tl_board, &ram, &image);

	assert_non_null(err);
	assert_int_equal(err->code, TL_ERROR_NOT_FOUND);
	assert_string_equal(err->message, "/nowhere/boot.elf: No such file or directory");
	tl_error_free(err);
}

static void a_folder_is_no_guest(void **state)
{
	struct tl_memory ram = { 0 };
	struct tl_image image;
	struct tl_error *err = tl_elf_load("/dev", &tl_board, &ram, &image);

	assert_non_null(err);
	assert_string_equal(err->message, "/dev: is not a regular file");
	tl_error_free(err);
}

static void a_script_is_not_an_elf_file(void **state)
{
	assert_bytes_refused("#!/bin/sh\n", 10,
		"guest.elf: is not an ELF file: starts with 23 21 2f 62, expected 7f 45 4c 46");
}

static void an_empty_file_is_not_an_elf_file(void **state)
{
	assert_bytes_refused("", 0, "guest.elf: is not an ELF file: 0 bytes long");
}

static void a_header_cut_short_says_how_long_the_file_is(void **state)
{
	struct file file = good_file();

	assert_bytes_refused(
		&file, 40, "guest.elf: ELF header is cut short or damaged: the file has 40 bytes");
}

static void another_machine_is_named_with_ours(void **state)
{
	struct file file = good_file();

	file.header.e_machine = OTHER_MACHINE;
	assert_refused(
		&file, "guest.elf: is for " OTHER_NAME ", this host runs " OUR_NAME " guests");
}

static void an_unknown_machine_has_its_number(void **state)
{
	struct file file = good_file();

	file.header.e_machine = 0x1234;
	assert_refused(
		&file, "guest.elf: is for ELF machine 4660, this host runs " OUR_NAME " guests");
}

static void a_big_endian_file_is_refused(void **state)
{
	struct file file = good_file();

	file.header.e_ident[EI_DATA] = ELFDATA2MSB;
	file.header.e_machine = __builtin_bswap16(OUR_MACHINE);
	assert_refused(&file, "guest.elf: is big-endian, expected little-endian");
}

static void a_shared_object_is_refused(void **state)
{
	struct file file = good_file();

	file.header.e_type = ET_DYN;
	assert_refused(&file, "guest.elf: is a shared object or position-independent executable, "
			      "expected a static executable");
	file.header.e_type = ET_LOPROC;
	assert_refused(&file, "guest.elf: is of an unknown ELF type, expected a static executable");
}

static void program_headers_cut_short_name_both_sizes(void **state)
{
	struct file file = good_file();

	assert_bytes_refused(&file, sizeof(Elf64_Ehdr) + 8,
		"guest.elf: program headers are cut short: the file has 72 bytes, "
		"expected 0x38 at offset 0x40");
}

static void a_segment_cut_short_names_both_sizes(void **state)
{
	struct file file = good_file();

	file.segment.p_filesz = file.segment.p_memsz = 0x1000;
	assert_refused(&file, "guest.elf: segment at " AT_TEXT
			      " of 4 KiB: file is cut short: 136 bytes, expected 0x1000 at "
			      "offset 0x78");
	file.segment.p_offset = UINT64_MAX;
	assert_refused(&file, "guest.elf: segment at " AT_TEXT
			      " of 4 KiB: file is cut short: 136 bytes, expected 0x1000 at "
			      "offset 0xffffffffffffffff");
}

static void a_segment_larger_in_the_file_than_in_memory_is_refused(void **state)
{
	struct file file = good_file();

	file.segment.p_memsz = 8;
	assert_refused(&file, "guest.elf: segment at " AT_TEXT
			      " of 8 bytes: 0x10 bytes in the file, expected at most its size");
}

static void a_segment_larger_than_ram_names_both(void **state)
{
	struct file file = good_file();

	file.segment.p_memsz = 3 << 20;
	assert_refused(
		&file, "guest.elf: segment at " AT_TEXT " of 3 MiB: does not fit in RAM " RAM_TEXT);
}

static void a_segment_past_ram_is_refused(void **state)
{
	struct file file = good_file();

	file.segment.p_paddr = tl_board.ram_base + RAM_SIZE;
	assert_refused(&file,
		"guest.elf: segment at " PAST_TEXT " of 16 bytes: does not fit in RAM " RAM_TEXT);
	file.segment.p_paddr = UINT64_MAX - 7;
	assert_refused(&file, "guest.elf: segment at 0xfffffffffffffff8 of 16 bytes: "
			      "does not fit in RAM " RAM_TEXT);
}

static void an_entry_point_outside_every_segment_is_refused(void **state)
{
	struct file file = good_file();

	file.header.e_entry = 0x10;
	assert_refused(&file, "guest.elf: entry point 0x10 is in no segment to load");
}

static void a_file_with_nothing_to_load_is_refused(void **state)
{
	struct file file = good_file();

	file.segment.p_type = PT_NOTE;
	assert_refused(&file, "guest.elf: entry point " AT_TEXT " is in no segment to load");
}

#if defined(__x86_64__)
static void a_segment_on_the_page_tables_is_refused(void **state)
{
	struct file file = good_file();

	file.segment.p_paddr = 0x6ff0;
	assert_refused(&file, "guest.elf: segment at 0x6ff0 of 16 bytes: overlaps the page tables "
			      "at 0x1000..0x7000");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_in_ram_at_its_address),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(a_folder_is_no_guest),
		cmocka_unit_test(a_script_is_not_an_elf_file),
		cmocka_unit_test(an_empty_file_is_not_an_elf_file),
		cmocka_unit_test(a_header_cut_short_says_how_long_the_file_is),
		cmocka_unit_test(another_machine_is_named_with_ours),
		cmocka_unit_test(an_unknown_machine_has_its_number),
		cmocka_unit_test(a_big_endian_file_is_refused),
		cmocka_unit_test(a_shared_object_is_refused),
		cmocka_unit_test(program_headers_cut_short_name_both_sizes),
		cmocka_unit_test(a_segment_cut_short_names_both_sizes),
		cmocka_unit_test(a_segment_larger_in_the_file_than_in_memory_is_refused),
		cmocka_unit_test(a_segment_larger_than_ram_names_both),
		cmocka_unit_test(a_segment_past_ram_is_refused),
		cmocka_unit_test(an_entry_point_outside_every_segment_is_refused),
		cmocka_unit_test(a_file_with_nothing_to_load_is_refused),
#if defined(__x86_64__)
		cmocka_unit_test(a_segment_on_the_page_tables_is_refused),
#endif
	};
	char folder[] = "/tmp/test_elf.XXXXXX";
	int failed;

	// The messages begin with the path as it was given.
	if (!mkdtemp(folder) || chdir(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
