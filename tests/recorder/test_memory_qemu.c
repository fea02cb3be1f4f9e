// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// A SeaBIOS boot under QEMU, with its many changes of memory slots: what QEMU itself saves of the stopped
// guest's memory is what the trace has at its last exit.
#include "schema/trace/memory.h"
#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECTOR = 512, MEMORY = 48 << 20, PAGES = MEMORY / TL_PAGE_BYTES, PATIENCE = 60000 /* ms */ };

// In real mode at 0x7c00.
static const uint8_t boot_code[] = {
	0x31, 0xc0,	  // xor %ax, %ax
	0x8e, 0xd8,	  // mov %ax, %ds
	0xbe, 0x15, 0x7c, // mov $text, %si
	0xba, 0xf8, 0x03, // mov $0x3f8, %dx
	0xac,		  // 1: lodsb
	0x84, 0xc0,	  // test %al, %al
	0x74, 0x03,	  // jz 2f
	0xee,		  // out %al, %dx
	0xeb, 0xf8,	  // jmp 1b
	0xf4,		  // 2: hlt
	0xeb, 0xfd,	  // jmp 2b
};
static const char boot_text[] = "the boot sector ran\r\n";

_Static_assert(sizeof(boot_code) == 0x15, "text stands behind the code");

static const char *boot_disk(void)
{
	const char *path = in_scratch("disk.img");
	uint8_t disk[64 * SECTOR] = { [510] = 0x55, [511] = 0xaa };

	memcpy(disk, boot_code, sizeof(boot_code));
	memcpy(disk + sizeof(boot_code), boot_text, sizeof(boot_text));
	write_file(path, disk, sizeof(disk), 0600);
	return path;
}

// What it has printed so far, without moving where it writes.
static bool has_said(const struct program *program, const char *text)
{
	static char said[1 << 16];
	const ssize_t n = pread(program->out, said, sizeof(said) - 1, 0);

	said[n > 0 ? n : 0] = 0;
	return strstr(said, text);
}

static void tell_monitor(const char *path, const char *words)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, words, strlen(words)), strlen(words));
	while (read(fd, &byte, 1) == 1) // until it has quit
		;
	close(fd);
}

static void boot(const char *trap, const char *saved)
{
	char drive[4200], monitor[4200], words[4400];
	const char *socket_path = in_scratch("monitor");
	struct program qemu;
	struct outcome outcome;
	int waited = 0;

	snprintf(drive, sizeof(drive), "file=%s,format=raw,if=ide", boot_disk());
	snprintf(monitor, sizeof(monitor), "unix:%s,server=on,wait=off", socket_path);
	qemu = program_start(
		NULL, (const char *const[]){ TRAPLINE, "record", "-q", "-o", trap, "--mem", "exact",
			      "--", "qemu-system-x86_64", "-accel", "kvm", "-m", "48", "-display",
			      "none", "-serial", "stdio", "-monitor", monitor, "-net", "none",
			      "-drive", drive, NULL });
	for (; !has_said(&qemu, boot_text) && waited < PATIENCE; waited += 10)
		sleep_ms(10);
	snprintf(words, sizeof(words), "stop\npmemsave 0 %d \"%s\"\nquit\n", MEMORY, saved);
	tell_monitor(socket_path, words);
	outcome = program_wait(&qemu);
	assert_non_null(strstr(outcome.out, boot_text));
	assert_int_equal(outcome.status, 0);
	outcome_free(&outcome);
}

struct counts {
	unsigned right, no_slot, not_zero;
};

static void assert_page(
	struct tl_memory *memory, uint64_t gpa, const uint8_t *expected, struct counts *counts)
{
	static const uint8_t zeroes[TL_PAGE_BYTES];
	struct tl_memory_page page;
	uint8_t bytes[TL_PAGE_BYTES];

	assert_null(tl_memory_page(memory, gpa, bytes, &page));
	if (page.status == TL_MEMORY_NO_SLOT) {
		counts->no_slot++;
		return;
	}
	if (page.status != TL_MEMORY_RECORDED || memcmp(bytes, expected, sizeof(bytes)) != 0)
		fail_msg("page %" PRIx64 ", status %d, is not what QEMU saved", gpa, page.status);
	counts->right++;
	counts->not_zero += memcmp(bytes, zeroes, sizeof(bytes)) != 0;
}

static void what_qemu_saves_is_in_the_trace(void **state)
{
	const char *trap = fresh("boot.trap"), *saved = fresh("saved");
	struct counts counts = { 0 };
	struct tl_memory *memory;
	struct tl_trace *trace;
	struct sqlite3 *rows;
	struct tl_span span;
	size_t size;
	char *bytes;

	boot(trap, saved);
	bytes = read_file(saved, &size);
	assert_int_equal(size, MEMORY);
	rows = trace_open(trap);
	assert_rows(rows, "SELECT * FROM gap", "");
	assert_true(trace_number(rows,
			    "SELECT count(DISTINCT printf('%d %d', gpa, size)) FROM slot") > 10);
	trace_close(rows);
	assert_null(tl_trace_open(trap, &trace));
	assert_null(tl_trace_span(trace, &span));
	assert_null(tl_memory_open(
		trace, 0, 0, (struct tl_position){ span.last, TL_PHASE_EXIT }, &memory));
	for (uint64_t i = 0; i < PAGES; i++)
		assert_page(
			memory, i * TL_PAGE_BYTES, (uint8_t *)bytes + i * TL_PAGE_BYTES, &counts);
	print_message("%u pages right, %u of them not zero, %u without a slot\n", counts.right,
		counts.not_zero, counts.no_slot);
	assert_true(counts.not_zero > 50 && counts.no_slot < 64);
	tl_memory_close(memory);
	tl_trace_close(trace);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_qemu_saves_is_in_the_trace),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
