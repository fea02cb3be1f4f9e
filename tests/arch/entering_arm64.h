/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ENTERING_ARM64_H
#define TL_TESTS_ARCH_ENTERING_ARM64_H

#include <signal.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "arch/arm64/enter.h"
#include "arch/arm64/walk.h"
#include "tests/arch/bits_arm64.h"
#include "tests/arch/random.h"
#include "tests/kernel/tiny.h"

/*
 * A guest whose registers are random, and which stops at an access to where no memory is. What KVM, its
 * CPU or userspace makes of it then is compared with the model. The MMU is off, but for walks:
 *
 *	TINY_BASE	the code of a round
 *	+ 0x100		code that an event needs
 *	+ 0x4000	a translation table
 *	TINY_VECTORS	in every vector a load from x2 that has no syndrome, as it does in HIGH_VECTORS
 */
#define CODE_AT	     TINY_BASE
#define EVENT_AT     (TINY_BASE + 0x100)
#define TABLE_AT     (TINY_BASE + 0x4000)
#define HIGH_VECTORS UINT64_C(0xffff0000)
#define HIGH_SIZE    0x1000

#define HOLE	    UINT64_C(0x09000000) /* x0: what the code accesses */
#define VECTOR_HOLE UINT64_C(0x0a000000) /* x2 */

/** An instruction that accesses what x0 holds. */
struct entering_code {
	uint8_t bytes[4];
	bool aarch32, thumb;
	bool narrow; /**< of 16 bits */
	bool mmio;   /**< the CPU gives a syndrome: KVM_EXIT_MMIO */
	bool write;
};

#define WORD(w)                                                                                    \
	{                                                                                          \
		(w) & 0xff, (w) >> 8 & 0xff, (w) >> 16 & 0xff, (w) >> 24 & 0xff                    \
	}

static const struct entering_code entering_codes[] = {
	{ WORD(0xb8404401), false, false, false, false, false }, // ldr w1, [x0], #4
	{ WORD(0xb8004401), false, false, false, false, true },	 // str w1, [x0], #4
	{ WORD(0x29400c01), false, false, false, false, false }, // ldp w1, w3, [x0]
	{ WORD(0xb9400001), false, false, false, true, false },	 // ldr w1, [x0]
	{ WORD(0xb9000001), false, false, false, true, true },	 // str w1, [x0]
	{ WORD(0xe4901004), true, false, false, false, false },	 // ldr r1, [r0], #4
	{ WORD(0xe8b0000a), true, false, false, false, false },	 // ldm r0!, {r1, r3}
	{ WORD(0xe5901000), true, false, false, true, false },	 // ldr r1, [r0]
	{ WORD(0x1b04f850), true, true, false, false, false },	 // ldr r1, [r0], #4
	{ WORD(0x0000c80a), true, true, true, false, false },	 // ldm r0!, {r1, r3}
	{ WORD(0x00006801), true, true, true, true, false },	 // ldr r1, [r0]
	{ WORD(0x00006001), true, true, true, true, true },	 // str r1, [r0]
};

struct entering {
	struct tiny tiny;
	bool is_32bit; /**< EL1 is */
	bool far_vbar; /**< the guest does not get to its vectors: they are anywhere */
	uint8_t *high; /**< HIGH_VECTORS */
	uint32_t kernel;
	const struct entering_code *code;
	uint8_t mode;
	struct tl_regs before; /**< at the exit */
	unsigned n;	       /**< rounds */
};

/** `few` rounds, or ten times as many with TL_LONG: each is some hundred ioctls on an emulated CPU. */
static inline unsigned entering_rounds(unsigned few)
{
	return getenv("TL_LONG") ? 10 * few : few;
}

static inline uint32_t entering_kernel(void)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	return TL_KERNEL(major, minor);
}

static inline void entering_put(struct entering *e, uint64_t gpa, const void *bytes, size_t size)
{
	memcpy(e->tiny.memory + (gpa - TINY_BASE), bytes, size);
}

static inline void entering_enable_nisv(struct entering *e)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	assert_int_equal(ioctl(e->tiny.vm, KVM_ENABLE_CAP, &cap), 0);
}

static inline void entering_add_high(struct entering *e)
{
	struct kvm_userspace_memory_region region = {
		.slot = 1, .guest_phys_addr = HIGH_VECTORS, .memory_size = HIGH_SIZE
	};

	e->high = mmap(NULL, HIGH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(e->high != MAP_FAILED);
	region.userspace_addr = (uintptr_t)e->high;
	assert_int_equal(ioctl(e->tiny.vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
}

static inline void entering_open(struct entering *e, bool is_32bit)
{
	*e = (struct entering){ .is_32bit = is_32bit, .kernel = entering_kernel() };
	tiny_open(&e->tiny, ioctl, is_32bit);
	entering_enable_nisv(e);
	entering_add_high(e);
}

static inline void entering_close(struct entering *e)
{
	munmap(e->high, HIGH_SIZE);
	tiny_close(&e->tiny);
}

static inline struct tl_regs entering_read(const struct entering *e)
{
	struct tl_regs regs = { 0 };

	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		if (tl_arch_arm64.regs[i].kvm_id)
			tl_regs_set(&regs, i, tiny_get(&e->tiny, i));
	return regs;
}

static inline struct tl_state entering_state(const struct entering *e)
{
	return (struct tl_state){
		.arch = &tl_arch_arm64, .regs = e->before, .platform.kernel = e->kernel
	};
}

// Flags, DIT, UAO or SSBS, PAN, D or E, A, I, F; then TCO, SSBS, BTYPE, or Q, GE and an IT block whose
// condition is "always".
static inline uint64_t entering_random_pstate(const struct entering *e)
{
	const struct entering_code *code = e->code;
	uint64_t pstate = e->mode | (any() & (UINT64_C(15) << 28 | 7 << 22 | 15 << 6));

	if (!code->aarch32)
		return pstate | (any() & (BIT(25) | BIT(12) | 3 << 10));
	pstate |= any() & (BIT(27) | 15 << 16);
	if (!code->thumb)
		return pstate;
	pstate |= any() & (3 << 25 | 3 << 10);
	return pstate | BIT(5) | (pstate & (3 << 25 | 3 << 10) ? 0xe000 : 0);
}

// Without MMU and WXN; ITD and the trapping of LDM, which may take the code, and IESB and NMI.
static inline uint64_t entering_random_sctlr(const struct entering *e)
{
	if (e->is_32bit)
		return ((uint32_t)any() & ~(BIT(0) | BIT(1) | BIT(7) | BIT(19) | BIT(20))) |
		       BIT(3) | BIT(4);
	return (any() & ~(BIT(0) | BIT(1) | BIT(7) | BIT(19) | BIT(21) | BIT(61))) | BIT(28) |
	       BIT(29);
}

// What AArch32 does not have is 0, which tells us of its EL1.
static inline uint64_t entering_random(const struct entering *e, enum tl_arm64_reg reg)
{
	switch (reg) {
	case TL_ARM64_x0:
		return HOLE;
	case TL_ARM64_x2:
		return VECTOR_HOLE;
	case TL_ARM64_pc:
		return CODE_AT;
	case TL_ARM64_pstate:
		return entering_random_pstate(e);
	case TL_ARM64_sctlr_el1:
		return entering_random_sctlr(e);
	case TL_ARM64_elr_el1:
		return e->is_32bit ? 0 : any();
	case TL_ARM64_vbar_el1:
		return e->far_vbar ? any() & ~LOW(11) & LOW(e->is_32bit ? 32 : 64) : TINY_VECTORS;
	case TL_ARM64_tcr_el1: // no tagged addresses
		return any() & (e->is_32bit ? LOW(32) : ~(BIT(37) | BIT(38) | BIT(59)));
	default:
		return e->is_32bit && reg != TL_ARM64_far_el1 ? (uint32_t)any() : any();
	}
}

static inline bool entering_is_set(enum tl_arm64_reg reg)
{
	return reg != TL_ARM64_midr_el1 && reg != TL_ARM64_mpidr_el1 &&
	       reg != TL_ARM64_cntkctl_el1 && reg != TL_ARM64_fpexc32_el2 &&
	       reg != TL_ARM64_device_irq_level;
}

/*
 * PSTATE comes first: KVM shortens registers when it becomes one of AArch32. Before 7.2 an access whose
 * place an abort has taken is still completed by the next KVM_RUN but one, if the exit's reason is left.
 */
static inline void entering_load(struct entering *e)
{
	tiny_reset(&e->tiny, e->is_32bit);
	e->tiny.run->exit_reason = KVM_EXIT_UNKNOWN;
	tiny_set(&e->tiny, TL_ARM64_pstate, entering_random(e, TL_ARM64_pstate));
	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		if (i != TL_ARM64_pstate && entering_is_set((enum tl_arm64_reg)i))
			tiny_set(&e->tiny, i, entering_random(e, (enum tl_arm64_reg)i));
}

// AArch32 takes exceptions in T32 if SCTLR.TE says so. Data aborts first put SPSR into R1.
static inline void entering_put_vectors(struct entering *e)
{
	const bool thumb = e->is_32bit && tiny_get(&e->tiny, TL_ARM64_sctlr_el1) & BIT(30);
	const uint32_t load32 = thumb ? 0x3b04f852 : 0xe4923004; // ldr r3, [r2], #4
	const uint32_t mrs32 = thumb ? 0x8100f3ff : 0xe14f1000;	 // mrs r1, spsr
	const uint32_t load = e->is_32bit ? load32 : 0xb8404443; // ldr w3, [x2], #4

	for (unsigned at = 0; at < 0x800; at += 4)
		entering_put(e, TINY_VECTORS + at, &load, sizeof(load));
	if (!e->is_32bit)
		return;
	entering_put(e, TINY_VECTORS + 0x10, &mrs32, sizeof(mrs32));
	memcpy(e->high, e->tiny.memory + (TINY_VECTORS - TINY_BASE), 0x20);
}

static inline void entering_too_long(int signal)
{
}

/** The guest runs to an exit of that kind, or the test fails. */
static inline void entering_run(struct entering *e, uint32_t reason)
{
	struct sigaction action = { .sa_handler = entering_too_long };
	int error;

	sigaction(SIGALRM, &action, NULL);
	alarm(10);
	error = tiny_run(&e->tiny);
	alarm(0);
	if (error || e->tiny.run->exit_reason != reason)
		fail_msg("KVM_RUN ended with %d, exit %u, pc %#" PRIx64 ", pstate %#" PRIx64
			 ", esr_el1 %#" PRIx64 ", far_el1 %#" PRIx64,
			error, e->tiny.run->exit_reason, tiny_get(&e->tiny, TL_ARM64_pc),
			tiny_get(&e->tiny, TL_ARM64_pstate), tiny_get(&e->tiny, TL_ARM64_esr_el1),
			tiny_get(&e->tiny, TL_ARM64_far_el1));
}

/** Random registers, `code`, and a run to such an exit; then `before` is known. */
static inline void entering_start_to(
	struct entering *e, const struct entering_code *code, uint8_t mode, uint32_t reason)
{
	e->code = code;
	e->mode = mode;
	e->n++;
	entering_put(e, CODE_AT, code->bytes, sizeof(code->bytes));
	entering_load(e);
	entering_put_vectors(e);
	entering_run(e, reason);
	e->before = entering_read(e);
	assert_int_equal(e->before.word[TL_ARM64_pc], CODE_AT);
}

/** The same with the exit of an access. */
static inline void entering_start(
	struct entering *e, const struct entering_code *code, uint8_t mode)
{
	entering_start_to(e, code, mode, code->mmio ? KVM_EXIT_MMIO : KVM_EXIT_ARM_NISV);
}

/** An SError is pending. */
static inline bool entering_is_pending(const struct entering *e)
{
	struct kvm_vcpu_events events = { 0 };

	assert_int_equal(ioctl(e->tiny.vcpu, KVM_GET_VCPU_EVENTS, &events), 0);
	return events.exception.serror_pending;
}

/** The guest is at its vector, and stops at the first instruction there. */
static inline void entering_run_to_vector(struct entering *e)
{
	entering_run(e, KVM_EXIT_ARM_NISV);
	assert_int_equal(e->tiny.run->arm_nisv.fault_ipa, VECTOR_HOLE);
}

/** The guest takes the SError that it has masked, so that the next round is without. */
static inline void entering_drain(struct entering *e)
{
	e->tiny.run->exit_reason = KVM_EXIT_UNKNOWN;
	tiny_set(&e->tiny, TL_ARM64_pstate, tiny_get(&e->tiny, TL_ARM64_pstate) & ~BIT(8));
	tiny_set(&e->tiny, TL_ARM64_vbar_el1, TINY_VECTORS);
	entering_run_to_vector(e);
	assert_false(entering_is_pending(e));
}

/** Leaves these bits of a register out of the comparison. */
static inline void entering_forgive(
	const struct entering *e, struct tl_regs *ours, enum tl_arm64_reg reg, uint64_t bits)
{
	ours->word[reg] = (ours->word[reg] & ~bits) | (tiny_get(&e->tiny, reg) & bits);
}

/** The registers are what the model says. */
static inline void entering_compare(const struct entering *e, const struct tl_regs *ours)
{
	const struct tl_regs theirs = entering_read(e);
	unsigned wrong = 0;

	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++) {
		if (!tl_arch_arm64.regs[i].kvm_id || ours->word[i] == theirs.word[i])
			continue;
		print_error("%s: was %#" PRIx64 ", ours is %#" PRIx64 ", theirs %#" PRIx64 "\n",
			tl_arch_arm64.regs[i].name, e->before.word[i], ours->word[i],
			theirs.word[i]);
		wrong++;
	}
	if (wrong)
		fail_msg("round %u: pstate %#" PRIx64 ", sctlr_el1 %#" PRIx64 ", tcr_el1 %#" PRIx64
			 ", code %02x%02x%02x%02x",
			e->n, e->before.word[TL_ARM64_pstate], e->before.word[TL_ARM64_sctlr_el1],
			e->before.word[TL_ARM64_tcr_el1], e->code->bytes[3], e->code->bytes[2],
			e->code->bytes[1], e->code->bytes[0]);
}

#endif
