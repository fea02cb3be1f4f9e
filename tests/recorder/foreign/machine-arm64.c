// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum { ASKS_AT = 0x0a000000 }; // where the code below has it in x1

const uint32_t out_loop[3] = {
	0xd2a14001, // mov x1, #0x0a000000
	0xb9000020, // 1: str w0, [x1]
	0x17ffffff, // b 1b
};

const uint32_t poke_loop[6] = {
	0xd2a14001, // mov x1, #0x0a000000
	0xb9400020, // 1: ldr w0, [x1]
	0x79400002, // ldrh w2, [x0]
	0x11000442, // add w2, w2, #1
	0x79000002, // strh w2, [x0]
	0x17fffffc, // b 1b
};

const uint32_t sweep_loop[10] = {
	0xd2a14001, // mov x1, #0x0a000000
	0xd2a00040, // 1: mov x0, #0x20000
	0x79400002, // 2: ldrh w2, [x0]
	0x11000442, // add w2, w2, #1
	0x79000002, // strh w2, [x0]
	0x91400400, // add x0, x0, #0x1000
	0xf141981f, // cmp x0, #0x66000
	0x54ffff63, // b.lo 2b
	0xb9000022, // str w2, [x1]
	0x17fffff8, // b 1b
};

const uint32_t scribble_loop[13] = {
	0xd2a14001, // mov x1, #0x0a000000
	0x528cc1a3, // mov w3, #0x660d
	0x72a00323, // movk w3, #0x19, lsl #16: 1664525
	0x529e6be4, // mov w4, #0xf35f
	0x72a78dc4, // movk w4, #0x3c6e, lsl #16: 1013904223
	0xb9400020, // 1: ldr w0, [x1]
	0x52800302, // mov w2, #24
	0x1b031000, // 2: madd w0, w0, w3, w4
	0x0a060005, // and w5, w0, w6
	0xb82568e0, // str w0, [x7, x5]
	0x71000442, // subs w2, w2, #1
	0x54ffff81, // b.ne 2b
	0x17fffff9, // b 1b
};

static void set_register(const struct vcpu *vcpu, uint64_t id, uint64_t value)
{
	const struct kvm_one_reg one = { KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | id,
		(uintptr_t)&value };

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &one))
		die("KVM_SET_ONE_REG");
}

void vcpu_start(const struct vm *vm, struct vcpu *vcpu, uint64_t start)
{
	struct kvm_vcpu_init init;

	if (ioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, &init) ||
		ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		die("KVM_ARM_VCPU_INIT");
	set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.pc), start);
}

// It does, with the MMU off.
void vcpu_start_flat(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool asks(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_MMIO && !vcpu->run->mmio.is_write &&
	       vcpu->run->mmio.phys_addr == ASKS_AT;
}

void answer_page(struct vcpu *vcpu, uint64_t gpa)
{
	answer_number(vcpu, (uint32_t)gpa);
}

void answer_number(struct vcpu *vcpu, uint32_t number)
{
	memcpy(vcpu->run->mmio.data, &number, sizeof(number));
}

void vcpu_aim(struct vcpu *vcpu, uint64_t base, uint64_t mask)
{
	set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.regs[7]), base);
	set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.regs[6]), mask);
}

// Nothing is there, and KVM cannot say what was wanted.
void vcpu_aim_at_death(struct vcpu *vcpu, uint8_t *code, uint64_t code_at, uint64_t stack_at)
{
	memcpy(code, DEADLY, sizeof(DEADLY) - 1);
	set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.pc), code_at);
	set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.regs[0]), ASKS_AT);
	set_register(vcpu, KVM_REG_ARM_CORE_REG(sp_el1), stack_at);
}

bool dies(struct vcpu *vcpu)
{
	return run(vcpu->fd) == ENOSYS;
}
