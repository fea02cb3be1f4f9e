/* SPDX-License-Identifier: MIT */
// labels: kvm x86_64
//
// KVM as a witness of answers: random instructions access a hole or a port, get random data, are
// completed with immediate_exit, and leave the registers and the memory that the effect has.
// TL_SEED says which. Where KVM is itself a guest without hardware support, hypercalls never exit:
// they are not asked.
#include <errno.h>
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

#include "arch/answer.h"
#include "arch/x86_64/decode.h"
#include "arch/x86_64/general.h"
#include "tests/arch/random.h"

#define RAM_SIZE    UINT64_C(0x90000)
#define TABLES	    UINT64_C(0x1000) // PML4, PDPT, PD
#define CODE	    UINT64_C(0x8000)
#define DATA	    UINT64_C(0x20000) // to the end of RAM: what strings and the stack are in
#define HOLE	    UINT64_C(0xa0000)
#define BEFORE	    48
#define WINDOW	    16
#define MAX_CPUID   256
#define CPUID_MOVBE (UINT32_C(1) << 22) // 1, ECX
#define CR0_BASE    UINT64_C(0x30)	// NE, ET

struct machine {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *ram, *copy;
	bool has_movbe;
};

// An instruction with what it needs.
struct question {
	unsigned mode;
	uint8_t code[16];
	unsigned size;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
};

static struct machine host;
static unsigned n_asked, n_done, n_misplaced, n_unlike;
static bool has_done[TL_X86_VMCALL + 1];

// KVM emulates MOVBE only where the host has it.
static void set_cpuid(void)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID * sizeof(*cpuid->entries));

	assert_non_null(cpuid);
	cpuid->nent = MAX_CPUID;
	assert_int_equal(ioctl(host.kvm, KVM_GET_SUPPORTED_CPUID, cpuid), 0);
	for (unsigned n = 0; n < cpuid->nent; n++)
		if (cpuid->entries[n].function == 1)
			host.has_movbe = cpuid->entries[n].ecx & CPUID_MOVBE;
	assert_int_equal(ioctl(host.vcpu, KVM_SET_CPUID2, cpuid), 0);
	free(cpuid);
}

// With it KVM tells pending exceptions from injected ones.
static void enable_payload(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_EXCEPTION_PAYLOAD, .args = { 1 } };

	assert_int_equal(ioctl(host.vm, KVM_ENABLE_CAP, &cap), 0);
}

static int open_machine(void **state)
{
	struct kvm_userspace_memory_region slot = { .memory_size = RAM_SIZE };

	host.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	host.vm = ioctl(host.kvm, KVM_CREATE_VM, 0);
	enable_payload();
	host.vcpu = ioctl(host.vm, KVM_CREATE_VCPU, 0);
	host.run_size = (size_t)ioctl(host.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	host.run = mmap(NULL, host.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, host.vcpu, 0);
	host.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	host.copy = malloc(RAM_SIZE);
	assert_true(host.run != MAP_FAILED && host.ram != MAP_FAILED && host.copy);
	slot.userspace_addr = (uintptr_t)host.ram;
	assert_int_equal(ioctl(host.vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
	set_cpuid();
	random_start();
	return 0;
}

static int close_machine(void **state)
{
	munmap(host.run, host.run_size);
	munmap(host.ram, RAM_SIZE);
	free(host.copy);
	close(host.vcpu);
	close(host.vm);
	return close(host.kvm);
}

static void put(uint64_t gpa, uint64_t value)
{
	memcpy(host.ram + gpa, &value, sizeof(value));
}

// The first GiB as it is.
static void put_tables(void)
{
	put(TABLES, (TABLES + 0x1000) | 3);
	put(TABLES + 0x1000, (TABLES + 0x2000) | 3);
	for (unsigned i = 0; i < 512; i++)
		put(TABLES + 0x2000 + 8 * i, (uint64_t)i << 21 | 0x83);
}

static bool ram_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	if (gpa > RAM_SIZE - size)
		return false;
	memcpy(buf, host.ram + gpa, size);
	return true;
}

static struct kvm_segment segment(const struct question *q, bool code)
{
	return (struct kvm_segment){ .selector = q->mode == 16 ? 0
						 : code	       ? 8
							       : 16,
		.limit = 0xffffffff,
		.type = code && q->mode != 16 ? 11 : 3,
		.present = 1,
		.s = 1,
		.l = code && q->mode == 64,
		.db = q->mode == 32 || (!code && q->mode == 64),
		.g = 1 };
}

static void set_sregs(struct question *q)
{
	struct kvm_sregs *s = &q->sregs;

	assert_int_equal(ioctl(host.vcpu, KVM_GET_SREGS, s), 0);
	s->cs = segment(q, true);
	s->ds = s->es = s->fs = s->gs = s->ss = segment(q, false);
	s->tr = (struct kvm_segment){ .limit = 0x67, .type = 11, .present = 1, .selector = 0x28 };
	s->cr0 = CR0_BASE | (q->mode != 16 ? TL_X86_CR0_PE : 0) |
		 (q->mode == 64 ? TL_X86_CR0_PG | TL_X86_CR0_WP : 0);
	s->cr3 = TABLES;
	s->cr4 = TL_X86_CR4_PAE;
	s->efer = q->mode == 64 ? TL_X86_EFER_LMA | 0x100 : 0;
}

static void as_state(const struct question *q, struct tl_state *ret)
{
	static const struct tl_slot slot = { .size = RAM_SIZE };

	*ret = (struct tl_state){ .arch = &tl_arch_x86_64,
		.mem = { .read = ram_read },
		.slots_known = true,
		.slots = &slot,
		.n_slots = 1 };
	memcpy(&ret->regs.word[TL_X86_WORD_REGS], &q->regs, sizeof(q->regs));
	memcpy(&ret->regs.word[TL_X86_WORD_SREGS], &q->sregs, sizeof(q->sregs));
	for (unsigned i = 0; i < TL_X86_WORD_VCPU_EVENTS; i++)
		tl_regs_set(&ret->regs, i, ret->regs.word[i]);
}

static void read_state(struct tl_state *ret)
{
	struct question q;
	struct kvm_vcpu_events events;

	assert_int_equal(ioctl(host.vcpu, KVM_GET_REGS, &q.regs), 0);
	assert_int_equal(ioctl(host.vcpu, KVM_GET_SREGS, &q.sregs), 0);
	assert_int_equal(ioctl(host.vcpu, KVM_GET_VCPU_EVENTS, &events), 0);
	as_state(&q, ret);
	memcpy(&ret->regs.word[TL_X86_WORD_VCPU_EVENTS], &events, sizeof(events));
	for (unsigned i = TL_X86_WORD_VCPU_EVENTS; i < TL_X86_WORD_RUN; i++)
		tl_regs_set(&ret->regs, i, ret->regs.word[i]);
}

static uint64_t *general(struct question *q, unsigned n)
{
	return (uint64_t *)&q->regs + tl_arch_x86_64.regs[tl_x86_general(n)].offset / 8;
}

static struct kvm_segment *segment_of(struct question *q, unsigned n)
{
	struct kvm_segment *const all[] = { &q->sregs.es, &q->sregs.cs, &q->sregs.ss, &q->sregs.ds,
		&q->sregs.fs, &q->sregs.gs };

	return all[n];
}

static void random_regs(struct question *q)
{
	for (unsigned n = 0; n < 16; n++)
		*general(q, n) = q->mode == 64 ? any() : (uint32_t)any();
	q->regs.rip = CODE;
	q->regs.rflags = 2 | (any() & 0xcd5); // CF, PF, AF, ZF, SF, DF, OF
}

// Makes `place` be at the linear address `va`. False when the instruction does not allow it.
static bool aim(struct question *q, const struct tl_x86_insn *i, enum tl_x86_place place, tl_gva va)
{
	const unsigned reg = place == TL_X86_SOURCE	   ? TL_X86_SI
			     : place == TL_X86_DESTINATION ? TL_X86_DI
							   : i->base;
	const unsigned seg = place == TL_X86_DESTINATION ? TL_X86_ES : i->segment;
	struct tl_state state;
	tl_gva at;

	as_state(q, &state);
	if (!tl_x86_place(&state.regs, i, place, &at))
		return false;
	if (q->mode == 64 && reg == TL_X86_NO_REG)
		segment_of(q, seg)->base = va - at;
	else if (q->mode == 64)
		*general(q, reg) += va - at;
	else
		segment_of(q, seg)->base = (uint32_t)(va - at);
	as_state(q, &state);
	return tl_x86_place(&state.regs, i, place, &at) && at == va;
}

// Code that nobody runs, with constants that look like code.
static void put_before(unsigned mode)
{
	uint8_t *const code = host.ram + CODE - BEFORE;
	const unsigned constant = mode == 16 ? 2 : 4;

	for (unsigned at = 0; at < BEFORE;) {
		const bool loads = one_in(2) && at + 1 + constant <= BEFORE;

		code[at++] = loads ? 0xb8 + below(8) : 0x90;
		for (unsigned n = 0; loads && n < constant; n++)
			code[at++] = (uint8_t)any();
	}
}

static void too_long(int signal)
{
}

static bool ask(const struct question *q)
{
	struct sigaction action = { .sa_handler = too_long };
	int got;

	sigaction(SIGALRM, &action, NULL);
	put_before(q->mode);
	memcpy(host.ram + CODE, q->code, q->size);
	memset(host.ram + CODE + q->size, 0xf4, 16);
	if (ioctl(host.vcpu, KVM_SET_SREGS, &q->sregs) || ioctl(host.vcpu, KVM_SET_REGS, &q->regs))
		return false;
	host.run->immediate_exit = 0;
	alarm(10);
	got = ioctl(host.vcpu, KVM_RUN, 0);
	alarm(0);
	return got == 0;
}

static uint64_t low(const void *bytes, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size < 8 ? size : 8);
	return value;
}

static bool as_mmio(struct tl_trap *ret)
{
	ret->kind = TL_TRAP_MMIO;
	ret->address = host.run->mmio.phys_addr;
	ret->size = host.run->mmio.len;
	ret->write = host.run->mmio.is_write;
	ret->value = low(host.run->mmio.data, host.run->mmio.len);
	return true;
}

static uint8_t *port_data(void)
{
	return (uint8_t *)host.run + host.run->io.data_offset;
}

static bool as_port(struct tl_trap *ret)
{
	ret->kind = TL_TRAP_PIO;
	ret->address = host.run->io.port;
	ret->size = host.run->io.size;
	ret->write = host.run->io.direction == KVM_EXIT_IO_OUT;
	ret->count = host.run->io.count;
	ret->value = low(port_data(), host.run->io.size);
	return true;
}

// With so much code before RIP.
static bool as_trap(unsigned before, struct tl_trap *ret)
{
	struct kvm_regs regs;

	assert_int_equal(ioctl(host.vcpu, KVM_GET_REGS, &regs), 0);
	if (regs.rip - CODE > sizeof(((struct question *)0)->code))
		return false;
	*ret = (struct tl_trap){ .count = 1, .code = host.ram + regs.rip - before };
	ret->code_size = (uint16_t)(before + 16);
	ret->code_before = (uint16_t)before;
	ret->has_address = ret->has_size = ret->has_write = ret->has_value = true;
	return host.run->exit_reason == KVM_EXIT_MMIO ? as_mmio(ret)
	       : host.run->exit_reason == KVM_EXIT_IO ? as_port(ret)
						      : false;
}

static void unlike(const struct question *q, const char *what, uint64_t ours, uint64_t theirs)
{
	if (++n_unlike > 20)
		return;
	print_message("%u:", q->mode);
	for (unsigned n = 0; n < q->size; n++)
		print_message(" %02x", q->code[n]);
	print_message(": %s: ours %#" PRIx64 ", theirs %#" PRIx64 "\n", what, ours, theirs);
}

static const char *word_name(unsigned word)
{
	for (unsigned n = 0; n < tl_arch_x86_64.n_regs; n++)
		if (tl_arch_x86_64.regs[n].offset / 8 == word)
			return tl_arch_x86_64.regs[n].name;
	return "?";
}

static void compare_regs(const struct question *q, const struct tl_effect *effect)
{
	struct tl_state after;

	read_state(&after);
	for (unsigned n = 0; n < TL_X86_WORD_RUN; n++)
		if (effect->regs.word[n] != after.regs.word[n])
			unlike(q, word_name(n), effect->regs.word[n], after.regs.word[n]);
}

static void apply(const struct tl_effect *effect)
{
	memcpy(host.copy, host.ram, RAM_SIZE);
	for (unsigned n = 0; n < effect->n_transfers; n++) {
		const struct tl_transfer *t = &effect->transfer[n];

		if (t->write && !t->is_device) {
			assert_true(t->gpa + t->size <= RAM_SIZE);
			memcpy(host.copy + t->gpa, t->data, t->size);
		}
	}
}

// Below are tables, whose accessed bits KVM sets.
static void compare_ram(const struct question *q)
{
	uint64_t n = DATA;

	if (!memcmp(host.copy + DATA, host.ram + DATA, RAM_SIZE - DATA))
		return;
	while (host.copy[n] == host.ram[n])
		n++;
	unlike(q, "memory", host.copy[n], host.ram[n]);
}

// The write that a read leads to, where it does.
static void compare_next(const struct question *q, const struct tl_effect *effect, bool exits)
{
	for (unsigned n = 0; n < effect->n_transfers; n++) {
		const struct tl_transfer *t = &effect->transfer[n];

		if (!t->write || !t->is_device)
			continue;
		if (!exits || host.run->exit_reason != KVM_EXIT_MMIO || !host.run->mmio.is_write ||
			host.run->mmio.phys_addr != t->gpa || host.run->mmio.len != t->size)
			unlike(q, "the write that follows", t->gpa, host.run->mmio.phys_addr);
		else if (memcmp(host.run->mmio.data, t->data, t->size) != 0)
			unlike(q, "what is written", low(t->data, t->size),
				low(host.run->mmio.data, t->size));
	}
}

static void give(const struct tl_trap *trap, uint64_t value)
{
	if (trap->kind == TL_TRAP_MMIO)
		memcpy(host.run->mmio.data, &value, sizeof(value));
	for (unsigned n = 0; trap->kind == TL_TRAP_PIO && !trap->write && n < trap->count; n++)
		memcpy(port_data() + n * trap->size, &value, trap->size);
}

static bool complete(void)
{
	host.run->immediate_exit = 1;
	return ioctl(host.vcpu, KVM_RUN, 0) == 0;
}

static struct tl_choice choose(const struct tl_trap *trap)
{
	struct tl_choice choice = { .id = TL_ANSWER_IGNORE, .has_value = true };

	if (trap->write)
		return choice;
	choice.id = one_in(8) ? TL_ANSWER_ZERO : one_in(8) ? TL_ANSWER_ONES : TL_ANSWER_VALUE;
	choice.value = choice.id == TL_ANSWER_ZERO   ? 0
		       : choice.id == TL_ANSWER_ONES ? UINT64_MAX
						     : any();
	choice.value &= tl_bytes_mask((unsigned)trap->size);
	return choice;
}

static bool is_found(const struct question *q, const struct tl_state *state,
	const struct tl_trap *trap, struct tl_x86_insn *ret)
{
	uint64_t rip = 0;
	int at;

	tl_x86_get(&state->regs, TL_X86_rip, &rip);
	return tl_x86_trapping(state, trap, ret, &at) && rip + (uint64_t)(int64_t)at == CODE &&
	       ret->length == q->size;
}

// Little code before RIP may leave it open whether a byte is a prefix or a constant's last.
static void compare_found(
	const struct question *q, const struct tl_state *state, struct tl_x86_insn *ret)
{
	struct tl_trap trap;

	as_trap(16, &trap);
	n_misplaced += !is_found(q, state, &trap, ret);
	as_trap(64, &trap);
	if (!is_found(q, state, &trap, ret))
		unlike(q, "where it is", (uint64_t)(int64_t)ret->at, 0);
}

static void compare_answer(const struct question *q)
{
	struct tl_x86_insn insn = { 0 };
	struct tl_effect effect;
	struct tl_choice choice;
	struct tl_state state;
	struct tl_trap trap;
	struct tl_why why;
	bool exits;

	read_state(&state);
	if (!as_trap(64, &trap)) {
		unlike(q, "exit", 0, host.run->exit_reason);
		return;
	}
	compare_found(q, &state, &insn);
	choice = choose(&trap);
	if (tl_answer_give(&state, &trap, &choice, &effect, &why) != TL_ANSWER_DONE) {
		unlike(q, why.text, trap.address, trap.size);
		return;
	}
	apply(&effect);
	give(&trap, choice.value);
	exits = complete();
	compare_regs(q, &effect);
	compare_ram(q);
	compare_next(q, &effect, exits);
	has_done[insn.op] = true;
	n_done++;
}

// Until KVM has nothing left to complete.
static void drain(void)
{
	while (complete())
		;
}

enum kind { MEMORY, STRING, PORT };

// Opcodes, and of groups the range of ModRM.reg.
static const struct form {
	uint16_t escape; // 0, 0x0f or 0x0f38
	uint8_t first, last, digit, last_digit;
	enum kind kind;
} forms[] = {
	{ 0, 0x00, 0x03, 0, 7, MEMORY },
	{ 0, 0x08, 0x0b, 0, 7, MEMORY },
	{ 0, 0x10, 0x13, 0, 7, MEMORY },
	{ 0, 0x18, 0x1b, 0, 7, MEMORY },
	{ 0, 0x20, 0x23, 0, 7, MEMORY },
	{ 0, 0x28, 0x2b, 0, 7, MEMORY },
	{ 0, 0x30, 0x33, 0, 7, MEMORY },
	{ 0, 0x38, 0x3b, 0, 7, MEMORY },
	{ 0, 0x80, 0x81, 0, 7, MEMORY },
	{ 0, 0x83, 0x83, 0, 7, MEMORY },
	{ 0, 0x84, 0x87, 0, 7, MEMORY },
	{ 0, 0x88, 0x8b, 0, 7, MEMORY },
	{ 0, 0x8f, 0x8f, 0, 0, MEMORY },
	{ 0, 0xa0, 0xa3, 0, 7, MEMORY },
	{ 0, 0xc6, 0xc7, 0, 0, MEMORY },
	{ 0, 0xf6, 0xf7, 0, 0, MEMORY },
	{ 0, 0xf6, 0xf7, 2, 3, MEMORY },
	{ 0, 0xfe, 0xff, 0, 1, MEMORY },
	{ 0, 0xff, 0xff, 6, 6, MEMORY },
	{ 0x0f, 0x40, 0x4f, 0, 7, MEMORY },
	{ 0x0f, 0x90, 0x9f, 0, 0, MEMORY },
	{ 0x0f, 0xa3, 0xa3, 0, 7, MEMORY },
	{ 0x0f, 0xab, 0xab, 0, 7, MEMORY },
	{ 0x0f, 0xb3, 0xb3, 0, 7, MEMORY },
	{ 0x0f, 0xb6, 0xb7, 0, 7, MEMORY },
	{ 0x0f, 0xba, 0xba, 4, 7, MEMORY },
	{ 0x0f, 0xbb, 0xbb, 0, 7, MEMORY },
	{ 0x0f, 0xbe, 0xbf, 0, 7, MEMORY },
	{ 0x0f, 0xc0, 0xc1, 0, 7, MEMORY },
	{ 0x0f, 0xc3, 0xc3, 0, 7, MEMORY },
	{ 0x0f38, 0xf0, 0xf1, 0, 7, MEMORY },
	{ 0, 0x63, 0x63, 0, 7, MEMORY },
	{ 0, 0xa4, 0xa5, 0, 7, STRING },
	{ 0, 0xaa, 0xaf, 0, 7, STRING },
	{ 0, 0x6c, 0x6f, 0, 7, STRING },
	{ 0, 0xe4, 0xe7, 0, 7, PORT },
	{ 0, 0xec, 0xef, 0, 7, PORT },
};

static void put_prefixes(struct question *q, const struct form *f)
{
	static const uint8_t segments[] = { 0x26, 0x36, 0x3e, 0x64, 0x65 };

	if (one_in(4))
		q->code[q->size++] = 0x66;
	if (one_in(8))
		q->code[q->size++] = 0x67;
	if (f->kind == MEMORY && one_in(8))
		q->code[q->size++] = 0xf0;
	if (one_in(4))
		q->code[q->size++] = segments[below(5)];
	if (f->kind == STRING && one_in(2))
		q->code[q->size++] = 0xf2 + (uint8_t)below(2);
	if (q->mode == 64 && one_in(2))
		q->code[q->size++] = 0x40 + (uint8_t)below(16);
}

static void put_code(struct question *q, const struct form *f)
{
	const unsigned digit = f->digit + below(f->last_digit - f->digit + 1u);

	q->size = 0;
	put_prefixes(q, f);
	if (f->escape)
		q->code[q->size++] = 0x0f;
	if (f->escape > 0xff)
		q->code[q->size++] = f->escape & 0xff;
	q->code[q->size++] = f->first + (uint8_t)below(f->last - f->first + 1u);
	for (unsigned n = q->size; n < sizeof(q->code); n++)
		q->code[n] = (uint8_t)any();
	q->code[q->size] = (uint8_t)(below(3) << 6 | digit << 3 | below(8));
}

static tl_gva in_hole(void)
{
	return HOLE + (any() & 0xf000) + below(0xfe0);
}

static tl_gva in_ram(void)
{
	return DATA + (any() & 0x1f000) + 0x80 + below(0xe00);
}

// PUSH and POP need a stack, which must not be what they are aimed by.
static bool put_stack(struct question *q, const struct tl_x86_insn *i)
{
	if (i->op != TL_X86_PUSH && i->op != TL_X86_POP)
		return true;
	if (i->base == TL_X86_SP || i->index == TL_X86_SP || i->segment == TL_X86_SS)
		return false;
	q->sregs.ss.base = DATA;
	q->regs.rsp = 0x1000 + (any() & 0xff8) + (q->mode == 64 ? DATA : 0);
	return true;
}

static bool aim_string(struct question *q, const struct tl_x86_insn *i)
{
	const bool to_device = one_in(2), movs = i->op == TL_X86_MOVS;
	const bool port = i->op == TL_X86_INS || i->op == TL_X86_OUTS;

	if (i->repeat)
		q->regs.rcx = 1 + below(5);
	if (i->place != TL_X86_DESTINATION &&
		!aim(q, i, TL_X86_SOURCE, port || (movs && to_device) ? in_ram() : in_hole()))
		return false;
	return i->place == TL_X86_SOURCE ||
	       aim(q, i, TL_X86_DESTINATION, port || (movs && !to_device) ? in_ram() : in_hole());
}

// False when the bytes are none that can be asked.
static bool make(struct question *q, unsigned mode)
{
	const struct form *f = &forms[below(sizeof(forms) / sizeof(forms[0]))];
	struct tl_x86_insn i;

	q->mode = mode;
	set_sregs(q);
	random_regs(q);
	put_code(q, f);
	if (tl_x86_decode(mode, q->code, sizeof(q->code), &i) != TL_X86_DECODED ||
		(i.lock && !(i.reads && i.writes)) || (i.op == TL_X86_MOVBE && !host.has_movbe))
		return false;
	q->size = i.length;
	if (f->kind == PORT)
		return true;
	if (f->kind == STRING)
		return aim_string(q, &i);
	return i.place && i.size && put_stack(q, &i) && aim(q, &i, TL_X86_ADDRESS, in_hole()) &&
	       put_stack(q, &i);
}

// CMPXCHG, CMPS and vector moves are not modelled.
static bool is_left_out(unsigned op)
{
	return op == TL_X86_CMPXCHG || op == TL_X86_CMPS || op == TL_X86_MOVE_VECTOR ||
	       (op == TL_X86_MOVBE && !host.has_movbe);
}

static void ask_many(unsigned mode)
{
	struct question q;

	n_asked = n_done = n_misplaced = 0;
	memset(has_done, 0, sizeof(has_done));
	for (unsigned round = random_rounds(4000); round; round--) {
		if (!make(&q, mode))
			continue;
		n_asked++;
		put_tables();
		if (ask(&q))
			compare_answer(&q);
		else
			unlike(&q, "run", 0, (uint64_t)errno);
		drain();
	}
	print_message("note: %u-bit code: %u asked, %u answered, %u misplaced with 16 bytes\n",
		mode, n_asked, n_done, n_misplaced);
	assert_int_equal(n_unlike, 0);
	assert_int_equal(n_done, n_asked);
	assert_true(n_misplaced * 100 < n_done);
	for (unsigned op = TL_X86_MOV; op <= TL_X86_OUTS; op++)
		assert_true(has_done[op] || is_left_out(op));
}

static void answers_in_64_bit_code_leave_what_kvm_leaves(void **state)
{
	ask_many(64);
}

static void answers_in_32_bit_code_leave_what_kvm_leaves(void **state)
{
	ask_many(32);
}

static void answers_in_16_bit_code_leave_what_kvm_leaves(void **state)
{
	ask_many(16);
}

// What the guest accesses that KVM does not know comes to us.
static bool enable_msrs(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args = { KVM_MSR_EXIT_REASON_UNKNOWN } };

	return ioctl(host.vm, KVM_ENABLE_CAP, &cap) == 0;
}

static void make_msr(struct question *q, unsigned mode, const char *code, unsigned size)
{
	q->mode = mode;
	set_sregs(q);
	random_regs(q);
	memcpy(q->code, code, size);
	q->size = size;
	put_tables();
}

static void compare_msr(
	const struct question *q, enum tl_trap_kind kind, uint64_t address, struct tl_choice choice)
{
	struct tl_trap trap = { .kind = kind,
		.has_address = true,
		.address = address,
		.code = host.ram + CODE,
		.code_size = 16 };
	struct tl_effect effect;
	struct tl_state state;
	struct tl_why why;

	read_state(&state);
	assert_int_equal(tl_answer_give(&state, &trap, &choice, &effect, &why), TL_ANSWER_DONE);
	host.run->msr.error = choice.id == TL_ANSWER_GP;
	host.run->msr.data = choice.value;
	assert_false(complete());
	compare_regs(q, &effect);
	n_done++;
	assert_int_equal(n_unlike, 0);
}

// What is pending goes with the question.
static void clear_events(void)
{
	struct kvm_vcpu_events events;

	assert_int_equal(ioctl(host.vcpu, KVM_GET_VCPU_EVENTS, &events), 0);
	memset(&events.exception, 0, sizeof(events.exception));
	assert_int_equal(ioctl(host.vcpu, KVM_SET_VCPU_EVENTS, &events), 0);
}

static void ask_msr(unsigned mode, bool write, struct tl_choice choice)
{
	struct question q;

	make_msr(&q, mode, write ? "\x0f\x30" : "\x0f\x32", 2);
	q.regs.rcx = 0x12345;
	q.regs.rflags = 2;
	assert_true(ask(&q));
	assert_int_equal(host.run->exit_reason, write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR);
	assert_int_equal(host.run->msr.index, 0x12345);
	compare_msr(&q, write ? TL_TRAP_WRMSR : TL_TRAP_RDMSR, 0x12345, choice);
	clear_events();
}

static void answers_to_msrs_leave_what_kvm_leaves(void **state)
{
	static const unsigned modes[] = { 64, 32, 16 };

	if (!enable_msrs())
		fail_msg("KVM_CAP_X86_USER_SPACE_MSR: %s", strerror(errno));
	n_done = 0;
	for (unsigned round = random_rounds(40); round; round--) {
		const unsigned mode = modes[below(3)];

		ask_msr(mode, false,
			(struct tl_choice){ TL_ANSWER_VALUE, .has_value = true, .value = any() });
		ask_msr(mode, false, (struct tl_choice){ TL_ANSWER_GP });
		ask_msr(mode, true, (struct tl_choice){ TL_ANSWER_IGNORE });
		ask_msr(mode, true, (struct tl_choice){ TL_ANSWER_GP });
	}
	print_message("note: %u answered\n", n_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_64_bit_code_leave_what_kvm_leaves),
		cmocka_unit_test(answers_in_32_bit_code_leave_what_kvm_leaves),
		cmocka_unit_test(answers_in_16_bit_code_leave_what_kvm_leaves),
		cmocka_unit_test(answers_to_msrs_leave_what_kvm_leaves),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
