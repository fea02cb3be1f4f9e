// SPDX-License-Identifier: MIT
// labels: unit here
// "show --mem" and "show --walk": what was recorded, and of what was not, why.
#include "tests/shell/remembered.h"

static int enter_with_memory(void **state)
{
	if (enter_folder(state))
		return -1;
	make_exact("exact.trap");
	make_fault("fault.trap");
	return 0;
}

static void has(const char *words, const char *text)
{
	const struct said *said = run(words);

	if (!strstr(said->text, text))
		fail_msg("%s: no \"%s\" in: %s", words, text, said->text);
	assert_int_equal(said->status, 0);
}

#define EXACT "trapline show exact.trap "
#define FAULT "trapline show fault.trap "

// clang-format off
static void memory_is_a_dump_of_sixteen_bytes_a_line(void **state)
{
	says(EXACT "--mem 0+0 0x40000000,20", 0,
		"0x40000000  61 74 20 74 68 65 20 73  74 61 72 74 00 00 00 00  |at the start....|\n"
		"0x40000010  00 00 00 00                                       |....|\n");
	says(EXACT "--mem 2+0 0x40000ff8,9", 0,
		"0x40000ff8  2a 00 00 00 00 00 00 00  00                       |*........|\n");
}

static void a_position_has_the_guests_writes_and_then_the_vmms(void **state)
{
	says(EXACT "--mem 2 0x40000000,12", 0,
		"0x40000000: other vCPUs ran while it was looked at\n"
		"0x40000000  62 79 20 74 68 65 20 67  75 65 73 74              |by the guest|\n");
	says(EXACT "2+0 --mem 0x40000000,10", 0,
		"0x40000000  62 79 20 74 68 65 20 56  4d 4d                    |by the VMM|\n");
}

static void a_page_between_looks_is_known_when_nothing_wrote_it(void **state)
{
	says(EXACT "--mem 1 0x40004000,8", 0,
		"0x40004000  00 00 00 00 00 00 00 00                           |........|\n");
	says(EXACT "--mem 1 0x40000000,20", 1,
		"0x40000000-0x40000013: written between the looks at 0+0 and exit 2 (--every 2)\n");
	says(EXACT "--mem 3 0x40000000,20", 1,
		"0x40000000-0x40000013: not recorded: the last look at memory was at 2+0 (--every 2)\n");
}

static void what_is_missing_is_said_between_what_is_there(void **state)
{
	says(EXACT "--mem 1 0x40004ff8,0x1010", 1,
		"0x40004ff8  00 00 00 00 00 00 00 00                           |........|\n"
		"0x40005000-0x40005fff: unreadable: the VMM had nothing mapped there\n"
		"0x40006000  00 00 00 00 00 00 00 00                           |........|\n");
	says(EXACT "--mem 1 0x40007ff8,24K", 1,
		"0x40007ff8  00 00 00 00 00 00 00 00                           |........|\n"
		"0x40008000-0x4000dff7: no memory: no slot shows this address\n");
	says(EXACT "--mem 1 0x60000ffe,4", 1,
		"0x60000ffe-0x60000fff: guest memory (vfio) is not recorded: no\n"
		"0x60001000-0x60001001: nor is this\n");
}

static void what_may_be_more_than_was_seen_is_said(void **state)
{
	says(EXACT "--mem 1 0x50000000,6", 0,
		"0x50000000: /dev/shm/ram\\x1b: shared\n"
		"0x50000000  73 68 61 72 65 64                                 |shared|\n");
	says(EXACT "--mem 2+0 0x70000000,6", 0,
		"0x70000000: guest writes only: what the VMM wrote was not seen: dirty log\n"
		"0x70000000  6c 6f 67 67 65 64                                 |logged|\n");
}

static void a_slot_is_there_with_the_reply_that_set_it(void **state)
{
	says(EXACT "--mem 2 0x78000000,1", 1,
		"0x78000000-0x78000000: no memory: no slot shows this address\n");
	says(EXACT "--mem 2+0 0x78000000,1", 1,
		"0x78000000-0x78000000: not recorded: it was not under watch yet when memory was last "
		"looked at\n");
}

static void with_fault_it_says_where_memory_was_looked_at(void **state)
{
	says(FAULT "--mem 2 0x40000000,10", 0,
		"0x40000000  69 6e 20 74 72 6f 75 62  6c 65                    |in trouble|\n");
	says(FAULT "--mem 2 0x40001000,16", 1,
		"0x40001000-0x4000100f: not recorded: exit 2 has only 2 pages, around pc, the stack, "
		"the access and their page tables\n");
	says(FAULT "--mem 3 0x40001000,4", 0,
		"0x40001000  00 00 00 00                                       |....|\n");
	says(FAULT "--mem 1 0x40000000,1", 1,
		"0x40000000-0x40000000: not recorded at exit 1: memory was looked at first at exit 2 "
		"(--mem fault: where the guest is in trouble)\n");
	says(FAULT "--mem 2+0 0x40000000,1", 1,
		"0x40000000-0x40000000: not recorded at 2+0: memory was looked at before, at exit 2, and "
		"after, at exit 3 (--mem fault: where the guest is in trouble)\n");
}

static void a_trace_without_memory_says_what_was_asked_for(void **state)
{
	make_empty("none.trap", "none");
	make_empty("calm.trap", "fault");
	make_empty("old.trap", NULL);
	says("trapline show none.trap --mem 1 0x40000000,1", 1,
		"0x40000000-0x40000000: not recorded: the trace was made with --mem none\n");
	says("trapline show calm.trap --mem 1 0x40000000,1", 1,
		"0x40000000-0x40000000: not recorded: with --mem fault memory is looked at where the "
		"guest is in trouble, and it never was\n");
	says("trapline show old.trap --mem 1 0x40000000,1", 1,
		"0x40000000-0x40000000: not recorded: memory was never looked at\n");
}

static void a_virtual_address_goes_through_the_guests_tables_page_by_page(void **state)
{
	says(EXACT "--mem 2+0 sp-0x40,10", 0,
		"0x40003000: guest physical 0x40000000\n"
		"0x40003000  62 79 20 74 68 65 20 56  4d 4d                    |by the VMM|\n");
	says(EXACT "--mem 2+0 PC-0x10,2", 0,
		"0x40003000: guest physical 0x40000000\n"
		"0x40003000  62 79                                             |by|\n");
	says(EXACT "--mem 2+0 v:0x40003ff8,32", 1,
		"0x40003ff8: guest physical 0x40000ff8\n"
		"0x40003ff8  2a 00 00 00 00 00 00 00                           |*.......|\n"
		"0x40004000-0x40004017: no translation: translation fault, level 3\n");
	says(EXACT "--mem 2 v:0x80000000,8", 1,
		"0x80000000-0x80000007: no translation: the table entry of level 2 at 0x90000000: no "
		"memory: no slot shows this address\n");
	says(EXACT "--mem 2 x3", 1, "trapline show: x3: was not recorded at exit 2\n");
	says(EXACT "--mem 0+0 pc", 1,
		"trapline show: pc: virtual addresses need registers, of which none are recorded before "
		"the first exit\n");
}

static void raw_is_bytes_up_to_the_first_that_is_missing(void **state)
{
	says(EXACT "--mem 0+0 0x40000000,12 --raw", 0, "at the start");
	says(EXACT "--mem 1 0x40004ffc,0x1008 --raw | od -An -c", 0,
		"trapline show: 0x40005000: unreadable: the VMM had nothing mapped there\n"
		"  \\0  \\0  \\0  \\0\n");
	says(EXACT "--mem 1 0x40004ffc,8 --raw >/dev/null", 1,
		"trapline show: 0x40005000: unreadable: the VMM had nothing mapped there\n");
}

static void memory_as_json(void **state)
{
	says(EXACT "--mem 2 0x50000000,6 --json", 0,
		"{\"seq\": 2, \"replied\": false, \"vm\": 0, \"space\": 0, \"vcpu\": 0, "
		"\"address\": \"0x50000000\", \"virtual\": false, \"size\": 6, \"pages\": ["
		"{\"address\": \"0x50000000\", \"size\": 6, \"gpa\": \"0x50000000\", "
		"\"bytes\": \"736861726564\", "
		"\"note\": \"/dev/shm/ram\\u001b: shared; other vCPUs ran while it was looked at\"}], "
		"\"recorded\": true}\n");
	says(EXACT "--mem 1 0x40004ffe,4 --json", 1,
		"{\"seq\": 1, \"replied\": false, \"vm\": 0, \"space\": 0, \"vcpu\": 0, "
		"\"address\": \"0x40004ffe\", \"virtual\": false, \"size\": 4, \"pages\": ["
		"{\"address\": \"0x40004ffe\", \"size\": 2, \"gpa\": \"0x40004ffe\", \"bytes\": \"0000\", "
		"\"from\": 0, \"until\": 2}, "
		"{\"address\": \"0x40005000\", \"size\": 2, \"gpa\": \"0x40005000\", "
		"\"not_recorded\": \"unreadable: the VMM had nothing mapped there\"}], "
		"\"recorded\": false}\n");
}

#define REGISTERS                                                                                  \
	"  pstate     0x3c5\n"                                                                     \
	"  sctlr_el1  0x1\n"                                                                       \
	"  tcr_el1    0x800019\n"                                                                  \
	"  ttbr0_el1  0x40001000\n"                                                                \
	"  ttbr1_el1  0x0\n"                                                                       \
	"  mair_el1   0xff\n"                                                                      \
	"\n"

static void a_walk_tells_every_step_and_what_may_be_done(void **state)
{
	says(EXACT "--walk 2+0 pc", 0,
		"walk of 0x40003010 at 2+0, vCPU 0\n"
		"  the VMM set registers before it ran the guest again; these are the exit's\n"
		REGISTERS
		"level  entry at    entry               is\n"
		"1      0x40001008  0x0000000040002003  table at 0x40002000\n"
		"2      0x40002000  0x0000000040003003  table at 0x40003000\n"
		"3      0x40003018  0x0000000040000783  page at 0x40000000\n"
		"\n"
		"  leads to   0x40000010, in a page of 4 KiB\n"
		"  memory     recorded\n"
		"  attributes Normal, write-back, inner shareable, global, accessed\n"
		"  privileged read: ok; write: permission fault, level 3; execute: ok\n"
		"  user       read, write: permission fault, level 3; execute: ok\n");
	has(EXACT "--walk 2 0x40200004",
		"\n2      0x40002008  0x0000000040200721  block at 0x40200000\n"
		"\n"
		"  leads to   0x40200004, in a page of 2 MiB\n"
		"  memory     no memory: no slot shows this address\n");
}

static void a_fault_is_an_answer_and_a_missing_table_is_none(void **state)
{
	says(EXACT "--walk 2 0x40004000", 0,
		"walk of 0x40004000 at exit 2, vCPU 0\n"
		REGISTERS
		"level  entry at    entry               is\n"
		"1      0x40001008  0x0000000040002003  table at 0x40002000\n"
		"2      0x40002000  0x0000000040003003  table at 0x40003000\n"
		"3      0x40003020  0x0000000000000000  invalid\n"
		"\n"
		"  ends       translation fault, level 3\n");
	says(EXACT "--walk 2 0x80000000", 1,
		"walk of 0x80000000 at exit 2, vCPU 0\n"
		REGISTERS
		"level  entry at    entry               is\n"
		"1      0x40001010  0x0000000090000003  table at 0x90000000\n"
		"\n"
		"  ends       the table entry of level 2 at 0x90000000: no memory: no slot shows this "
		"address\n");
	says(EXACT "--walk 3 0x1000", 1,
		"walk of 0x1000 at exit 3, vCPU 0\n"
		"  pstate     not recorded\n"
		"  sctlr_el1  not recorded\n"
		"  tcr_el1    not recorded\n"
		"  ttbr0_el1  not recorded\n"
		"  ttbr1_el1  not recorded\n"
		"  mair_el1   not recorded\n"
		"\n"
		"  ends       registers not recorded at exit 3: pstate sctlr_el1 tcr_el1 ttbr0_el1 "
		"ttbr1_el1\n");
}

static void a_walk_as_json(void **state)
{
	says(EXACT "--walk 2 0x40004000 --json", 0,
		"{\"seq\": 2, \"replied\": false, \"vm\": 0, \"space\": 0, \"vcpu\": 0, "
		"\"va\": \"0x40004000\", \"registers\": {\"pstate\": \"0x3c5\", \"sctlr_el1\": \"0x1\", "
		"\"tcr_el1\": \"0x800019\", \"ttbr0_el1\": \"0x40001000\", \"ttbr1_el1\": \"0x0\", "
		"\"mair_el1\": \"0xff\"}, \"steps\": ["
		"{\"level\": 1, \"gpa\": \"0x40001008\", \"size\": 8, \"entry\": \"0x40002003\", "
		"\"kind\": \"table\", \"output\": \"0x40002000\"}, "
		"{\"level\": 2, \"gpa\": \"0x40002000\", \"size\": 8, \"entry\": \"0x40003003\", "
		"\"kind\": \"table\", \"output\": \"0x40003000\"}, "
		"{\"level\": 3, \"gpa\": \"0x40003020\", \"size\": 8, \"entry\": \"0x0\", "
		"\"kind\": \"invalid\"}], \"end\": \"translation fault, level 3\"}\n");
	has(EXACT "--walk 2 pc --json",
		"\"end\": \"ok\", \"gpa\": \"0x40000010\", \"page_size\": 4096, \"recorded\": true, "
		"\"note\": \"other vCPUs ran while it was looked at\", \"attributes\": {");
	has(EXACT "--walk 2 pc --json",
		"\"user\": {\"read\": \"permission fault, level 3\", \"write\": \"permission fault, "
		"level 3\", \"execute\": \"ok\"}}\n");
}

static void an_exit_says_what_memory_was_recorded_there(void **state)
{
	has(EXACT "2", "\n  memory     scanned: 1 page written since 0+0 (1 other vCPU ran meanwhile); "
		       "1 page written by the VMM\n");
	has(FAULT "2", "\n  memory     2 pages around pc, the stack, the access and their page tables\n");
	has(FAULT "3", "\n  memory     all of it: 1 page, the others all zeroes\n");
	assert_null(strstr(run(EXACT "1")->text, "\n  memory "));
	has(EXACT "--json 2",
		"\"memory\": [{\"replied\": false, \"kind\": \"changes\", \"pages\": 1, \"running\": 1}, "
		"{\"replied\": true, \"kind\": \"changes\", \"pages\": 1, \"running\": 0}]");
}

static void who_wrote_is_said_only_when_nobody_else_could(void **state)
{
	struct tl_writer *w = create("busy.trap", TL_ARCH_ARM64);

	add_machine(w, TL_ABI_MAINLINE, 2);
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0, 0);
	add_stop(w, 1, NULL);
	add_scan(w, 2, 1, TL_PHASE_EXIT, TL_SCAN_CHANGES, 3, 0);
	add_scan(w, 3, 1, TL_PHASE_REPLY, TL_SCAN_CHANGES, 1, 2);
	add_stop(w, 2, NULL);
	add_region(w, 4, RAM, 0x1000, TL_REGION_EXACT, "");
	add_scan(w, 4, 2, TL_PHASE_EXIT, TL_SCAN_CHANGES, 1, 0);
	assert_ok(tl_writer_finish(w));
	has("trapline show busy.trap 1",
		"\n  memory     scanned: 3 pages written by the guest; 1 page written since exit 1 (2 "
		"other vCPUs ran meanwhile)\n");
	has("trapline show busy.trap 2",
		"\n  memory     scanned: 1 page, with all of what came under watch\n");
}

static void stat_says_what_memory_there_is(void **state)
{
	has("trapline stat exact.trap", "\nmemory     exact, --every 2\n");
	has("trapline stat exact.trap",
		"\nlooks               3  for what was written since the look before: 9 pages\n"
		"all memory at the start\n"
		"pages      8 contents beside all zeroes, in ");
	has("trapline stat exact.trap",
		"\nwatched    32.0 KiB: every write\n"
		"           4.0 KiB: its own writes, not others'; /dev/shm/ram\\x1b: shared\n"
		"           4.0 KiB: guest writes only; dirty log\n"
		"           4.0 KiB: nothing; guest memory (vfio) is not recorded: no\n"
		"           4.0 KiB: nothing; nor is this\n");
	has("trapline stat fault.trap",
		"\nlooks               1  around pc, the stack and the access: 2 pages\n"
		"                    1  of all memory: 1 page\n"
		"all memory at exit 3\n"
		"pages      3 contents beside all zeroes, in ");
	has("trapline stat fault.trap --json", "\"memory\": {\"looks\": 2, \"contents\": 3, ");
	has("trapline stat fault.trap --json",
		"\"pages\": {\"looks\": 1, \"pages\": 2}, \"whole\": {\"looks\": 1, \"pages\": 1}, "
		"\"dumps\": [3], \"regions\": []}");
}

static void a_position_that_cannot_be_is_refused_with_the_reason(void **state)
{
	says(EXACT "--mem 2+3 pc", 2,
		"trapline show: 2+3: what the guest did between exits is not recorded; to run it again "
		"needs an engine, which this version does not have\n");
	says(EXACT "--mem 0 pc", 2,
		"trapline show: 0: exits are numbered from 1; 0+0 is the start, before the first\n");
	says(EXACT "--mem 2.. pc", 2,
		"trapline show: 2..: expected a position: 41 (exit 41), 41+0 (with the VMM's reply), 0+0 "
		"(the start), last or last+0\n");
	says(EXACT "--mem 2+x pc", 2,
		"trapline show: 2+x: expected a position: 41 (exit 41), 41+0 (with the VMM's reply), 0+0 "
		"(the start), last or last+0\n");
	says(EXACT "--mem 9 pc", 1,
		"trapline show: exact.trap: exit 9: not there; the trace has 1 to 3\n");
	says(EXACT "2+0", 2,
		"trapline show: 2+0: a position is for --mem and --walk; exit 2 shows its reply too\n");
}

static void words_that_make_no_sense_are_refused(void **state)
{
	says(EXACT "--mem 2", 2,
		"trapline show: --mem: needs a position and an address, such as 41 0x1000,64\n");
	says(EXACT "--mem 2 nowhere", 2,
		"trapline show: nowhere: expected an address: 0x1000 (guest physical), v:0x1000 "
		"(virtual), or a register such as pc or sp (virtual), also with +N or -N\n");
	says(EXACT "--mem 2 pc+x", 2,
		"trapline show: pc+x: expected an address, with a number behind + or -\n");
	says(EXACT "--mem 2 0x1000,0", 2,
		"trapline show: 0x1000,0: expected ADDR,LEN with LEN in bytes, such as 256, 4K, 1M\n");
	says(EXACT "--mem 2 0x1000,2G", 2, "trapline show: 0x1000,2G: at most 1G at once\n");
	says(EXACT "--mem 2 0xfffffffffffffff0,17", 2,
		"trapline show: 0xfffffffffffffff0,17: 17 bytes from there go past the last "
		"address\n");
	says(EXACT "--mem --walk 2 pc", 2, "trapline show: --mem and --walk: one of them\n");
	says(EXACT "--raw 2", 2, "trapline show: --raw is for --mem\n");
	says(EXACT "--vm 1 2", 2, "trapline show: --vm and --space are for --mem and --walk\n");
	says(EXACT "--vm 1 --mem 2 0", 1, "trapline show: --vm 1: the trace has no such VM\n");
	says(EXACT "--space 1 --mem 2 0", 2,
		"trapline show: --space 1: expected 0, or on x86_64 1 for system management mode\n");
	says(EXACT "--mem 2 0 --limit 3", 2,
		"trapline show: --mem shows one position: --where, --reason, --addr, --vcpu, --limit and "
		"--regs are for exits\n");
}

// clang-format on

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_a_dump_of_sixteen_bytes_a_line),
		cmocka_unit_test(a_position_has_the_guests_writes_and_then_the_vmms),
		cmocka_unit_test(a_page_between_looks_is_known_when_nothing_wrote_it),
		cmocka_unit_test(what_is_missing_is_said_between_what_is_there),
		cmocka_unit_test(what_may_be_more_than_was_seen_is_said),
		cmocka_unit_test(a_slot_is_there_with_the_reply_that_set_it),
		cmocka_unit_test(with_fault_it_says_where_memory_was_looked_at),
		cmocka_unit_test(a_trace_without_memory_says_what_was_asked_for),
		cmocka_unit_test(a_virtual_address_goes_through_the_guests_tables_page_by_page),
		cmocka_unit_test(raw_is_bytes_up_to_the_first_that_is_missing),
		cmocka_unit_test(memory_as_json),
		cmocka_unit_test(a_walk_tells_every_step_and_what_may_be_done),
		cmocka_unit_test(a_fault_is_an_answer_and_a_missing_table_is_none),
		cmocka_unit_test(a_walk_as_json),
		cmocka_unit_test(an_exit_says_what_memory_was_recorded_there),
		cmocka_unit_test(who_wrote_is_said_only_when_nobody_else_could),
		cmocka_unit_test(stat_says_what_memory_there_is),
		cmocka_unit_test(a_position_that_cannot_be_is_refused_with_the_reason),
		cmocka_unit_test(words_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, enter_with_memory, leave_folder);
}
