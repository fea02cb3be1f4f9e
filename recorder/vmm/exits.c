// SPDX-License-Identifier: MIT
#include "recorder/vmm/exits.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <string.h>

#include "recorder/vmm/access.h"
#include "recorder/vmm/answer.h"
#include "recorder/vmm/idsr.h"
#include "schema/wire/idsr.h"

#define ARM64_INSN_SIZE 4

struct tl_error *tl_exit_access(struct tl_vcpu *vcpu, const struct tl_access *access)
{
	const struct tl_vmm_answer *answer =
		tl_vmm_answer_to_access(vcpu->machine->options, access);

	if (answer && !tl_bus_has(vcpu->machine, access))
		return tl_vmm_answer_give(vcpu, answer, access);
	return tl_access_perform(vcpu, access);
}

static struct tl_error *mmio(struct tl_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->cpu->run;
	struct tl_access access = {
		.space = TL_SPACE_MMIO,
		.address = run->mmio.phys_addr,
		.size = run->mmio.len,
		.is_write = run->mmio.is_write,
		.data = run->mmio.data,
	};

	return tl_exit_access(vcpu, &access);
}

// A string instruction gives `count` values at once.
static struct tl_error *pio(struct tl_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->cpu->run;
	struct tl_access access = {
		.space = TL_SPACE_PIO,
		.address = run->io.port,
		.size = run->io.size,
		.is_write = run->io.direction == KVM_EXIT_IO_OUT,
		.data = (char *)run + run->io.data_offset,
	};
	struct tl_error *err = NULL;

	for (uint32_t i = 0; !err && i < run->io.count; i++) {
		err = tl_exit_access(vcpu, &access);
		access.data = (char *)access.data + access.size;
	}
	return err;
}

static struct tl_error *halt(struct tl_vcpu *vcpu)
{
	tl_machine_halt(vcpu);
	return NULL;
}

static struct tl_error *triple_fault(struct tl_vcpu *vcpu)
{
	return tl_vcpu_at_pc(vcpu, tl_error_new(TL_ERROR_UNSUPPORTED, "triple fault"));
}

static struct tl_error *system_event(struct tl_vcpu *vcpu)
{
	static const char *const names[] = {
		[KVM_SYSTEM_EVENT_RESET] = "a reset",
		[KVM_SYSTEM_EVENT_CRASH] = "a crash",
	};
	uint32_t type = vcpu->cpu->run->system_event.type;

	if (type == KVM_SYSTEM_EVENT_SHUTDOWN) {
		tl_machine_end(vcpu->machine, 0, NULL);
		return NULL;
	}
	if (type < sizeof(names) / sizeof(names[0]) && names[type])
		return tl_error_new(TL_ERROR_UNSUPPORTED, "the guest asked for %s", names[type]);
	return tl_error_new(TL_ERROR_UNSUPPORTED, "the guest asked for system event %u", type);
}

static struct tl_error *skip(struct tl_cpu *cpu)
{
	const struct tl_reg *pc = &TL_ARCH_HOST.regs[TL_ARCH_HOST.pc_reg];
	struct tl_regs regs, next = { 0 };
	struct tl_error *err = cpu->ops->get(cpu, TL_REGS_PC, &regs);
	uint64_t value;

	if (err)
		return err;
	if (!tl_reg_get(pc, &regs, &value) || !tl_reg_set(pc, &next, value + ARM64_INSN_SIZE))
		return tl_error_new(TL_ERROR_NOT_RECORDED, "%s cannot be read", pc->name);
	return cpu->ops->set(cpu, &next);
}

static struct tl_error *nisv(struct tl_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->cpu->run;
	const struct tl_vmm_answer *answer = tl_vmm_answer_to(vcpu->machine->options, TL_TRAP_NISV);

	if (answer)
		return tl_vmm_answer_give(vcpu, answer, NULL);
	switch (vcpu->machine->options->nisv) {
	case TL_NISV_OFF:
	case TL_NISV_STOP:
		return tl_vcpu_at_pc(
			vcpu, tl_error_new(TL_ERROR_UNSUPPORTED,
				      "an access that KVM cannot describe (NISV): ipa 0x%" PRIx64
				      ", esr_iss 0x%" PRIx64,
				      (uint64_t)run->arm_nisv.fault_ipa,
				      (uint64_t)run->arm_nisv.esr_iss));
	case TL_NISV_ABORT:
		return vcpu->cpu->ops->abort(vcpu->cpu);
	case TL_NISV_SKIP:
		return skip(vcpu->cpu);
	}
	return NULL;
}

static struct tl_error *idsr(struct tl_vcpu *vcpu)
{
	const struct tl_vmm_answer *answer = tl_vmm_answer_to(vcpu->machine->options, TL_TRAP_IDSR);

	if (answer)
		return tl_vmm_answer_give(vcpu, answer, NULL);
	switch (vcpu->machine->options->idsr) {
	case TL_IDSR_OFF:
		return tl_error_new(TL_ERROR_UNSUPPORTED, "exit %u, which nobody has asked for",
			(unsigned)TL_RUN_ARM_IDSR);
	case TL_IDSR_UNDEF:
		return NULL;
	case TL_IDSR_RAZ:
	case TL_IDSR_CELL:
		tl_idsr_reply(vcpu, true, true, tl_idsr_cell(vcpu));
		return NULL;
	}
	return NULL;
}

static struct tl_error *internal_error(struct tl_vcpu *vcpu)
{
	return tl_vcpu_at_pc(
		vcpu, tl_error_new(TL_ERROR_UNSUPPORTED, "KVM gave up: internal error, suberror %u",
			      vcpu->cpu->run->internal.suberror));
}

static struct tl_error *fail_entry(struct tl_vcpu *vcpu)
{
	return tl_error_new(TL_ERROR_UNSUPPORTED, "the CPU refused the guest's state: 0x%" PRIx64,
		(uint64_t)vcpu->cpu->run->fail_entry.hardware_entry_failure_reason);
}

static struct tl_error *(*const handlers[])(struct tl_vcpu *vcpu) = {
	[KVM_EXIT_IO] = pio,
	[KVM_EXIT_HLT] = halt,
	[KVM_EXIT_MMIO] = mmio,
	[KVM_EXIT_SHUTDOWN] = triple_fault,
	[KVM_EXIT_FAIL_ENTRY] = fail_entry,
	[KVM_EXIT_INTERNAL_ERROR] = internal_error,
	[KVM_EXIT_SYSTEM_EVENT] = system_event,
	[KVM_EXIT_ARM_NISV] = nisv,
	[TL_RUN_ARM_IDSR] = idsr,
};

struct tl_error *tl_exit_handle(struct tl_vcpu *vcpu)
{
	uint32_t reason = vcpu->cpu->run->exit_reason;

	if (reason < sizeof(handlers) / sizeof(handlers[0]) && handlers[reason])
		return handlers[reason](vcpu);
	return tl_vcpu_at_pc(
		vcpu, tl_error_new(TL_ERROR_UNSUPPORTED, "exit reason %u is not handled", reason));
}

struct tl_error *tl_exit_failed(struct tl_vcpu *vcpu, int number)
{
	struct tl_error *err = tl_error_errno(number, "KVM_RUN");

	if (number == ENOSYS && vcpu->machine->options->nisv == TL_NISV_OFF &&
		!tl_vmm_answer_to(vcpu->machine->options, TL_TRAP_NISV))
		err = tl_error_in(err, "an access that KVM cannot describe, and nisv is off");
	return tl_vcpu_at_pc(vcpu, err);
}
