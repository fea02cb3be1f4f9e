// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

// What comes in goes out again to port 0x70, so that the guest itself is a witness.
static const uint8_t ask_and_tell[] = {
	0xe4, 0x60, 0xe6, 0x70,			  // in $0x60, %al; out %al, $0x70
	0xe5, 0x60, 0xe7, 0x70,			  // in $0x60, %ax; out %ax, $0x70
	0x66, 0xe5, 0x60, 0x66, 0xe7, 0x70,	  // in $0x60, %eax; out %eax, $0x70
	0xb8, 0x00, 0xd0, 0x8e, 0xd8,		  // mov $0xd000, %ax; mov %ax, %ds
	0xa0, 0x10, 0x00, 0xe6, 0x70,		  // mov 0x10, %al; out %al, $0x70
	0xa1, 0x10, 0x00, 0xe7, 0x70,		  // mov 0x10, %ax; out %ax, $0x70
	0x66, 0xa1, 0x10, 0x00, 0x66, 0xe7, 0x70, // mov 0x10, %eax; out %eax, $0x70
	0x31, 0xc0, 0x8e, 0xc0, 0x8e, 0xd8,	  // xor %ax, %ax; mov %ax, %es; mov %ax, %ds
	0xbf, 0x00, 0x80, 0xb9, 0x05, 0x00,	  // mov $0x8000, %di; mov $5, %cx
	0xba, 0x60, 0x00, 0xfc, 0xf3, 0x6c,	  // mov $0x60, %dx; cld; rep insb
	0xbe, 0x00, 0x80, 0xb9, 0x05, 0x00,	  // mov $0x8000, %si; mov $5, %cx
	0xba, 0x70, 0x00, 0xf3, 0x6e,		  // mov $0x70, %dx; rep outsb
	0xf4,					  // hlt
};

// Every byte that this VMM answers with is another one.
static uint8_t next_byte = 0xa1;

static void answer(const char *what, uint8_t *bytes, unsigned size)
{
	printf("%s", what);
	for (unsigned i = 0; i < size; i++)
		printf(" %02x", bytes[i] = next_byte++);
	printf("\n");
}

static void tell(const char *what, const uint8_t *bytes, unsigned size)
{
	printf("%s", what);
	for (unsigned i = 0; i < size; i++)
		printf(" %02x", bytes[i]);
	printf("\n");
}

static bool handle(struct vcpu *vcpu)
{
	struct kvm_run *run_ = vcpu->run;
	uint8_t *data = (uint8_t *)run_ + run_->io.data_offset;

	switch (run_->exit_reason) {
	case KVM_EXIT_IO:
		if (run_->io.direction == KVM_EXIT_IO_IN)
			answer("in", data, run_->io.size * run_->io.count);
		else
			tell("out", data, run_->io.size * run_->io.count);
		return true;
	case KVM_EXIT_MMIO:
		answer("read", run_->mmio.data, run_->mmio.len);
		return true;
	}
	return false;
}

int mode_replies(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, ask_and_tell, sizeof(ask_and_tell), &vcpu);
	for (unsigned i = 1; run_times(vcpu.fd, 1), handle(&vcpu); i++) {
		if (i == 2)
			vcpu.run->cr8 = 7;
		vcpu.run->request_interrupt_window = i == 4;
	}
	printf("reason %u, cr8 %llu\n", vcpu.run->exit_reason, (unsigned long long)vcpu.run->cr8);
	return 0;
}

enum { GP_HANDLER = 0x2000 };

// rdmsr, and the two halves out; wrmsr; a rdmsr that the VMM refuses.
static const uint8_t msrs[] = {
	0x66, 0xb9, 0x78, 0x56, 0x34, 0x12, // mov $0x12345678, %ecx
	0x0f, 0x32, 0x66, 0xe7, 0x70,	    // rdmsr; out %eax, $0x70
	0x66, 0x89, 0xd0, 0x66, 0xe7, 0x70, // mov %edx, %eax; out %eax, $0x70
	0x66, 0xb8, 0x44, 0x33, 0x22, 0x11, // mov $0x11223344, %eax
	0x66, 0xba, 0x88, 0x77, 0x66, 0x55, // mov $0x55667788, %edx
	0x0f, 0x30, 0x41,		    // wrmsr; inc %cx
	0x0f, 0x32, 0xf4,		    // rdmsr; hlt
};
// mov $0x99, %al; out %al, $0x71; hlt
static const uint8_t on_gp[] = { 0xb0, 0x99, 0xe6, 0x71, 0xf4 };

static bool handle_msr(struct kvm_run *run_)
{
	switch (run_->exit_reason) {
	case KVM_EXIT_X86_RDMSR:
		run_->msr.error = run_->msr.index != 0x12345678;
		run_->msr.data = 0x8877665544332211;
		printf("rdmsr 0x%x: error %u\n", run_->msr.index, run_->msr.error);
		return true;
	case KVM_EXIT_X86_WRMSR:
		run_->msr.error = 0;
		printf("wrmsr 0x%x: 0x%llx\n", run_->msr.index, (unsigned long long)run_->msr.data);
		return true;
	case KVM_EXIT_IO:
		tell("out", (uint8_t *)run_ + run_->io.data_offset, run_->io.size);
		return true;
	}
	return false;
}

int mode_msr(char **argv)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args = { KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL } };
	const uint16_t vector[] = { GP_HANDLER, 0 };
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	if (ioctl(vm.system, KVM_CHECK_EXTENSION, KVM_CAP_X86_USER_SPACE_MSR) <= 0)
		return 4;
	if (ioctl(vm.fd, KVM_ENABLE_CAP, &cap))
		die("KVM_ENABLE_CAP");
	vcpu_open(&vm, 0, msrs, sizeof(msrs), &vcpu);
	memcpy(vm.memory + GP_HANDLER, on_gp, sizeof(on_gp));
	memcpy(vm.memory + GP_VECTOR * sizeof(vector), vector, sizeof(vector));
	while (run_times(vcpu.fd, 1), handle_msr(vcpu.run))
		;
	printf("reason %u\n", vcpu.run->exit_reason);
	return 0;
}

// mov $0x600, %dx; 1: mov %bx, %ax; out %ax, %dx; inc %bx; jmp 1b
static const uint8_t out_bx[] = { 0xba, 0x00, 0x06, 0x89, 0xd8, 0xef, 0x43, 0xeb, 0xfa };

static const struct {
	const char *name;
	size_t at, size;
} blocks[] = {
	{ "regs", offsetof(struct kvm_sync_regs, regs), sizeof(struct kvm_regs) },
	{ "sregs", offsetof(struct kvm_sync_regs, sregs), sizeof(struct kvm_sregs) },
	{ "events", offsetof(struct kvm_sync_regs, events), sizeof(struct kvm_vcpu_events) },
};

static uint64_t hash(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0xcbf29ce484222325;

	while (size--)
		value = (value ^ *bytes++) * 0x100000001b3;
	return value;
}

static void show_blocks(const struct kvm_run *run_)
{
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)&run_->s.regs + blocks[i].at;
		bool untouched = true;

		for (size_t j = 0; j < blocks[i].size; j++)
			untouched = untouched && bytes[j] == 0xaa;
		if (untouched)
			printf(" %s untouched", blocks[i].name);
		else
			printf(" %s %016" PRIx64, blocks[i].name, hash(bytes, blocks[i].size));
	}
	printf(" all %016" PRIx64 "\n", hash((const uint8_t *)&run_->s, sizeof(run_->s)));
}

static void set_bx(struct vcpu *vcpu, unsigned long long value)
{
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		die("KVM_GET_REGS");
	regs.rbx = value;
	vcpu->run->s.regs.regs = regs;
	vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

// It takes up the use of s.regs after a while. Then each round asks for other registers, and every
// third changes bx on its way in.
int mode_sync(char **argv)
{
	static const uint64_t asked[] = { 0, KVM_SYNC_X86_REGS,
		KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS, KVM_SYNC_X86_EVENTS };
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_bx, sizeof(out_bx), &vcpu);
	run_times(vcpu.fd, 4);
	for (unsigned i = 4; i < 16; i++) {
		memset(&vcpu.run->s, 0xaa, sizeof(vcpu.run->s));
		vcpu.run->kvm_valid_regs = asked[i % 4];
		if (i % 3 == 2)
			set_bx(&vcpu, 0x1000 + i);
		run_times(vcpu.fd, 1);
		printf("out 0x%04x valid %llu dirty %llu",
			*(uint16_t *)((uint8_t *)vcpu.run + vcpu.run->io.data_offset),
			(unsigned long long)vcpu.run->kvm_valid_regs,
			(unsigned long long)vcpu.run->kvm_dirty_regs);
		show_blocks(vcpu.run);
	}
	return 0;
}
