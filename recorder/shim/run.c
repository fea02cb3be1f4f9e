// SPDX-License-Identifier: MIT
// KVM_RUN, seen from both sides. No I/O, no lock, no allocation; the guest never waits for us but
// for room in its ring, and that not for ever.
#include "recorder/shim/shim.h"
#include "schema/wire/idsr.h"

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
		return reason == TL_RUN_MEMORY_FAULT;
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
	case TL_RUN_MEMORY_FAULT:
	case TL_RUN_ARM_SEA:
	case TL_RUN_ARM_LDST64B:
		return true;
	}
	return ret->error && ret->error != EINTR && ret->error != EAGAIN;
}

// The VMM, or the guest, may be gone before the next exit. An abort that the VMM injects is not that.
static bool looks_deadly(const struct tl_shim_return *ret)
{
	switch (ret->reason) {
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_INTERNAL_ERROR:
		return true;
	}
	return ret->give_back || (ret->error && ret->fault_like);
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
	if (vcpu->kind && vcpu->kind->number == reason)
		return vcpu->kind;
	vcpu->kind = tl_exit_kind(TL_ARCH_HOST.id, vcpu->vm->abi, reason);
	if (vcpu->kind)
		tl_exit_answer(vcpu->kind, &vcpu->answer_from, &vcpu->answer_to);
	return vcpu->kind;
}

// Exits that we asked KVM for, and the VMM did not.
static void sort_out(const struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	struct tl_shim_vm *vm = vcpu->vm;

	ret->give_back =
		ret->reason == KVM_EXIT_ARM_NISV && vm->nisv_ours && !atomic_load(&vm->nisv_asked);
	ret->again =
		ret->reason == TL_RUN_ARM_IDSR && vm->idsr_ours && !atomic_load(&vm->idsr_asked);
}

static void look(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const uint32_t reason = vcpu->run->exit_reason;

	ret->reason = reason_is_fresh(ret->error, reason) ? reason : TL_NO_REASON;
	if (ret->reason != TL_NO_REASON)
		ret->kind = kind_of(vcpu, ret->reason);
	ret->fault_like = looks_like_fault(ret);
	sort_out(vcpu, ret);
	ret->deadly = looks_deadly(ret);
	find_data(vcpu, ret);
}

static bool due_for_extras(const struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	return vcpu->extras && (ret->fault_like || vcpu->exits % FULL_EVERY == 0);
}

static void keep_union(struct tl_shim_vcpu *vcpu)
{
	const struct tl_shim_vm *vm = vcpu->vm;

	// When we enter again it holds what only we have seen.
	if ((vm->nisv_ours || vm->idsr_ours) && !vcpu->again)
		memcpy(vcpu->union_before, (uint8_t *)vcpu->run + TL_RUN_UNION,
			sizeof(vcpu->union_before));
}

// kvm_run as if KVM had not made the exit that we asked for.
static void put_back(struct tl_shim_vcpu *vcpu, uint32_t reason)
{
	vcpu->run->exit_reason = reason;
	memcpy((uint8_t *)vcpu->run + TL_RUN_UNION, vcpu->union_before, sizeof(vcpu->union_before));
}

// What the VMM sees where it did not ask: of a NISV, ENOSYS without a reason; of an IDSR nothing, also
// when KVM_RUN was interrupted on the way on.
static void hide(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	if (ret->give_back) {
		put_back(vcpu, KVM_EXIT_UNKNOWN);
		vcpu->open_kind = NULL;
	} else if (vcpu->again && ret->reason == TL_NO_REASON) {
		put_back(vcpu, ret->error == EINTR ? KVM_EXIT_INTR : KVM_EXIT_UNKNOWN);
	}
	vcpu->again = ret->again;
}

static void seen(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret)
{
	bool held;

	look(vcpu, ret);
	held = ret->fault_like && tl_shim_hold(vcpu);
	tl_shim_coalesced(vcpu, ret->seq);
	tl_shim_regs_after(vcpu, fd, ret);
	if (tl_shim_options()->mem != TL_MEM_NONE)
		tl_shim_code(vcpu, ret);
	if (due_for_extras(vcpu, ret))
		tl_shim_extras(vcpu, fd);
	tl_shim_memory_exit(vcpu, ret);
	tl_shim_exit(vcpu, ret);
	if (held)
		tl_shim_hold_release(vcpu);
	hide(vcpu, ret);
	vcpu->again |= tl_shim_hold_leave(vcpu, ret->error);
}

// After the recording the capabilities are still there.
static int enter_unrecorded(struct tl_shim_vcpu *vcpu, int fd, void *arg)
{
	struct tl_shim_return ret = { .reason = TL_NO_REASON };
	int result;

	tl_shim_memory_end(vcpu->vm);
	keep_union(vcpu);
	result = tl_shim_real_ioctl(fd, KVM_RUN, arg);
	ret.error = result < 0 ? errno : 0;
	if (reason_is_fresh(ret.error, vcpu->run->exit_reason))
		ret.reason = vcpu->run->exit_reason;
	sort_out(vcpu, &ret);
	hide(vcpu, &ret);
	errno = ret.give_back ? ENOSYS : ret.error;
	return ret.give_back ? -1 : result;
}

static int enter_once(struct tl_shim_vcpu *vcpu, int fd, void *arg)
{
	struct tl_shim_return ret = { .reason = TL_NO_REASON };
	int result;

	if (!tl_shim_recording() || atomic_load(&vcpu->vm->refused))
		return enter_unrecorded(vcpu, fd, arg);
	ret.entered = tl_shim_now();
	tl_shim_reply(vcpu, ret.entered);
	if (tl_shim_memory_entry(vcpu))
		ret.entered = tl_shim_now();
	keep_union(vcpu);
	tl_shim_regs_before(vcpu);
	// The VMM has emptied the ring, other vCPUs may be filling it again: a look now keeps up.
	tl_shim_coalesced(vcpu, atomic_load(&tl_shim_arena->seq) + 1);
	if (tl_shim_hold_enter(vcpu))
		ret.entered = tl_shim_now();
	tl_ring_warm(&vcpu->ring.ring);
	result = tl_shim_real_ioctl(fd, KVM_RUN, arg);
	ret.error = result < 0 ? errno : 0;
	atomic_store_explicit(&vcpu->running, false, memory_order_release);
	ret.exited = tl_shim_now();
	ret.seq = atomic_fetch_add(&tl_shim_arena->seq, 1) + 1;
	seen(vcpu, fd, &ret);
	errno = ret.give_back ? ENOSYS : ret.error;
	return ret.give_back ? -1 : result;
}

int tl_shim_run(struct tl_shim_vcpu *vcpu, int fd, void *arg)
{
	int result;

	vcpu->again = false;
	do // an IDSR exit left unanswered is undefined, as without the capability; a kick of ours is
		// nobody else's business
		result = enter_once(vcpu, fd, arg);
	while (vcpu->again);
	return result;
}
