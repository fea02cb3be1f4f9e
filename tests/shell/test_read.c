// SPDX-License-Identifier: MIT
// labels: unit
// ls, stat, show and sql as people see them.
#include "tests/shell/session.h"

#include "schema/trace/tables.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

static int enter_with_session(void **state)
{
	if (enter_folder(state))
		return -1;
	make_session("boot.trap");
	return 0;
}

// clang-format off
// Texts stand as they do on a screen, however wide.
static void show_is_a_line_an_exit(void **state)
{
	says("trapline show", 0,
		"seq       time  vcpu  exit          pc                  access                                       reply\n"
		"  1  +0.001000     0  mmio          0xffff800012340000  write 1 0x9000000 = 0x41\n"
		"  2  +0.002000     1  mmio          0xffff800012340004  read 4 0x9000018                             -> 0x90\n"
		"  3  +0.003000     0  nisv          0xffff800012340010  write 0xa000000, translation fault, level 1  ENOSYS\n"
		"  4  +0.004000     0  failed        not recorded                                                     EINTR\n"
		"  5  +0.005000     0  idsr          not recorded        read s3_0_c0_c4_1                            -> 0x22\n"
		"  6  +0.006000     1  exit 777      not recorded                                                     -> not recorded\n"
		"  7  +0.007000     0  system_event  not recorded        shutdown                                     -> not recorded\n");
}

static void ranges_are_said_in_many_ways(void **state)
{
	static const char two_and_three[] =
		"seq       time  vcpu  exit  pc                  access                                       reply\n"
		"  2  +0.002000     1  mmio  0xffff800012340004  read 4 0x9000018                             -> 0x90\n"
		"  3  +0.003000     0  nisv  0xffff800012340010  write 0xa000000, translation fault, level 1  ENOSYS\n";
	static const char last[] =
		"seq       time  vcpu  exit          pc            access    reply\n"
		"  7  +0.007000     0  system_event  not recorded  shutdown  -> not recorded\n";

	says("trapline show boot.trap 2..3", 0, two_and_three);
	says("trapline show boot.trap 2-3", 0, two_and_three);
	says("trapline show -t boot.trap 2..3", 0, two_and_three);
	says("trapline show ./boot.trap --where 'seq between 2 and 3'", 0, two_and_three);
	says("trapline show 2.. --limit 2", 0, two_and_three);
	says("trapline show ..3 --addr 0x9000010-0xa000000", 0, two_and_three);
	says("trapline show 7..", 0, last);
	says("trapline show --limit 1", 0, last);
	says("trapline show --reason system_event", 0, last);
	says("trapline show --addr 0x9000018+8", 0,
		"seq       time  vcpu  exit  pc                  access            reply\n"
		"  2  +0.002000     1  mmio  0xffff800012340004  read 4 0x9000018  -> 0x90\n");
}

static void show_of_one_is_all_of_it(void **state)
{
	says("trapline show 3", 0,
		"exit 3: nisv on vCPU 0\n"
		"  time       +0.003000 s, after the guest ran 1.000 us\n"
		"  answered   by the VMM in 1.000 ms; the vCPU's next exit is 4\n"
		"  pc         0xffff800012340010\n"
		"  access     write 0xa000000, translation fault, level 1\n"
		"  reply      ENOSYS\n"
		"\n"
		"payload\n"
		"  esr_iss                        0x45\n"
		"  fault_ipa                      0xa000000\n"
		"\n"
		"what the VMM did before the next run\n"
		"  +0.003003 KVM_SET_ONE_REG on vCPU 0: 0x6030000000100002 = 0x12345678\n"
		"\n"
		"code at pc\n"
		"   0xffff80001234000c: d503201f >0xffff800012340010: b8008401  0xffff800012340014: d503201f\n"
		"\n"
		"registers (* changed since this vCPU's exit before)\n"
		"  x0        0x3*                  pc        0xffff800012340010*\n"
		"  not recorded: x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22\n"
		"    x23 x24 x25 x26 x27 x28 x29 x30 sp_el0 pstate sp_el1 elr_el1 spsr_el1 spsr_abt spsr_und\n"
		"    spsr_irq spsr_fiq midr_el1 mpidr_el1 sctlr_el1 cpacr_el1 ttbr0_el1 ttbr1_el1 tcr_el1\n"
		"    afsr0_el1 afsr1_el1 esr_el1 far_el1 par_el1 mair_el1 amair_el1 vbar_el1 contextidr_el1\n"
		"    tpidr_el1 cntkctl_el1 tpidr_el0 tpidrro_el0 dacr32_el2 ifsr32_el2 fpexc32_el2\n"
		"    device_irq_level\n");
}

static void a_reply_of_several_fields_is_told_field_by_field(void **state)
{
	says("trapline show 5", 0,
		"exit 5: idsr on vCPU 0\n"
		"  time       +0.005000 s, after the guest ran 1.000 us\n"
		"  answered   by the VMM in 1.999 ms; the vCPU's next exit is 7\n"
		"  pc         not recorded\n"
		"  access     read s3_0_c0_c4_1\n"
		"  reply      -> 0x22\n"
		"\n"
		"payload\n"
		"  op0                            3\n"
		"  op1                            0\n"
		"  crn                            0\n"
		"  crm                            4\n"
		"  op2                            1\n"
		"  is_write                       0\n"
		"  is_needed                      0\n"
		"\n"
		"reply\n"
		"  regval                         0x22\n"
		"  is_handled                     1\n"
		"\n"
		"code at pc\n"
		"  not recorded\n"
		"\n"
		"registers\n"
		"  not recorded\n");
}

static void has(const char *words, const char *text)
{
	const struct said *said = run(words);

	if (!strstr(said->text, text))
		fail_msg("%s: no \"%s\" in: %s", words, text, said->text);
	assert_int_equal(said->status, 0);
}

static void show_says_what_a_register_holds_that_nothing_wrote(void **state)
{
	has("trapline show " TL_SOURCE_DIR "/tests/data/arm64-nisv-abort.trap 1",
		"\n  0x1de7ec7edbadc0de is what KVM puts where nothing was written yet\n");
}

static void show_of_one_tells_what_stands_around_it(void **state)
{
	has("trapline show 2", "\nwrites before it, without an exit\n  write 1 0x9000000 = 0x48\n");
	has("trapline show 4", "\nwhat the VMM did before the next run\n"
			       "  +0.004009 KVM_IRQ_LINE on VM 0: irq 0x4 = 1\n");
	has("trapline show 4", "exit 4: failed on vCPU 0\n");
	has("trapline show " TL_SOURCE_DIR "/tests/data/arm64-nisv-abort.trap 1",
		" KVM_SET_VCPU_EVENTS on vCPU 0: an external abort\n");
	has("trapline show 6", "\npayload\n   32  ab00000000000000000000000000000000000000000000000000000000000000\n"
			       "   64  00000000");
	has("trapline show last", "exit 7: system_event on vCPU 0\n");
	has("trapline show --regs 1..1", "\n  x0        0x1                   pc        0xffff800012340000\n");
}

static void nothing_that_fits_is_status_1(void **state)
{
	says("trapline show --vcpu 9", 1, "trapline show: no exit fits\n");
	says("trapline show 8", 1, "trapline show: boot.trap: exit 8: lost: the ring was full\n");
	says("trapline show 99", 1,
		"trapline show: boot.trap: exit 99: not there; the trace has 1 to 7\n");
	says("trapline sql 'select 1 where 0'", 1, "");
	says("trapline sql boot.trap </dev/null", 1, "");
}

static void what_cannot_be_done_is_status_2_and_one_line(void **state)
{
	says("trapline show none.trap", 2,
		"trapline show: none.trap: cannot be opened: No such file or directory\n");
	says("trapline show 5x", 2, "trapline show: 5x: expected an exit such as 41, or exits such as "
				    "41..50, last\n");
	says("trapline show 5..2", 2, "trapline show: 5..2: expected an exit such as 41, or exits such "
				      "as 41..50, last\n");
	says("trapline show 0", 2, "trapline show: 0: exits are numbered from 1\n");
	says("trapline show 0..0", 2, "trapline show: 0..0: exits are numbered from 1\n");
	says("trapline show 1..2+0", 2, "trapline show: 1..2+0: expected an exit such as 41, or exits "
					"such as 41..50, last\n");
	says("trapline show 1 2", 2, "trapline show: 2: one word too many; see --help\n");
	says("trapline show --where 'nope = 1'", 2, "trapline show: where: no such column: nope\n");
	says("trapline show --where 'seq = 5) or (1'", 2,
		"trapline show: where: not one SQL expression\n");
	says("trapline show --reason mmoi", 2,
		"trapline show: reason mmoi: no exit of arm64 is called that; \"select name from name "
		"where what = 'exit'\" lists them\n");
	says("trapline show --addr x", 2,
		"trapline show: --addr x: expected A, A-B or A+N, such as 0x9000000+0x1000\n");
	says("trapline show --limit x", 2, "trapline show: --limit x: expected a number\n");
	says("trapline sql 'select nope'", 2, "trapline sql: boot.trap: no such column: nope\n");
	says("trapline sql 'drop table exit'", 2, "trapline sql: boot.trap: not authorized\n");
	says("trapline show >/dev/full", 2, "trapline show: standard output: No space left on device\n");
	says("TRAPLINE_DIR=/ trapline show", 2,
		"trapline show: no trace in /: name one, or make one with \"trapline record\"\n");
}

static void stat_says_what_is_in_the_trace(void **state)
{
	has("trapline stat",
		"boot.trap: 7 exits in 6.000 ms, 124.0 KiB, recorded 2023-11-14 22:13:20; killed by SIGKILL\n"
		"vmm        qemu-system-aarch64 -M virt\n"
		"arch       arm64\n"
		"cpu        not recorded\n"
		"kernel     not recorded\n"
		"registers  pc\n"
		"memory     not recorded\n"
		"trapline   not recorded\n"
		"processes  41 qemu \\x1b[31m-M virt\n"
		"vm         0: type 0x24 (36-bit guest physical addresses), vCPUs 0, 1, exits numbered by the "
		"IDSR patch\n"
		"exits               2   28.6 %  mmio\n"
		"                    1   14.3 %  exit 777\n"
		"                    1   14.3 %  failed, EINTR\n"
		"                    1   14.3 %  idsr\n"
		"                    1   14.3 %  nisv, ENOSYS\n"
		"                    1   14.3 %  system_event\n"
		"inputs     2\n"
		"coalesced  1\n"
		"lost       2 records, exits 8 to 9: the ring was full\n"
		"notices    warning after exit 5: odd \\x1b]0;owned\\a text\n"
		"space      exits                    4.0 KiB, 585.1 bytes an exit\n");
	has("trapline stat --space", "registers                4.0 KiB");
}

static void sql_is_a_table_csv_or_json(void **state)
{
	says("trapline sql boot.trap 'select seq, rw, value, null as n from mmio'", 0,
		"seq  rw     value  n\n"
		"  1  write  0x41\n"
		"  2  read   0x90\n");
	says("trapline sql \"select 'a,b' as \\\"x\\\"\\\"y\\\", 1.5 as z, x'00ff' as b\" --csv", 0,
		"\"x\"\"y\",z,b\r\n\"a,b\",1.5,00ff\r\n");
	says("trapline sql \"select 'a\\\"' as t, 7 as i, x'00ff' as b, null as n, 1.5 as r\" --json", 0,
		"{\"t\": \"a\\\"\", \"i\": 7, \"b\": \"00ff\", \"n\": null, \"r\": 1.5}\n");
	says("echo 'select 1 as a; select 2 as b' | trapline sql", 0, "a\n1\nb\n2\n");
	says("trapline sql \"select char(27) || '[2J' as t\"", 0, "t\n\\x1b[2J\n");
}

static void the_nisv_view_speaks_by_column(void **state)
{
	says("trapline sql 'select * from nisv'", 0,
		"seq  vcpu  time      pc                  insn      fault_ipa  rw     fault_status                reply\n"
		"  3     0  0.003000  0xffff800012340010  b8008401  0xa000000  write  translation fault, level 1  "
		"ENOSYS, the VMM did not ask for NISV\n");
}

static void a_query_with_a_slash_is_a_query(void **state)
{
	says("trapline sql 'select 6/2 as n'", 0, "n\n3\n");
}

// Every line must be an object that SQLite, which has a JSON parser, takes.
static void valid_json(const char *words)
{
	struct said *said = run(words);
	sqlite3_stmt *stmt;
	unsigned n = 0;
	sqlite3 *db;

	assert_int_equal(said->status, 0);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT json_type(?)", -1, &stmt, NULL), SQLITE_OK);
	for (char *line = strtok(said->text, "\n"); line; line = strtok(NULL, "\n"), n++) {
		sqlite3_bind_text(stmt, 1, line, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_ROW)
			fail_msg("%s: %s", words, line);
		assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "object");
		sqlite3_reset(stmt);
	}
	assert_true(n > 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void json_is_json(void **state)
{
	char words[64];

	for (int seq = 1; seq <= 7; seq++) {
		snprintf(words, sizeof(words), "trapline show --json %d", seq);
		valid_json(words);
	}
	valid_json("trapline show --json");
	valid_json("trapline show --json --regs");
	valid_json("trapline stat --json");
	valid_json("trapline stat --json --space");
	valid_json("trapline ls --json");
	valid_json("trapline sql --json 'select * from exits'");
	valid_json("trapline sql --json 'select * from input'");
	valid_json("trapline sql --json \"select x'ff' || 'a' as t, char(27, 8232, 65279) as u\"");
}

static void json_of_an_exit_leaves_out_what_was_not_recorded(void **state)
{
	says("trapline show --json 4..5", 0,
		"{\"seq\": 4, \"vcpu\": 0, \"time\": 4000000, \"ran\": 0, \"reason\": null, "
		"\"error\": \"EINTR\", \"answered\": true}\n"
		"{\"seq\": 5, \"vcpu\": 0, \"time\": 5000000, \"ran\": 1000, \"reason\": \"idsr\", "
		"\"number\": 29, \"addr\": \"0xc021\", \"write\": false, \"answered\": true, "
		"\"reply\": \"0x22\"}\n");
}

static void written(const char *path, time_t when)
{
	const struct timespec times[2] = { { when, 0 }, { when, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void ls_lists_the_broken_ones_with_the_reason(void **state)
{
	assert_int_equal(system("mkdir many && cp boot.trap many/a.trap && "
				"head -c 5000 boot.trap >many/b.trap && echo text >many/c.trap && "
				"echo x >many/notes"),
		0);
	written("many/a.trap", 1704067200);
	written("many/b.trap", 1672531200);
	written("many/c.trap", 1640995200);
	says("trapline ls many", 0,
		"name    recorded                  size  exits  arch   ended              vmm\n"
		"a.trap  2023-11-14 22:13:20  124.0 KiB      7  arm64  killed by SIGKILL  qemu-system-aarch64 -M virt\n"
		"b.trap  2023-01-01 00:00:00    4.9 KiB                unreadable         truncated: 5000 bytes, expected 126976\n"
		"c.trap  2022-01-01 00:00:00    5 bytes                unreadable         is no trace: not an SQLite file\n");
	says("TRAPLINE_DIR=many trapline sql 'select count(*) as n from exit'", 0, "n\n7\n");
	valid_json("trapline ls --json many");
	mkdir("none", 0700);
	says("trapline ls none", 1, "trapline ls: no trace in none\n");
	says("trapline ls nowhere", 2, "trapline ls: nowhere: No such file or directory\n");
}

static void a_compressed_trace_says_what_to_do(void **state)
{
	assert_int_equal(system("printf '\\050\\265\\057\\375abc' > boot.trap.zst"), 0);
	says("trapline stat boot.trap.zst", 2,
		"trapline stat: boot.trap.zst: is compressed; unpack it with zstd -d first\n");
	unlink("boot.trap.zst");
}

static bool is_listed(const char *list, const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "\n%s ", name);
	return strstr(list, line);
}

static void every_table_and_view_is_listed_with_a_line(void **state)
{
	const struct said *said = run_on_terminal("NO_COLOR=1 trapline sql");
	unsigned there = 0, lines = 0;

	for (const struct tl_trace_object *o = tl_trace_tables; o->name; o++, there++)
		assert_true(is_listed(said->text, o->name));
	for (const struct tl_trace_object *o = tl_trace_views; o->name; o++, there++)
		assert_true(is_listed(said->text, o->name));
	for (const char *at = strchr(said->text, '\n'); at; at = strchr(at + 1, '\n'))
		lines++;
	assert_int_equal(lines, there + 1);
}

static void a_terminal_gets_the_last_and_is_told_so(void **state)
{
	struct tl_writer *w = create("long.trap", TL_ARCH_ARM64);
	const struct said *said;

	for (tl_seq seq = 1; seq <= 30; seq++)
		add_mmio(w, seq, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_finish(w));
	said = run_on_terminal("trapline show long.trap");
	assert_null(strstr(said->text, "\n 10  +"));
	assert_non_null(strstr(said->text, "\n 11  +"));
	assert_non_null(strstr(said->text, "\n(the last 20; --limit 0 shows all)\r\n"));
	assert_non_null(strstr(said->text, "\033[1m"));
	said = run_on_terminal("NO_COLOR=1 trapline show long.trap --limit 0");
	assert_non_null(strstr(said->text, "\n  1  +"));
	assert_null(strchr(said->text, '\033'));
	unlink("long.trap");
}

static void help_has_an_example(void **state)
{
	has("trapline ls --help", "\nexample: trapline ls");
	has("trapline stat --help", "\nexample: trapline stat");
	has("trapline show --help", "\nexample: trapline show");
	has("trapline sql --help", "\nexample: trapline sql");
}

// clang-format on

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show_is_a_line_an_exit),
		cmocka_unit_test(ranges_are_said_in_many_ways),
		cmocka_unit_test(show_of_one_is_all_of_it),
		cmocka_unit_test(a_reply_of_several_fields_is_told_field_by_field),
		cmocka_unit_test(show_of_one_tells_what_stands_around_it),
		cmocka_unit_test(show_says_what_a_register_holds_that_nothing_wrote),
		cmocka_unit_test(nothing_that_fits_is_status_1),
		cmocka_unit_test(what_cannot_be_done_is_status_2_and_one_line),
		cmocka_unit_test(stat_says_what_is_in_the_trace),
		cmocka_unit_test(sql_is_a_table_csv_or_json),
		cmocka_unit_test(the_nisv_view_speaks_by_column),
		cmocka_unit_test(a_query_with_a_slash_is_a_query),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(json_of_an_exit_leaves_out_what_was_not_recorded),
		cmocka_unit_test(ls_lists_the_broken_ones_with_the_reason),
		cmocka_unit_test(a_compressed_trace_says_what_to_do),
		cmocka_unit_test(every_table_and_view_is_listed_with_a_line),
		cmocka_unit_test(a_terminal_gets_the_last_and_is_told_so),
		cmocka_unit_test(help_has_an_example),
	};

	return cmocka_run_group_tests(tests, enter_with_session, leave_folder);
}
