// SPDX-License-Identifier: MIT
#include "recorder/vmm/access.h"

#include <inttypes.h>
#include <string.h>

struct tl_error *tl_vcpu_at_pc(struct tl_vcpu *vcpu, struct tl_error *err)
{
	const struct tl_reg *pc = &TL_ARCH_HOST.regs[TL_ARCH_HOST.pc_reg];
	struct tl_error *failed;
	struct tl_regs regs;
	uint64_t value;

	failed = vcpu->cpu->ops->get(vcpu->cpu, TL_REGS_PC, &regs);
	tl_error_free(failed);
	if (failed || !tl_reg_get(pc, &regs, &value))
		return err;
	return tl_error_in(err, "%s 0x%" PRIx64, pc->name, value);
}

static struct tl_error *no_device(struct tl_vcpu *vcpu, const struct tl_access *access)
{
	const char *where = access->space == TL_SPACE_PIO ? "port " : "";
	uint64_t value = 0;

	if (!access->is_write)
		return tl_vcpu_at_pc(
			vcpu, tl_error_new(TL_ERROR_UNSUPPORTED,
				      "no device answers the %u-byte read from %s0x%" PRIx64,
				      access->size, where, access->address));
	memcpy(&value, access->data, access->size);
	return tl_vcpu_at_pc(vcpu,
		tl_error_new(TL_ERROR_UNSUPPORTED,
			"no device answers the %u-byte write of 0x%" PRIx64 " to %s0x%" PRIx64,
			access->size, value, where, access->address));
}

static struct tl_error *fill(const struct tl_access *access, int byte)
{
	if (!access->is_write)
		memset(access->data, byte, access->size);
	return NULL;
}

static struct tl_error *unanswered(struct tl_vcpu *vcpu, const struct tl_access *access)
{
	switch (vcpu->machine->options->unanswered) {
	case TL_UNANSWERED_STOP:
		return no_device(vcpu, access);
	case TL_UNANSWERED_ZERO:
		return fill(access, 0);
	case TL_UNANSWERED_ONES:
		return fill(access, 0xff);
	case TL_UNANSWERED_ABORT:
		return vcpu->cpu->ops->abort(vcpu->cpu);
	}
	return NULL;
}

struct tl_error *tl_access_perform(struct tl_vcpu *vcpu, const struct tl_access *access)
{
	bool answered;
	struct tl_error *err = tl_bus_access(vcpu->machine, access, &answered);

	return err || answered ? err : unanswered(vcpu, access);
}
