// SPDX-License-Identifier: MIT
// labels: unit
// What comes of each kind of text: the rows of the trace as the reader gives them, and the messages.
#include "tests/replayer/imported.h"

static const char qemu_arm64[] = "qemu-system-aarch64: some warning\n"
				 "error: kvm run failed Function not implemented\n"
				 " PC=000000013f7ff804 X00=000000013f7ab108 X01=0000000000000064\n"
				 "X02=0000000000000002 X03=0000000000000003 X04=0000000000000004\n"
				 "X05=0000000096000044 X06=0000000000000006 X07=0000000000000007\n"
				 "X08=0000000000000008 X09=0000000000000009 X10=000000000000000a\n"
				 "X11=000000000000000b X12=000000000000000c X13=000000000000000d\n"
				 "X14=000000000000000e X15=000000000000000f X16=0000000000000010\n"
				 "X17=0000000000000011 X18=0000000000000012 X19=0000000000000013\n"
				 "X20=0000000000000014 X21=0000000000000015 X22=0000000000000016\n"
				 "X23=0000000000000017 X24=0000000000000018 X25=0000000000000019\n"
				 "X26=000000000000001a X27=000000000000001b X28=000000000000001c\n"
				 "X29=000000000000001d X30=ffff80000000001e  SP=000000013f7a6f30\n"
				 "PSTATE=800003c5 N--- EL1h\n";

static const char qemu_arm64_row[] =
	"nisv ENOSYS pc=0x13f7ff804 | x0=0x13f7ab108 x1=0x64 x2=0x2 x3=0x3 x4=0x4 x5=0x96000044 "
	"x6=0x6 "
	"x7=0x7 x8=0x8 x9=0x9 x10=0xa x11=0xb x12=0xc x13=0xd x14=0xe x15=0xf x16=0x10 x17=0x11 "
	"x18=0x12 "
	"x19=0x13 x20=0x14 x21=0x15 x22=0x16 x23=0x17 x24=0x18 x25=0x19 x26=0x1a x27=0x1b x28=0x1c "
	"x29=0x1d x30=0xffff80000000001e pc=0x13f7ff804 pstate=0x800003c5 sp_el1=0x13f7a6f30 |";

static void qemu_dumps_arm64(void **state)
{
	gives(qemu_arm64, 1, (const char *[]){ qemu_arm64_row }, "");
}

// R13, R14 of SVC are X19, X18; R8 to R12 are nobody's but FIQ's.
static void qemu_dumps_arm(void **state)
{
	gives("error: kvm run failed Function not implemented\n"
	      "R00=00000001 R01=00000040 R02=00000002 R03=00000003\n"
	      "R04=00000004 R05=00000005 R06=00000006 R07=00000055\n"
	      "R08=00000008 R09=00000009 R10=0000000a R11=0000000b\n"
	      "R12=0000000c R13=7eb3fe10 R14=7ff72cf4 R15=7ff72d08\n"
	      "PSR=200001d3 --C- A NS svc32\n",
		1,
		(const char *[]){
			"nisv ENOSYS pc=0x7ff72d08 | x0=0x1 x1=0x40 x2=0x2 x3=0x3 x4=0x4 "
			"x5=0x5 x6=0x6 x7=0x55 x8=0x8 x9=0x9 x10=0xa x11=0xb x12=0xc "
			"x18=0x7ff72cf4 x19=0x7eb3fe10 pc=0x7ff72d08 pstate=0x200001d3 |" },
		"");
	gives("R07=00000007 R08=00000008 R12=0000000c R13=0000000d R14=0000000e R15=00001000\n"
	      "PSR=600001d1 -ZC- A NS fiq32\n",
		1,
		(const char *[]){
			"failed pc=0x1000 | x7=0x7 x24=0x8 x28=0xc x29=0xd x30=0xe pc=0x1000 "
			"pstate=0x600001d1 |" },
		"");
}

static const char qemu_x86[] =
	"KVM internal error. Suberror: 1\n"
	"extra data[0]: 0x0000000000000002\n"
	"extra data[1]: 0x0000000000000004\n"
	"EAX=00000001 EBX=00000002 ECX=00000003 EDX=00000663\n"
	"ESI=00000004 EDI=00000005 EBP=00000006 ESP=00006f00\n"
	"EIP=0000fff0 EFL=00010002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
	"ES =0010 00000100 0000ffff 0050f300 DPL=3 DS   [-WA]\n"
	"CS =f000 ffff0000 0000ffff 00a09b00\n"
	"TR =0000 00000000 0000ffff 00000000\n"
	"GDT=     00001000 0000ffff\n"
	"IDT=     00002000 000003ff\n"
	"CR0=60000010 CR2=00000000 CR3=00003000 CR4=00000000\n"
	"DR0=0000000000000000 DR1=0000000000000000 DR2=0000000000000000 DR3=0000000000000000 \n"
	"DR6=00000000ffff0ff0 DR7=0000000000000400\n"
	"EFER=0000000000000000\n"
	"Code=90 90 ?? 90 90 <0f> 0b 00 00\n";

static void qemu_dumps_x86(void **state)
{
	struct tl_trace *t = gives(qemu_x86, 1,
		(const char *[]){
			"internal_error pc=0xfff0 value=0x1 | rax=0x1 rbx=0x2 rcx=0x3 rdx=0x663 "
			"rsi=0x4 rdi=0x5 rsp=0x6f00 rbp=0x6 rip=0xfff0 rflags=0x10002 "
			"cs=0xf000 cs_base=0xffff0000 cs_limit=0xffff cs_type=0xb cs_present=0x1 "
			"cs_dpl=0x0 cs_db=0x0 cs_s=0x1 cs_l=0x1 cs_g=0x1 cs_avl=0x0 "
			"cs_unusable=0x0 es=0x10 es_base=0x100 es_limit=0xffff es_type=0x3 "
			"es_present=0x1 es_dpl=0x3 es_db=0x1 es_s=0x1 es_l=0x0 es_g=0x0 es_avl=0x1 "
			"es_unusable=0x0 tr=0x0 tr_base=0x0 tr_limit=0xffff tr_type=0x0 "
			"tr_present=0x0 tr_dpl=0x0 tr_db=0x0 tr_s=0x0 tr_l=0x0 tr_g=0x0 tr_avl=0x0 "
			"tr_unusable=0x1 gdt_base=0x1000 gdt_limit=0xffff "
			"idt_base=0x2000 idt_limit=0x3ff cr0=0x60000010 cr2=0x0 cr3=0x3000 "
			"cr4=0x0 efer=0x0 | 9090>0f0b0000" },
		"");
	const struct tl_exit_kind *kind;
	struct tl_exit exit;

	assert_ok(tl_trace_exit(t, 1, &exit, &kind));
	assert_int_equal(exit.payload_size, kind->payload);
	assert_memory_equal(exit.payload, "\1\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0", 24);
}

static void qemu_dumps_x86_in_long_mode(void **state)
{
	gives("error: kvm run failed Bad address\n"
	      "RAX=0000000000000001 RBX=ffff888003000000 RCX=0000000000000003 "
	      "RDX=0000000000000004\n"
	      "RSI=0000000000000005 RDI=0000000000000006 RBP=0000000000000007 "
	      "RSP=ffffc90000013e28\n"
	      "R8 =0000000000000008 R9 =0000000000000009 R10=000000000000000a "
	      "R11=000000000000000b\n"
	      "R12=000000000000000c R13=000000000000000d R14=000000000000000e "
	      "R15=000000000000000f\n"
	      "RIP=ffffffff81000010 RFL=00010246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
	      "CR0=80050033 CR2=00007f0000000000 CR3=0000000002a0a000 CR4=000006f0\n"
	      "Code=ff ff <48> 89 07\n",
		1,
		(const char *[]){
			"failed EFAULT pc=0xffffffff81000010 | rax=0x1 rbx=0xffff888003000000 "
			"rcx=0x3 rdx=0x4 rsi=0x5 rdi=0x6 rsp=0xffffc90000013e28 rbp=0x7 r8=0x8 "
			"r9=0x9 r10=0xa r11=0xb r12=0xc r13=0xd r14=0xe r15=0xf "
			"rip=0xffffffff81000010 rflags=0x10246 cr0=0x80050033 "
			"cr2=0x7f0000000000 cr3=0x2a0a000 cr4=0x6f0 | ffff>488907" },
		"");
}

static void a_vmm_names_other_ends(void **state)
{
	gives("KVM: entry failed, hardware error 0x80000021\nEAX=00000001 EBX=00000002\n", 1,
		(const char *[]){ "fail_entry value=0x80000021 | rax=0x1 rbx=0x2 |" }, "");
	gives("KVM: unknown exit, hardware reason 31\nEAX=00000001 EBX=00000002\n", 1,
		(const char *[]){ "unknown | rax=0x1 rbx=0x2 |" }, "");
	gives("error: kvm run failed Operation not permitted\nX00=0000000000000001 "
	      "X01=0000000000000002\n",
		1, (const char *[]){ "failed EPERM | x0=0x1 x1=0x2 |" }, "");
	gives("error: kvm run failed Bad weather\nX00=0000000000000001 X01=0000000000000002\n", 1,
		(const char *[]){ "failed | x0=0x1 x1=0x2 |" },
		"log.txt:1: an error of kvm run that has no number: Bad weather\n");
}

static void the_host_kernel_and_the_vmm_tell_of_one_exit(void **state)
{
	gives("[  101.500000] kvm [1200]: Data abort outside memslots with no valid syndrome info\n"
	      "error: kvm run failed Function not implemented\n"
	      " PC=0000000040205afc X08=0000000000000009 X09=0000000048000000\n"
	      "PSTATE=600003c5 -ZC- EL1h\n"
	      "error: kvm run failed Function not implemented\n"
	      " PC=0000000000001000 X08=0000000000000009 X09=0000000048000000\n",
		2,
		(const char *[]){ "nisv ENOSYS pc=0x40205afc | x8=0x9 x9=0x48000000 pc=0x40205afc "
				  "pstate=0x600003c5 |",
			"nisv ENOSYS pc=0x1000 | x8=0x9 x9=0x48000000 pc=0x1000 |" },
		"");
	gives("kvm [7]: load/store instruction decoding not implemented\n", 1,
		(const char *[]){ "nisv ENOSYS | |" }, "");
}

static const char kernel_arm64[] =
	"[   12.345678] Unable to handle kernel paging request at virtual address "
	"ffff800010001000\n"
	"[   12.345679] Mem abort info:\n"
	"[   12.345680]   ESR = 0x0000000096000010\n"
	"[   12.345681]   EC = 0x25: DABT (current EL), IL = 32 bits\n"
	"[   12.345682]   SET = 0, FnV = 0\n"
	"[   12.345684] Data abort info:\n"
	"[   12.345685]   ISV = 0, ISS = 0x00000010, ISS2 = 0x00000000\n"
	"[   12.345686] swapper pgtable: 4k pages, 48-bit VAs, pgdp=0000000041234000\n"
	"[   12.345687] [ffff800010001000] pgd=100000013ffff003, pte=0068000009000707\n"
	"[   12.345688] Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT "
	"SMP\n"
	"[   12.345689] Modules linked in: m\n"
	"[   12.345690] CPU: 1 PID: 42 Comm: swapper/0 Not tainted 6.12.0 #1\n"
	"[   12.345692] pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)\n"
	"[   12.345693] pc : probe+0x10/0x20\n"
	"[   12.345694] lr : setup+0x24/0x40\n"
	"[   12.345695] sp : ffff80001000bd50\n"
	"[   12.345696] x29: ffff80001000bd50 x28: 0000000000000000\n"
	"[   12.345698] x2 : 0000000000000000 x1 : 0000000000000001 x0 : ffff800010001000\n"
	"[   12.345699] Call trace:\n"
	"[   12.345700]  probe+0x10/0x20 (P)\n"
	"[   12.345702] Code: d503201f aa1503e0 5287d003 52800002 (b8004401) \n"
	"[   12.345703] ---[ end trace 0000000000000000 ]---\n";

static void a_kernel_of_arm64_reports(void **state)
{
	struct tl_trace *t = gives(kernel_arm64, 1,
		(const char *[]){
			"failed value=0x96000010 | x0=0xffff800010001000 x1=0x1 x2=0x0 x28=0x0 "
			"x29=0xffff80001000bd50 pstate=0x60400005 sp_el1=0xffff80001000bd50 "
			"esr_el1=0x96000010 far_el1=0xffff800010001000 | "
			"1f2003d5e00315aa03d0875202008052>014400b8" },
		"");
	struct tl_import_told told;

	assert_ok(tl_import_told(t, 1, &told));
	assert_int_equal(told.source, TL_IMPORT_GUEST);
	assert_int_equal(told.n_entries, 3);
	assert_string_equal(told.entry[1].name, "pgd");
	assert_int_equal(told.entry[1].value, 0x100000013ffff003);
	assert_false(told.entry[1].has_gpa);
	tl_import_told_deinit(&told);
}

static void a_kernel_of_arm_reports(void **state)
{
	gives("<1>[    1.000000] Unhandled fault: external abort on non-linefetch (0x1008) at "
	      "0xf0802000\n"
	      "<0>[    1.000001] Internal error: : 1008 [#1] SMP ARM\n"
	      "<4>[    1.000002] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 5.10.0 #1\n"
	      "<4>[    1.000004] pc : [<c0101234>]    lr : [<c0105678>]    psr: 60000013\n"
	      "<4>[    1.000005] sp : c0c03d20  ip : 00000012  fp : 00000011\n"
	      "<4>[    1.000006] r10: 0000000a  r9 : 00000009  r8 : 00000008\n"
	      "<4>[    1.000007] r7 : 00000007  r6 : 00000006  r5 : 00000005  r4 : 00000004\n"
	      "<4>[    1.000008] r3 : 00000003  r2 : 00000002  r1 : 00000001  r0 : f0802000\n"
	      "<4>[    1.000009] Flags: nZCv  IRQs on  FIQs on  Mode SVC_32  ISA ARM  Segment "
	      "none\n"
	      "<4>[    1.000010] Control: 10c5387d  Table: 4000406a  DAC: 00000051\n"
	      "<0>[    1.000011] Code: e1a0c00d e92dd800 (e5932000)\n",
		1,
		(const char *[]){
			"failed pc=0xc0101234 | x0=0xf0802000 x1=0x1 x2=0x2 x3=0x3 x4=0x4 x5=0x5 "
			"x6=0x6 "
			"x7=0x7 x8=0x8 x9=0x9 x10=0xa x11=0x11 x12=0x12 x18=0xc0105678 "
			"x19=0xc0c03d20 "
			"pc=0xc0101234 pstate=0x60000013 sctlr_el1=0x10c5387d ttbr0_el1=0x4000406a "
			"esr_el1=0x1008 far_el1=0xf0802000 dacr32_el2=0x51 | "
			"0dc0a0e100d82de9>002093e5" },
		"");
}

// The registers of the program whose system call led there are another matter.
static void a_kernel_of_x86_reports(void **state)
{
	gives("[    2.000000] BUG: unable to handle page fault for address: ffffc90000100000\n"
	      "[    2.000001] #PF: supervisor write access in kernel mode\n"
	      "[    2.000003] PGD 100000067 P4D 100000067 PUD 0 \n"
	      "[    2.000004] Oops: 0002 [#1] PREEMPT SMP PTI\n"
	      "[    2.000005] CPU: 3 PID: 99 Comm: insmod Not tainted 6.1.0 #1\n"
	      "[    2.000006] RIP: 0010:probe+0x10/0x20 [m]\n"
	      "[    2.000007] Code: 48 89 e5 90 <c7> 04 25 00 00 00 00\n"
	      "[    2.000008] RSP: 0018:ffffc90000013e28 EFLAGS: 00010246\n"
	      "[    2.000009] RAX: 0000000000000001 RBX: 0000000000000002 RCX: 0000000000000003\n"
	      "[    2.000011] RBP: 0000000000000007 R08: 0000000000000008 R09: 0000000000000009\n"
	      "[    2.000012] R10: 000000000000000a R11: 000000000000000b R12: 000000000000000c\n"
	      "[    2.000014] FS:  00007f0012345740(0000) GS:ffff88813bc00000(0000) "
	      "knlGS:0000000000000000\n"
	      "[    2.000015] CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033\n"
	      "[    2.000016] CR2: ffffc90000100000 CR3: 0000000102a0a000 CR4: 00000000000006f0\n"
	      "[    2.000017] Call Trace:\n"
	      "[    2.000020] RIP: 0033:0x7f0012000000\n"
	      "[    2.000021] Code: ff ff <48> 3d\n"
	      "[    2.000022] RSP: 002b:00007ffd00000000 EFLAGS: 00000246 ORIG_RAX: "
	      "0000000000000139\n"
	      "[    2.000023] RAX: ffffffffffffffda RBX: 0000000000000099 RCX: 00007f0012000000\n"
	      "[    2.000026] ---[ end trace 0000000000000000 ]---\n"
	      "[    2.000027] RIP: 0010:probe+0x10/0x20 [m]\n"
	      "[    2.000028] RSP: 0018:ffffc90000013e28 EFLAGS: 00010246\n"
	      "[    2.000029] R13: 000000000000000d R14: 000000000000000e R15: 000000000000000f\n",
		1,
		(const char *[]){
			"failed | rax=0x1 rbx=0x2 rcx=0x3 rsp=0xffffc90000013e28 rbp=0x7 r8=0x8 "
			"r9=0x9 r10=0xa r11=0xb r12=0xc r13=0xd r14=0xe r15=0xf rflags=0x10246 "
			"fs_base=0x7f0012345740 "
			"gs_base=0xffff88813bc00000 cr0=0x80050033 cr2=0xffffc90000100000 "
			"cr3=0x102a0a000 cr4=0x6f0 | 4889e590>c7042500000000" },
		"");
}

// The image's own addresses, before U-Boot moved itself, are not where it ran.
static void uboot_of_arm64_reports(void **state)
{
	gives("\"Synchronous Abort\" handler, esr 0x96000010, far 0x10100040\n"
	      "elr: 00000000000081c8 lr : 00000000000081b0 (reloc)\n"
	      "elr: 00000000476fc1c8 lr : 00000000476fc1b0\n"
	      "x0 : 0000000010100040 x1 : 0000000000000001\n"
	      "\n"
	      "Code: d5033fbf aa1503e0 5287d003 52800002 (b8004401) \n"
	      "Resetting CPU ...\n"
	      "\"Error\" handler, esr 0xbf000002\n"
	      "elr: 0000000000001000 lr : 0000000000002000\n",
		2,
		(const char *[]){ "failed pc=0x476fc1c8 value=0x96000010 | x0=0x10100040 x1=0x1 "
				  "x30=0x476fc1b0 "
				  "pc=0x476fc1c8 esr_el1=0x96000010 far_el1=0x10100040 | "
				  "bf3f03d5e00315aa03d0875202008052>014400b8",
			"failed pc=0x1000 value=0xbf000002 | x30=0x2000 pc=0x1000 "
			"esr_el1=0xbf000002 |" },
		"");
}

static void uboot_of_arm_reports(void **state)
{
	gives("data abort\n"
	      "pc : [<7ff72d08>]\t   lr : [<7ff72cf4>]\n"
	      "reloc pc : [<00012d08>]\t   lr : [<00012cf4>]\n"
	      "sp : 7eb3fe10  ip : 0000000c\t fp : 00000001\n"
	      "r10: 0000000a  r9 : 7eb4fee0\t r8 : 00000008\n"
	      "r7 : 00000055  r6 : 00000006\t r5 : 00000005  r4 : 00000004\n"
	      "r3 : 00000003  r2 : 00000002\t r1 : 00000040  r0 : 00000001\n"
	      "Flags: nzCv  IRQs off  FIQs off  Mode SVC_32 (T)\n"
	      "Code: f8d3 0000 (6818) 4770 \n",
		1,
		(const char *[]){
			"failed pc=0x7ff72d08 | x0=0x1 x1=0x40 x2=0x2 x3=0x3 x4=0x4 x5=0x5 x6=0x6 "
			"x7=0x55 x8=0x8 x9=0x7eb4fee0 x10=0xa x11=0x1 x12=0xc x18=0x7ff72cf4 "
			"x19=0x7eb3fe10 pc=0x7ff72d08 | "
			"d3f80000>18687047" },
		"");
}

static void barebox_and_an_serror_report(void **state)
{
	gives("DABT (current EL) exception (ESR 0x96000010) at 0x0000000009030000\n"
	      "elr: 000000007fd8a8c8 lr : 000000007fd8a8ac\n",
		1,
		(const char *[]){
			"failed pc=0x7fd8a8c8 value=0x96000010 | x30=0x7fd8a8ac pc=0x7fd8a8c8 "
			"esr_el1=0x96000010 far_el1=0x9030000 |" },
		"");
	gives("SError Interrupt on CPU2, code 0x00000000bf000002 -- SError\n"
	      "pstate: 60400009 (nZCv daif +PAN -UAO)\n"
	      "sp : ffff80001000bd50\n",
		1, (const char *[]){ "failed value=0xbf000002 | pstate=0x60400009 |" },
		"log.txt:3: sp is left out: it is that of EL2 or EL3, which the trace has no place "
		"for\n");
}

static void faults_come_in_any_spelling(void **state)
{
	static const char *const rows[] = {
		"nisv pc=0x1000 addr=0x9000018 write=1 value=0x92000046 | pc=0x1000 |"
	};

	gives("esr=0x92000046 ipa=0x9000018 pc=0x1000\n", 1, rows, "");
	gives("at PC: 0x1000 IPA 0x9000018, ESR_EL2: 92000046.\n", 1, rows, "");
	gives("fault_ipa = 9000018, hsr = 92000046, elr_el2 = 1000\n", 1, rows, "");
	gives("HPFAR_EL2=0x90000 ESR=0x92000046 FAR=0xffff800010001018 PC=0x1000\n", 1, rows, "");
	gives("esr_iss 0x46 fault_ipa 0x9000018 pc 0x1000 x0=0x5 spsr_el2=0x600003c5\n", 1,
		(const char *[]){
			"nisv pc=0x1000 addr=0x9000018 write=1 value=0x46 | x0=0x5 pc=0x1000 "
			"pstate=0x600003c5 |" },
		"");
}

static void each_line_of_a_livelock_is_an_exit(void **state)
{
	gives("esr=0x92000007 ipa=0x9000000 pc=0x1000\nesr=0x92000007 ipa=0x9000000 pc=0x1000\n", 2,
		(const char *[]){
			"nisv pc=0x1000 addr=0x9000000 write=0 value=0x92000007 | pc=0x1000 |",
			"nisv pc=0x1000 addr=0x9000000 write=0 value=0x92000007 | pc=0x1000 |" },
		"");
}

// With ISV the syndrome says all that KVM needs.
static void a_fault_with_a_syndrome_is_mmio(void **state)
{
	gives("esr=0x93830047 ipa=0x9000000 far=0x9000000 x3=0x1234567890 insn=0xb80044c3\n", 1,
		(const char *[]){ "mmio addr=0x9000000 size=4 write=1 value=0x34567890 | "
				  "x3=0x1234567890 | >c34400b8" },
		"");
	gives("esr=0x931f0047 ipa=0x9000000\n", 1,
		(const char *[]){ "mmio addr=0x9000000 size=1 write=1 value=0x0 | |" }, "");
	gives("esr=0x93c30007 ipa=0x9000000\n", 1,
		(const char *[]){ "mmio addr=0x9000000 size=8 write=0 | |" }, "");
	gives("esr=0x82000006 ipa=0x9000000\n", 1,
		(const char *[]){ "failed addr=0x9000000 value=0x82000006 | |" }, "");
}

static void system_registers_are_exits_of_the_idsr_patch(void **state)
{
	gives("[   10.000001] kvm [900]: Unsupported guest sys_reg access at: fffffff007b9a000 "
	      "[600003c5]\n"
	      "[   10.000002]  { Op0( 3), Op1( 0), CRn(15), CRm(13), Op2( 0), func_read },\n"
	      "kvm [900]: Unsupported guest CP15 access at: c0101234 [60000013] "
	      "{ CRn( 9), Op1( 1), CRm( 2), Op2( 3), func_write },\n"
	      "{ Op0( 3), Op1( 0), CRn(16), CRm(13), Op2( 0), func_read },\n",
		2,
		(const char *[]){
			"idsr pc=0xfffffff007b9a000 addr=0xc7e8 write=0 | pc=0xfffffff007b9a000 "
			"pstate=0x600003c5 |",
			"idsr pc=0xc0101234 addr=0xc93 write=1 | pc=0xc0101234 pstate=0x60000013 "
			"|" },
		"log.txt:4: a system register that there is none of; left out\n");
}

static const char ftrace[] =
	"# tracer: nop\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000001: kvm_exit: TRAP: HSR_EC: 0x0024 "
	"(DABT_LOW), PC: "
	"0xffff800010203040\n"
	"     CPU 0/KVM-1234    [002] .....   100.000002: kvm_guest_fault: ipa 0x9000000, hsr "
	"0x93820046, "
	"hxfar 0xffff800010001000, pc 0xffff800010203040\n"
	"     CPU 1/KVM-1235    [003] .....   100.000003: kvm_mmio_nisv: ipa 0x00000000080a0008, "
	"esr "
	"0x0000000092000007, far 0xffff8000100a0008, pc 0xffff800010300000\n"
	"     CPU 0/KVM-1234    [002] .....   100.000004: kvm_mmio: mmio write len 1 gpa 0x9000000 "
	"val 0x41\n"
	"     CPU 1/KVM-1235    [003] .....   100.000005: kvm_userspace_exit:   reason error (38)\n"
	"     CPU 0/KVM-1234    [002] .....   100.000006: kvm_userspace_exit:   reason "
	"KVM_EXIT_MMIO (6)\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000007: kvm_entry: PC: 0xffff800010203044\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000008: kvm_exit: TRAP: HSR_EC: 0x0024 "
	"(DABT_LOW), PC: "
	"0xffff800010203050\n"
	"     CPU 0/KVM-1234    [002] .....   100.000009: kvm_mmio: mmio unsatisfied-read len 4 "
	"gpa 0x9000018 "
	"val 0x0\n"
	"     CPU 0/KVM-1234    [002] .....   100.000010: kvm_userspace_exit:   reason "
	"KVM_EXIT_MMIO (6)\n"
	"     CPU 0/KVM-1234    [002] .....   100.000011: kvm_mmio: mmio read len 4 gpa 0x9000018 "
	"val 0x90\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000012: kvm_entry: PC: 0xffff800010203054\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000013: kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), "
	"PC: "
	"0xffff800010203060\n"
	"     CPU 0/KVM-1234    [002] d..1.   100.000014: kvm_entry: PC: 0xffff800010203060\n"
	"     CPU 1/KVM-1235    [003] .....   100.000015: kvm_userspace_exit:   reason restart "
	"(4)\n";

static void ftrace_events_are_put_together_by_thread(void **state)
{
	struct tl_trace *t = gives(ftrace, 4,
		(const char *[]){ "nisv ENOSYS pc=0xffff800010300000 addr=0x80a0008 write=0 "
				  "value=0x92000007 | "
				  "pc=0xffff800010300000 |",
			"mmio pc=0xffff800010203040 addr=0x9000000 size=1 write=1 value=0x41 | "
			"pc=0xffff800010203040 |",
			"mmio pc=0xffff800010203050 addr=0x9000018 size=4 write=0 -> 0x90 | "
			"pc=0xffff800010203050 |",
			"failed EINTR | |" },
		"log.txt: 1 exit of the guest never left the kernel (no kvm_userspace_exit); left "
		"out\n");
	const struct tl_exit_kind *kind;
	struct tl_import_told told;
	struct tl_exit exit;

	assert_ok(tl_trace_exit(t, 1, &exit, &kind));
	assert_int_equal(exit.time, UINT64_C(100000005000));
	assert_int_equal(exit.vcpu, 1);
	assert_rows_of(t, "SELECT group_concat(vcpu || ':' || id, ' ') FROM main.vcpu", "0:0 1:1");
	assert_ok(tl_import_told(t, 1, &told));
	assert_int_equal(told.source, TL_IMPORT_EVENT);
	assert_true(told.has_esr && told.has_far && told.has_ipa);
	assert_int_equal(told.far, 0xffff8000100a0008);
	tl_import_told_deinit(&told);
}

static void trace_cmd_events_of_x86(void **state)
{
	gives("cpus=4\n"
	      " qemu-system-x86-777   [001]  5000.000001: kvm_exit:             reason "
	      "IO_INSTRUCTION rip 0xfff0 info 3f80008 0\n"
	      " qemu-system-x86-777   [001]  5000.000002: kvm_pio:              pio_write at 0x3f8 "
	      "size 1 count 1 val 0x41 \n"
	      " qemu-system-x86-777   [001]  5000.000003: kvm_userspace_exit:   reason KVM_EXIT_IO "
	      "(2)\n"
	      " qemu-system-x86-777   [001]  5000.000004: kvm_entry:            vcpu 0, rip "
	      "0xfff1\n"
	      " qemu-system-x86-777   [001]  5000.000005: kvm_exit:             reason "
	      "IO_INSTRUCTION rip 0xfff8 info 600009 0\n"
	      " qemu-system-x86-777   [001]  5000.000006: kvm_userspace_exit:   reason KVM_EXIT_IO "
	      "(2)\n"
	      " qemu-system-x86-777   [001]  5000.000007: kvm_pio:              pio_read at 0x60 "
	      "size 1 count 1 val 0x1c \n"
	      " qemu-system-x86-777   [001]  5000.000008: kvm_entry:            vcpu 0, rip "
	      "0xfff9\n"
	      " qemu-system-x86-777   [001]  5000.000009: kvm_exit:             reason MSR_WRITE "
	      "rip 0x10000 info 0 0\n"
	      " qemu-system-x86-777   [001]  5000.000010: kvm_msr:              msr_write c0000080 "
	      "= 0x500\n"
	      " qemu-system-x86-777   [001]  5000.000011: kvm_entry:            vcpu 0, rip "
	      "0x10002\n",
		2,
		(const char *[]){
			"io pc=0xfff0 addr=0x3f8 size=1 write=1 value=0x41 | rip=0xfff0 |",
			"io pc=0xfff8 addr=0x60 size=1 write=0 -> 0x1c | rip=0xfff8 |" },
		"log.txt: 1 exit of the guest never left the kernel (no kvm_userspace_exit); left "
		"out\n");
}

// Nothing says here what userspace saw, so all that there is stays.
static void single_events_are_exits(void **state)
{
	gives("kvm:kvm_guest_fault: ipa 0x9000000, hsr 0x93820046, hxfar 0xffff800010001000, pc "
	      "0x1000\n"
	      "kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41\n"
	      "kvm_mmio: mmio read len 4 gpa 0x9000004 val 0x42\n"
	      "kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000000002000\n",
		3,
		(const char *[]){
			"mmio pc=0x1000 addr=0x9000000 size=4 write=1 value=0x41 | pc=0x1000 |",
			"mmio addr=0x9000004 size=4 write=0 -> 0x42 | |",
			"failed pc=0x2000 | pc=0x2000 |" },
		"");
	gives("kvm_msr: msr_read 1b = 0xfee00900\nkvm_msr: msr_write 10 = 0x5 (#GP)\n"
	      "kvm_pio: pio_write at 0x1f0 size 2 count 256 val 0x41 (...)\n",
		3,
		(const char *[]){ "rdmsr addr=0x1b write=0 -> 0xfee00900 | |",
			"wrmsr addr=0x10 write=1 value=0x5 | |",
			"io addr=0x1f0 size=2 count=256 write=1 | |" },
		"");
}

static void walks_are_told_apart_from_the_rows(void **state)
{
	struct tl_trace *t = gives("IPA=0x3deb0000 FAR=0xb6dce3c4 TTBR0=0x5b06cc40\n"
				   "PGD@0x5b06cc50=0x5b150003 PMD@0x5b150db0 = 0x43deb0003\n"
				   "PTE@43deb0e70: 42000043bb72fdf\n",
		1, (const char *[]){ "failed addr=0x3deb0000 | ttbr0_el1=0x5b06cc40 |" }, "");
	struct tl_import_told told;
	uint64_t value = 0;
	uint32_t half = 0;
	struct tl_mem mem;

	assert_ok(tl_import_told(t, 1, &told));
	assert_int_equal(told.source, TL_IMPORT_FAULT);
	assert_int_equal(told.n_entries, 3);
	assert_string_equal(told.entry[2].name, "pte");
	assert_int_equal(told.entry[2].gpa, 0x43deb0e70);
	assert_int_equal(told.far, 0xb6dce3c4);
	assert_int_equal(told.ipa, 0x3deb0000);
	mem = tl_import_told_mem(&told);
	assert_true(mem.read(mem.ctx, 0x5b150db0, &value, 8));
	assert_int_equal(value, 0x43deb0003);
	assert_true(mem.read(mem.ctx, 0x5b06cc50, &half, 4));
	assert_int_equal(half, 0x5b150003);
	assert_false(mem.read(mem.ctx, 0x5b150db0, &half, 4));
	assert_false(mem.read(mem.ctx, 0x5b150db8, &value, 8));
	tl_import_told_deinit(&told);
}

static void what_a_trace_says_of_itself(void **state)
{
	struct tl_trace *t = gives("noise\n> esr=0x92000046 ipa=0x9000018\r\n", 1,
		(const char *[]){ "nisv addr=0x9000018 write=1 value=0x92000046 | |" }, "");
	struct tl_import_told told;

	assert_string_equal(tl_trace_meta(t, "imported"), "log.txt");
	assert_rows_of(t, "SELECT vm || ' ' || abi || ' ' || adopted FROM main.vm", "0 0 1");
	assert_rows_of(t, "SELECT seq || ' ' || level || ' ' || text FROM main.notice",
		"1 1 imported: a fault as somebody noted it, log.txt:2-2\n"
		"> esr=0x92000046 ipa=0x9000018\n");
	assert_ok(tl_import_told(t, 1, &told));
	assert_string_equal(told.text, "> esr=0x92000046 ipa=0x9000018\n");
	tl_import_told_deinit(&told);
	t = gives("X00=0000000000000001 X01=0000000000000002\n", 1,
		(const char *[]){ "failed | x0=0x1 x1=0x2 |" }, "");
	assert_ok(tl_import_told(t, 1, &told));
	assert_int_equal(told.source, TL_IMPORT_REGISTERS);
	tl_import_told_deinit(&told);
	assert_ok(tl_import_told(t, 7, &told));
	assert_int_equal(told.source, TL_IMPORT_NONE);
	assert_null(told.text);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_imported)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(qemu_dumps_arm64),
		T(qemu_dumps_arm),
		T(qemu_dumps_x86),
		T(qemu_dumps_x86_in_long_mode),
		T(a_vmm_names_other_ends),
		T(the_host_kernel_and_the_vmm_tell_of_one_exit),
		T(a_kernel_of_arm64_reports),
		T(a_kernel_of_arm_reports),
		T(a_kernel_of_x86_reports),
		T(uboot_of_arm64_reports),
		T(uboot_of_arm_reports),
		T(barebox_and_an_serror_report),
		T(faults_come_in_any_spelling),
		T(each_line_of_a_livelock_is_an_exit),
		T(a_fault_with_a_syndrome_is_mmio),
		T(system_registers_are_exits_of_the_idsr_patch),
		T(ftrace_events_are_put_together_by_thread),
		T(trace_cmd_events_of_x86),
		T(single_events_are_exits),
		T(walks_are_told_apart_from_the_rows),
		T(what_a_trace_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
