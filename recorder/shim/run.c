// SPDX-License-Identifier: MIT
// KVM_RUN, seen from both sides. No I/O, no lock, no allocation; the guest never waits for us but
// for room in its ring, and that not for ever.
#include "recorder/shim/shim.h"

#include <errno.h>
#include <string.h>

enum { FULL_EVERY = 65536 };

// After a failed KVM_RUN the reason in kvm_run is that of an earlier exit, save for these
// (KVM API 4.10; 6.6 MEMORY_FAULT).
static bool reason_is_fresh(int error, uint32_t reason)
{
	switch (error) {
	case 0:
		return true;
	case EINTR:
		return reason == KVM_EXIT_INTR;
	case EFAULT:
	case EHWPOISON:
		return reason == 39; // KVM_EXIT_MEMORY_FAULT, newer than our oldest headers
	}
	return false;
}

static bool looks_like_fault(const struct tl_shim_return *ret)
{
	switch (ret->reason) {
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_INTERNAL_ERROR:
	case KVM_EXIT_ARM_NISV:
	case 39: // MEMORY_FAULT
	case 41: // ARM_SEA
	case 42: // ARM_LDST64B
		return true;
	}
	return ret->error && ret->error != EINTR && ret->error != EAGAIN;
}

static void find_data(const struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const struct kvm_run *run = vcpu->run;
	uint64_t size;

	if (ret->reason != KVM_EXIT_IO)
		return;
	size = (uint64_t)run->io.size * run->io.count;
	if (run->io.data_offset > vcpu->run_bytes || size > vcpu->run_bytes - run->io.data_offset)
		return;
	ret->data_at = (uint32_t)run->io.data_offset;
	ret->data_size = (uint32_t)size;
}

// Looked up only when it is another than last time.
static const struct tl_exit_kind *kind_of(struct tl_shim_vcpu *vcpu, uint32_t reason)
{
	if (!vcpu->kind || vcpu->kind->number != reason)
		vcpu->kind = tl_exit_kind(TL_ARCH_HOST.id, vcpu->vm->abi, reason);
	return vcpu->kind;
}

static void look(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const uint32_t reason = vcpu->run->exit_reason;

	ret->reason = reason_is_fresh(ret->error, reason) ? reason : TL_NO_REASON;
	if (ret->reason != TL_NO_REASON)
		ret->kind = kind_of(vcpu, ret->reason);
	ret->fault_like = looks_like_fault(ret);
	ret->give_back = ret->reason == KVM_EXIT_ARM_NISV && vcpu->vm->nisv_ours &&
			 !atomic_load(&vcpu->vm->nisv_asked);
	find_data(vcpu, ret);
}

static bool due_for_extras(const struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	return vcpu->extras && (ret->fault_like || vcpu->exits % FULL_EVERY == 0);
}

// What KVM does when nobody asked for the exit: ENOSYS, no reason, the payload as it was.
static void give_back(struct tl_shim_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	memcpy((uint8_t *)vcpu->run + TL_RUN_UNION, vcpu->union_before, sizeof(vcpu->union_before));
	vcpu->open_kind = NULL;
}

static void seen(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret)
{
	look(vcpu, ret);
	tl_shim_coalesced(vcpu, ret->seq);
	tl_shim_regs_after(vcpu, fd, ret);
	if (tl_shim_options()->mem != TL_MEM_NONE)
		tl_shim_code(vcpu, ret);
	if (due_for_extras(vcpu, ret))
		tl_shim_extras(vcpu, fd);
	tl_shim_exit(vcpu, ret);
	if (ret->give_back)
		give_back(vcpu);
}

int tl_shim_run(struct tl_shim_vcpu *vcpu, int fd, void *arg)
{
	struct tl_shim_return ret = { .reason = TL_NO_REASON };
	int result;

	if (!tl_shim_recording() || atomic_load(&vcpu->vm->refused))
		return tl_shim_real_ioctl(fd, KVM_RUN, arg);
	ret.entered = tl_shim_now();
	tl_shim_reply(vcpu, ret.entered);
	memcpy(vcpu->union_before, (uint8_t *)vcpu->run + TL_RUN_UNION, sizeof(vcpu->union_before));
	tl_shim_regs_before(vcpu);
	// The VMM has emptied the ring, other vCPUs may be filling it again: a look now keeps up.
	tl_shim_coalesced(vcpu, atomic_load(&tl_shim_arena->seq) + 1);
	result = tl_shim_real_ioctl(fd, KVM_RUN, arg);
	ret.error = result < 0 ? errno : 0;
	ret.exited = tl_shim_now();
	ret.seq = atomic_fetch_add(&tl_shim_arena->seq, 1) + 1;
	seen(vcpu, fd, &ret);
	errno = ret.give_back ? ENOSYS : ret.error;
	return ret.give_back ? -1 : result;
}
