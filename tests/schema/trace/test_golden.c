// SPDX-License-Identifier: MIT
// labels: golden
// Real arm64 recordings (tests/data/README.md), as a person with sqlite3 reads them on any machine.
#include "arch/arm64/regs.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"
#include "tests/recorder/trace-state.h"

#define ONES UINT64_C(0x1111111111111111)

static struct sqlite3 *open_golden(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), TL_SOURCE_DIR "/tests/data/%s.trap", name);
	return trace_open(path);
}

static void assert_golden(const char *name, const char *sql, const char *expected)
{
	struct sqlite3 *trace = open_golden(name);

	assert_rows(trace, sql, expected);
	trace_close(trace);
}

static void read_every_view(struct sqlite3 *trace)
{
	char *names = trace_text(trace, "SELECT name FROM sqlite_schema WHERE type = 'view'");
	char *rest = names, sql[128];
	unsigned n = 0;

	for (char *name; (name = strsep(&rest, "\n")); n++) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM (SELECT * FROM %s)", name);
		assert_true(trace_number(trace, sql) >= 0);
	}
	assert_int_equal(n, 7);
	free(names);
}

static void each_is_a_whole_trace_of_this_format(void **state)
{
	static const char *const names[] = { "arm64-nisv-abort", "arm64-nisv-off", "arm64-mmio",
		"arm64-interrupted", "arm64-psci", "arm64-smp" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct sqlite3 *trace = open_golden(names[i]);

		assert_rows(trace, "PRAGMA application_id", "1414676816");
		assert_rows(trace, "PRAGMA user_version", "1");
		assert_rows(trace,
			"SELECT key, value FROM meta WHERE key IN ('arch', 'lost') "
			"OR (key = 'kernel' AND value NOT LIKE '%-cloud-arm64')",
			"arch|arm64\nlost|0");
		assert_rows(trace, "SELECT count(*) = max(seq) FROM exit", "1");
		assert_rows(trace, "SELECT * FROM gap", "");
		assert_rows(trace, "SELECT * FROM notice", "");
		read_every_view(trace);
		trace_close(trace);
	}
}

// The time is what no two recordings share: it is in the text beside the trace.
static void view_nisv_shows_what_the_text_beside_the_trace_holds(void **state)
{
	struct sqlite3 *trace = open_golden("arm64-nisv-abort");
	char *shown = trace_text(trace, "SELECT * FROM nisv"), *held;
	size_t size;

	held = read_file(TL_SOURCE_DIR "/tests/data/arm64-nisv-abort.nisv", &size);
	assert_true(size && held[size - 1] == '\n');
	held[size - 1] = 0;
	assert_string_equal(shown, held);
	free(held);
	free(shown);
	trace_close(trace);
}

#define UNMAPPED "|translation fault, level 1|external abort\n"
#define READABLE "|permission fault, level 3|external abort"

static void view_nisv_shows_every_kind_of_access(void **state)
{
	assert_golden("arm64-nisv-abort",
		"SELECT seq, vcpu, pc, insn, fault_ipa, rw, fault_status, reply FROM nisv",
		"1|0|0x4008007c|b8404401|0xa000000|read" UNMAPPED
		"2|0|0x40080090|b8004401|0xa000000|write" UNMAPPED
		"3|0|0x400800a4|38801402|0xa000000|read" UNMAPPED
		"4|0|0x400800b8|f8408c02|0xa000008|read" UNMAPPED
		"5|0|0x400800cc|f8008c02|0xa000008|write" UNMAPPED
		"6|0|0x400800e0|a9400c02|0xa000000|read" UNMAPPED
		"7|0|0x400800f4|a9000c02|0xa000000|write" UNMAPPED
		"8|0|0x40080108|29820c02|0xa000010|write" UNMAPPED
		"9|0|0x4008011c|3dc00000|0xa000000|read" UNMAPPED
		"10|0|0x40080130|3d800000|0xa000000|write" UNMAPPED
		"11|0|0x40080144|ad000400|0xa000000|write" UNMAPPED
		"12|0|0x40080158|4c407000|0xa000000|read" UNMAPPED
		"13|0|0x4008016c|4c007000|0xa000000|write" UNMAPPED
		"14|0|0x40080180|c85f7c02|0xa000000|read" UNMAPPED
		"15|0|0x40080194|f8220003|0xa000000|write" UNMAPPED
		"16|0|0x400801a8|b822001f|0xa000000|write" UNMAPPED
		"17|0|0x400801bc|f8228003|0xa000000|write" UNMAPPED
		"18|0|0x400801d0|c8a27c03|0xa000000|write" UNMAPPED
		"19|0|0x400801e4|d50b7420|0xa000000|write" UNMAPPED
		"20|0|0x400801f8|b8004401|0xc000000|write" UNMAPPED
		"21|0|0x4008020c|f8008c02|0xc000008|write" UNMAPPED
		"22|0|0x40080220|a9000c02|0xc000000|write" UNMAPPED
		"23|0|0x40080234|3d800000|0xc000000|write" UNMAPPED
		"24|0|0x40080248|4c007000|0xc000000|write" UNMAPPED
		"25|0|0x40080260|c8047c02|0xc000000|write" READABLE "\n"
		"26|0|0x4008027c|f8220003|0xc000000|write" READABLE "\n"
		"27|0|0x40080290|f8228003|0xc000000|write" READABLE "\n"
		"28|0|0x400802a4|d50b7420|0xc000000|write" READABLE);
}

static void a_vmm_that_did_not_ask_for_nisv_shows_as_enosys(void **state)
{
	assert_golden("arm64-nisv-off",
		"SELECT seq, vcpu, pc, insn, fault_ipa, rw, fault_status, reply FROM nisv",
		"10|0|0x40080028|b8404401|0xa000000|read|translation fault, level 1|"
		"ENOSYS, the VMM did not ask for NISV");
	assert_golden("arm64-nisv-off", "SELECT seq, vcpu, error, reason, pc FROM failed_run",
		"10|0|ENOSYS|nisv|0x40080028");
}

static void registers_are_what_the_guest_put_there(void **state)
{
	struct sqlite3 *trace = open_golden("arm64-nisv-abort");
	uint64_t v[2];

	for (uint64_t seq = 1; seq <= 24; seq++) {
		const struct tl_regs regs = trace_regs(trace, seq);

		for (unsigned n = 1; n <= 7; n++)
			assert_int_equal(regs.word[TL_ARM64_x0 + n], n * ONES);
		assert_int_equal(regs.word[TL_ARM64_x0], seq < 20 ? 0x0a000000 : 0x0c000000);
		assert_int_equal(regs.word[TL_ARM64_x28], seq);
		trace_extra(trace, seq, UINT64_C(0x6040000000100054), v);
		assert_int_equal(v[0], ONES);
		assert_int_equal(v[1], 2 * ONES);
	}
	assert_int_equal(trace_reg(trace, 1, "tcr_el1"), 0x200803519);
	assert_int_equal(trace_reg(trace, 1, "sctlr_el1") & 5, 5);
	assert_int_equal(trace_reg(trace, 2, "esr_el1"), 0x96000010);
	assert_int_equal(trace_reg(trace, 5, "far_el1"), 0x0a000008);
	trace_close(trace);
}

static void view_mmio_shows_every_size(void **state)
{
	assert_golden("arm64-mmio",
		"SELECT seq, pc, gpa, size, rw, value FROM mmio WHERE seq <= 22",
		"1|0x4008002c|0xa000000|1|write|0x11\n"
		"2|0x40080030|0xa000000|2|write|0x2211\n"
		"3|0x40080034|0xa000000|4|write|0x44332211\n"
		"4|0x40080038|0xa000000|8|write|0x8877665544332211\n"
		"5|0x4008003c|0xa000000|4|write|0x0\n"
		"6|0x40080040|0xa000000|8|write|0x0\n"
		"7|0x40080044|0xa000000|4|write|0x44332211\n"
		"8|0x40080048|0xa000008|2|write|0x2211\n"
		"9|0x4008004c|0xa000008|4|write|0x44332211\n"
		"10|0x40080058|0xa000010|1|read|0xff\n"
		"11|0x40080064|0xa000010|1|read|0xff\n"
		"12|0x4008007c|0xa000010|2|read|0xffff\n"
		"13|0x40080094|0xa000010|4|read|0xffffffff\n"
		"14|0x400800ac|0xa000010|8|read|0xffffffffffffffff\n"
		"15|0x400800c4|0xa000010|1|read|0xff\n"
		"16|0x400800dc|0xa000010|1|read|0xff\n"
		"17|0x400800f4|0xa000010|2|read|0xffff\n"
		"18|0x4008010c|0xa000010|2|read|0xffff\n"
		"19|0x40080124|0xa000010|4|read|0xffffffff\n"
		"20|0x4008013c|0xa000010|4|read|0xffffffff\n"
		"21|0x40080150|0xa000010|8|read|0xffffffffffffffff\n"
		"22|0x4008000c|0x9000000|4|write|0x6d");
}

// The kernel's own answer to a PSCI call from which nobody returns is in x0.
static void a_guest_that_turns_itself_off_ends_with_a_system_event(void **state)
{
	struct sqlite3 *trace = open_golden("arm64-psci");

	assert_rows(trace,
		"SELECT seq, vcpu, reason, name, pc_hex, reply IS NULL FROM exits JOIN name "
		"ON what = 'system_event' AND name.number = value WHERE exits.number = 24",
		"10|0|system_event|shutdown|0x40080028|1");
	assert_rows(trace, "SELECT hex(substr(payload, 1, 8)) FROM detail WHERE seq = 10",
		"0100000001000000");
	assert_int_equal((int64_t)trace_reg(trace, 10, "x0"), -6);
	trace_close(trace);
}

static void an_interrupted_run_has_no_reason(void **state)
{
	assert_golden("arm64-interrupted",
		"SELECT seq, reason, error, pc_hex, addr_hex, write, ifnull(value_hex, reply_hex) "
		"FROM exits WHERE seq <= 6",
		"1|mmio||0x40080024|0xa000000|1|0x64\n"
		"2|mmio||0x40080028|0xa000004|0|0x0\n"
		"3||EINTR|0x4008002c|||\n"
		"4|mmio||0x40080024|0xa000000|1|0x63\n"
		"5|mmio||0x40080028|0xa000004|0|0x0\n"
		"6||EINTR|0x4008002c|||");
}

static void two_vcpus_share_one_order(void **state)
{
	assert_golden("arm64-smp",
		"SELECT vcpu, reason, error, addr_hex, count(*) FROM exits "
		"WHERE addr IS NULL OR addr >= 0xa000000 GROUP BY 1, 2, 3, 4 ORDER BY 1, addr",
		"0|mmio||0xa000000|100\n"
		"1|intr|EINTR||1\n"
		"1|mmio||0xa000008|100");
}

#define UBOOT "arm64-uboot-nisv"

// A part of a longer recording, so its exits begin later.
static void u_boot_dies_of_a_store_to_its_usb_controller(void **state)
{
	struct sqlite3 *trace = open_golden(UBOOT);
	const uint64_t nisv = (uint64_t)trace_number(trace, "SELECT seq FROM nisv");

	assert_rows(trace, "SELECT insn, fault_ipa, rw, reply FROM nisv",
		"b8004401|0x10000040|write|external abort");
	assert_int_equal(trace_reg(trace, nisv, "x0"), 0x10000040);
	assert_int_equal(trace_reg(trace, nisv, "x1"), 1);
	assert_int_equal(trace_reg(trace, nisv, "x21"), 0x10000040);
	assert_int_equal(trace_reg(trace, nisv + 1, "esr_el1"), 0x96000010);
	assert_int_equal(trace_reg(trace, nisv + 1, "far_el1"), 0x10000040);
	trace_close(trace);
}

static void u_boot_s_trace_begins_with_its_pci_devices_and_ends_with_the_reset(void **state)
{
	assert_golden(UBOOT, "SELECT rw, size, gpa FROM mmio LIMIT 1", "read|2|0x4010000000");
	assert_golden(UBOOT, "SELECT reason, value FROM exit ORDER BY seq DESC LIMIT 1", "24|2");
	assert_golden(UBOOT, "SELECT * FROM notice", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_a_whole_trace_of_this_format),
		cmocka_unit_test(view_nisv_shows_what_the_text_beside_the_trace_holds),
		cmocka_unit_test(view_nisv_shows_every_kind_of_access),
		cmocka_unit_test(a_vmm_that_did_not_ask_for_nisv_shows_as_enosys),
		cmocka_unit_test(registers_are_what_the_guest_put_there),
		cmocka_unit_test(view_mmio_shows_every_size),
		cmocka_unit_test(a_guest_that_turns_itself_off_ends_with_a_system_event),
		cmocka_unit_test(an_interrupted_run_has_no_reason),
		cmocka_unit_test(two_vcpus_share_one_order),
		cmocka_unit_test(u_boot_dies_of_a_store_to_its_usb_controller),
		cmocka_unit_test(
			u_boot_s_trace_begins_with_its_pci_devices_and_ends_with_the_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
