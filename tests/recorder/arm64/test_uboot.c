// SPDX-License-Identifier: MIT
// labels: kvm arm64 uboot
//
// The public bug, recorded: stock U-Boot on stock QEMU starts its XHCI controller with a post-indexed
// store, for which KVM has no syndrome, and dies. What U-Boot prints of its own death is held against
// the trace. Both recordings, and what U-Boot printed, are left in /out.
#include "tests/recorder/arm64/lane.h"
#include "tests/recorder/witness.h"

#include <linux/kvm.h>
#include <sys/stat.h>
#include <time.h>

enum {
	BAR = 0x10000000, // of the controller, where U-Boot puts it
	BAR_SIZE = 0x4000,
	USBCMD = BAR + 0x40,
	RUN = 1,
	STORE = 0xb8004401, // str w1, [x0], #4
	DABT_EXTERNAL = 0x96000010,
	UARTDR = UART,
	PRINTED = 30, // x0 to x29; x30 is printed as lr
	CODE_WORDS = 5,
};

#define FIRMWARE "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
#define QEMU                                                                                       \
	"/usr/bin/qemu-system-aarch64 -M virt,gic-version=3 -accel kvm -cpu host -m 128 "          \
	"-nographic -net none -bios " FIRMWARE " -device qemu-xhci "                               \
	"-device usb-kbd -no-reboot"

/** A recording, and where in it U-Boot dies. */
struct death {
	const char *name, *options;
	bool exact;
	char path[64];
	struct sqlite3 *trace;
	struct outcome outcome;
	struct witnessed seen;
	uint64_t seq;
};

static struct death deaths[] = {
	{ .name = "uboot", .options = "" },
	{ .name = "uboot-exact", .options = "--last 5000 --mem exact", .exact = true },
	{ .name = NULL },
};
static struct death *death; // whose turn it is

static struct kernel_events *kernel;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static double run(struct outcome *ret, const char *format, ...)
{
	const double start = now();
	char command[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	*ret = lane_run(kernel, command);
	if (ret->status)
		fail_msg("status %d: %s%s", ret->status, ret->out, ret->err);
	return now() - start;
}

static double seconds_unrecorded(void)
{
	struct outcome outcome;
	const double seconds = run(&outcome, QEMU);

	outcome_free(&outcome);
	return seconds;
}

static double record(void)
{
	char console[80];
	double seconds;

	snprintf(death->path, sizeof(death->path), "/out/%s.trap", death->name);
	snprintf(console, sizeof(console), "/out/%s.console", death->name);
	seconds = run(&death->outcome, TRAPLINE " record -q -o %s %s -- " QEMU, death->path,
		death->options);
	write_file(console, death->outcome.out, death->outcome.out_size, 0644);
	return seconds;
}

static int open_recording(void **state)
{
	const double bare = seconds_unrecorded(), seconds = record();

	death->seen = assert_witnessed(death->path, kernel);
	death->trace = trace_open(death->path);
	assert_rows(death->trace, "SELECT count(*) FROM exit WHERE reason = 28", "1");
	death->seq = (uint64_t)trace_number(death->trace, "SELECT seq FROM exit WHERE reason = 28");
	printf("note: %s: %" PRIu64 " exits, %zu KiB, %.1f s; not recorded %.1f s\n", death->name,
		death->seen.exits, file_size(death->path) / 1024, seconds, bare);
	return 0;
}

static int close_recording(void **state)
{
	if (!death->trace) // it could not be recorded
		return 0;
	trace_close(death->trace);
	outcome_free(&death->outcome);
	return 0;
}

/** What U-Boot prints behind `label`, a hexadecimal number. */
static uint64_t printed(const char *label)
{
	const char *at = strstr(death->outcome.out, label);

	if (!at)
		fail_msg("U-Boot did not print \"%s\":\n%s", label, death->outcome.out);
	return strtoull(at + strlen(label), NULL, 16);
}

static int64_t number_at(uint64_t seq, const char *column)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT %s FROM exit WHERE seq = %" PRIu64, column, seq);
	return trace_number(death->trace, sql);
}

static int64_t count(const char *where)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM exit WHERE %s", where);
	return trace_number(death->trace, sql);
}

static void every_exit_is_what_the_kernel_saw(void **state)
{
	assert_int_equal(death->seen.nisv, 1);
	assert_int_equal(death->seen.mmio, count("reason = 6"));
	assert_true(death->seen.mmio > 4000);
	assert_rows(death->trace, "SELECT text FROM notice", "");
}

static void the_exit_stands_on_the_post_indexed_store(void **state)
{
	char *insn = trace_text(death->trace, "SELECT insn FROM nisv");

	assert_int_equal(strtoul(insn, NULL, 16), STORE);
	assert_int_equal(number_at(death->seq, "addr"), USBCMD);
	assert_int_equal(number_at(death->seq, "write"), 1);
	assert_int_equal(trace_reg(death->trace, death->seq, "x0"), USBCMD);
	assert_int_equal(trace_reg(death->trace, death->seq, "x1"), RUN);
	assert_int_equal(trace_reg(death->trace, death->seq, "x21"), USBCMD);
	free(insn);
}

// U-Boot has moved itself: the second elr and lr it prints are those before it takes that out again.
static void the_registers_are_those_that_u_boot_prints(void **state)
{
	const char *moved = strstr(death->outcome.out, "(reloc)");
	char label[8], name[8];

	assert_non_null(moved);
	for (unsigned i = 0; i < PRINTED; i++) {
		snprintf(label, sizeof(label), "x%-2u: ", i);
		snprintf(name, sizeof(name), "x%u", i);
		if (trace_reg(death->trace, death->seq, name) != printed(label))
			fail_msg("%s is 0x%" PRIx64 " in the trace; U-Boot prints 0x%" PRIx64, name,
				trace_reg(death->trace, death->seq, name), printed(label));
	}
	assert_int_equal(trace_reg(death->trace, death->seq, "pc"),
		strtoull(strstr(moved, "elr: ") + 5, NULL, 16));
	assert_int_equal(trace_reg(death->trace, death->seq, "x30"),
		strtoull(strstr(moved, "lr : ") + 5, NULL, 16));
}

// "Code: d5033fbf aa1503e0 5287d003 52800002 (b8004401)"
static void the_code_is_what_u_boot_prints(void **state)
{
	const char *at = strstr(death->outcome.out, "Code: ");
	uint32_t word[CODE_WORDS];
	char expected[64], *text;

	assert_non_null(at);
	assert_int_equal(sscanf(at, "Code: %x %x %x %x (%x)", &word[0], &word[1], &word[2],
				 &word[3], &word[4]),
		CODE_WORDS);
	for (unsigned i = 0; i < CODE_WORDS;
		i++) // the file has bytes, the machine is little-endian
		snprintf(expected + 8 * i, 9, "%08X", __builtin_bswap32(word[i]));
	text = trace_text(death->trace,
		"SELECT hex(substr(bytes, before - 15, 20)) FROM code JOIN exit USING (code) "
		"WHERE reason = 28");
	assert_string_equal(text, expected);
	free(text);
}

static void qemu_answers_with_an_external_abort_and_the_guest_takes_it(void **state)
{
	const uint64_t next = death->seq + 1;

	assert_rows(death->trace, "SELECT reply FROM nisv", "external abort");
	assert_int_equal(printed("handler, esr 0x"), DABT_EXTERNAL);
	assert_int_equal(printed("far 0x"), USBCMD);
	assert_int_equal(trace_reg(death->trace, next, "esr_el1"), DABT_EXTERNAL);
	assert_int_equal(trace_reg(death->trace, next, "far_el1"), USBCMD);
	assert_int_equal(trace_reg(death->trace, next, "elr_el1"),
		trace_reg(death->trace, death->seq, "pc"));
}

static void the_controller_s_registers_were_accessed_before(void **state)
{
	char where[128];

	snprintf(where, sizeof(where),
		"reason = 6 AND seq < %" PRIu64 " AND addr BETWEEN %d AND %d", death->seq, BAR,
		BAR + BAR_SIZE - 1);
	assert_true(count(where) > 20);
	// writel(readl(USBCMD) | RUN): the read is the exit before
	assert_int_equal(number_at(death->seq - 1, "reason"), 6);
	assert_int_equal(number_at(death->seq - 1, "addr"), USBCMD);
	assert_int_equal(number_at(death->seq - 1, "write"), 0);
	assert_int_equal(number_at(death->seq - 1, "reply"), 0);
}

// Every character that came out of QEMU went through the UART's data register.
static void the_console_is_spelt_by_the_writes_to_the_uart(void **state)
{
	char sql[160], *text;

	snprintf(sql, sizeof(sql),
		"SELECT group_concat(char(value & 255), '') FROM (SELECT value FROM exit WHERE "
		"reason = 6 AND write AND addr = %d ORDER BY seq)",
		UARTDR);
	text = trace_text(death->trace, sql);
	assert_string_equal(text, death->outcome.out);
	free(text);
}

static void u_boot_resets_the_machine_at_the_end(void **state)
{
	const int64_t last = trace_number(death->trace, "SELECT max(seq) FROM exit");

	assert_non_null(strstr(death->outcome.out, "resetting ..."));
	assert_int_equal(number_at((uint64_t)last, "reason"), KVM_EXIT_SYSTEM_EVENT);
	assert_int_equal(number_at((uint64_t)last, "value"), KVM_SYSTEM_EVENT_RESET);
}

static struct outcome memory_at_death(const char *what)
{
	char seq[24];

	snprintf(seq, sizeof(seq), "%" PRIu64, death->seq);
	return RUN(NULL, TRAPLINE, "show", death->path, "--mem", seq, what, "--raw");
}

static void the_store_is_in_memory_at_pc(void **state)
{
	struct outcome said = memory_at_death("pc,4");
	uint32_t word;

	assert_string_equal(said.err, "");
	assert_int_equal(said.status, 0);
	assert_int_equal(said.out_size, sizeof(word));
	memcpy(&word, said.out, sizeof(word));
	assert_int_equal(word, STORE);
	outcome_free(&said);
}

// QEMU has loaded U-Boot there, and the flash has gone away and come back for each of its commands.
static void the_flash_holds_u_boot_where_memory_is_exact(void **state)
{
	size_t size;
	char *file = read_file(FIRMWARE, &size), what[32];
	struct outcome said;

	snprintf(what, sizeof(what), "0,%zu", size);
	said = memory_at_death(what);
	if (death->exact) {
		assert_int_equal(said.status, 0);
		assert_int_equal(said.out_size, size);
		assert_memory_equal(said.out, file, size);
	} else {
		assert_int_equal(said.status, 1);
		assert_non_null(strstr(said.err, ": 0x0: not recorded: "));
	}
	outcome_free(&said);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_exit_is_what_the_kernel_saw),
		cmocka_unit_test(the_exit_stands_on_the_post_indexed_store),
		cmocka_unit_test(the_registers_are_those_that_u_boot_prints),
		cmocka_unit_test(the_code_is_what_u_boot_prints),
		cmocka_unit_test(qemu_answers_with_an_external_abort_and_the_guest_takes_it),
		cmocka_unit_test(the_controller_s_registers_were_accessed_before),
		cmocka_unit_test(the_console_is_spelt_by_the_writes_to_the_uart),
		cmocka_unit_test(u_boot_resets_the_machine_at_the_end),
		cmocka_unit_test(the_store_is_in_memory_at_pc),
		cmocka_unit_test(the_flash_holds_u_boot_where_memory_is_exact),
	};
	int failed = 0;

	kernel = kernel_events_open();
	if (!kernel)
		return SKIPPED;
	for (death = deaths; death->name; death++)
		failed += cmocka_run_group_tests_name(
			death->name, tests, open_recording, close_recording);
	kernel_events_close(kernel);
	return failed;
}
