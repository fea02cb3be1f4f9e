// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/kvm.h>

#include "arch/arm64/regs.h"
#include "recorder/shim/trapline.h"
#include "recorder/vmm/answer.h"
#include "recorder/vmm/kvm.h"
#include "schema/wire/idsr.h"

// What KVM makes of a VM type of 0.
#define IPA_BITS 40

static struct tl_error *one_reg(const struct tl_kvm_cpu *cpu, unsigned long request,
	const struct tl_reg *reg, uint64_t *value)
{
	struct kvm_one_reg one = { .id = reg->kvm_id, .addr = (uintptr_t)value };

	return tl_kvm_ioctl(cpu->fd, request, &one, reg->name);
}

// False with ENOENT: this CPU does not have it.
static bool read_reg(const struct tl_kvm_cpu *cpu, const struct tl_reg *reg, uint64_t *ret)
{
	struct kvm_one_reg one = { .id = reg->kvm_id, .addr = (uintptr_t)ret };

	return trapline_ioctl(cpu->fd, KVM_GET_ONE_REG, &one) == 0;
}

static struct tl_error *get(struct tl_cpu *cpu, enum tl_reg_level level, struct tl_regs *ret)
{
	const struct tl_kvm_cpu *kvm_cpu = (const struct tl_kvm_cpu *)cpu;
	struct tl_regs regs = { 0 };

	for (unsigned i = 0; i < tl_arch_arm64.n_regs; i++) {
		const struct tl_reg *reg = &tl_arch_arm64.regs[i];
		uint64_t value;

		if (reg->level > level)
			continue;
		if (read_reg(kvm_cpu, reg, &value))
			tl_reg_set(reg, &regs, value);
		else if (errno != ENOENT && errno != EINVAL)
			return tl_error_errno(errno, "%s", reg->name);
	}
	*ret = regs;
	return NULL;
}

static struct tl_error *set_one(
	struct tl_cpu *cpu, const struct tl_regs *regs, const struct tl_reg *reg)
{
	uint64_t value;

	if (!tl_reg_get(reg, regs, &value))
		return NULL;
	return one_reg((const struct tl_kvm_cpu *)cpu, KVM_SET_ONE_REG, reg, &value);
}

// PSTATE first: as long as it says AArch32, KVM cuts what it is given to 32 bits.
static struct tl_error *set(struct tl_cpu *cpu, const struct tl_regs *regs)
{
	struct tl_error *err = set_one(cpu, regs, &tl_arch_arm64.regs[TL_ARM64_pstate]);

	for (unsigned i = 0; !err && i < tl_arch_arm64.n_regs; i++)
		if (i != TL_ARM64_pstate)
			err = set_one(cpu, regs, &tl_arch_arm64.regs[i]);
	return err;
}

// Before 7.2 KVM would complete an MMIO access that it finds in the run beside the abort.
static struct tl_error *inject_abort(struct tl_cpu *cpu)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	cpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	return tl_kvm_ioctl(((const struct tl_kvm_cpu *)cpu)->fd, KVM_SET_VCPU_EVENTS, &events,
		"KVM_SET_VCPU_EVENTS");
}

static struct tl_error *inject_serror(struct tl_cpu *cpu, bool has_esr, uint64_t esr)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1,
		.exception.serror_has_esr = has_esr,
		.exception.serror_esr = esr };

	return tl_kvm_ioctl(((const struct tl_kvm_cpu *)cpu)->fd, KVM_SET_VCPU_EVENTS, &events,
		"KVM_SET_VCPU_EVENTS");
}

static struct tl_error *vector(
	struct tl_cpu *cpu, unsigned long request, unsigned n, const uint8_t *bytes)
{
	struct kvm_one_reg one = { .id = KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE |
					 (KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * n),
		.addr = (uintptr_t)bytes };

	return tl_error_in(
		tl_kvm_ioctl(((const struct tl_kvm_cpu *)cpu)->fd, request, &one,
			request == KVM_GET_ONE_REG ? "KVM_GET_ONE_REG" : "KVM_SET_ONE_REG"),
		"v%u", n);
}

static struct tl_error *get_vectors(struct tl_cpu *cpu, struct tl_vectors *ret)
{
	struct tl_error *err = NULL;

	for (unsigned n = 0; !err && n < 32; n++)
		err = vector(cpu, KVM_GET_ONE_REG, n, ret->v[n]);
	ret->known = UINT32_MAX;
	return err;
}

static struct tl_error *set_vectors(
	struct tl_cpu *cpu, const struct tl_vectors *vectors, uint32_t mask)
{
	struct tl_error *err = NULL;

	for (unsigned n = 0; !err && n < 32; n++)
		if (mask >> n & 1)
			err = vector(cpu, KVM_SET_ONE_REG, n, vectors->v[n]);
	return err;
}

const struct tl_cpu_ops tl_kvm_cpu_ops = {
	.run = tl_kvm_cpu_run,
	.get = get,
	.set = set,
	.abort = inject_abort,
	.serror = inject_serror,
	.get_vectors = get_vectors,
	.set_vectors = set_vectors,
	.close = tl_kvm_cpu_close,
};

// A host that cannot do the usual size gives what it can.
unsigned long tl_kvm_arch_vm_type(const struct tl_kvm *kvm)
{
	unsigned long limit = (unsigned long)tl_kvm_check(kvm, KVM_CAP_ARM_VM_IPA_SIZE);

	return limit && limit < IPA_BITS ? KVM_VM_TYPE_ARM_IPA_SIZE(limit) : 0;
}

static struct tl_error *enable_nisv(struct tl_kvm *kvm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	return tl_kvm_ioctl(kvm->vm, KVM_ENABLE_CAP, &cap, "KVM_CAP_ARM_NISV_TO_USER");
}

static struct tl_error *enable_idsr(struct tl_kvm *kvm)
{
	struct kvm_enable_cap cap = { .cap = TL_CAP_ARM_IDSR_TO_USER };

	if (!tl_kvm_check(kvm, TL_CAP_ARM_IDSR_TO_USER))
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"this kernel has no KVM_CAP_ARM_IDSR_TO_USER, which takes a patch");
	return tl_kvm_ioctl(kvm->vm, KVM_ENABLE_CAP, &cap, "KVM_CAP_ARM_IDSR_TO_USER");
}

struct tl_error *tl_kvm_arch_init(struct tl_kvm *kvm, const struct tl_vmm_options *options)
{
	struct tl_error *err = NULL;

	if (options->sync_regs || options->coalesced_pio.size)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "arm64 has no %s",
			options->sync_regs ? "KVM_CAP_SYNC_REGS" : "ports");
	if (options->nisv != TL_NISV_OFF || tl_vmm_answer_to(options, TL_TRAP_NISV))
		err = enable_nisv(kvm);
	if (!err && (options->idsr != TL_IDSR_OFF || tl_vmm_answer_to(options, TL_TRAP_IDSR)))
		err = enable_idsr(kvm);
	return err;
}

struct tl_error *tl_kvm_arch_cpu_init(struct tl_kvm_cpu *cpu)
{
	struct kvm_vcpu_init init = { 0 };
	struct tl_error *err = tl_kvm_ioctl(
		cpu->kvm->vm, KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");

	if (err)
		return err;
	if (cpu->kvm->is_32bit && !tl_kvm_check(cpu->kvm, KVM_CAP_ARM_EL1_32BIT))
		return tl_error_new(
			TL_ERROR_UNSUPPORTED, "this CPU has no AArch32 at EL1, as the guest needs");
	init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (cpu->cpu.index)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (cpu->kvm->is_32bit)
		init.features[0] |= 1u << KVM_ARM_VCPU_EL1_32BIT;
	return tl_kvm_ioctl(cpu->fd, KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
}
