// SPDX-License-Identifier: MIT
// labels: unit here
// Symbols, lines and places of ELF files that are built here; TL_SEED says how they are damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replayer/symbols.h"
#include "tests/arch/random.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/trapline-symbols-XXXXXX";

// A file in the folder; the buffer is one of a few.
static const char *path(const char *name)
{
	static char paths[4][128];
	static unsigned n;
	char *to = paths[n++ % 4];

	snprintf(to, sizeof(paths[0]), "%s/%s", folder, name);
	return to;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[1024];
	va_list ap;
	int n;

	n = snprintf(command, sizeof(command), "cd %s && { ", folder);
	va_start(ap, format);
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, format, ap);
	va_end(ap);
	snprintf(command + n, sizeof(command) - (size_t)n, "; }");
	assert_int_equal(system(command), 0); // NOLINT: commands of our own
}

// A kernel's per-CPU data: at 0, but loaded behind the code.
static const char low_script[] = "SECTIONS { .text 0x10000 : { *(.text) } "
				 ".data 0 : AT(0x90000) { *(.data) } }";

static int build(void **unused)
{
	const char *c = "-ffreestanding -nostdlib -fno-stack-protector -fcf-protection=none "
			"-fno-asynchronous-unwind-tables -Wl,--build-id=none -O1";

	assert_non_null(mkdtemp(folder));
	run("cp %s/tests/replayer/sample* .", TL_SOURCE_DIR);
	run("cc -g %s -static -fno-pie -no-pie -Wl,-Ttext=0x100000 -o c.elf sample.c", c);
	run("cc -g %s -static-pie -fpie -Wl,--no-dynamic-linker -o pie.elf sample.c", c);
	run("cc -g -gdwarf-4 %s -m32 -static -fno-pie -no-pie -Wl,-Ttext=0x100000 -o i386.elf "
	    "sample.c",
		c);
	run("cc -g -c -O1 -ffreestanding -o c.o sample.c");
	run("arm-linux-gnueabihf-as -g -o arm.o sample-arm.s");
	run("arm-linux-gnueabihf-ld -Ttext=0x1000 -o arm.elf arm.o 2>/dev/null");
	run("aarch64-linux-gnu-as -g -o a64.o sample-a64.s");
	run("aarch64-linux-gnu-ld -n -Ttext=0x10000 -o a64.elf a64.o");
	run("cc -g -gsplit-dwarf %s -static -fno-pie -no-pie -Wl,-Ttext=0x100000 -o split.elf "
	    "sample.c",
		c);
	write_file("low.ld", low_script, strlen(low_script));
	run("aarch64-linux-gnu-ld -n -T low.ld -o low.elf a64.o");
	run("objcopy -R .debug_aranges c.elf unlisted.elf");
	run("strip -o bare.elf c.elf && objcopy --only-keep-debug c.elf c.debug");
	run("objcopy --add-gnu-debuglink=c.debug bare.elf linked.elf");
	run("echo other.debug >alt && objcopy --add-section .gnu_debugaltlink=alt c.elf alt.elf");
	return 0;
}

static int clean_up(void **unused)
{
	run("rm -r %s", folder);
	return 0;
}

static struct tl_symbols *opened(const char *word)
{
	struct tl_symbols *symbols = NULL;

	assert_null(tl_symbols_open(word, &symbols));
	assert_non_null(symbols);
	return symbols;
}

// What nm says.
static uint64_t address_in(const char *file, const char *symbol)
{
	char command[256];
	unsigned long long address = 0;
	FILE *output;

	snprintf(command, sizeof(command), "nm %s | sed -n 's/ . %s$//p'", file, symbol);
	output = popen(command, "r"); // NOLINT: the same
	assert_non_null(output);
	assert_int_equal(fscanf(output, "%llx", &address), 1);
	assert_int_equal(pclose(output), 0);
	return address;
}

static uint64_t address_of(const char *name, const char *symbol)
{
	return address_in(path(name), symbol);
}

// "outer+0x4 (inner, sample.c:6)", the file without its folders.
static const char *as_text(struct tl_symbols *symbols, tl_gva va)
{
	static char text[512];
	struct tl_symbol found;
	const char *file;

	if (!tl_symbols_find(symbols, va, &found))
		return "none of its";
	file = found.file && strrchr(found.file, '/') ? strrchr(found.file, '/') + 1 : found.file;
	snprintf(text, sizeof(text), "%s+0x%" PRIx64 " (%s, %s:%u)", found.name ? found.name : "-",
		found.offset, found.function ? found.function : "-", file ? file : "-", found.line);
	return text;
}

// Bytes of a guest: those of the file "name", of which one stretch is known.
struct guest {
	uint8_t bytes[32768];
	size_t size;
	tl_gva va, known, known_size;
};

static bool read_guest(void *ctx, tl_gva va, void *buf, size_t size)
{
	const struct guest *guest = ctx;

	if (va - guest->known > guest->known_size || size > guest->known_size - (va - guest->known))
		return false;
	assert_true(va - guest->va <= guest->size - size);
	memcpy(buf, guest->bytes + (va - guest->va), size);
	return true;
}

// The loaded bytes of a64.elf or c.elf at `va`, all known.
static void load(struct guest *guest, const char *name, tl_gva va)
{
	FILE *file;

	run("%sobjcopy -O binary -j .text %s image", *name == 'a' ? "aarch64-linux-gnu-" : "",
		name);
	file = fopen(path("image"), "r");
	assert_non_null(file);
	guest->size = fread(guest->bytes, 1, sizeof(guest->bytes), file);
	assert_in_range(guest->size, 1, sizeof(guest->bytes) - 1);
	fclose(file);
	guest->va = guest->known = va;
	guest->known_size = guest->size;
}

static void located(
	const char *name, struct guest *guest, tl_gva pc, int64_t shift, const char *how)
{
	struct tl_symbols *symbols = opened(path(name));
	const struct tl_code_view code = { read_guest, guest };
	struct tl_symbol found;

	tl_symbols_locate(symbols, pc, &code);
	assert_true(tl_symbols_find(symbols, address_of(name, "_start") + (uint64_t)shift, &found));
	assert_string_equal(found.how, how);
	assert_int_equal(found.shift, shift);
	assert_string_equal(found.name, "_start");
	tl_symbols_close(symbols);
}

enum { A64_LINKED = 0x10000, C_LINKED = 0x100000 };

static void an_address_has_symbol_function_file_and_line(void **unused)
{
	struct tl_symbols *symbols = opened(path("c.elf"));
	const uint64_t mark = address_of("c.elf", "mark"), second = address_of("c.elf", "second");
	struct tl_symbol found;

	assert_string_equal(as_text(symbols, mark), "mark+0x0 (inner, sample.c:6)");
	assert_string_equal(as_text(symbols, second), "second+0x0 (plain, sample.c:21)");
	assert_string_equal(
		as_text(symbols, address_of("c.elf", "table") + 5), "table+0x5 (-, -:0)");
	assert_string_equal(as_text(symbols, 0x40), "none of its");
	assert_true(tl_symbols_find(symbols, mark, &found));
	assert_string_equal(found.elf, path("c.elf"));
	assert_string_equal(found.how, "as linked");
	assert_int_equal(found.shift, 0);
	tl_symbols_close(symbols);
}

static void it_is_the_same_with_every_class_and_version(void **unused)
{
	static const char *const names[] = { "i386.elf", "pie.elf", "unlisted.elf" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tl_symbols *symbols = opened(path(names[i]));

		assert_string_equal(as_text(symbols, address_of(names[i], "mark")),
			"mark+0x0 (inner, sample.c:6)");
		tl_symbols_close(symbols);
	}
}

static void thumb_bits_and_mapping_symbols_are_no_addresses_and_names(void **unused)
{
	struct tl_symbols *symbols = opened(path("arm.elf"));

	assert_string_equal(as_text(symbols, 0x1000), "_start+0x0 (-, sample-arm.s:5)");
	assert_string_equal(as_text(symbols, 0x1004), "label+0x0 (-, sample-arm.s:6)");
	assert_string_equal(as_text(symbols, 0x100c), "label+0x8 (-, sample-arm.s:7)");
	assert_string_equal(as_text(symbols, 0x1010), "value+0x0 (-, sample-arm.s:7)");
	assert_string_equal(as_text(symbols, 0x1016), "small+0x2 (small, sample-arm.s:16)");
	assert_string_equal(as_text(symbols, 0x1018), "small+0x4 (small, sample-arm.s:17)");
	assert_string_equal(as_text(symbols, 0x101c), "-+0x0 (-, sample-arm.s:20)");
	tl_symbols_close(symbols);
}

// The line of the guest's source that has the comment.
static unsigned line_with(const char *source, const char *comment)
{
	FILE *file = fopen(source, "r");
	char text[256];
	unsigned n = 0;

	assert_non_null(file);
	do {
		assert_non_null(fgets(text, sizeof(text), file));
		n++;
	} while (!strstr(text, comment));
	fclose(file);
	return n;
}

static void a_guest_in_c_gets_its_line(void **unused)
{
	const char *elf = TL_BUILD_TESTS "/guests/source-line.elf";
	struct tl_symbols *symbols = opened(elf);
	const uint64_t from = address_in(elf, "clear_device");
	struct tl_symbol found = { 0 };
	char source[256];

	for (uint64_t va = from; !found.function || strcmp(found.function, "store") != 0; va++)
		assert_true(va < from + 256 && tl_symbols_find(symbols, va, &found));
	assert_string_equal(found.name, "clear_device");
	snprintf(source, sizeof(source), "%s/%s", TL_SOURCE_DIR,
		strstr(found.file, "tests/guests/"));
	assert_int_equal(found.line, line_with(source, "// here it "));
	tl_symbols_close(symbols);
}

static void a_function_ends_where_its_size_says(void **unused)
{
	struct tl_symbols *symbols = opened(path("a64.elf"));

	assert_string_equal(as_text(symbols, 0x10000), "_start+0x0 (_start, sample-a64.s:5)");
	assert_string_equal(as_text(symbols, 0x10004), "-+0x0 (-, sample-a64.s:7)");
	tl_symbols_close(symbols);
}

static void load_is_where_the_lowest_byte_stands(void **unused)
{
	char word[160];
	struct tl_symbols *symbols;
	struct tl_symbol found;

	snprintf(word, sizeof(word), "%s@0xffff000000000000", path("a64.elf"));
	symbols = opened(word);
	assert_string_equal(
		as_text(symbols, 0xffff000000000000), "_start+0x0 (_start, sample-a64.s:5)");
	assert_string_equal(as_text(symbols, 0x10000), "none of its");
	assert_true(tl_symbols_find(symbols, 0xffff000000000000, &found));
	assert_string_equal(found.how, "given");
	assert_string_equal(found.elf, path("a64.elf"));
	assert_true((uint64_t)found.shift == 0xffff000000000000 - 0x10000);
	tl_symbols_close(symbols);
}

static void the_lowest_byte_is_so_by_physical_address(void **unused)
{
	char word[160];
	struct tl_symbols *symbols;

	snprintf(word, sizeof(word), "%s@0x80000", path("low.elf"));
	symbols = opened(word);
	assert_string_equal(as_text(symbols, 0x80000), "_start+0x0 (_start, sample-a64.s:5)");
	assert_string_equal(as_text(symbols, 0x70000), "cell+0x0 (-, -:0)");
	tl_symbols_close(symbols);
}

static void what_was_given_is_not_looked_for(void **unused)
{
	struct guest guest;
	const struct tl_code_view code = { read_guest, &guest };
	struct tl_symbols *symbols;
	struct tl_symbol found;
	char word[160];

	load(&guest, "a64.elf", 0x47f00000);
	snprintf(word, sizeof(word), "%s@0x20000", path("a64.elf"));
	symbols = opened(word);
	tl_symbols_locate(symbols, 0x47f00840, &code);
	assert_true(tl_symbols_find(symbols, 0x20000, &found));
	assert_string_equal(found.how, "given");
	tl_symbols_close(symbols);
}

static void code_that_moved_is_found(void **unused)
{
	struct guest guest;

	load(&guest, "a64.elf", 0x47f01000);
	located("a64.elf", &guest, 0x47f01880, 0x47f01000 - A64_LINKED, "found by its code");
	located("a64.elf", &guest, 0x47f01800, 0x47f01000 - A64_LINKED, "found by its code");
	load(&guest, "a64.elf", 0xffffffc008001000);
	located("a64.elf", &guest, 0xffffffc008001840, (int64_t)(0xffffffc008001000 - A64_LINKED),
		"found by its code");
	load(&guest, "c.elf", 0x12345);
	located("c.elf", &guest, 0x12345 + 4, 0x12345 - C_LINKED, "found by its code");
}

static void little_code_is_enough(void **unused)
{
	struct guest guest;

	load(&guest, "a64.elf", 0x47f01000);
	guest.known = 0x47f01880;
	guest.known_size = 16;
	located("a64.elf", &guest, 0x47f01880, 0x47f01000 - A64_LINKED, "found by its code");
	located("a64.elf", &guest, 0x47f01890, 0x47f01000 - A64_LINKED, "found by its code");
	guest.known_size = 15;
	located("a64.elf", &guest, 0x47f01880, 0, "as linked");
}

static void code_whose_words_were_relocated_is_found(void **unused)
{
	struct guest guest;

	load(&guest, "a64.elf", 0x47f01000);
	for (unsigned i = 0; i < guest.size / 4; i++)
		if (i % 6 == 0)
			memset(guest.bytes + (size_t)4 * i, 0xa5, 4);
	located("a64.elf", &guest, 0x47f01880, 0x47f01000 - A64_LINKED, "found by its code");
}

static void code_at_its_linked_address_stays_there(void **unused)
{
	struct guest guest;

	load(&guest, "a64.elf", A64_LINKED);
	located("a64.elf", &guest, A64_LINKED + 0x840, 0, "as linked");
	located("a64.elf", &guest, address_of("a64.elf", "twins"), 0, "as linked");
}

static void of_two_places_that_are_alike_none_is_taken(void **unused)
{
	const uint64_t twins = address_of("a64.elf", "twins") - A64_LINKED;
	struct guest guest;

	load(&guest, "a64.elf", 0x47f00000);
	guest.known = 0x47f00000 + twins;
	guest.known_size = 32;
	located("a64.elf", &guest, 0x47f00000 + twins, 0, "as linked");
	guest.known = 0x47f00000;
	guest.known_size = guest.size;
	located("a64.elf", &guest, 0x47f00000 + twins, 0x47f00000 - A64_LINKED,
		"found by its code");
}

static void code_that_is_not_its_own_is_not_found(void **unused)
{
	struct guest guest;

	random_start();
	load(&guest, "a64.elf", 0x47f00000);
	for (unsigned i = 0; i < guest.size; i++)
		guest.bytes[i] = (uint8_t)any();
	located("a64.elf", &guest, 0x47f00840, 0, "as linked");
	load(&guest, "a64.elf", 0x47f00000);
	for (unsigned i = 0; i < guest.size; i++)
		if (i / 16 % 8)
			guest.bytes[i] = (uint8_t)any();
	located("a64.elf", &guest, 0x47f00840, 0, "as linked");
	memset(guest.bytes, 0, guest.size);
	located("a64.elf", &guest, 0x47f00840, 0, "as linked");
	guest.known_size = 0;
	located("a64.elf", &guest, 0x47f00840, 0, "as linked");
}

static void no_other_file_is_opened_for_debug_information(void **unused)
{
	const uint64_t mark = address_of("c.elf", "mark");
	struct tl_symbols *symbols = opened(path("linked.elf"));

	assert_string_equal(as_text(symbols, mark), "-+0x0 (-, -:0)");
	tl_symbols_close(symbols);
	symbols = opened(path("alt.elf"));
	assert_string_equal(as_text(symbols, mark), "mark+0x0 (-, -:0)");
	tl_symbols_close(symbols);
	symbols = opened(path("split.elf"));
	assert_string_equal(
		as_text(symbols, address_of("split.elf", "mark")), "mark+0x0 (-, sample.c:6)");
	tl_symbols_close(symbols);
}

static void refused(const char *word, const char *text)
{
	struct tl_symbols *symbols = NULL;
	struct tl_error *err = tl_symbols_open(word, &symbols);
	char expected[512];

	assert_non_null(err);
	assert_null(symbols);
	snprintf(expected, sizeof(expected), "%s%s", *word == '/' ? folder : "", text);
	assert_string_equal(err->message, expected);
	tl_error_free(err);
}

static void what_is_wrong_with_a_file_is_said(void **unused)
{
	static const uint8_t zeros[64];
	char word[160];

	write_file("image.gz", "\x27\x05\x19\x56image", 9);
	write_file("short",
		"\x7f"
		"E",
		2);
	write_file("head",
		"\x7f"
		"ELF",
		4);
	write_file("zeros", zeros, sizeof(zeros));
	refused(path("image.gz"), "/image.gz: is not an ELF file: starts with 27 05 19 56, "
				  "expected 7f 45 4c 46");
	refused(path("zeros"), "/zeros: is not an ELF file: starts with 00 00 00 00, "
			       "expected 7f 45 4c 46");
	refused(path("short"), "/short: is not an ELF file: 2 bytes long");
	refused(path("head"), "/head: ELF header is cut short or damaged");
	run("truncate -s 9G huge");
	refused(path("huge"), "/huge: is 9663676416 bytes long, expected at most 8589934592");
	refused(path("none"), "/none: cannot open: No such file or directory");
	refused(path(""), "/: is not a regular file");
	refused(path("c.o"),
		"/c.o: is a relocatable file, expected an executable or a shared object");
	refused("u-boot@zz", "u-boot@zz: expected a number behind the @");
	refused("u-boot@", "u-boot@: expected a number behind the @");
	refused("u-boot@0x10z", "u-boot@0x10z: expected a number behind the @");
	refused("u-boot@99999999999999999999",
		"u-boot@99999999999999999999: expected a number behind the @");
	refused("no/u-boot@4", "no/u-boot: cannot open: No such file or directory");
	snprintf(word, sizeof(word), "%s@1", path("none"));
	refused(word, "/none: cannot open: No such file or directory");
}

static void patch(const char *from, const char *to, size_t at, const void *bytes, size_t size)
{
	int fd;

	run("cp %s %s", from, to);
	fd = open(path(to), O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, (off_t)at), size);
	close(fd);
}

static void what_kind_of_elf_it_is_is_said(void **unused)
{
	patch("c.elf", "core", offsetof(Elf64_Ehdr, e_type), "\x04", 1);
	refused(path("core"), "/core: is a core dump, expected an executable or a shared object");
	patch("c.elf", "typeless", offsetof(Elf64_Ehdr, e_type), "\x00", 1);
	refused(path("typeless"),
		"/typeless: is of no type, expected an executable or a shared object");
	patch("c.elf", "own", offsetof(Elf64_Ehdr, e_type), "\x00\xff", 2);
	refused(path("own"), "/own: is of another type, expected an executable or a shared object");
	patch("c.elf", "riscv", offsetof(Elf64_Ehdr, e_machine), "\xf3", 1);
	refused(path("riscv"),
		"/riscv: is for ELF machine 243, expected arm64, arm, x86_64 or i386");
	patch("c.elf", "unloaded", offsetof(Elf64_Ehdr, e_phnum), "\0\0", 2);
	refused(path("unloaded"), "/unloaded: has no segment that is loaded");
}

static void a_fifo_does_not_hold_us_up(void **unused)
{
	assert_int_equal(mkfifo(path("fifo"), 0600), 0);
	refused(path("fifo"), "/fifo: is not a regular file");
}

static void a_name_may_have_an_at_sign(void **unused)
{
	struct tl_symbols *symbols;

	run("cp c.elf c@home.elf");
	symbols = opened(path("c@home.elf"));
	assert_string_equal(as_text(symbols, C_LINKED + 0x100000), "none of its");
	tl_symbols_close(symbols);
}

static void without_symbol_tables_nothing_is_named(void **unused)
{
	struct tl_symbols *symbols = opened(path("bare.elf"));

	assert_string_equal(as_text(symbols, C_LINKED), "-+0x0 (-, -:0)");
	tl_symbols_close(symbols);
}

static size_t read_file(const char *name, uint8_t *to, size_t max)
{
	FILE *file = fopen(path(name), "r");
	size_t size;

	assert_non_null(file);
	size = fread(to, 1, max, file);
	fclose(file);
	assert_in_range(size, 1, max - 1);
	return size;
}

// Of the tables of symbols.
static void end_names_with(uint8_t *bytes, uint8_t last)
{
	Elf64_Shdr section, names;
	Elf64_Ehdr header;

	memcpy(&header, bytes, sizeof(header));
	for (unsigned i = 0; i < header.e_shnum; i++) {
		memcpy(&section, bytes + header.e_shoff + i * sizeof(section), sizeof(section));
		if (section.sh_type != SHT_SYMTAB)
			continue;
		memcpy(&names, bytes + header.e_shoff + section.sh_link * sizeof(names),
			sizeof(names));
		bytes[names.sh_offset + names.sh_size - 1] = last;
	}
}

static void names_that_do_not_end_are_none(void **unused)
{
	static uint8_t bytes[1 << 20];
	const size_t size = read_file("c.elf", bytes, sizeof(bytes));
	struct tl_symbols *symbols;

	end_names_with(bytes, 'x');
	write_file("endless.elf", bytes, size);
	symbols = opened(path("endless.elf"));
	assert_memory_equal(as_text(symbols, C_LINKED), "-+0x0 (", 7);
	tl_symbols_close(symbols);
}

// A file of nothing, that says to be code and symbols from end to end.
static void write_claims(const char *name)
{
	const Elf64_Xword all = (Elf64_Xword)8 << 30, table = (all - 8192) / 24 * 24;
	const Elf64_Ehdr header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_AARCH64,
		.e_version = 1,
		.e_phoff = sizeof(header),
		.e_shoff = 1024,
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 32 };
	const Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = all, .p_memsz = all
	};
	const Elf64_Shdr section = { .sh_type = SHT_SYMTAB,
		.sh_offset = 4096,
		.sh_size = table,
		.sh_link = 1,
		.sh_addralign = 8,
		.sh_entsize = sizeof(Elf64_Sym) };
	static uint8_t bytes[4096];

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &segment, sizeof(segment));
	for (size_t i = 1; i < header.e_shnum; i++)
		memcpy(bytes + header.e_shoff + i * sizeof(section), &section, sizeof(section));
	write_file(name, bytes, sizeof(bytes));
	run("truncate -s 8G %s", name);
}

static void what_a_file_claims_is_not_looked_through_for_ever(void **unused)
{
	struct guest guest = { .va = 0x1000, .size = 1024, .known = 0x1000, .known_size = 1024 };
	const struct tl_code_view code = { read_guest, &guest };
	const clock_t before = clock();
	struct tl_symbols *symbols;

	for (size_t i = 0; i < guest.size; i++)
		guest.bytes[i] = (uint8_t)i;
	write_claims("claims.elf");
	symbols = opened(path("claims.elf"));
	tl_symbols_locate(symbols, guest.va + 512, &code);
	assert_string_equal(as_text(symbols, guest.va), "-+0x0 (-, -:0)");
	tl_symbols_close(symbols);
	assert_in_range((clock() - before) / CLOCKS_PER_SEC, 0, 8);
}

// Everything that can be asked. False when the file is refused.
static bool ask(const char *name, struct guest *guest)
{
	const struct tl_code_view code = { read_guest, guest };
	struct tl_symbols *symbols = NULL;
	struct tl_error *err = tl_symbols_open(path(name), &symbols);
	struct tl_symbol found;

	tl_error_free(err);
	if (!symbols)
		return false;
	for (uint64_t va = guest->va; va < guest->va + guest->size; va += 61)
		if (tl_symbols_find(symbols, va, &found)) {
			assert_in_range(found.name ? strlen(found.name) : 0, 0, 1 << 20);
			assert_in_range(found.file ? strlen(found.file) : 0, 0, 1 << 20);
			assert_in_range(found.function ? strlen(found.function) : 0, 0, 1 << 20);
		}
	guest->va += 0x1000000;
	guest->known = guest->va;
	tl_symbols_locate(symbols, guest->va + 16, &code);
	tl_symbols_find(symbols, guest->va + 16, &found);
	tl_symbols_close(symbols);
	return true;
}

// Zeros are mostly padding.
static void damage(uint8_t *bytes, size_t size)
{
	size_t at;

	for (unsigned n = 1 + below(4); n; n--) {
		do
			at = below((unsigned)size);
		while (!bytes[at]);
		bytes[at] = one_in(2) ? (uint8_t)any() : (uint8_t)(bytes[at] ^ 1 << below(8));
	}
}

static void damaged_files_do_no_harm(void **unused)
{
	static const struct {
		const char *name;
		tl_gva va;
	} files[] = { { "c.elf", C_LINKED }, { "a64.elf", A64_LINKED }, { "i386.elf", C_LINKED },
		{ "arm.elf", 0x1000 }, { "pie.elf", 0x1000 }, { "split.elf", C_LINKED } };
	const unsigned n = random_rounds(300);
	static uint8_t bytes[1 << 20];
	unsigned n_read = 0;
	struct guest guest;

	random_start();
	for (unsigned i = 0; i < n; i++) {
		const unsigned which = i % 6;
		const size_t size = read_file(files[which].name, bytes, sizeof(bytes));

		guest.va = files[which].va;
		guest.size = guest.known_size = 1024;
		memcpy(guest.bytes, bytes + (size > 8192 ? 4096 : 0), guest.size);
		damage(bytes, size);
		write_file("bad", bytes, one_in(8) ? below((unsigned)size) : size);
		n_read += ask("bad", &guest);
	}
	assert_in_range(n_read, n / 2, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_symbol_function_file_and_line),
		cmocka_unit_test(it_is_the_same_with_every_class_and_version),
		cmocka_unit_test(thumb_bits_and_mapping_symbols_are_no_addresses_and_names),
		cmocka_unit_test(a_guest_in_c_gets_its_line),
		cmocka_unit_test(a_function_ends_where_its_size_says),
		cmocka_unit_test(load_is_where_the_lowest_byte_stands),
		cmocka_unit_test(the_lowest_byte_is_so_by_physical_address),
		cmocka_unit_test(what_was_given_is_not_looked_for),
		cmocka_unit_test(code_that_moved_is_found),
		cmocka_unit_test(little_code_is_enough),
		cmocka_unit_test(code_whose_words_were_relocated_is_found),
		cmocka_unit_test(code_at_its_linked_address_stays_there),
		cmocka_unit_test(of_two_places_that_are_alike_none_is_taken),
		cmocka_unit_test(code_that_is_not_its_own_is_not_found),
		cmocka_unit_test(no_other_file_is_opened_for_debug_information),
		cmocka_unit_test(what_is_wrong_with_a_file_is_said),
		cmocka_unit_test(what_kind_of_elf_it_is_is_said),
		cmocka_unit_test(a_fifo_does_not_hold_us_up),
		cmocka_unit_test(a_name_may_have_an_at_sign),
		cmocka_unit_test(without_symbol_tables_nothing_is_named),
		cmocka_unit_test(names_that_do_not_end_are_none),
		cmocka_unit_test(what_a_file_claims_is_not_looked_through_for_ever),
		cmocka_unit_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, build, clean_up);
}
