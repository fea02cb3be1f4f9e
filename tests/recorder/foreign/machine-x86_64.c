// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"

#include <string.h>
#include <sys/ioctl.h>

const uint8_t out_loop[8] = {
	0xba, 0x00, 0x06, // mov $0x600, %dx
	0xee,		  // 1: out %al, %dx
	0xfe, 0xc0,	  // inc %al
	0xeb, 0xfb,	  // jmp 1b
};

const uint8_t mmio_loop[14] = {
	0xb8, 0x00, 0xd0,	// mov $0xd000, %ax
	0x8e, 0xd8,		// mov %ax, %ds
	0x31, 0xc9,		// xor %cx, %cx
	0x89, 0x0e, 0x00, 0x00, // 1: mov %cx, 0
	0x41,			// inc %cx
	0xeb, 0xf9,		// jmp 1b
};

const uint8_t poke_loop[10] = {
	0xe5, 0x60,		// 1: in $0x60, %ax
	0x8e, 0xd8,		// mov %ax, %ds
	0xff, 0x06, 0x00, 0x00, // incw 0
	0xeb, 0xf6,		// jmp 1b
};

const uint8_t sweep_loop[24] = {
	0xb8, 0x00, 0x20,	// mov $0x2000, %ax
	0x8e, 0xd8,		// 1: mov %ax, %ds
	0xff, 0x06, 0x00, 0x00, // incw 0
	0x05, 0x00, 0x01,	// add $0x100, %ax
	0x3d, 0x00, 0x66,	// cmp $0x6600, %ax
	0x72, 0xf2,		// jb 1b
	0xe6, 0x61,		// out %al, $0x61
	0xb8, 0x00, 0x20,	// mov $0x2000, %ax
	0xeb, 0xeb,		// jmp 1b
};

const uint8_t scribble_loop[33] = {
	0x66, 0xba, 0x10, 0x00,		    // mov $0x10, %dx
	0xed,				    // 1: in %dx, %eax
	0xb9, 0x18, 0x00, 0x00, 0x00,	    // mov $24, %ecx
	0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00, // 2: imul $1664525, %eax
	0x05, 0x5f, 0xf3, 0x6e, 0x3c,	    // add $1013904223, %eax
	0x89, 0xc3,			    // mov %eax, %ebx
	0x21, 0xf3,			    // and %esi, %ebx
	0x89, 0x44, 0x1d, 0x00,		    // mov %eax, (%ebp, %ebx)
	0xe2, 0xeb,			    // loop 2b
	0xeb, 0xdf,			    // jmp 1b
};

// In real mode.
void vcpu_start(const struct vm *vm, struct vcpu *vcpu, uint64_t start)
{
	struct kvm_regs regs = { .rip = start, .rflags = 2, .rsp = STACK_AT };
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		die("KVM_SET_SREGS, KVM_SET_REGS");
}

// In protected mode, with segments that begin at 0 and have no end.
void vcpu_start_flat(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.cr0 |= 1;
	sregs.cs = (struct kvm_segment){
		.limit = ~0U, .selector = 8, .type = 11, .present = 1, .s = 1, .db = 1, .g = 1
	};
	sregs.ds = sregs.es = sregs.ss = (struct kvm_segment){
		.limit = ~0U, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1
	};
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

bool asks(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.direction == KVM_EXIT_IO_IN;
}

void answer_page(struct vcpu *vcpu, uint64_t gpa)
{
	const uint16_t segment = (uint16_t)(gpa >> 4);

	memcpy((char *)vcpu->run + vcpu->run->io.data_offset, &segment, sizeof(segment));
}

void answer_number(struct vcpu *vcpu, uint32_t number)
{
	memcpy((char *)vcpu->run + vcpu->run->io.data_offset, &number, sizeof(number));
}

void vcpu_aim(struct vcpu *vcpu, uint64_t base, uint64_t mask)
{
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		die("KVM_GET_REGS");
	regs.rbp = base;
	regs.rsi = mask;
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
}

// ud2, and no table to find its handler in.
void vcpu_aim_at_death(struct vcpu *vcpu, uint8_t *code, uint64_t code_at, uint64_t stack_at)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	memcpy(code, DEADLY, sizeof(DEADLY) - 1);
	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) || ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_REGS");
	regs.rip = code_at;
	regs.rsp = stack_at;
	sregs.idt.limit = 0;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
}

bool dies(struct vcpu *vcpu)
{
	run_times(vcpu->fd, 1);
	return vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN;
}
