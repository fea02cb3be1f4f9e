// SPDX-License-Identifier: MIT
#include "recorder/vmm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recorder/shim/trapline.h"

struct tl_error *tl_kvm_ioctl(int fd, unsigned long request, const void *arg, const char *name)
{
	if (trapline_ioctl(fd, request, arg) < 0)
		return tl_error_errno(errno, "%s", name);
	return NULL;
}

int tl_kvm_check(const struct tl_kvm *kvm, int capability)
{
	int n = trapline_ioctl(kvm->system, KVM_CHECK_EXTENSION, (long)capability);

	return n < 0 ? 0 : n;
}

static struct tl_error *coalesce(struct tl_kvm *kvm, const struct tl_range *range, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = range->base,
		.size = (uint32_t)range->size,
		.pio = pio,
	};
	int page = tl_kvm_check(kvm, pio ? KVM_CAP_COALESCED_PIO : KVM_CAP_COALESCED_MMIO);

	if (!range->size)
		return NULL;
	if (!page)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "this kernel does not coalesce %s",
			pio ? "PIO" : "MMIO");
	// Only the capability for MMIO says where the ring is, and there is one ring.
	page = tl_kvm_check(kvm, KVM_CAP_COALESCED_MMIO);
	kvm->ring_at = (size_t)page * (size_t)sysconf(_SC_PAGESIZE);
	return tl_kvm_ioctl(
		kvm->vm, KVM_REGISTER_COALESCED_MMIO, &zone, "KVM_REGISTER_COALESCED_MMIO");
}

static struct tl_error *open_system(struct tl_kvm *kvm)
{
	int size;

	kvm->system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->system < 0)
		return tl_error_errno(errno, "/dev/kvm");
	size = trapline_ioctl(kvm->system, KVM_GET_VCPU_MMAP_SIZE, 0L);
	if (size < 0)
		return tl_error_errno(errno, "KVM_GET_VCPU_MMAP_SIZE");
	kvm->run_size = (size_t)size;
	return NULL;
}

static struct tl_error *open_vm(struct tl_kvm *kvm, const struct tl_vmm_options *options)
{
	struct tl_error *err;

	kvm->vm = trapline_ioctl(kvm->system, KVM_CREATE_VM, tl_kvm_arch_vm_type(kvm));
	if (kvm->vm < 0)
		return tl_error_errno(errno, "KVM_CREATE_VM");
	err = tl_kvm_arch_init(kvm, options);
	if (!err)
		err = coalesce(kvm, &options->coalesced_mmio, false);
	if (!err)
		err = coalesce(kvm, &options->coalesced_pio, true);
	return err;
}

struct tl_error *tl_kvm_open(
	const struct tl_vmm_options *options, bool is_32bit, struct tl_kvm **ret)
{
	struct tl_kvm *kvm = calloc(1, sizeof(*kvm));
	struct tl_error *err;

	if (!kvm)
		return tl_error_errno(ENOMEM, "virtual machine");
	*kvm = (struct tl_kvm){
		.system = -1, .vm = -1, .sync_regs = options->sync_regs, .is_32bit = is_32bit
	};
	err = open_system(kvm);
	if (!err)
		err = open_vm(kvm, options);
	if (err) {
		tl_kvm_close(kvm);
		return err;
	}
	*ret = kvm;
	return NULL;
}

void tl_kvm_close(struct tl_kvm *kvm)
{
	if (!kvm)
		return;
	if (kvm->vm >= 0)
		trapline_close(kvm->vm);
	if (kvm->system >= 0)
		trapline_close(kvm->system);
	free(kvm);
}

struct tl_error *tl_kvm_add_memory(
	struct tl_kvm *kvm, unsigned slot, const struct tl_memory *memory, bool read_only)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = read_only ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = memory->base,
		.memory_size = memory->size,
		.userspace_addr = (uintptr_t)memory->bytes,
	};

	if (!memory->size)
		return NULL;
	return tl_error_in(tl_kvm_ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region,
				   "KVM_SET_USER_MEMORY_REGION"),
		"memory at 0x%" PRIx64 "..0x%" PRIx64, memory->base, memory->base + memory->size);
}

static struct tl_error *map_run(struct tl_kvm_cpu *cpu)
{
	void *run = mmap(NULL, cpu->kvm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);

	if (run == MAP_FAILED)
		return tl_error_errno(errno, "mapping kvm_run");
	cpu->cpu.run = run;
	if (cpu->kvm->ring_at)
		cpu->cpu.ring = (void *)((char *)run + cpu->kvm->ring_at);
	return NULL;
}

static struct tl_error *create(struct tl_kvm_cpu *cpu)
{
	struct tl_error *err;

	cpu->fd = trapline_ioctl(cpu->kvm->vm, KVM_CREATE_VCPU, (long)cpu->cpu.index);
	if (cpu->fd < 0)
		return tl_error_errno(errno, "KVM_CREATE_VCPU");
	err = map_run(cpu);
	if (!err)
		err = tl_kvm_arch_cpu_init(cpu);
	return err;
}

struct tl_error *tl_kvm_cpu_open(struct tl_kvm *kvm, unsigned index, struct tl_cpu **ret)
{
	struct tl_kvm_cpu *cpu = calloc(1, sizeof(*cpu));
	struct tl_error *err;

	if (!cpu)
		return tl_error_errno(ENOMEM, "vcpu %u", index);
	*cpu = (struct tl_kvm_cpu){
		.cpu = { .ops = &tl_kvm_cpu_ops, .index = index },
		.kvm = kvm,
		.fd = -1,
	};
	err = create(cpu);
	if (err) {
		tl_kvm_cpu_close(&cpu->cpu);
		return tl_error_in(err, "vcpu %u", index);
	}
	*ret = &cpu->cpu;
	return NULL;
}

int tl_kvm_cpu_run(struct tl_cpu *cpu)
{
	struct tl_kvm_cpu *kvm_cpu = (struct tl_kvm_cpu *)cpu;

	if (trapline_ioctl(kvm_cpu->fd, KVM_RUN, 0L) < 0)
		return errno;
	kvm_cpu->synced = kvm_cpu->kvm->sync_regs;
	return 0;
}

void tl_kvm_cpu_close(struct tl_cpu *cpu)
{
	struct tl_kvm_cpu *kvm_cpu = (struct tl_kvm_cpu *)cpu;

	if (!cpu)
		return;
	if (cpu->run)
		munmap(cpu->run, kvm_cpu->kvm->run_size);
	if (kvm_cpu->fd >= 0)
		trapline_close(kvm_cpu->fd);
	free(kvm_cpu);
}
