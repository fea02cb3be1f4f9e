/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_KERNEL_TINY_H
#define TL_TESTS_KERNEL_TINY_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "schema/wire/exit.h"
#include "schema/wire/idsr.h"

/*
 * A VM of one vCPU and 64 KiB at TINY_BASE, by way of an ioctl() of the test's choice. It starts there
 * in EL1 with the MMU off, or in SVC mode; vectors are at TINY_VECTORS, where the VMM puts code of its
 * own if it wants any.
 */
#define TINY_BASE    UINT64_C(0x40000000)
#define TINY_SIZE    0x10000
#define TINY_VECTORS (TINY_BASE + 0x8000)

/** EL1h synchronous, and AArch32 undefined and data abort. */
enum { TINY_SYNC = 0x200, TINY_UND32 = 0x4 };

typedef int tiny_ioctl(int fd, unsigned long request, ...);

struct tiny {
	tiny_ioctl *ioctl;
	int system, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *memory;
};

static inline struct tl_run_idsr *tiny_idsr(const struct tiny *t)
{
	return (struct tl_run_idsr *)((uint8_t *)t->run + TL_RUN_UNION);
}

static inline void tiny_code(struct tiny *t, uint64_t at, const uint32_t *words, size_t size)
{
	memcpy(t->memory + (at - TINY_BASE), words, size);
}

static inline uint64_t tiny_get(const struct tiny *t, unsigned reg)
{
	uint64_t value = 0;
	struct kvm_one_reg one = { tl_arch_arm64.regs[reg].kvm_id, (uintptr_t)&value };

	assert_int_equal(t->ioctl(t->vcpu, KVM_GET_ONE_REG, &one), 0);
	return value;
}

static inline void tiny_set(const struct tiny *t, unsigned reg, uint64_t value)
{
	struct kvm_one_reg one = { tl_arch_arm64.regs[reg].kvm_id, (uintptr_t)&value };

	assert_int_equal(t->ioctl(t->vcpu, KVM_SET_ONE_REG, &one), 0);
}

/** What makes the vCPU what it was at first, but for its general registers' values here. */
static inline void tiny_reset(const struct tiny *t, bool is_32bit)
{
	struct kvm_vcpu_init init;

	assert_int_equal(t->ioctl(t->vm, KVM_ARM_PREFERRED_TARGET, &init), 0);
	init.features[0] = is_32bit ? 1u << KVM_ARM_VCPU_EL1_32BIT : 0;
	assert_int_equal(t->ioctl(t->vcpu, KVM_ARM_VCPU_INIT, &init), 0);
	tiny_set(t, TL_ARM64_pc, TINY_BASE);
	tiny_set(t, TL_ARM64_vbar_el1, TINY_VECTORS);
}

static inline bool tiny_enable(const struct tiny *t, uint64_t argument)
{
	struct kvm_enable_cap cap = { .cap = TL_CAP_ARM_IDSR_TO_USER, .args = { argument } };

	return t->ioctl(t->vm, KVM_ENABLE_CAP, &cap) == 0;
}

static inline void tiny_open(struct tiny *t, tiny_ioctl *through, bool is_32bit)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = TINY_BASE,
		.memory_size = TINY_SIZE };

	*t = (struct tiny){ .ioctl = through, .system = open("/dev/kvm", O_RDWR | O_CLOEXEC) };
	assert_true(t->system >= 0);
	t->vm = t->ioctl(t->system, KVM_CREATE_VM, 0L);
	assert_true(t->vm >= 0);
	t->memory =
		mmap(NULL, TINY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(t->memory != MAP_FAILED);
	region.userspace_addr = (uintptr_t)t->memory;
	assert_int_equal(t->ioctl(t->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
	t->vcpu = t->ioctl(t->vm, KVM_CREATE_VCPU, 0L);
	assert_true(t->vcpu >= 0);
	t->run_size = (size_t)t->ioctl(t->system, KVM_GET_VCPU_MMAP_SIZE, 0L);
	t->run = mmap(NULL, t->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, t->vcpu, 0);
	assert_true(t->run != MAP_FAILED);
	tiny_reset(t, is_32bit);
}

static inline void tiny_close(struct tiny *t)
{
	munmap(t->run, t->run_size);
	munmap(t->memory, TINY_SIZE);
	close(t->vcpu);
	close(t->vm);
	close(t->system);
}

/** 0 or errno. */
static inline int tiny_run(const struct tiny *t)
{
	return t->ioctl(t->vcpu, KVM_RUN, 0L) < 0 ? errno : 0;
}

/** KVM_RUN that completes the last exit and does not enter the guest. */
static inline void tiny_complete(const struct tiny *t)
{
	t->run->immediate_exit = 1;
	assert_int_equal(tiny_run(t), EINTR);
	t->run->immediate_exit = 0;
}

#endif
