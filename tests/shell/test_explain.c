/* SPDX-License-Identifier: MIT */
// labels: unit golden
//
// explain and answer as people see them: each golden trace, and all that can be wrong with what was typed.
// test_cases.sh has the faults of public reports.
#include "tests/shell/session.h"

#include <elf.h>

#define GOLDEN TL_SOURCE_DIR "/tests/data/"
#define UBOOT  GOLDEN "arm64-uboot-nisv.trap"

static int enter_with_session(void **state)
{
	if (enter_folder(state))
		return -1;
	make_session("boot.trap");
	return 0;
}

// Runs of blanks and line ends are one: lines break where the screen ends.
static const char *flat(const char *text)
{
	static char out[1 << 16];
	size_t n = 0;

	for (; *text; text++)
		if ((*text != ' ' && *text != '\n') || (n && out[n - 1] != ' '))
			out[n++] = *text == '\n' ? ' ' : *text;
	out[n] = 0;
	return out;
}

static void has_all(const char *words, int status, const char *const *texts)
{
	const struct said *said = run(words);
	const char *text = flat(said->text);

	assert_int_equal(said->status, status);
	for (; *texts; texts++)
		if (!strstr(text, *texts))
			fail_msg("%s: no \"%s\" in: %s", words, *texts, said->text);
}

#define HAS(words, status, ...) has_all(words, status, (const char *const[]){ __VA_ARGS__, NULL })

// clang-format off
static void uboots_death_is_one_screen(void **state)
{
	says("trapline explain " UBOOT, 0,
		"exit 2702 on vCPU 2: NISV, a post-index store of 4 bytes\n"
		"\n"
		"  0x4770f228   d5033fbf  dmb     sy\n"
		"  0x4770f22c   aa1503e0  mov     x0, x21\n"
		"  0x4770f230   5287d003  mov     w3, #0x3e80\n"
		"  0x4770f234   52800002  mov     w2, #0\n"
		"> 0x4770f238   b8004401  str     w1, [x0], #4\n"
		"                         ^^^^^^^^^^^^^^^^^^^^\n"
		"  0x4770f23c   52800021  mov     w1, #1\n"
		"  0x4770f240   97fffb68  bl      #0x4770dfe0\n"
		"  0x4770f244   2a0003f4  mov     w20, w0\n"
		"\n"
		"  access     a post-index store of 4 bytes at virtual 0x10000040, guest physical 0x10000040\n"
		"  walk       0x10000040 leads to 0x10000040, over 3 table entries: ok\n"
		"  place      no memory slot shows it; the nearest is RAM at 0x90a0000-0x90a0fff, 111.4 MiB below\n"
		"  device     BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB controller), at 0x10000000-0x10003fff: the\n"
		"             BAR was written at exit 2266\n"
		"             a device of the VMM, at 0x10000000-0x10000fff: 17 reads and 7 writes at\n"
		"             0x10000000-0x1000007b, the last at exit 2701; here exit 2701 read 0x0\n"
		"             memory of PCI devices, at 0x10000000-0x3efeffff: QEMU's virt board has it there\n"
		"  syndrome   0x45: WnR=0x1 a write, DFSC=0x5 translation fault, level 1; KVM left out the rest\n"
		"\n"
		"why\n"
		"  1. certain: the guest accesses a device by a post-index store of 4 bytes, as compilers make it of\n"
		"     plain accesses\n"
		"     - str gives no syndrome: the CPU does not say what was accessed (Arm ARM D17.2.37, ISV)\n"
		"     - 0x10000040 is BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB controller)\n"
		"     in the guest: access registers of devices by accessors that are one plain load or store each\n"
		"                   (readl, writel in assembly), so that the compiler cannot merge them\n"
		"     in the VMM:   enable KVM_CAP_ARM_NISV_TO_USER and carry the instruction out, or inject an\n"
		"                   external abort\n"
		"  2. unlikely: a wild pointer, which happens to lead to BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB\n"
		"     controller)\n"
		"     in the guest: look where the base register got its value\n"
		"     in the VMM:   an external abort tells the guest at once\n"
		"\n"
		"answers\n"
		"  emulate    write 4 0x10000040 = 0x1, x0 = 0x10000044, pc = 0x4770f23c\n"
		"* abort      pc = 0x476b9a00, pstate = 0x600003c5, elr_el1 = 0x4770f238, spsr_el1 = 0x600002c5,\n"
		"             esr_el1 = 0x96000010, far_el1 = 0x10000040\n"
		"  undef      pc = 0x476b9a00, pstate = 0x600003c5, elr_el1 = 0x4770f238, spsr_el1 = 0x600002c5,\n"
		"             esr_el1 = 0x2000000\n"
		"  size-fault pc = 0x476b9a00, pstate = 0x600003c5, elr_el1 = 0x4770f238, spsr_el1 = 0x600002c5,\n"
		"             esr_el1 = 0x96000000, far_el1 = 0x10000040\n"
		"  serror     pc = 0x476b9b80, pstate = 0x600003c5, elr_el1 = 0x4770f238, spsr_el1 = 0x600002c5,\n"
		"             esr_el1 = 0xbf000000: the CPU takes it as soon as the vCPU enters (a CPU with FEAT_NMI\n"
		"             sets PSTATE.ALLINT too, one with FEAT_MTE2 TCO)\n"
		"  skip       pc = 0x4770f23c\n"
		"  retry      the same instruction traps again, at once and for ever\n"
		"  map        the instruction runs again, on memory\n"
		"  or of the VM as a whole: restart, suspend, dump, stop; * is the answer that was given\n");
}

static void its_answers_stand_side_by_side(void **state)
{
	says("trapline answer " UBOOT, 0,
		"exit 2702 on vCPU 2: NISV at pc 0x4770f238\n"
		"\n"
		"emulate     write 4 0x10000040 = 0x1; by KVM_SET_ONE_REG\n"
		"abort       by KVM_SET_VCPU_EVENTS, ext_dabt_pending; the answer that was given\n"
		"undef       by KVM_SET_ONE_REG\n"
		"size-fault  by KVM_SET_ONE_REG\n"
		"serror      by KVM_SET_VCPU_EVENTS, serror_pending: the CPU takes it as soon as the vCPU enters (a CPU with FEAT_NMI sets PSTATE.ALLINT too, one with FEAT_MTE2 TCO)\n"
		"skip        by KVM_SET_ONE_REG\n"
		"retry       the same instruction traps again, at once and for ever\n"
		"map         the instruction runs again, on memory\n"
		"restart     the VM starts over\n"
		"suspend     the VM stands still\n"
		"dump        the guest's memory is written to a file, and it stops\n"
		"stop        the VM ends\n"
		"\n"
		"register  at the exit         emulate     abort       undef       size-fault  serror\n"
		"x0        0x10000040          0x10000044  =           =           =           =\n"
		"pc        0x4770f238          0x4770f23c  0x476b9a00  0x476b9a00  0x476b9a00  0x476b9b80\n"
		"pstate    0x600002c5          =           0x600003c5  0x600003c5  0x600003c5  0x600003c5\n"
		"elr_el1   0x0                 =           0x4770f238  0x4770f238  0x4770f238  0x4770f238\n"
		"spsr_el1  0x0                 =           0x600002c5  0x600002c5  0x600002c5  0x600002c5\n"
		"esr_el1   0x1de7ec7edbadc0de  =           0x96000010  0x2000000   0x96000000  0xbf000000\n"
		"far_el1   0x1de7ec7edbadc0de  =           0x10000040  =           0x10000040  =\n"
		"\n"
		"register  at the exit  skip\n"
		"pc        0x4770f238   0x4770f23c\n");
}

static void named_answers_come_with_all_that_they_change(void **state)
{
	says("trapline answer " UBOOT " 2702 emulate retry", 0,
		"exit 2702 on vCPU 2: NISV at pc 0x4770f238\n"
		"\n"
		"emulate: the instruction is carried out against a device\n"
		"  given by   KVM_SET_ONE_REG\n"
		"  accesses   write 4 0x10000040 = 0x1\n"
		"  x0         0x10000040           -> 0x10000044           writeback\n"
		"  pc         0x4770f238           -> 0x4770f23c           next instruction\n"
		"\n"
		"retry: the instruction runs again\n"
		"  given by   nothing but the next KVM_RUN\n"
		"  then       the same instruction traps again, at once and for ever\n");
}

static void a_call_shows_the_instruction_that_made_it(void **state)
{
	says("trapline explain " GOLDEN "arm64-psci.trap last", 0,
		"exit 10 on vCPU 0: system event\n"
		"\n"
		"  0x40080018   58000149  ldr     x9, #0x40080040\n"
		"  0x4008001c   97fffff9  bl      #0x40080000\n"
		"  0x40080020   58000140  ldr     x0, #0x40080048\n"
		"> 0x40080024   d4000002  hvc     #0\n"
		"                         ^^^^^^^^^^\n"
		"  0x40080028   52800029  mov     w9, #1\n"
		"  0x4008002c   5800012a  ldr     x10, #0x40080050\n"
		"  0x40080030   b9000149  str     w9, [x10]\n"
		"  0x40080034   14000000  b       #0x40080034\n"
		"\n"
		"why\n"
		"  1. certain: the guest called for it: shutdown\n"
		"\n"
		"answers\n"
		"  serror     pending until the guest unmasks SErrors\n"
		"  or of the VM as a whole: restart, suspend, dump, stop\n");
}
// clang-format on

static void each_golden_trace_is_explained(void **state)
{
	HAS("trapline explain " GOLDEN "arm64-nisv-abort.trap", 0,
		"exit 28 on vCPU 0: NISV, a zeroing of a cache block ",
		"> 0x400802a4 d50b7420 dc zva, x0", "place read-only memory at 0xc000000-0xc00ffff",
		"1. certain: the guest zeroes a block by dc zva", "* abort pc = 0x40080a00");
	HAS("trapline explain " GOLDEN "arm64-nisv-abort.trap 27", 0,
		"exit 27 on vCPU 0: NISV, an atomic update of 8 bytes ",
		"1. certain: the guest writes to read-only memory, such as flash in array mode, by "
		"an atomic update",
		"emulate refused: swp at 0xc000000, which is no RAM: not atomic when emulated (Arm "
		"ARM B2.2.1)");
	HAS("trapline explain " GOLDEN "arm64-nisv-off.trap", 0, "exit 10 on vCPU 0: NISV",
		"emulate not known: what the device gives at 0xa000000 is not known",
		"(the VMM has to enable KVM_CAP_ARM_NISV_TO_USER first)", "* stop the VM ends");
	HAS("trapline explain " GOLDEN "arm64-mmio.trap 1", 0, "MMIO, a store of 1 byte",
		"1. certain: an ordinary access to a device, which KVM describes and the VMM "
		"answers",
		"* recorded pc = 0x40080030");
	HAS("trapline explain " GOLDEN "arm64-idsr-cell.trap", 0,
		"IDSR, a read of a system register", "pmc0_el1", "* recorded x30 = 0x11e",
		"cell x30 = 0x11e", "raz x30 = 0x0");
	HAS("trapline explain " GOLDEN "arm64-idsr-undef.trap", 0, "* undef pc = 0x40080a00");
	HAS("trapline explain " GOLDEN "arm64-idsr-unasked.trap", 0, "* undef pc = 0x40080a00");
	HAS("trapline explain " GOLDEN "arm64-idsr32-cell.trap", 0,
		"IDSR of a 32-bit guest (T32), a read of a system register", "p15_0_c15_c2_0");
	HAS("trapline explain " GOLDEN "arm64-idsr32-undef.trap", 0, "* undef x22 = 0x4008014a");
	HAS("trapline explain " GOLDEN "arm64-interrupted.trap 3", 0, "failed KVM_RUN",
		"no instruction trapped: KVM_RUN was interrupted",
		"* retry the instruction runs again");
	HAS("trapline explain " GOLDEN "arm64-smp.trap last", 0, "why 1. ");
}

static void where_nothing_went_wrong_an_exit_has_to_be_named(void **state)
{
	HAS("trapline explain " GOLDEN "arm64-mmio.trap", 2,
		"arm64-mmio.trap: at no exit was the guest in trouble: name one, such as last");
	HAS("trapline answer " GOLDEN "arm64-psci.trap stop", 2,
		"arm64-psci.trap: at no exit was the guest in trouble: name one, such as last");
}

static void positions_have_to_be_exits_of_the_trace(void **state)
{
	says("trapline explain boot.trap 99", 2,
		"trapline explain: boot.trap: exit 99: not there; the trace has 1 to 7\n");
	says("trapline answer boot.trap 99 stop", 2,
		"trapline answer: boot.trap: exit 99: not there; the trace has 1 to 7\n");
	says("trapline explain 3+0", 2,
		"trapline explain: 3+0: that is after the exit was answered: name the exit, such "
		"as "
		"3\n");
	says("trapline explain 3+4", 2,
		"trapline explain: 3+4: what the guest did between exits is not recorded; to run "
		"it "
		"again needs an engine, which this version does not have\n");
	says("trapline explain 0", 2,
		"trapline explain: 0: exits are numbered from 1; 0+0 is the start, before the "
		"first\n");
	says("trapline explain 2..3", 2,
		"trapline explain: 2..3: expected a position: 41 (exit 41), 41+0 (with the VMM's "
		"reply), 0+0 (the start), last or last+0\n");
	says("trapline explain abort", 2,
		"trapline explain: abort: expected a position: 41 (exit 41), 41+0 (with the VMM's "
		"reply), 0+0 (the start), last or last+0\n");
	says("trapline explain 3 4", 2, "trapline explain: 4: one word too many; see --help\n");
}

static void answers_have_to_be_words_of_ours(void **state)
{
	says("trapline answer 3 abortive", 2,
		"trapline answer: abortive: no such answer: there are recorded, value, zero, ones, "
		"ignore, emulate, abort, undef, size-fault, serror, skip, raz, cell, retry, map, "
		"gp, restart, suspend, dump, stop\n");
	says("trapline answer 3 abort=1", 2, "trapline answer: abort=1: abort takes no value\n");
	says("trapline answer 2 value", 2,
		"trapline answer: value: which value? expected value=V\n");
	says("trapline answer 2 value=1,2", 2,
		"trapline answer: value=1,2: value takes at most 1 value\n");
	says("trapline answer 2 value=x", 2,
		"trapline answer: value=x: \"x\" is no number of 64 bits\n");
	says("trapline answer 2 value=0x10000000000000000", 2,
		"trapline answer: value=0x10000000000000000: \"0x10000000000000000\" is no number "
		"of 64 bits\n");
	says("trapline answer 3 emulate=", 2,
		"trapline answer: emulate=: \"\" is no number of 64 bits\n");
	says("trapline answer 3 emulate=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 2,
		"trapline answer: emulate=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17: emulate takes "
		"at most 16 values\n");
	says("trapline answer 3 $(yes stop | head -21)", 2,
		"trapline answer: 21 answers: expected at most 20\n");
}

static void a_refusal_is_status_1_and_quotes_the_rule(void **state)
{
	says("trapline answer 1 retry", 1,
		"exit 1 on vCPU 0: MMIO at pc 0xffff800012340000\n"
		"\n"
		"retry: the instruction runs again\n"
		"  refused: KVM completes this exit at the next KVM_RUN: it cannot be tried again "
		"(KVM API 5, kvm_run)\n");
	HAS("trapline answer 1 value=0", 1,
		"refused: this is a write: userspace gives no value back (KVM API 5, kvm_run)");
	HAS("trapline answer 2 ignore", 1,
		"refused: this is a read: the guest gets a value, whatever it is (KVM API 5, "
		"kvm_run)");
	HAS("trapline answer 5 abort", 1,
		"refused: ext_dabt_pending is allowed only after MMIO, NISV and LDST64B (KVM API "
		"4.32, KVM_SET_VCPU_EVENTS)");
	HAS("trapline answer 3 gp", 1,
		"refused: only an access to an MSR of x86_64 can be answered so (KVM API 5, "
		"KVM_EXIT_X86_RDMSR)");
	HAS("trapline answer " UBOOT " serror=0xbe000000", 1,
		"refused: KVM refuses the syndrome 0xbe000000: it takes the 25 bits of ISS (KVM "
		"API "
		"4.32)");
	HAS("trapline answer " GOLDEN "arm64-mmio.trap 11 value=0x1122334455667788", 1,
		"does not fit into the");
	HAS("trapline answer " UBOOT " 2702 abort zero stop", 1, "esr_el1", "then the VM ends",
		"refused: a value is the answer to a read that KVM completes (KVM API 5, kvm_run)");
	HAS("trapline answer 2 zero", 1,
		"not known: needs the instruction at pc, which was not recorded");
}

static void what_can_still_be_said_is_said(void **state)
{
	says("trapline explain boot.trap", 0,
		"exit 5 on vCPU 0: IDSR\n"
		"\n"
		"why\n"
		"  1. certain: the guest reads s3_0_c0_c4_1, id_aa64pfr1_el1, a register that KVM "
		"does not know\n"
		"     - processor features 1\n"
		"     - without KVM_CAP_ARM_IDSR_TO_USER, which takes a patch, the guest finds it "
		"undefined\n"
		"     in the guest: look at MIDR_EL1 before using registers of one CPU\n"
		"     in the VMM:   most such registers do as plain cells, or as RAZ/WI\n"
		"\n"
		"not known here\n"
		"  - pstate: which instruction set, which exception level\n"
		"  - the instruction at pc\n"
		"\n"
		"answers\n"
		"* recorded   not known: needs the instruction at pc, which was not recorded\n"
		"  ones       not known: needs the instruction at pc, which was not recorded\n"
		"  undef      esr_el1 = 0x2000000\n"
		"  serror     pending until the guest unmasks SErrors\n"
		"  raz        not known: needs the instruction at pc, which was not recorded\n"
		"  cell       not known: needs the instruction at pc, which was not recorded\n"
		"  or of the VM as a whole: restart, suspend, dump, stop; * is the answer that was "
		"given\n"
		"  registers that depend on what is not known are left out\n");
	HAS("trapline explain 6", 0, "exit 6 on vCPU 1: other exit",
		"1. unknown: nothing that is known of this exit tells why");
}

static void a_report_of_the_guest_is_no_exit(void **state)
{
	says("printf 'pstate: 600003c5\\npc : 0000000040001000 lr : 0000000040000f00\\nsp : "
	     "000000004007fff8\\nCode: (a90007e0)\\n' | trapline import -q -o oops.trap - && "
	     "trapline answer oops.trap",
		2,
		"trapline answer: exit 1: this is the guest's own report of an exception, no exit: "
		"userspace was not asked\n");
	HAS("trapline answer oops.trap abort", 1, "exit 1 on vCPU 0: guest's own report",
		"refused: this is the guest's own report of an exception, no exit: userspace was "
		"not "
		"asked");
	unlink("oops.trap");
}

static void programs_for_symbols_have_to_be_elf(void **state)
{
	says("trapline explain 3 --elf /no/such", 2,
		"trapline explain: /no/such: cannot open: No such file or directory\n");
	says("trapline explain 3 --elf /etc/passwd", 2,
		"trapline explain: /etc/passwd: is not an ELF file: starts with 72 6f 6f 74, "
		"expected 7f 45 4c 46\n");
	says("trapline explain 3 --elf", 2, "trapline explain: --elf: needs a value\n");
	says("trapline explain 3 $(seq 17 | sed 's|.*|--elf=/bin/true|')", 2,
		"trapline explain: --elf /bin/true: at most 16 of them\n");
	HAS("trapline explain 3 --elf " TL_BUILD_BIN "/trapline", 0, "exit 3 on vCPU 0: NISV");
}

static void there_has_to_be_a_trace(void **state)
{
	struct tl_writer *w = create("empty.trap", TL_ARCH_ARM64);

	add_machine(w, TL_ABI_MAINLINE, 1);
	assert_ok(tl_writer_finish(w));
	says("trapline explain /no/such.trap", 2,
		"trapline explain: /no/such.trap: cannot be opened: No such file or directory\n");
	says("trapline explain empty.trap", 2,
		"trapline explain: empty.trap: at no exit was the guest in trouble: name one, such "
		"as last\n");
	HAS("trapline explain empty.trap last", 2, "trapline explain: empty.trap: ");
	HAS("trapline answer empty.trap 1 abort", 2, "trapline answer: empty.trap: ");
	says("head -c 5000 boot.trap >cut.trap; trapline explain ./cut.trap", 2,
		"trapline explain: ./cut.trap: truncated: 5000 bytes, expected 126976\n");
	says("mkdir none; cd none; trapline explain", 2,
		"trapline explain: no trace in this folder: name one, or make one with \"trapline "
		"record\"\n");
	unlink("empty.trap");
	unlink("cut.trap");
}

static void options_have_to_be_known(void **state)
{
	says("trapline explain --why", 2, "trapline explain: --why: no such option; see --help\n");
	says("trapline answer --elf x", 2, "trapline answer: --elf: no such option; see --help\n");
	says("trapline answer --json=1", 2, "trapline answer: --json takes no value\n");
	HAS("trapline explain --help", 0, "usage: trapline explain [TRACE] [POS] [OPTIONS]",
		"--elf FILE[@LOAD]", "example: trapline explain boot.trap 2702 --elf u-boot");
	HAS("trapline answer --help", 0,
		"usage: trapline answer [TRACE] [POS] [ANSWER[=VALUE[,VALUE...]]...] [OPTIONS]",
		"Status 1: an answer that was named is refused, or its effect is not known.");
}

// Every answer there is stands in the help.
static void the_help_names_all_answers(void **state)
{
	static const char *const names[] = { "recorded", "value=V", "zero, ones", "ignore",
		"emulate[=V..]", "abort", "undef", "size-fault", "serror[=ESR]", "skip",
		"raz, cell[=V]", "retry, map", "gp", "restart, suspend, dump, stop", NULL };

	has_all("trapline answer --help", 0, names);
}

/* For programs. */

static void assert_json(const char *words, int status, const char *query, const char *expected)
{
	const struct said *said = run(words);
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(said->status, status);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
	sqlite3_bind_text(stmt, 1, said->text, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s: %s", words, sqlite3_errmsg(db), said->text);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void json_is_one_object(void **state)
{
	static const char *const traces[] = { "arm64-nisv-abort.trap", "arm64-nisv-off.trap",
		"arm64-idsr-cell.trap", "arm64-idsr-undef.trap", "arm64-idsr-unasked.trap",
		"arm64-idsr32-cell.trap", "arm64-uboot-nisv.trap", "arm64-mmio.trap 1",
		"arm64-psci.trap last", "arm64-smp.trap last", "arm64-interrupted.trap 3" };
	char words[400];

	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++) {
		snprintf(words, sizeof(words), "trapline explain --json " GOLDEN "%s", traces[i]);
		assert_json(words, 0, "SELECT json_type(?)", "object");
		snprintf(words, sizeof(words), "trapline answer --json " GOLDEN "%s", traces[i]);
		assert_json(words, 0, "SELECT json_type(?)", "object");
	}
	for (unsigned seq = 1; seq <= 7; seq++) {
		snprintf(words, sizeof(words), "trapline explain --json boot.trap %u", seq);
		assert_json(words, 0, "SELECT json_type(?)", "object");
	}
}

#define EXPLAIN_JSON "trapline explain --json " UBOOT
#define ANSWER_JSON  "trapline answer --json " UBOOT " abort zero"

static void json_says_what_the_screen_says(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = { { "$.seq", "2702" }, { "$.exit", "NISV" }, { "$.instruction", "0x4770f238" },
		{ "$.code[4].mnemonic", "str" }, { "$.code[4].trapped", "1" },
		{ "$.code[3].trapped", "0" }, { "$.access.what", "a post-index store of 4 bytes" },
		{ "$.access.gpa", "0x10000040" }, { "$.access.backing", "hole" },
		{ "$.syndrome.DFSC.meaning", "translation fault, level 1" },
		{ "$.causes[0].name", "merged-device-access" },
		{ "$.causes[0].certainty", "certain" }, { "$.causes[1].certainty", "unlikely" },
		{ "$.answers[1].answer", "abort" }, { "$.answers[1].recorded", "1" },
		{ "$.answers[0].recorded", "0" },
		{ "$.answers[0].accesses[0].direction", "write" } };
	char query[120];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(query, sizeof(query), "SELECT json_extract(?, '%s')", rows[i].path);
		assert_json(EXPLAIN_JSON, 0, query, rows[i].value);
	}
}

static void json_of_answers_has_effect_or_reason(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = { { "$.answers[0].status", "done" },
		{ "$.answers[0].given_by", "KVM_SET_VCPU_EVENTS, ext_dabt_pending" },
		{ "$.answers[0].registers.esr_el1.after", "0x96000010" },
		{ "$.answers[0].registers.esr_el1.before", "0x1de7ec7edbadc0de" },
		{ "$.answers[0].registers.esr_el1.origin", "entry" },
		{ "$.answers[0].witnessed", "1" }, { "$.answers[1].status", "refused" },
		{ "$.answers[1].why", "a value is the answer to a read that KVM completes" },
		{ "$.answers[1].source", "KVM API 5, kvm_run" } };
	char query[120];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(query, sizeof(query), "SELECT json_extract(?, '%s')", rows[i].path);
		assert_json(ANSWER_JSON, 1, query, rows[i].value);
	}
}

/* Terminals. */

static void colour_is_for_terminals(void **state)
{
	assert_null(strchr(run("trapline explain " UBOOT)->text, '\033'));
	assert_null(strchr(run("trapline answer " UBOOT " abort")->text, '\033'));
	assert_non_null(strstr(run_on_terminal("trapline explain " UBOOT)->text, "\033[1m"));
}

// A program with one function, of that name, at that address.
static void make_elf(const char *path, const char *name, uint64_t at)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segment;
		Elf64_Shdr section[4];
		Elf64_Sym symbol[2];
		char strings[64], code[64];
	} elf = { .head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = EM_AARCH64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(Elf64_Ehdr),
			  .e_shoff = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1,
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 4,
			  .e_shstrndx = 2 } };
	const size_t symbols = (size_t)((char *)elf.symbol - (char *)&elf);
	const size_t strings = (size_t)(elf.strings - (char *)&elf);
	FILE *f;

	elf.segment = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, (size_t)(elf.code - (char *)&elf), at, at,
		64, 64, 4 };
	elf.section[1] = (Elf64_Shdr){ 0, SHT_SYMTAB, 0, 0, symbols, sizeof(elf.symbol), 2, 1, 8,
		sizeof(Elf64_Sym) };
	elf.section[2] = (Elf64_Shdr){ 0, SHT_STRTAB, 0, 0, strings, 64, 0, 0, 1, 0 };
	elf.section[3] = (Elf64_Shdr){ 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, at,
		elf.segment.p_offset, 64, 0, 0, 4, 0 };
	elf.symbol[1] = (Elf64_Sym){ 1, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 3, at, 64 };
	snprintf(elf.strings + 1, sizeof(elf.strings) - 1, "%s", name);
	memcpy(elf.code + 16, "\x01\x44\x00\xb8", 4);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(&elf, sizeof(elf), 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

static void symbols_are_named(void **state)
{
	make_elf("guest", "copy_out", 0xffff800012340000);
	HAS("trapline explain 3 --elf guest@0xffff800012340000", 0, " in copy_out+0x10 (guest, ");
	HAS("trapline explain 3 --json --elf guest@0xffff800012340000", 0,
		"\"name\": \"copy_out\", \"offset\": 16");
	unlink("guest");
}

// Programs and traces come from anybody: what they say of names reaches no terminal as it is.
static void hostile_text_is_neutralised(void **state)
{
	make_elf("guest", "evil\033[31m\a", 0xffff800012340000);
	change("boot.trap", "UPDATE meta SET value = 'q' || char(27) || ']0;owned' || char(7) "
			    "WHERE key = 'vmm'");
	HAS("trapline explain 3 --elf guest@0xffff800012340000", 0, " in evil\\x1b[31m\\a+0x10 ");
	for (unsigned i = 0; i < 2; i++) {
		const struct said *said =
			run(i ? "trapline explain 3 --json --elf guest@0xffff800012340000"
			      : "trapline explain 3 --elf guest@0xffff800012340000");

		assert_int_equal(said->status, 0);
		assert_null(strchr(said->text, '\033'));
		assert_null(strchr(said->text, '\a'));
	}
	unlink("guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uboots_death_is_one_screen),
		cmocka_unit_test(its_answers_stand_side_by_side),
		cmocka_unit_test(named_answers_come_with_all_that_they_change),
		cmocka_unit_test(a_call_shows_the_instruction_that_made_it),
		cmocka_unit_test(each_golden_trace_is_explained),
		cmocka_unit_test(where_nothing_went_wrong_an_exit_has_to_be_named),
		cmocka_unit_test(positions_have_to_be_exits_of_the_trace),
		cmocka_unit_test(answers_have_to_be_words_of_ours),
		cmocka_unit_test(a_refusal_is_status_1_and_quotes_the_rule),
		cmocka_unit_test(what_can_still_be_said_is_said),
		cmocka_unit_test(a_report_of_the_guest_is_no_exit),
		cmocka_unit_test(programs_for_symbols_have_to_be_elf),
		cmocka_unit_test(there_has_to_be_a_trace),
		cmocka_unit_test(options_have_to_be_known),
		cmocka_unit_test(the_help_names_all_answers),
		cmocka_unit_test(json_is_one_object),
		cmocka_unit_test(json_says_what_the_screen_says),
		cmocka_unit_test(json_of_answers_has_effect_or_reason),
		cmocka_unit_test(colour_is_for_terminals),
		cmocka_unit_test(symbols_are_named),
		cmocka_unit_test(hostile_text_is_neutralised),
	};

	return cmocka_run_group_tests(tests, enter_with_session, leave_folder);
}
