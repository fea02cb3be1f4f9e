// SPDX-License-Identifier: MIT
// labels: unit
// trapline import as people see it.
#include "tests/shell/session.h"

#define CASES TL_SOURCE_DIR "/tests/data/cases/"

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int enter_with_logs(void **state)
{
	if (enter_folder(state))
		return -1;
	put_file("boot.log", "esr=0x92000046 ipa=0x9000018 pc=0x1000\n");
	put_file("noise.log", "nothing\nhere\n");
	put_file("x86.log", "RAX=0000000000000001 RBX=ffff888003000000\n");
	return 0;
}

// clang-format off
static void a_log_is_named_after(void **state)
{
	says("trapline import boot.log", 0, "trapline: boot.trap: 1 exit of 1 vCPU, 124 KiB\n");
	says("trapline import boot.log", 0, "trapline: boot-2.trap: 1 exit of 1 vCPU, 124 KiB\n");
	says("trapline import -q boot.log -o mine.trap && ls mine.trap", 0, "mine.trap\n");
	says("mkdir traces && TRAPLINE_DIR=traces trapline import -q boot.log && ls traces", 0, "boot.trap\n");
	says("trapline import boot.log -o mine.trap", 2,
		"trapline import: mine.trap: exists already; a recording never overwrites\n");
}

static void standard_input_is_a_log_too(void **state)
{
	says("trapline import <boot.log", 0, "trapline: stdin.trap: 1 exit of 1 vCPU, 124 KiB\n");
	says("cat boot.log x86.log | trapline import -o pipe.trap -", 0,
		"standard input:2: of x86_64, but the trace is of arm64; left out: it needs a trace of its own (--arch x86_64)\n"
		"trapline: pipe.trap: 1 exit of 1 vCPU, 124 KiB\n");
}

static void several_logs_are_one_trace(void **state)
{
	says("trapline import noise.log boot.log boot.log -o all.trap && trapline sql all.trap \"SELECT value FROM meta WHERE key = 'imported'\"", 0,
		"trapline: all.trap: 2 exits of 1 vCPU, 124 KiB\n"
		"value\n"
		"noise.log, boot.log, boot.log\n");
}

static void nothing_found_is_a_no(void **state)
{
	says("trapline import noise.log; echo $?; ls *.trap 2>/dev/null | wc -l", 0,
		"trapline import: nothing found in 2 lines\n"
		"1\n"
		"0\n");
	says("trapline import --arch x86_64 boot.log", 1,
		"boot.log:1: of arm64, but --arch is x86_64; left out\n"
		"trapline import: nothing found in 1 line\n");
}

static void what_cannot_be_done_is_said(void **state)
{
	says("trapline import absent.log", 2, "trapline import: absent.log: No such file or directory\n");
	says("trapline import .", 2, "trapline import: .: cannot be read: Is a directory\n");
	says("trapline import boot.log -o absent/x.trap", 2,
		"trapline import: absent/x.trap: cannot be made: No such file or directory\n");
	says("trapline import --arch riscv boot.log", 2,
		"trapline import: --arch riscv: expected one of any, arm64, x86_64\n");
	says("trapline import boot.log absent.log -o half.trap; s=$?; test ! -e half.trap && exit $s", 2,
		"trapline import: absent.log: No such file or directory\n");
	says("echo 'kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41' | trapline import -o none.trap; s=$?; test ! -e none.trap && exit $s", 2,
		"trapline import: standard input:1: nothing here says of which architecture it is: --arch arm64 or --arch x86_64?\n");
}

static void json_is_what_was_found(void **state)
{
	says("trapline import -q --json boot.log " CASES "12-osv-pi4.txt | sed 's|/[^\"]*/||'", 0,
		"{\"seq\": 1, \"source\": \"a fault as somebody noted it\", \"text\": \"boot.log\", \"first\": 1, \"last\": 1, \"vcpu\": 0, \"arch\": \"arm64\", "
		"\"reason\": 28, \"exit\": \"nisv\", \"pc\": \"0x1000\", \"addr\": \"0x9000018\", \"write\": true, \"value\": \"0x92000046\", \"registers\": {\"pc\": \"0x1000\"}}\n"
		"{\"seq\": 2, \"source\": \"the VMM's report\", \"text\": \"12-osv-pi4.txt\", \"first\": 4, \"last\": 8, \"vcpu\": 0, \"arch\": \"arm64\", "
		"\"reason\": 28, \"exit\": \"nisv\", \"error\": \"ENOSYS\", \"pc\": \"0x40205afc\", \"registers\": {\"x8\": \"0x9\", \"x9\": \"0x48000000\", "
		"\"x14\": \"0x48000000\", \"x17\": \"0x0\", \"x21\": \"0x40723f4c\", \"pc\": \"0x40205afc\", \"pstate\": \"0x600003c5\", \"sp_el1\": \"0x40723f10\"}}\n");
}

static void a_name_cannot_drive_the_terminal(void **state)
{
	says("printf 'IPA=0x1000 FAR=0x11111111111111111 PC=0x5\\n' >\"$(printf 'a\\033[31m.log')\"; trapline import -q a*.log", 0,
		"a\\x1b[31m.log:1: FAR has more than 64 bits; left out\n");
}

static void the_trace_is_like_any_other(void **state)
{
	says("trapline import -q " CASES "01-uboot-xhci.txt && trapline stat 01-uboot-xhci.trap | sed 's|/.*/||' | grep -e notices -e cut -e vm", 0,
		"vmm        not recorded\n"
		"vm         0: type 0x0, vCPU 0, not seen when it was made\n"
		"notices    info after exit 1: imported: the guest's own report, 01-uboot-xhci.txt:4-9\n");
	says("trapline show 01-uboot-xhci.trap 1 | sed -n '/code at pc/,/^$/p'", 0,
		"code at pc\n"
		"   0x476fc1b8: d5033fbf  0x476fc1bc: aa1503e0  0x476fc1c0: 5287d003  0x476fc1c4: 52800002\n"
		"  >0x476fc1c8: b8004401\n"
		"\n");
}
// clang-format on

#define T(test) cmocka_unit_test_setup_teardown(test, enter_with_logs, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_log_is_named_after),
		T(standard_input_is_a_log_too),
		T(several_logs_are_one_trace),
		T(nothing_found_is_a_no),
		T(what_cannot_be_done_is_said),
		T(json_is_what_was_found),
		T(a_name_cannot_drive_the_terminal),
		T(the_trace_is_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
