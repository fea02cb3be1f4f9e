// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/regs.h"
#include "recorder/vmm/kvm.h"

#define SYNCED (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

// Four pages below the top of 4 GiB, out of the way of RAM and devices, for Intel hosts that need
// them to run a guest without paging.
#define IDENTITY_MAP 0xfffbc000ULL
#define TSS_ADDRESS  0xfffbd000UL

#define CPUID_ENTRIES 256

// What the flat vector is made of.
static const struct part {
	const char *name;
	unsigned long get, set;
	size_t size;
	size_t at;	  // in the flat vector
	size_t synced_at; // in struct kvm_run
	uint64_t dirty;
} parts[] = {
	{
		.name = "general registers",
		.get = KVM_GET_REGS,
		.set = KVM_SET_REGS,
		.size = sizeof(struct kvm_regs),
		.at = 8 * TL_X86_WORD_REGS,
		.synced_at = offsetof(struct kvm_run, s.regs.regs),
		.dirty = KVM_SYNC_X86_REGS,
	},
	{
		.name = "special registers",
		.get = KVM_GET_SREGS,
		.set = KVM_SET_SREGS,
		.size = sizeof(struct kvm_sregs),
		.at = 8 * TL_X86_WORD_SREGS,
		.synced_at = offsetof(struct kvm_run, s.regs.sregs),
		.dirty = KVM_SYNC_X86_SREGS,
	},
	{
		.name = "vcpu events",
		.get = KVM_GET_VCPU_EVENTS,
		.set = KVM_SET_VCPU_EVENTS,
		.size = sizeof(struct kvm_vcpu_events),
		.at = 8 * TL_X86_WORD_VCPU_EVENTS,
		.synced_at = offsetof(struct kvm_run, s.regs.events),
		.dirty = KVM_SYNC_X86_EVENTS,
	},
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

// In kvm_run after a run, or when it is still to be taken from there.
static struct tl_error *get_part(struct tl_kvm_cpu *cpu, const struct part *part, void *buf)
{
	if (!cpu->synced && !(cpu->cpu.run->kvm_dirty_regs & part->dirty))
		return tl_kvm_ioctl(cpu->fd, part->get, buf, part->name);
	memcpy(buf, (const char *)cpu->cpu.run + part->synced_at, part->size);
	return NULL;
}

static struct tl_error *set_part(struct tl_kvm_cpu *cpu, const struct part *part, const void *buf)
{
	if (!cpu->kvm->sync_regs)
		return tl_kvm_ioctl(cpu->fd, part->set, buf, part->name);
	memcpy((char *)cpu->cpu.run + part->synced_at, buf, part->size);
	cpu->cpu.run->kvm_dirty_regs |= part->dirty;
	return NULL;
}

static struct tl_error *get(struct tl_cpu *cpu, enum tl_reg_level level, struct tl_regs *ret)
{
	size_t n = level == TL_REGS_PC ? 1 : N_PARTS;
	struct tl_regs regs = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct part *part = &parts[i];
		struct tl_error *err =
			get_part((struct tl_kvm_cpu *)cpu, part, (char *)regs.word + part->at);

		if (err)
			return err;
		for (size_t word = part->at / 8; word < (part->at + part->size) / 8; word++)
			tl_regs_set(&regs, (unsigned)word, regs.word[word]);
	}
	*ret = regs;
	return NULL;
}

// Copies the known words of `regs` over those of `buf`; false when none is.
static bool overlay(const struct part *part, const struct tl_regs *regs, uint64_t *buf)
{
	unsigned first = (unsigned)(part->at / 8);
	bool any = false;

	for (unsigned i = 0; i < part->size / 8; i++) {
		if (!tl_regs_known(regs, first + i))
			continue;
		buf[i] = regs->word[first + i];
		any = true;
	}
	return any;
}

static struct tl_error *set(struct tl_cpu *cpu, const struct tl_regs *regs)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		uint64_t buf[TL_REG_WORDS] = { 0 };
		struct tl_error *err = get_part((struct tl_kvm_cpu *)cpu, &parts[i], buf);

		if (!err && overlay(&parts[i], regs, buf))
			err = set_part((struct tl_kvm_cpu *)cpu, &parts[i], buf);
		if (err)
			return err;
	}
	return NULL;
}

const struct tl_cpu_ops tl_kvm_cpu_ops = {
	.run = tl_kvm_cpu_run,
	.get = get,
	.set = set,
	.close = tl_kvm_cpu_close,
};

unsigned long tl_kvm_arch_vm_type(const struct tl_kvm *kvm)
{
	return 0;
}

struct tl_error *tl_kvm_arch_init(struct tl_kvm *kvm, const struct tl_vmm_options *options)
{
	uint64_t identity_map = IDENTITY_MAP;
	struct tl_error *err;

	if (options->idsr != TL_IDSR_OFF)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "x86_64 has no IDSR exits");
	if (options->sync_regs && (tl_kvm_check(kvm, KVM_CAP_SYNC_REGS) & SYNCED) != SYNCED)
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"KVM_CAP_SYNC_REGS is 0x%x, expected 0x%lx",
			(unsigned)tl_kvm_check(kvm, KVM_CAP_SYNC_REGS), SYNCED);
	err = tl_kvm_ioctl(
		kvm->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "KVM_SET_IDENTITY_MAP_ADDR");
	if (!err)
		err = tl_kvm_ioctl(
			kvm->vm, KVM_SET_TSS_ADDR, (void *)TSS_ADDRESS, "KVM_SET_TSS_ADDR");
	return err;
}

// The guest sees every feature that KVM can give it.
static struct tl_error *set_cpuid(struct tl_kvm_cpu *cpu)
{
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	struct tl_error *err;

	if (!cpuid)
		return tl_error_errno(ENOMEM, "CPUID");
	cpuid->nent = CPUID_ENTRIES;
	err = tl_kvm_ioctl(
		cpu->kvm->system, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	if (!err)
		err = tl_kvm_ioctl(cpu->fd, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
	return err;
}

struct tl_error *tl_kvm_arch_cpu_init(struct tl_kvm_cpu *cpu)
{
	if (cpu->kvm->sync_regs)
		cpu->cpu.run->kvm_valid_regs = SYNCED;
	return set_cpuid(cpu);
}
