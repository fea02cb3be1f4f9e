// SPDX-License-Identifier: MIT
// labels: unit fuzz
// Lines of every kind, shuffled, cut and with bytes changed: whatever comes of them can be read again.
#include "tests/replayer/imported.h"

#include "replayer/import-event.h"
#include "replayer/import-read.h"
#include "tests/arch/random.h"

#include <glob.h>

enum { LINES = 512, LINE = 1024, TEXT = 1 << 16 };

static char *lines[LINES];
static unsigned n_lines;

static const char *const more[] = {
	"X02=0000000000000002 X03=0000000000000003 X04=0000000000000004",
	"R12=0000000c R13=7eb3fe10 R14=7ff72cf4 R15=7ff72d08",
	"PSR=200001d3 --C- A NS svc32",
	"KVM internal error. Suberror: 1",
	"extra data[1]: 0x0000000000000004",
	"emulation failure",
	"KVM: entry failed, hardware error 0x80000021",
	"KVM: unknown exit, hardware reason 31",
	"EAX=00000001 EBX=00000002 ECX=00000003 EDX=00000663",
	"EIP=0000fff0 EFL=00010002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0",
	"R12=000000000000000c R13=000000000000000d R14=000000000000000e R15=000000000000000f",
	"CS =f000 ffff0000 0000ffff 00009b00",
	"GDT=     00001000 0000ffff",
	"CR0=60000010 CR2=00000000 CR3=00003000 CR4=00000000",
	"Code=90 90 ?? 90 90 <0f> 0b 00 00",
	"[   12.345678] Unable to handle kernel paging request at virtual address ffff800010001000",
	"  ESR = 0x0000000096000010",
	"[ffff800010001000] pgd=100000013ffff003, p4d=100000013ffff003, pte=0068000009000707",
	"Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT SMP",
	"CPU: 1 PID: 42 Comm: swapper/0 Not tainted 6.12.0 #1",
	"pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)",
	"x2 : 0000000000000000 x1 : 0000000000000001 x0 : ffff800010001000",
	"Code: d503201f aa1503e0 5287d003 52800002 (b8004401)",
	"Code: f8d3 0000 (6818) 4770",
	"Unhandled fault: external abort on non-linefetch (0x1008) at 0xf0802000",
	"pc : [<c0101234>]    lr : [<c0105678>]    psr: 60000013",
	"Flags: nZCv  IRQs on  FIQs on  Mode SVC_32  ISA ARM  Segment none",
	"Control: 10c5387d  Table: 4000406a  DAC: 00000051",
	"BUG: unable to handle page fault for address: ffffc90000100000",
	"PGD 100000067 P4D 100000067 PUD 0",
	"RIP: 0010:[<ffffffff81000010>]",
	"RIP: 0033:0x7f0012000000",
	"RSP: 0018:ffffc90000013e28 EFLAGS: 00010246",
	"FS:  00007f0012345740(0000) GS:ffff88813bc00000(0000) knlGS:0000000000000000",
	"SError Interrupt on CPU2, code 0x00000000bf000002 -- SError",
	"DABT (current EL) exception (ESR 0x96000010) at 0x0000000009030000",
	"elr: 00000000000081c8 lr : 00000000000081b0 (reloc)",
	"fault_ipa = 9000018, hsr = 92000046, elr_el2 = 1000",
	"HPFAR_EL2=0x90000 ESR=0x92000046 FAR=0xffff800010001018 PC=0x1000",
	"{ CRn( 9), Op1( 1), CRm( 2), Op2( 3), func_write },",
	" CPU 0/KVM-1234  [002] d..1.  100.000001: kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: "
	"0x1000",
	" CPU 1/KVM-1235  [003] .....  100.000003: kvm_mmio_nisv: ipa 0x80a0008, esr 0x92000007, "
	"far 0x8, pc 0x2000",
	" CPU 0/KVM-1234  [002] .....  100.000004: kvm_mmio: mmio unsatisfied-read len 4 gpa "
	"0x9000018 val 0x0",
	" CPU 0/KVM-1234  [002] .....  100.000005: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)",
	" CPU 0/KVM-1234  [002] .....  100.000006: kvm_mmio: mmio read len 4 gpa 0x9000018 val "
	"0x90",
	" CPU 0/KVM-1234  [002] d..1.  100.000007: kvm_entry: PC: 0x1004",
	" CPU 1/KVM-1235  [003] .....  100.000008: kvm_userspace_exit: reason restart (4)",
	" qemu-777 (700) [001]  5000.000002: kvm_pio: pio_read at 0x60 size 1 count 1 val 0x1c",
	" qemu-777 [001]  5000.000002: kvm_pio: pio_write at 0x1f0 size 2 count 256 val 0x41 (...)",
	" qemu-777 [001]  5000.000010: kvm_msr: msr_write c0000080 = 0x500",
	" qemu-777 [001]  5000.000010: kvm_msr: msr_read 1b = 0xfee00900",
	"May  6 12:34:56 host qemu[1]: &lt;b&gt;esr=0x92000046 ipa=0x9000018",
	"cpu1: \033[31mX00=0000000000000001 X01=0000000000000002\033[0m",
};

static void add_line(const char *text, size_t size)
{
	assert_true(n_lines < LINES);
	lines[n_lines++] = strndup(text, size);
}

static void add_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		add_line(line, strcspn(line, "\n"));
	fclose(f);
}

static int load_lines(void **state)
{
	glob_t found;

	random_start();
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		add_line(more[i], strlen(more[i]));
	if (glob(TL_SOURCE_DIR "/tests/data/cases/*.txt", 0, NULL, &found))
		return -1;
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_file(found.gl_pathv[i]);
	globfree(&found);
	return 0;
}

static int free_lines(void **state)
{
	while (n_lines)
		free(lines[--n_lines]);
	return 0;
}

// Mostly bytes that mean something here.
static char odd_byte(void)
{
	static const char odd[] = "0123456789abcdefxX=:@()<>[]{}., \0\n\r\033&;?-#PCRE";
	const uint64_t n = any();

	return n & 3 ? odd[n / 8 % (sizeof(odd) - 1)] : (char)(n >> 8);
}

static size_t damage(char *text, size_t size)
{
	for (unsigned n = below(4); n && size > 2; n--) {
		const size_t at = below((unsigned)size), run = below(9);

		switch (below(4)) {
		case 0:
			text[at] = odd_byte();
			break;
		case 1: // a part is missing
			if (at + run < size) {
				memmove(text + at, text + at + run, size - at - run);
				size -= run;
			}
			break;
		case 2: // it ends early
			size = at + 1;
			break;
		case 3: // a digit too many
			memmove(text + at + 1, text + at, size - at);
			text[at] = "0f9"[below(3)];
			size++;
			break;
		}
	}
	return size;
}

static size_t random_line(char *to)
{
	const char *line = lines[below(n_lines)];
	return damage(to, (size_t)snprintf(to, LINE, "%s", line));
}

static void a_line_alone_never_goes_wrong(void **state)
{
	char bytes[LINE], plain[LINE];
	struct tl_import_event event;
	struct tl_import_facts facts;

	for (unsigned i = 0; i < random_rounds(100000); i++) {
		const size_t n = random_line(bytes);
		struct tl_import_line line = { .number = i };

		tl_import_clean_line(bytes, n, plain, &line);
		assert_true(strlen(plain) <= n);
		assert_true(line.text >= plain && line.text <= plain + strlen(plain));
		if (tl_import_read_event(line.text, &event, &facts))
			assert_true(event.kind <= TL_EVENT_USERSPACE);
		tl_import_read(line.text, (enum tl_import_isa)(i % 5), &facts);
		assert_true(facts.n_entries <= TL_IMPORT_ENTRIES && facts.n_data <= TL_IMPORT_DATA);
		assert_true(
			facts.code_size <= TL_IMPORT_CODE && facts.code_before <= facts.code_size);
	}
}

// A number that was set aside for what then had to be left out.
static bool is_lost(struct tl_trace *t, tl_seq seq)
{
	const struct tl_exit_kind *kind;
	struct tl_exit exit;
	struct tl_error *err = tl_trace_exit(t, seq, &exit, &kind);
	const bool lost = err && strstr(err->message, ": lost: ");

	if (err && !lost)
		fail_msg("%s", err->message);
	tl_error_free(err);
	return lost;
}

static void read_again(uint64_t exits)
{
	struct tl_trace *t = imported_trace = open_trace("out.trap");
	struct tl_import_told told;
	struct tl_span span;

	assert_ok(tl_trace_span(t, &span));
	assert_int_equal(span.exits, exits);
	for (tl_seq seq = span.first; seq <= span.last; seq++) {
		if (is_lost(t, seq))
			continue;
		imported_row(t, seq);
		assert_ok(tl_import_told(t, seq, &told));
		assert_int_not_equal(told.source, TL_IMPORT_NONE);
		tl_import_told_deinit(&told);
	}
}

static void any_text_gives_a_trace_that_can_be_read(void **state)
{
	static const struct tl_arch *const archs[] = { NULL, &tl_arch_arm64, &tl_arch_x86_64 };
	static char text[TEXT];
	unsigned traces = 0;

	for (unsigned i = 0; i < random_rounds(60); i++) {
		struct tl_error *err;
		uint64_t exits;
		size_t n = 0;

		for (unsigned l = 0; l < 60 && n + LINE < TEXT; l++) {
			n += random_line(text + n);
			text[n++] = '\n';
		}
		exits = import_bytes(text, n, archs[i % 3], &err);
		if (err) // nothing but events that are of any architecture
			assert_non_null(strstr(err->message, "of which architecture"));
		tl_error_free(err);
		if (!exits)
			continue;
		read_again(exits);
		traces++;
	}
	assert_true(traces > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_alone_never_goes_wrong),
		cmocka_unit_test_setup_teardown(
			any_text_gives_a_trace_that_can_be_read, enter_folder, leave_imported),
	};

	return cmocka_run_group_tests(tests, load_lines, free_lines);
}
