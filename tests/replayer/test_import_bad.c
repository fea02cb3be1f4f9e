// SPDX-License-Identifier: MIT
// labels: unit
// Logs that are cut, mixed, wrapped, of the wrong machine, or no logs at all: what is said, and what stays.
#include "tests/replayer/imported.h"

#include <sys/resource.h>

static void a_dump_that_is_cut_says_what_it_lacks(void **state)
{
	gives("error: kvm run failed Function not implemented\n"
	      " PC=0000000000001000 X00=0000000000000001 X01=0000000000000002\n"
	      "X02=0000000000000003 X03=0000000000000004 X04=0000000000000005\n"
	      "X05=0000000000000006 X06=0000000000000007 X07=00000000000000\n",
		1,
		(const char *[]){
			"nisv ENOSYS pc=0x1000 | x0=0x1 x1=0x2 x2=0x3 x3=0x4 x4=0x5 x5=0x6 x6=0x7 "
			"x7=0x0 pc=0x1000 |" },
		"log.txt:4: the dump of registers is not whole: no x8 to x28, pstate\n");
	gives("R00=00000001 R01=00000002 R02=00000003 R03=00000004\n"
	      "R04=00000005 R06=00000007 R07=00000008\n"
	      "R08=00000009 R09=0000000a R10=0000000b R11=0000000c\n"
	      "R12=0000000d R13=0000000e R14=0000000f\n",
		1,
		(const char *[]){ "failed | x0=0x1 x1=0x2 x2=0x3 x3=0x4 x4=0x5 x6=0x7 x7=0x8 |" },
		"log.txt:4: r8 to r14 are left out: without a valid psr it is not known of which "
		"mode\n"
		"log.txt:4: the dump of registers is not whole: no r5, r15, psr\n");
	gives("EAX=00000001 EBX=00000002 ECX=00000003 EDX=00000663\n", 1,
		(const char *[]){ "failed | rax=0x1 rbx=0x2 rcx=0x3 rdx=0x663 |" },
		"log.txt:1: the dump of registers is not whole: no rsi to rbp, rip to rflags, "
		"cr0\n");
}

static void a_dump_within_another_one(void **state)
{
	gives(" PC=0000000000001000 X00=0000000000000001 X01=0000000000000002\n"
	      " PC=0000000000002000 X00=0000000000000011 X01=0000000000000012\n"
	      "X02=0000000000000013 X03=0000000000000000\n"
	      "PSTATE=600003c5 -ZC- EL1h\n",
		2,
		(const char *[]){ "failed pc=0x1000 | x0=0x1 x1=0x2 pc=0x1000 |",
			"failed pc=0x2000 | x0=0x11 x1=0x12 x2=0x13 x3=0x0 pc=0x2000 "
			"pstate=0x600003c5 |" },
		"log.txt:1: the dump of registers ends here, and another one begins\n");
}

static void mixed_dumps_keep_what_they_agree_on(void **state)
{
	gives(" PC=0000000000001000 X00=0000000000000001 X01=0000000000000002\n"
	      " PC=0000000000002000 X00=0000000000000011 X01=0000000000000012\n"
	      "X02=0000000000000003 X03=0000000000000000 X04=0000000000000000\n"
	      "X02=0000000000000013 X03=0000000000000000 X04=0000000000000000\n"
	      "X05=0000000000000004 X06=0000000000000000 X07=0000000000000000\n"
	      "X05=0000000000000014 X06=0000000000000000 X07=0000000000000000\n"
	      "PSTATE=600003c5 -ZC- EL1h\n"
	      "PSTATE=800003c5 N--- EL1h\n",
		2,
		(const char *[]){ "failed pc=0x1000 | x0=0x1 x1=0x2 pc=0x1000 |",
			"failed pc=0x2000 | x0=0x11 x1=0x12 x3=0x0 x4=0x0 x6=0x0 x7=0x0 pc=0x2000 "
			"|" },
		"log.txt:1: the dump of registers ends here, and another one begins\n"
		"log.txt:4: two dumps are mixed here, and nothing tells their lines apart: what "
		"they "
		"disagree on is left out\n");
}

static void prefixes_tell_mixed_lines_apart(void **state)
{
	static const char *const rows[] = {
		"failed pc=0x1111 | x0=0x1100 x1=0x1101 pc=0x1111 far_el1=0x1000 |",
		"failed pc=0x2222 | x0=0x2200 x1=0x2201 pc=0x2222 far_el1=0x2000 |"
	};

	gives("[    1.0][    C0] Unable to handle kernel paging request at virtual address "
	      "0000000000001000\n"
	      "[    1.0][    C1] Unable to handle kernel paging request at virtual address "
	      "0000000000002000\n"
	      "[    1.0][    C0] pc : 0000000000001111\n"
	      "[    1.0][    C1] pc : 0000000000002222\n"
	      "[    1.0][    C1] x1 : 0000000000002201 x0 : 0000000000002200\n"
	      "[    1.0][    C0] x1 : 0000000000001101 x0 : 0000000000001100\n",
		2, rows, "");
	gives("cpu0: Unable to handle kernel paging request at virtual address 0000000000001000\n"
	      "[CPU 1] Unable to handle kernel paging request at virtual address 0000000000002000\n"
	      "cpu0: pc : 0000000000001111\n"
	      "[CPU 1] pc : 0000000000002222\n"
	      "[CPU 1] x1 : 0000000000002201 x0 : 0000000000002200\n"
	      "cpu0: x1 : 0000000000001101 x0 : 0000000000001100\n",
		2, rows, "");
	assert_rows_of(imported_trace, "SELECT group_concat(vcpu || ':' || id, ' ') FROM main.vcpu",
		"0:0 1:1");
	gives("May  6 12:34:56 host a[1]: Unable to handle kernel paging request at virtual "
	      "address 0000000000001000\n"
	      "May  6 12:34:56 host b[2]: Unable to handle kernel paging request at virtual "
	      "address 0000000000002000\n"
	      "2024-05-06T12:34:56.789012+02:00 host a[1]: pc : 0000000000001111\n"
	      "2024-05-06 12:34:56 host b[2]: pc : 0000000000002222\n"
	      "May  6 12:34:56 host b[2]: x1 : 0000000000002201 x0 : 0000000000002200\n"
	      "May  6 12:34:56 host a[1]: x1 : 0000000000001101 x0 : 0000000000001100\n",
		2, rows, "");
}

static void wrapping_does_not_matter(void **state)
{
	static const char text[] =
		"> > <4>[    1.5] error: kvm run failed Function not implemented<br>\r\n"
		"&gt; | \033[31m PC=0000000040205afc\033[0m X08=0000000000000009\0 "
		"X09=0000000048000000\n"
		"\tPSTATE=600003c5 -ZC- EL1h\n"
		"\033]0;title\a&lt;code&gt; ESR_EL2: 0x92000046, FAR_EL2: 0xffff800010001018 &amp; "
		"IPA=9000018";
	struct tl_error *err;

	assert_int_equal(import_bytes(text, sizeof(text) - 1, NULL, &err), 1);
	assert_ok(err);
	assert_string_equal(imported_messages, "");
	imported_trace = open_trace("out.trap");
	assert_string_equal(imported_row(imported_trace, 1),
		"nisv ENOSYS pc=0x40205afc addr=0x9000018 write=1 value=0x92000046 | x8=0x9 "
		"x9=0x48000000 pc=0x40205afc pstate=0x600003c5 |");
}

static void html_does_not_hide_the_mark(void **state)
{
	gives("Code=90 90 &lt;0F&gt; 0b &#60;\n", 1, (const char *[]){ "failed | | 9090>0f0b" },
		"");
}

static void numbers_that_do_not_fit_are_left_out(void **state)
{
	gives(" PC=0000000000001000 X00=1ffffffffffffffff X01=0000000000000002\n", 1,
		(const char *[]){ "failed pc=0x1000 | x1=0x2 pc=0x1000 |" },
		"log.txt:1: X00 has more than 64 bits; left out\n");
	gives("R00=00000001 R01=100000000 R15=7ff72d08 PSR=1200001d3\n", 1,
		(const char *[]){ "failed pc=0x7ff72d08 | x0=0x1 pc=0x7ff72d08 |" },
		"log.txt:1: R01 has more than 32 bits; left out\n");
	gives("esr=0x92000046 ipa=0x12345678123456789 pc=0x1000\n", 1,
		(const char *[]){ "nisv pc=0x1000 write=1 value=0x92000046 | pc=0x1000 |" },
		"log.txt:1: ipa has more than 64 bits; left out\n");
	gives("kvm_mmio_nisv: ipa 0x10000000000000000, esr 0x92000046, far 0x0, pc 0x1000\n", 1,
		(const char *[]){ "nisv pc=0x1000 write=1 value=0x92000046 | pc=0x1000 |" },
		"log.txt:1: ipa has more than 64 bits; left out\n");
	gives("IPA=0x1000 FAR=0x2000 PGD@0x11111111111111111=0x5\n", 1,
		(const char *[]){ "failed addr=0x1000 | |" },
		"log.txt:1: pgd has more than 64 bits; left out\n");
}

static void code_without_a_mark_is_left_out(void **state)
{
	gives("pc : 0000000000001000 lr : 0000000000002000\n"
	      "Code: d503201f aa1503e0 5287d003 52800002 b8004401\n",
		1, (const char *[]){ "failed pc=0x1000 | x30=0x2000 pc=0x1000 |" },
		"log.txt:2: code: no word is marked as the one at pc; left out\n");
}

static void one_trace_is_of_one_architecture(void **state)
{
	gives("X00=0000000000000001 X01=0000000000000002\n"
	      "\n"
	      "RAX=0000000000000001 RBX=ffff888003000000\n",
		1, (const char *[]){ "failed | x0=0x1 x1=0x2 |" },
		"log.txt:3: of x86_64, but the trace is of arm64; left out: it needs a trace of "
		"its own "
		"(--arch x86_64)\n");
}

static void another_architecture_than_asked_for_is_left_out(void **state)
{
	static const char text[] = "X00=0000000000000001 X01=0000000000000002\n";
	struct tl_error *err;

	assert_int_equal(import_bytes(text, strlen(text), &tl_arch_x86_64, &err), 0);
	assert_ok(err);
	assert_string_equal(
		imported_messages, "log.txt:1: of arm64, but --arch is x86_64; left out\n");
	assert_int_not_equal(access("out.trap", F_OK), 0);
}

static void what_is_of_any_architecture_waits_for_one(void **state)
{
	static const char text[] = "kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41\n";
	struct tl_error *err;

	gives("kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41\n"
	      "kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000000002000\n",
		2,
		(const char *[]){ "mmio addr=0x9000000 size=4 write=1 value=0x41 | |",
			"failed pc=0x2000 | pc=0x2000 |" },
		"");
	assert_int_equal(import_bytes(text, strlen(text), NULL, &err), 0);
	assert_error(err,
		"log.txt:1: nothing here says of which architecture it is: --arch arm64 or --arch "
		"x86_64?");
	assert_int_equal(import_bytes(text, strlen(text), &tl_arch_x86_64, &err), 1);
	assert_ok(err);
}

static void add_text(struct tl_import *import, const char *text, const char *name)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");

	assert_ok(tl_import_text(import, from, name));
	fclose(from);
}

// Also when another text is the first to say of which architecture it is.
static void every_exit_is_named_after_its_own_text(void **state)
{
	const struct tl_import_options options = { .output = "out.trap", .say = imported_say };
	struct tl_import_result result;
	struct tl_import *import;

	assert_ok(tl_import_open(&options, &import));
	add_text(import, "kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41\n", "a.txt");
	add_text(import, "\nesr=0x92000046 ipa=0x9000018\n", "b.txt");
	assert_ok(tl_import_finish(import, &result));
	assert_int_equal(result.exits, 2);
	imported_trace = open_trace("out.trap");
	assert_string_equal(tl_trace_meta(imported_trace, "imported"), "a.txt, b.txt");
	assert_rows_of(imported_trace,
		"SELECT group_concat(substr(text, 1, instr(text, char(10)) - 1), ' + ') FROM "
		"main.notice",
		"imported: trace events, a.txt:1-1 + imported: a fault as somebody noted it, "
		"b.txt:2-2");
}

static void words_that_look_like_registers_are_none(void **state)
{
	gives("", 0, NULL, "");
	gives("the pc : add+0x10/0x20 and sp : 5%, ip: 10.0.0.1, lr: 3\n"
	      "x0=10 y0=20 x1=30 y1=40\n"
	      "pc: 12:34:56 x: 5, ipa: 5.5%\n"
	      "Error Code: 12345678 (87654321)\n"
	      "Code: 200 (OK)\n"
	      "Internal error: out of memory\n"
	      "kvm_exit: something else\n"
	      "far 3 esr 4 pc 5\n",
		0, NULL, "");
}

static void a_program_that_crashes_is_no_machine(void **state)
{
	gives("[ 1.0] deliver: rip=0x100062 rsp=0x4000000 cr3=0x1000\n"
	      "[ 1.1] a[14768]: segfault at 0 ip 00005573fea9ab93 sp 00007ffe6d1007e0 error 6 in "
	      "a[cb93]\n"
	      "[ 1.2] Code: 48 8b 45 b8 <c6> 00 01\n"
	      "[ 1.3] traps: b[2] general protection fault ip:5573fea9ab93 sp:7ffe6d1007e0 "
	      "error:0\n"
	      "[ 1.4] Code: 48 8b 45 b8 <c6> 00 01\n",
		1,
		(const char *[]){ "failed pc=0x100062 | rsp=0x4000000 rip=0x100062 cr3=0x1000 |" },
		"");
}

static void a_long_line_is_read_as_far_as_it_may_be(void **state)
{
	static char text[200000];
	static const char late[] = " pc=0x1000 ";
	struct tl_error *err;
	int n = snprintf(text, sizeof(text), "esr=0x92000046 ipa=0x9000018 ");

	memset(text + n, 'a', sizeof(text) - (size_t)n);
	for (unsigned i = 0; i < strlen(late); i++)
		text[150000 + i] = late[i];
	assert_int_equal(import_bytes(text, sizeof(text), NULL, &err), 1);
	assert_ok(err);
	assert_string_equal(imported_messages,
		"log.txt:1: a line of more than 4096 bytes; the rest of it is not read\n");
	imported_trace = open_trace("out.trap");
	assert_string_equal(imported_row(imported_trace, 1),
		"nisv addr=0x9000018 write=1 value=0x92000046 | |");
}

// A report goes on over some noise, but not over any.
static void what_is_far_apart_does_not_belong_together(void **state)
{
	static char text[8192];

	snprintf(text, sizeof(text), "X00=0000000000000001 X01=0000000000000002\n");
	for (unsigned i = 0; i < 100; i++)
		append(text, sizeof(text), " frame %u\n", i);
	append(text, sizeof(text), "X02=0000000000000003\n");
	for (unsigned i = 0; i < 300; i++)
		append(text, sizeof(text), " frame %u\n", i);
	append(text, sizeof(text), "X03=0000000000000004 X04=0000000000000005\n");
	gives(text, 2,
		(const char *[]){ "failed | x0=0x1 x1=0x2 x2=0x3 |", "failed | x3=0x4 x4=0x5 |" },
		"");
}

static void messages_come_to_an_end(void **state)
{
	static char text[1 << 15];
	struct tl_error *err;
	const char *p;
	unsigned n = 0;

	text[0] = 0;
	for (unsigned i = 0; i < 250; i++)
		append(text, sizeof(text), "esr=0x92000046 ipa=0x9000018 pc=0x11111111111111111\n");
	assert_int_equal(import_bytes(text, strlen(text), NULL, &err), 250);
	assert_ok(err);
	for (p = imported_messages; (p = strchr(p, '\n')); p++)
		n++;
	assert_int_equal(n, 201);
	assert_non_null(strstr(imported_messages, "\nlog.txt: 50 more such messages\n"));
}

struct endless {
	size_t left, at, size;
	char chunk[4096];
};

// Noise, with a report every now and then.
static ssize_t read_endless(void *cookie, char *to, size_t size)
{
	struct endless *e = cookie;
	size_t n = 0;

	while (n < size && n < e->left) {
		if (e->at == e->size)
			e->at = 0;
		to[n++] = e->chunk[e->at++];
	}
	e->left -= n;
	return (ssize_t)n;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void memory_does_not_grow_with_the_text(void **state)
{
	struct endless e = { .left = 16 << 20 };
	const struct tl_import_options options = { .output = "out.trap", .say = imported_say };
	struct tl_import_result result;
	struct tl_import *import;
	FILE *from;
	long before;

	imported_messages[0] = 0;
	for (unsigned i = 0; i < 60; i++)
		append(e.chunk, sizeof(e.chunk),
			"[ %4u.000000] usb 1-%u: new device: id=0x%x, rev 1.0\n", i, i, i);
	append(e.chunk, sizeof(e.chunk), "esr=0x92000046 ipa=0x9000018 pc=0x1000\n");
	e.size = strlen(e.chunk);
	from = fopencookie(&e, "r", (cookie_io_functions_t){ .read = read_endless });
	assert_non_null(from);
	assert_ok(tl_import_open(&options, &import));
	before = peak_kib();
	assert_ok(tl_import_text(import, from, "log.txt"));
	fclose(from);
	assert_ok(tl_import_finish(import, &result));
	assert_true(result.exits > 4000);
	assert_true(peak_kib() - before < 100 << 10); // SQLite's cache, ASan's quarantine
}

static void an_existing_file_is_refused(void **state)
{
	static const char text[] = "esr=0x92000046 ipa=0x9000018\n";
	const struct tl_import_options options = { .output = "mine.trap", .say = imported_say };
	struct tl_import *import;
	struct tl_error *err;
	FILE *from = fopen("mine.trap", "w");

	fclose(from);
	from = fmemopen((void *)text, strlen(text), "r");
	assert_ok(tl_import_open(&options, &import));
	err = tl_import_text(import, from, "log.txt");
	fclose(from);
	assert_error(err, "mine.trap: exists already; a recording never overwrites");
	tl_import_close(import);
	assert_int_equal(access("mine.trap", F_OK), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_imported)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_dump_that_is_cut_says_what_it_lacks),
		T(a_dump_within_another_one),
		T(mixed_dumps_keep_what_they_agree_on),
		T(prefixes_tell_mixed_lines_apart),
		T(wrapping_does_not_matter),
		T(html_does_not_hide_the_mark),
		T(numbers_that_do_not_fit_are_left_out),
		T(code_without_a_mark_is_left_out),
		T(one_trace_is_of_one_architecture),
		T(another_architecture_than_asked_for_is_left_out),
		T(what_is_of_any_architecture_waits_for_one),
		T(every_exit_is_named_after_its_own_text),
		T(words_that_look_like_registers_are_none),
		T(a_program_that_crashes_is_no_machine),
		T(a_long_line_is_read_as_far_as_it_may_be),
		T(what_is_far_apart_does_not_belong_together),
		T(messages_come_to_an_end),
		T(memory_does_not_grow_with_the_text),
		T(an_existing_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
