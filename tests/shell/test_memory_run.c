// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// Memory of real recordings, as people read it.
#include "tests/shell/session.h"

#define GUESTS TL_BUILD_TESTS "/guests/"

static void has(const char *words, const char *text)
{
	const struct said *said = run(words);

	if (!strstr(said->text, text))
		fail_msg("%s: no \"%s\" in: %s", words, text, said->text);
	assert_int_equal(said->status, 0);
}

static int record(void **state)
{
	if (enter_folder(state))
		return -1;
	run("trapline run -q --mem exact -o exact.trap " GUESTS "hello.elf");
	run("trapline run -q -o dead.trap " GUESTS "triple-fault.elf");
	run("trapline run -q --mem none -o none.trap " GUESTS "hello.elf");
	run("trapline run -q --mem exact -o flat.trap " GUESTS "hello32.elf");
	return 0;
}

static void what_the_guest_was_loaded_with_is_there_at_any_exit(void **state)
{
	static const char text[] =
		"0x101000  68 65 6c 6c 6f 20 66 72  6f 6d 20 6c 6f 6e 67 20  |hello from long |\n"
		"0x101010  6d 6f 64 65                                       |mode|\n";

	says("trapline show exact.trap --mem 0+0 0x101000,20", 0, text);
	says("trapline show exact.trap --mem 3 0x101000,20", 0, text);
	says("trapline show exact.trap --mem last 0x101000,20", 0, text);
	says("trapline show dead.trap --mem last v:0x101000,12 --raw", 0, "triple-fault");
	says("trapline show none.trap --mem 3 0x101000,20", 1,
		"0x101000-0x101013: not recorded: the trace was made with --mem none\n");
}

// The stack is empty when the guest starts, and holds a return address when it prints.
static void what_the_guest_writes_is_there_from_then_on(void **state)
{
	const struct said *said;

	says("trapline show exact.trap --mem 0+0 0x3fffff8,8", 0,
		"0x3fffff8  00 00 00 00 00 00 00 00                           |........|\n");
	said = run("trapline show exact.trap --mem 3 sp,8");
	assert_non_null(strstr(said->text, "0x3fffff8: guest physical 0x3fffff8\n0x3fffff8  "));
	assert_non_null(strstr(said->text, " 00 10 00 00 00 00 00  "));
	assert_int_equal(said->status, 0);
	has("trapline show exact.trap 1", "\n  memory     scanned: ");
	has("trapline show exact.trap 1", " written by the guest; ");
	has("trapline stat exact.trap", "\nwatched    64.0 MiB: every write\n");
}

static void the_walk_of_pc_leads_to_the_code_at_pc(void **state)
{
	has("trapline show dead.trap --walk last pc",
		"\n"
		"level    entry at  entry               is\n"
		"4 PML4E  0x1000    0x0000000000002023  table at 0x2000\n"
		"3 PDPTE  0x2000    0x0000000000003023  table at 0x3000\n"
		"2 PDE    0x3000    0x00000000000000a3  block at 0x0\n"
		"\n"
		"  leads to   0x100020, in a page of 2 MiB\n"
		"  memory     recorded\n");
	has("trapline show dead.trap --walk last pc",
		"\n  privileged read, write, execute: ok\n"
		"  user       read, write, execute: page fault, protection, level 2\n");
	has("trapline show dead.trap --walk last 0x7fff00000000",
		"\n  ends       page fault, not present, level 4, error code 0x0\n");
	has("trapline show dead.trap --walk last 0x800000000000",
		"\n  ends       not canonical: #GP, or #SS for the stack\n");
	has("trapline show dead.trap --mem last pc,2", "0x100020  0f 0b ");
}

// The guest starts without paging, where addresses have 32 bits and no attributes.
static void without_paging_an_address_leads_to_itself(void **state)
{
	has("trapline show flat.trap --walk 1 0x1000",
		"\n"
		"  leads to   0x1000, the same: there is no translation\n"
		"  memory     recorded\n"
		"  privileged read, write, execute: ok\n"
		"  user       read, write, execute: ok\n");
	has("trapline show flat.trap --walk 1 0xffffffff00001000",
		"\n  leads to   0x1000: there is no translation, and the bits above do not "
		"count\n");
}

static void a_part_says_of_what_it_is_a_part(void **state)
{
	has("trapline cut exact.trap 3 5 -o part.trap",
		"trapline: part.trap: 3 of 22 exits (3 to 5) of 1 vCPU, ");
	has("trapline stat part.trap", "\ncut        exits 3 to 5, from a trace of 22\n");
	has("trapline stat part.trap --json", "\"cut_from\": 3, \"cut_to\": 5, \"cut_of\": 22, ");
	has("trapline run --last 4 -o last.trap " GUESTS "hello.elf",
		"trapline: last.trap: the last 4 of 22 exits of 1 vCPU, ");
	has("trapline stat last.trap", "\nlast       the newest 4 of 22 exits were kept\n");
	has("trapline run --until 'seq = 9' -o until.trap " GUESTS "hello.elf",
		" KiB; ended at exit 9, where seq = 9\n");
	has("trapline stat until.trap", "\nuntil      seq = 9; at exit 9\n");
	has("trapline run --until 'seq = 99' -o never.trap " GUESTS "hello.elf",
		" KiB; at no exit seq = 99\n");
	says("trapline cut exact.trap 3 5 7", 2,
		"trapline cut: 7: one word too many; see --help\n");
}

static void a_guest_that_dies_leaves_all_its_memory(void **state)
{
	has("trapline show dead.trap last", "\n  memory     all of it: ");
	has("trapline stat dead.trap", "\nall memory at exit ");
	says("trapline show dead.trap --mem last 0x2000000,4", 0,
		"0x2000000  00 00 00 00                                       |....|\n");
	says("trapline show dead.trap --mem 1 0x2000000,4 | sed 's/at exit [0-9]* (/at exit N (/'",
		0,
		"0x2000000-0x2000003: not recorded at exit 1: memory was looked at first at exit N "
		"(--mem fault: where the guest is in trouble)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guest_was_loaded_with_is_there_at_any_exit),
		cmocka_unit_test(what_the_guest_writes_is_there_from_then_on),
		cmocka_unit_test(the_walk_of_pc_leads_to_the_code_at_pc),
		cmocka_unit_test(without_paging_an_address_leads_to_itself),
		cmocka_unit_test(a_part_says_of_what_it_is_a_part),
		cmocka_unit_test(a_guest_that_dies_leaves_all_its_memory),
	};

	return cmocka_run_group_tests(tests, record, leave_folder);
}
