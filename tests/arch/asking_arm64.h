/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ASKING_ARM64_H
#define TL_TESTS_ARCH_ASKING_ARM64_H

#include <assert.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "tests/arch/bits_arm64.h"
#include "tests/arch/random.h"

/*
 * A guest that asks its CPU what it makes of addresses. The test is the VMM: it writes the tables and
 * sets the registers; the guest finds itself in a range, or in entries, that the test keeps right:
 *
 *	RAM			the guest's code, read-only
 *	RAM + 1 MiB		translation tables of the test's own, for that code
 *	RAM + 2 MiB		the questions: address, kind, answer; 8 bytes each
 *	RAM + 4 MiB		a write there ends the run (it is mapped to where no memory is)
 *				and in physical memory, the random tables
 *	RAM + 8 MiB .. end	svc #0, for a fetch to find
 */
#define RAM	  UINT64_C(0x40000000)
#define RAM_SIZE  (UINT64_C(16) << 20)
#define OWN	  (RAM + (UINT64_C(1) << 20))
#define QUESTIONS (RAM + (UINT64_C(2) << 20))
#define END	  (RAM + (UINT64_C(4) << 20))
#define TABLES	  (RAM + (UINT64_C(4) << 20))
#define TARGETS	  (RAM + (UINT64_C(8) << 20))
#define NOTHING	  UINT64_C(0x50000000)
#define MOST	  1000 /* questions of a run */

#define SVC_A64 0xd4000001

/**
 * What a question may ask, in the order of the guests' code: six AT or ATS1C instructions, and two
 * modes to fetch in.
 */
enum kind { READ, WRITE, USER_READ, USER_WRITE, READ_PAN, WRITE_PAN, FETCH, USER_FETCH, KINDS };

struct asking {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *ram;
	bool big_endian; /**< the guest's data and tables */
	unsigned n[TL_VERDICT_NOT_KNOWN + 1];
};

static inline void *asking_ram(struct asking *a, tl_gpa gpa)
{
	assert(gpa >= RAM && gpa < RAM + RAM_SIZE);
	return a->ram + (gpa - RAM);
}

static inline bool asking_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct asking *a = ctx;

	if (gpa < RAM || gpa - RAM > RAM_SIZE - size)
		return false;
	memcpy(buf, asking_ram(a, gpa), size);
	return true;
}

static inline void asking_put(struct asking *a, tl_gpa gpa, uint64_t value)
{
	value = a->big_endian ? htobe64(value) : htole64(value);
	memcpy(asking_ram(a, gpa), &value, sizeof(value));
}

static inline void asking_put_word(struct asking *a, tl_gpa gpa, uint32_t value)
{
	value = a->big_endian ? htobe32(value) : htole32(value);
	memcpy(asking_ram(a, gpa), &value, sizeof(value));
}

static inline uint64_t asking_get(struct asking *a, tl_gpa gpa)
{
	uint64_t value;

	memcpy(&value, asking_ram(a, gpa), sizeof(value));
	return a->big_endian ? be64toh(value) : le64toh(value);
}

static inline void asking_set(struct asking *a, uint64_t id, uint64_t value)
{
	struct kvm_one_reg one = { .id = id, .addr = (uintptr_t)&value };

	assert_int_equal(ioctl(a->vcpu, KVM_SET_ONE_REG, &one), 0);
}

static inline uint64_t asking_register(struct asking *a, uint64_t id)
{
	uint64_t value = 0;
	struct kvm_one_reg one = { .id = id, .addr = (uintptr_t)&value };

	assert_int_equal(ioctl(a->vcpu, KVM_GET_ONE_REG, &one), 0);
	return value;
}

/** Sets all that `regs` knows, and reads back what the CPU made of it. */
static inline void asking_load(struct asking *a, struct tl_regs *regs)
{
	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++) {
		if (!tl_regs_known(regs, i))
			continue;
		asking_set(a, tl_arch_arm64.regs[i].kvm_id, regs->word[i]);
		regs->word[i] = asking_register(a, tl_arch_arm64.regs[i].kvm_id);
	}
}

static inline void asking_too_long(int signal)
{
}

/** The guest answers all questions, or the test fails. */
static inline void asking_run(struct asking *a)
{
	struct sigaction action = { .sa_handler = asking_too_long };
	int got;

	sigaction(SIGALRM, &action, NULL);
	alarm(30);
	got = ioctl(a->vcpu, KVM_RUN, 0);
	alarm(0);
	if (got || a->run->exit_reason != KVM_EXIT_MMIO || a->run->mmio.phys_addr != NOTHING)
		fail_msg("the guest ended with %d, exit %u, pc %#" PRIx64 ", esr_el1 %#" PRIx64
			 ", far_el1 %#" PRIx64 ", x0 %#" PRIx64,
			got, a->run->exit_reason,
			asking_register(a, tl_arch_arm64.regs[TL_ARM64_pc].kvm_id),
			asking_register(a, tl_arch_arm64.regs[TL_ARM64_esr_el1].kvm_id),
			asking_register(a, tl_arch_arm64.regs[TL_ARM64_far_el1].kvm_id),
			asking_register(a, tl_arch_arm64.regs[TL_ARM64_x0].kvm_id));
	// The write is completed; the next run starts anew.
	a->run->immediate_exit = 1;
	assert_int_equal(ioctl(a->vcpu, KVM_RUN, 0), -1);
	a->run->immediate_exit = 0;
}

static inline void asking_question(struct asking *a, unsigned n, tl_gva va, unsigned kind)
{
	asking_put(a, QUESTIONS + 24 * n, va);
	asking_put(a, QUESTIONS + 24 * n + 8, kind);
	asking_put(a, QUESTIONS + 24 * n + 16, UINT64_MAX);
}

static inline uint64_t asking_answer(struct asking *a, unsigned n)
{
	return asking_get(a, QUESTIONS + 24 * n + 16);
}

/** A fetch from `va` finds something else than the targets: random code, or no memory. */
static inline bool asking_leads_astray(struct asking *a, const struct tl_regs *regs, tl_gva va)
{
	struct tl_mem mem = { .read = asking_read, .ctx = a };
	struct tl_walk walk;

	tl_arch_arm64.walk(regs, &mem, va, &walk);
	return walk.status == TL_WALK_OK && (walk.gpa < TARGETS || walk.gpa >= RAM + RAM_SIZE);
}

static inline void asking_show(const struct tl_regs *regs, const struct tl_walk *walk)
{
	static const enum tl_arm64_reg shown[] = { TL_ARM64_pstate, TL_ARM64_sctlr_el1,
		TL_ARM64_tcr_el1, TL_ARM64_ttbr0_el1, TL_ARM64_ttbr1_el1, TL_ARM64_mair_el1,
		TL_ARM64_dacr32_el2 };

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		print_error("%s %#" PRIx64 "\n", tl_arch_arm64.regs[shown[i]].name,
			regs->word[shown[i]]);
	for (unsigned i = 0; i < walk->n_steps; i++)
		print_error("level %d at %#" PRIx64 ": %#" PRIx64 ", %d to %#" PRIx64 "\n",
			walk->step[i].level, walk->step[i].gpa, walk->step[i].entry,
			walk->step[i].kind, walk->step[i].output);
}

/** What we say of one question. */
struct view {
	struct tl_walk walk;
	struct tl_attributes attributes;
	struct tl_judgement judgement;
};

static inline struct tl_attempt asking_attempt(enum kind kind)
{
	static const struct tl_attempt attempts[KINDS] = {
		[READ] = { TL_RIGHT_READ, false },
		[WRITE] = { TL_RIGHT_WRITE, false },
		[USER_READ] = { TL_RIGHT_READ, true },
		[USER_WRITE] = { TL_RIGHT_WRITE, true },
		[READ_PAN] = { TL_RIGHT_READ, false },
		[WRITE_PAN] = { TL_RIGHT_WRITE, false },
		[FETCH] = { TL_RIGHT_EXECUTE, false },
		[USER_FETCH] = { TL_RIGHT_EXECUTE, true },
	};

	return attempts[kind];
}

static inline struct view asking_view(
	struct asking *a, const struct tl_regs *regs, tl_gva va, enum kind kind)
{
	struct tl_mem mem = { .read = asking_read, .ctx = a };
	struct view view;

	tl_arch_arm64.walk(regs, &mem, va, &view.walk);
	assert_true(tl_arch_arm64.attributes(regs, &view.walk, &view.attributes));
	if (kind < READ_PAN)
		view.attributes.pan = false;
	tl_arch_arm64.judge(&view.walk, &view.attributes, asking_attempt(kind), &view.judgement);
	a->n[view.judgement.verdict]++;
	return view;
}

/** 0, or as PAR has it: F and from bit 1 the fault's code. */
static inline uint64_t asking_fault(const struct view *view)
{
	return view->judgement.verdict == TL_VERDICT_OK ? 0
							: (uint64_t)view->judgement.code << 1 | 1;
}

/** PAR with long descriptors (Arm ARM D17.2.102): F 0; FST 6:1 or SH 8:7, PA 51:12, ATTR 63:56. */
static inline uint64_t asking_par(const struct view *view)
{
	if (view->judgement.verdict != TL_VERDICT_OK)
		return asking_fault(view);
	return (uint64_t)view->attributes.memory << 56 |
	       (uint64_t)view->attributes.shareability << 7 | (view->walk.gpa & LOW(52) & ~LOW(12));
}

/**
 * What counts of the CPU's PAR, beside ours. Of memory that is outer shareable whatever the entry says,
 * QEMU 7.2 shows what the entry says; MAIR of 0x40 is UNPREDICTABLE (Arm ARM D17.2.97), and QEMU 10 takes it
 * for such memory.
 */
static inline uint64_t asking_par_fields(uint64_t par, unsigned address_bits, uint64_t ours)
{
	const uint64_t shareability = UINT64_C(3) << 7;
	unsigned memory = par >> 56;

	if (par & 1)
		return par & LOW(7);
	if (memory >> 4 == 0 || memory == 0x44)
		par = (par & ~shareability) | 2 << 7;
	if (memory == 0x40)
		par = (par & ~shareability) | (ours & shareability);
	return par & (UINT64_C(0xff) << 56 | 3 << 7 | (LOW(address_bits) & ~LOW(12)));
}

/** The question was answered otherwise than by us. */
static inline void asking_show_both(const struct tl_regs *regs, const struct view *view,
	enum kind kind, uint64_t ours, uint64_t theirs, uint64_t answer)
{
	asking_show(regs, &view->walk);
	print_error("%#" PRIx64 ", kind %u: ours is %#" PRIx64 ", the CPU's %#" PRIx64 " (%#" PRIx64
		    ")\n",
		view->walk.va, kind, ours, theirs, answer);
}

/** Prints how many questions ended how, and starts to count anew. */
static inline void asking_report(struct asking *a, const char *what)
{
	printf("note: %s: %u ok, %u translation, %u address size, %u access flag, %u domain, "
	       "%u permission\n",
		what, a->n[TL_VERDICT_OK], a->n[TL_VERDICT_TRANSLATION],
		a->n[TL_VERDICT_ADDRESS_SIZE], a->n[TL_VERDICT_ACCESS_FLAG],
		a->n[TL_VERDICT_DOMAIN], a->n[TL_VERDICT_PERMISSION]);
	assert_true(
		a->n[TL_VERDICT_OK] && a->n[TL_VERDICT_TRANSLATION] && a->n[TL_VERDICT_PERMISSION]);
	memset(a->n, 0, sizeof(a->n));
}

/** A vCPU with those features (KVM_ARM_VCPU_*), and `code` where the guest's code is. */
static inline void asking_open(
	struct asking *a, uint32_t features, const void *code, size_t code_size)
{
	struct kvm_userspace_memory_region slot = { .guest_phys_addr = RAM,
		.memory_size = RAM_SIZE };
	struct kvm_vcpu_init init;

	a->vm = ioctl(a->kvm, KVM_CREATE_VM, 0);
	a->vcpu = ioctl(a->vm, KVM_CREATE_VCPU, 0);
	a->run_size = (size_t)ioctl(a->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	a->run = mmap(NULL, a->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, a->vcpu, 0);
	a->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(a->vm >= 0 && a->vcpu >= 0 && a->run != MAP_FAILED && a->ram != MAP_FAILED);
	slot.userspace_addr = (uintptr_t)a->ram;
	assert_int_equal(ioctl(a->vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
	assert_int_equal(ioctl(a->vm, KVM_ARM_PREFERRED_TARGET, &init), 0);
	init.features[0] |= features;
	assert_int_equal(ioctl(a->vcpu, KVM_ARM_VCPU_INIT, &init), 0);
	memcpy(a->ram, code, code_size);
	for (tl_gpa gpa = TARGETS; gpa < RAM + RAM_SIZE; gpa += 4)
		memcpy(asking_ram(a, gpa), &(uint32_t){ SVC_A64 }, 4);
}

static inline void asking_close(struct asking *a)
{
	munmap(a->run, a->run_size);
	munmap(a->ram, RAM_SIZE);
	close(a->vcpu);
	close(a->vm);
}

#endif
