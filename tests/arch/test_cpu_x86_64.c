/* SPDX-License-Identifier: MIT */
// labels: kvm x86_64
//
// The CPU as a witness of walk, attributes and judgement: a guest in long mode reads, writes and
// executes at addresses of random tables, as supervisor and as user, and keeps what faults say.
#include <assert.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/x86_64/regs.h"
#include "tests/arch/random.h"

/*
 * The guest's memory, which its first 512 GiB of addresses show as it is, to the supervisor alone. The
 * second 512 GiB begin with CODE, which the user executes. All above are random tables.
 */
#define RAM_SIZE  UINT64_C(0x1000000)
#define CODE	  UINT64_C(0x1000)
#define GDT	  UINT64_C(0x3000)
#define TSS	  UINT64_C(0x3800)
#define IDT	  UINT64_C(0x4000)
#define STACK	  UINT64_C(0x6000) // its end
#define OWN	  UINT64_C(0x8000) // tables: the supervisor's PDPT and PD; the user's PDPT, PD and PT
#define QUESTIONS UINT64_C(0x10000)
#define TABLES	  UINT64_C(0x200000)
#define TARGETS	  UINT64_C(0x800000) // to the end of RAM: ud2
#define PAGE	  UINT64_C(0x1000)
#define USER	  (UINT64_C(1) << 39)

#define POOL	  8 // tables of a level
#define MOST	  500
#define MAX_CPUID 256

#define P  UINT64_C(0x01)
#define RW UINT64_C(0x02)
#define US UINT64_C(0x04)
#define PS UINT64_C(0x80)
#define NX (UINT64_C(1) << 63)

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define TASK	    0x28

#define FAULTED (UINT64_C(1) << 63)
#define CR0	(TL_X86_CR0_PG | TL_X86_CR0_PE | 0x30) // NE, ET

// r12: the question (address, kind, answer, CR2); r13: how many; r14: the user's code; r15: the stack.
__asm__(".pushsection .rodata\n"
	".globl asked_code, asked_code_end, asked_user, asked_page_fault, asked_done\n"
	"asked_code:\n"
	"next:	mov	(%r12), %rbx\n"
	"	mov	8(%r12), %rcx\n"
	"	mov	%r15, %rsp\n"
	"	lea	kinds(%rip), %rdx\n"
	"	lea	(%rdx, %rcx, 8), %rdx\n"
	"	jmp	*%rdx\n"
	"	.balign 8\n"
	"kinds:	mov	(%rbx), %al\n"
	"	jmp	asked_done\n"
	"	.balign 8\n"
	"	orb	$0, (%rbx)\n"
	"	jmp	asked_done\n"
	"	.balign 8\n"
	"	jmp	*%rbx\n"
	"	.balign 8\n"
	"	jmp	to_user\n"
	"	.balign 8\n"
	"	jmp	to_user\n"
	"	.balign 8\n"
	"to_user: lea	-24(%r14, %rcx, 8), %rdx\n" // user kinds count from 3
	"	push	$0x1b\n"
	"	push	%r15\n"
	"	pushf\n"
	"	push	$0x23\n"
	"	push	%rdx\n"
	"	iretq\n"
	"	.balign 8\n"
	"asked_user: mov (%rbx), %al\n"
	"	ud2\n"
	"	.balign 8\n"
	"	orb	$0, (%rbx)\n"
	"	ud2\n"
	"	.balign 8\n"
	"	jmp	*%rbx\n"
	"	.balign 8\n"
	"asked_page_fault: pop %rax\n"
	"	bts	$63, %rax\n"
	"	mov	%cr2, %rdi\n"
	"	jmp	store\n"
	"asked_done: xor	%eax, %eax\n"
	"	xor	%edi, %edi\n"
	"store:	mov	%rax, 16(%r12)\n"
	"	mov	%rdi, 24(%r12)\n"
	"	add	$32, %r12\n"
	"	dec	%r13\n"
	"	jnz	next\n"
	"	out	%al, $0xf4\n"
	"	hlt\n"
	"asked_code_end:\n"
	".popsection\n");
extern const char asked_code[], asked_code_end[], asked_user[], asked_page_fault[], asked_done[];

// The registers of a round.
struct form {
	uint64_t cr0, cr4, efer, rflags;
};

struct question {
	uint64_t va, kind, answer, cr2;
};

struct machine {
	int vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *ram;
};

static struct {
	int kvm;
	struct kvm_cpuid2 *cpuid;
	uint64_t cr4; // what CR4 may have beside PAE
	bool has_1g;
	unsigned n[TL_VERDICT_NOT_KNOWN + 1];
} host;

static void read_cpuid(void)
{
	for (unsigned i = 0; i < host.cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &host.cpuid->entries[i];

		if (entry->function == 0x80000001)
			host.has_1g = entry->edx >> 26 & 1;
		if (entry->function != 7 || entry->index != 0)
			continue;
		host.cr4 |= entry->ebx >> 7 & 1 ? TL_X86_CR4_SMEP : 0;
		host.cr4 |= entry->ebx >> 20 & 1 ? TL_X86_CR4_SMAP : 0;
	}
}

static int open_host(void **state)
{
	host.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	host.cpuid = calloc(1, sizeof(*host.cpuid) + MAX_CPUID * sizeof(*host.cpuid->entries));
	assert_true(host.kvm >= 0 && host.cpuid);
	host.cpuid->nent = MAX_CPUID;
	assert_int_equal(ioctl(host.kvm, KVM_GET_SUPPORTED_CPUID, host.cpuid), 0);
	read_cpuid();
	random_start();
	printf("note:%s%s%s\n", host.cr4 & TL_X86_CR4_SMEP ? " SMEP" : "",
		host.cr4 & TL_X86_CR4_SMAP ? " SMAP" : "", host.has_1g ? " 1G" : "");
	return 0;
}

static int close_host(void **state)
{
	free(host.cpuid);
	return close(host.kvm);
}

static void open_machine(struct machine *m)
{
	struct kvm_userspace_memory_region slot = { .memory_size = RAM_SIZE };

	m->vm = ioctl(host.kvm, KVM_CREATE_VM, 0);
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	m->run_size = (size_t)ioctl(host.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	m->run = mmap(NULL, m->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	m->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(m->vm >= 0 && m->vcpu >= 0 && m->run != MAP_FAILED && m->ram != MAP_FAILED);
	slot.userspace_addr = (uintptr_t)m->ram;
	assert_int_equal(ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
	assert_int_equal(ioctl(m->vcpu, KVM_SET_CPUID2, host.cpuid), 0);
}

static void close_machine(struct machine *m)
{
	munmap(m->run, m->run_size);
	munmap(m->ram, RAM_SIZE);
	close(m->vcpu);
	close(m->vm);
}

static void put(struct machine *m, uint64_t gpa, uint64_t value)
{
	assert(gpa < RAM_SIZE);
	memcpy(m->ram + gpa, &value, sizeof(value));
}

static bool ram_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct machine *m = ctx;

	if (gpa > RAM_SIZE - size)
		return false;
	memcpy(buf, m->ram + gpa, size);
	return true;
}

static tl_gpa table(int level, unsigned n)
{
	return TABLES + ((unsigned)level * POOL + n) * PAGE;
}

static uint64_t random_leaf(int level)
{
	if (level == 1)
		return TARGETS + (any() & 0x7ff000);
	if (level == 2) // sometimes with a bit that is reserved
		return (TARGETS + (any() & 0x600000)) | PS | (one_in(16) ? 1 << 13 : 0);
	return PS | (one_in(16) ? 1 << 13 : 0);
}

// Most entries let through, so that the last ones matter too.
static uint64_t random_flags(void)
{
	return P | (one_in(5) ? 0 : RW) | (one_in(5) ? 0 : US) | (one_in(8) ? NX : 0) |
	       (any() & 0x60);
}

static uint64_t random_entry(int level)
{
	if (one_in(16))
		return any() & ~P;
	if (level == 1 || (level == 2 && one_in(3)) || (level == 3 && host.has_1g && one_in(6)))
		return random_leaf(level) | random_flags();
	return table(level - 1, below(POOL)) | random_flags() | (level == 4 && one_in(16) ? PS : 0);
}

static void fill_tables(struct machine *m)
{
	for (int level = 1; level <= 4; level++) {
		unsigned n = level == 4 ? 1 : POOL;

		for (unsigned i = 0; i < n * 512; i++)
			put(m, table(level, 0) + 8 * i, random_entry(level));
	}
}

static void put_own_tables(struct machine *m)
{
	put(m, table(4, 0), OWN | P | RW);
	put(m, OWN, (OWN + PAGE) | P | RW);
	for (unsigned i = 0; i < RAM_SIZE >> 21; i++)
		put(m, OWN + PAGE + 8 * i, (uint64_t)i << 21 | PS | P | RW);
	put(m, table(4, 0) + 8, (OWN + 2 * PAGE) | P | RW | US);
	put(m, OWN + 2 * PAGE, (OWN + 3 * PAGE) | P | RW | US);
	put(m, OWN + 3 * PAGE, (OWN + 4 * PAGE) | P | RW | US);
	put(m, OWN + 4 * PAGE, CODE | P | US);
}

// An interrupt gate; the handler is in the low 64 KiB.
static void put_gate(struct machine *m, unsigned vector, const char *handler)
{
	uint64_t offset = CODE + (uint64_t)(handler - asked_code);

	put(m, IDT + 16 * vector, offset | KERNEL_CODE << 16 | UINT64_C(0x8e) << 40);
	put(m, IDT + 16 * vector + 8, 0);
}

static void put_descriptors(struct machine *m)
{
	put(m, GDT + 0x08, 0x00af9b000000ffff);
	put(m, GDT + 0x10, 0x00cf93000000ffff);
	put(m, GDT + 0x18, 0x00cff3000000ffff);
	put(m, GDT + 0x20, 0x00affb000000ffff);
	put(m, GDT + TASK, 0x0000890000000067 | TSS << 16);
	put(m, GDT + TASK + 8, 0);
	memcpy(m->ram + TSS + 4, &(uint64_t){ STACK }, 8);
	put_gate(m, 14, asked_page_fault);
	put_gate(m, 6, asked_done);
}

static void fill_memory(struct machine *m)
{
	memcpy(m->ram + CODE, asked_code, (size_t)(asked_code_end - asked_code));
	for (uint64_t gpa = TARGETS; gpa < RAM_SIZE; gpa += 2)
		memcpy(m->ram + gpa, "\x0f\x0b", 2);
	fill_tables(m);
	put_own_tables(m);
	put_descriptors(m);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){ .selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.present = 1,
		.s = 1,
		.l = code,
		.db = !code,
		.g = 1 };
}

static void set_sregs(struct machine *m, const struct form *f)
{
	struct kvm_sregs s;

	assert_int_equal(ioctl(m->vcpu, KVM_GET_SREGS, &s), 0);
	s.cs = segment(KERNEL_CODE, 11, true);
	s.ds = s.es = s.fs = s.gs = s.ss = segment(KERNEL_DATA, 3, false);
	s.tr = (struct kvm_segment){
		.selector = TASK, .base = TSS, .limit = 0x67, .type = 11, .present = 1
	};
	s.gdt.base = GDT;
	s.gdt.limit = TASK + 15;
	s.idt.base = IDT;
	s.idt.limit = 0xfff;
	s.cr0 = f->cr0;
	s.cr3 = table(4, 0);
	s.cr4 = f->cr4;
	s.efer = f->efer;
	assert_int_equal(ioctl(m->vcpu, KVM_SET_SREGS, &s), 0);
}

static struct tl_regs load(struct machine *m, const struct form *f)
{
	struct kvm_regs r = { .rip = CODE,
		.rflags = f->rflags | 2,
		.r12 = QUESTIONS,
		.r13 = MOST,
		.r14 = USER + (uint64_t)(asked_user - asked_code),
		.r15 = STACK };
	struct kvm_sregs s;
	struct tl_regs regs = { 0 };

	set_sregs(m, f);
	assert_int_equal(ioctl(m->vcpu, KVM_SET_REGS, &r), 0);
	assert_int_equal(ioctl(m->vcpu, KVM_GET_SREGS, &s), 0);
	memcpy(&regs.word[TL_X86_WORD_REGS], &r, sizeof(r));
	memcpy(&regs.word[TL_X86_WORD_SREGS], &s, sizeof(s));
	for (unsigned i = 0; i < TL_X86_WORD_VCPU_EVENTS; i++)
		tl_regs_set(&regs, i, regs.word[i]);
	return regs;
}

// In what 1 GiB pages, whose first byte is at 0, show of the targets. Fetches are of even addresses.
static tl_gva random_address(void)
{
	tl_gva va = any() & UINT64_C(0x7fffc07ffffe);

	if (va < 2 * USER)
		va += 2 * USER;
	if (one_in(4))
		va |= UINT64_C(0xffff800000000000);
	return va | TARGETS;
}

static struct tl_attempt attempt(uint64_t kind)
{
	static const enum tl_right rights[3] = { TL_RIGHT_READ, TL_RIGHT_WRITE, TL_RIGHT_EXECUTE };

	return (struct tl_attempt){ rights[kind % 3], kind >= 3 };
}

static bool agrees(struct machine *m, const struct tl_regs *regs, const struct question *q)
{
	struct tl_mem mem = { .read = ram_read, .ctx = m };
	struct tl_attributes attributes;
	struct tl_judgement judgement;
	struct tl_walk walk;
	uint64_t ours, cr2;

	tl_arch_x86_64.walk(regs, &mem, q->va, &walk);
	assert_true(tl_arch_x86_64.attributes(regs, &walk, &attributes));
	tl_arch_x86_64.judge(&walk, &attributes, attempt(q->kind), &judgement);
	host.n[judgement.verdict]++;
	ours = judgement.verdict == TL_VERDICT_OK ? 0 : judgement.code | FAULTED;
	cr2 = ours ? q->va : 0;
	if (q->answer == ours && q->cr2 == cr2)
		return true;
	for (unsigned i = 0; i < walk.n_steps; i++)
		print_error("level %d at %#" PRIx64 ": %#" PRIx64 "\n", walk.step[i].level,
			walk.step[i].gpa, walk.step[i].entry);
	print_error("%#" PRIx64 ", kind %" PRIu64 ": ours is %#" PRIx64 ", the CPU's %#" PRIx64
		    ", cr2 %#" PRIx64 "\n",
		q->va, q->kind, ours, q->answer, q->cr2);
	return false;
}

static void too_long(int signal)
{
}

static void run(struct machine *m)
{
	struct sigaction action = { .sa_handler = too_long };
	struct kvm_regs r;
	int got;

	sigaction(SIGALRM, &action, NULL);
	alarm(60);
	got = ioctl(m->vcpu, KVM_RUN, 0);
	alarm(0);
	assert_int_equal(ioctl(m->vcpu, KVM_GET_REGS, &r), 0);
	if (got || m->run->exit_reason != KVM_EXIT_IO || m->run->io.port != 0xf4)
		fail_msg("the guest ended with %d, exit %u, rip %#llx, question %#llx", got,
			m->run->exit_reason, r.rip, r.r12);
}

static void ask(const struct form *f)
{
	struct question *questions;
	struct machine m;
	struct tl_regs regs;
	unsigned wrong = 0;

	// KVM does not see what we write into tables that it has shadowed: a new one each time.
	open_machine(&m);
	fill_memory(&m);
	questions = (struct question *)(m.ram + QUESTIONS);
	for (unsigned i = 0; i < MOST; i++)
		questions[i] = (struct question){ random_address(), below(6), 1, 1 };
	regs = load(&m, f);
	run(&m);
	for (unsigned i = 0; i < MOST && wrong < 5; i++)
		wrong += !agrees(&m, &regs, &questions[i]);
	close_machine(&m);
	if (wrong)
		fail_msg("cr0 %#" PRIx64 ", cr4 %#" PRIx64 ", efer %#" PRIx64 ", rflags %#" PRIx64,
			f->cr0, f->cr4, f->efer, f->rflags);
}

static void accesses_end_as_we_judge(void **state)
{
	for (unsigned round = random_rounds(16); round; round--) {
		struct form f = { .cr0 = CR0 | (one_in(2) ? TL_X86_CR0_WP : 0),
			.cr4 = TL_X86_CR4_PAE | (any() & host.cr4),
			.efer = TL_X86_EFER_LMA | 0x100 | (one_in(4) ? 0 : TL_X86_EFER_NXE),
			.rflags = one_in(2) ? TL_X86_RFLAGS_AC : 0 };

		ask(&f);
	}
	printf("note: accesses: %u ok, %u not present, %u refused, %u reserved\n",
		host.n[TL_VERDICT_OK], host.n[TL_VERDICT_TRANSLATION],
		host.n[TL_VERDICT_PERMISSION], host.n[TL_VERDICT_RESERVED]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_end_as_we_judge),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_host, close_host);
}
