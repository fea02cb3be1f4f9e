// SPDX-License-Identifier: MIT
// x86 registers at an exit. KVM_CAP_SYNC_REGS (KVM API 5, 8.8) brings general, special and event
// registers with the exit for nothing; the VMM may use it too, so what it asked for is merged with
// ours, and what it did not ask for is put back as it was. Only where the VMM has never put anything
// there nor asked for anything, as nearly all have not, KVM's bytes are left to stand.
#ifdef __x86_64__
#include "recorder/shim/shim.h"

#include "arch/x86_64/extras.h"
#include "arch/x86_64/regs.h"

#include <string.h>

#define WANTED (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

enum {
	REGS_AT = 8 * TL_X86_WORD_REGS,
	SREGS_AT = 8 * TL_X86_WORD_SREGS,
	EVENTS_AT = 8 * TL_X86_WORD_VCPU_EVENTS,
	FLAT = 8 * TL_X86_WORD_RUN,
};

_Static_assert(offsetof(struct kvm_sync_regs, sregs) == SREGS_AT, "blocks stand side by side");
_Static_assert(offsetof(struct kvm_sync_regs, events) == EVENTS_AT, "blocks stand side by side");

static bool sync_regs(void)
{
	return (tl_shim_host()->sync_regs & WANTED) == WANTED;
}

// Nobody but KVM has written there since the last exit.
static bool vmm_uses_sync(const struct tl_shim_vcpu *vcpu)
{
	return vcpu->vmm_uses_sync || vcpu->run->kvm_valid_regs || vcpu->run->kvm_dirty_regs ||
	       memcmp(&vcpu->run->s.regs, vcpu->regs.word, FLAT) != 0;
}

void tl_shim_regs_before(struct tl_shim_vcpu *vcpu)
{
	if (!sync_regs())
		return;
	vcpu->vmm_valid_regs = (uint32_t)vcpu->run->kvm_valid_regs;
	vcpu->vmm_uses_sync = vmm_uses_sync(vcpu);
	if (vcpu->vmm_uses_sync)
		memcpy(vcpu->vmm_sync, &vcpu->run->s.regs, FLAT);
	vcpu->run->kvm_valid_regs |= WANTED;
}

static void put_back(struct tl_shim_vcpu *vcpu, uint32_t block, size_t from, size_t to)
{
	if (!(vcpu->vmm_valid_regs & block))
		memcpy((uint8_t *)&vcpu->run->s.regs + from, vcpu->vmm_sync + from, to - from);
}

static void put_all_back(struct tl_shim_vcpu *vcpu)
{
	vcpu->run->kvm_valid_regs = vcpu->vmm_valid_regs;
	if (!vcpu->vmm_uses_sync)
		return;
	put_back(vcpu, KVM_SYNC_X86_REGS, REGS_AT, SREGS_AT);
	put_back(vcpu, KVM_SYNC_X86_SREGS, SREGS_AT, EVENTS_AT);
	put_back(vcpu, KVM_SYNC_X86_EVENTS, EVENTS_AT, FLAT);
}

static uint64_t bits_below(int n)
{
	return n <= 0 ? 0 : n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

static void know(struct tl_regs *regs, int from, int to)
{
	for (int i = 0; i < (int)(sizeof(regs->known) / sizeof(regs->known[0])); i++)
		regs->known[i] |= bits_below(to / 8 - 64 * i) & ~bits_below(from / 8 - 64 * i);
}

// With --regs pc only what names the place is kept, though more came with it.
static void take(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret, const uint64_t *words)
{
	const struct tl_regs *pc = &tl_shim_host()->pc;

	if (tl_shim_options()->level != TL_REGS_PC) {
		tl_shim_regs_take(vcpu, ret, 0, FLAT / 8, words);
		return;
	}
	for (unsigned i = 0; i < FLAT / 8; i++)
		if (tl_regs_known(pc, i))
			tl_shim_regs_take(vcpu, ret, i, 1, words + i);
	for (unsigned i = 0; i < sizeof(pc->known) / sizeof(pc->known[0]); i++)
		vcpu->regs.known[i] &= pc->known[i];
}

static void by_sync(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	know(&vcpu->regs, REGS_AT, FLAT);
	take(vcpu, ret, (const uint64_t *)&vcpu->run->s.regs);
}

static void by_ioctl(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret)
{
	uint64_t words[FLAT / 8] = { 0 };
	uint8_t *at = (uint8_t *)words;

	if (!tl_shim_own_ioctl(fd, KVM_GET_REGS, at + REGS_AT))
		know(&vcpu->regs, REGS_AT, SREGS_AT);
	if (!tl_shim_own_ioctl(fd, KVM_GET_SREGS, at + SREGS_AT))
		know(&vcpu->regs, SREGS_AT, EVENTS_AT);
	if (!tl_shim_own_ioctl(fd, KVM_GET_VCPU_EVENTS, at + EVENTS_AT))
		know(&vcpu->regs, EVENTS_AT, FLAT);
	atomic_fetch_add(&vcpu->ring.ring.control->ioctls, 3);
	take(vcpu, ret, words);
}

static void from_run(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const struct kvm_run *run = vcpu->run;
	const uint64_t word = run->flags | (uint64_t)run->if_flag << 16 |
			      (uint64_t)run->ready_for_interrupt_injection << 24;

	know(&vcpu->regs, FLAT, FLAT + 8);
	tl_shim_regs_take(vcpu, ret, TL_X86_WORD_RUN, 1, &word);
}

// A KVM_RUN that failed before it got anywhere leaves s.regs alone.
static bool sync_is_fresh(const struct tl_shim_return *ret)
{
	return !ret->error || ret->reason != TL_NO_REASON;
}

void tl_shim_regs_after(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret)
{
	memset(vcpu->regs.known, 0, sizeof(vcpu->regs.known));
	if (sync_regs() && sync_is_fresh(ret))
		by_sync(vcpu, ret);
	else
		by_ioctl(vcpu, fd, ret);
	if (tl_shim_options()->level != TL_REGS_PC)
		from_run(vcpu, ret);
	if (sync_regs())
		put_all_back(vcpu);
}

static void *extra(struct tl_shim_vcpu *vcpu, uint64_t id, uint32_t size)
{
	const struct tl_record_extra head = { .id = id, .size = size };
	uint8_t *at = vcpu->extras + vcpu->extras_size;

	memcpy(at, &head, sizeof(head));
	return at + sizeof(head);
}

static void grow(struct tl_shim_vcpu *vcpu, uint32_t size)
{
	vcpu->extras_size += (uint32_t)sizeof(struct tl_record_extra) + ((size + 7) & ~UINT32_C(7));
}

static void block(struct tl_shim_vcpu *vcpu, int fd, uint64_t id, unsigned long get, uint32_t size)
{
	if (!tl_shim_own_ioctl(fd, get, extra(vcpu, id, size)))
		grow(vcpu, size);
	atomic_fetch_add(&vcpu->ring.ring.control->ioctls, 1);
}

// One by one: KVM_GET_MSRS stops at the first that it cannot read.
static void msrs(struct tl_shim_vcpu *vcpu, int fd)
{
	const struct tl_shim_host *host = tl_shim_host();

	for (unsigned i = 0; i < host->n_msrs && vcpu->extras_size + 64 < TL_SHIM_EXTRAS; i++) {
		struct {
			struct kvm_msrs head;
			struct kvm_msr_entry entry;
		} one = { .head = { .nmsrs = 1 }, .entry = { .index = host->msrs[i] } };

		if (tl_shim_own_ioctl(fd, KVM_GET_MSRS, &one) != 1)
			continue;
		memcpy(extra(vcpu, TL_X86_EXTRA_MSR | host->msrs[i], 8), &one.entry.data, 8);
		grow(vcpu, 8);
	}
	atomic_fetch_add(&vcpu->ring.ring.control->ioctls, host->n_msrs);
}

void tl_shim_extras(struct tl_shim_vcpu *vcpu, int fd)
{
	vcpu->extras_size = 0;
	block(vcpu, fd, TL_X86_EXTRA_XSAVE, KVM_GET_XSAVE, sizeof(struct kvm_xsave));
	block(vcpu, fd, TL_X86_EXTRA_XCRS, KVM_GET_XCRS, sizeof(struct kvm_xcrs));
	block(vcpu, fd, TL_X86_EXTRA_DEBUGREGS, KVM_GET_DEBUGREGS, sizeof(struct kvm_debugregs));
	block(vcpu, fd, TL_X86_EXTRA_LAPIC, KVM_GET_LAPIC, sizeof(struct kvm_lapic_state));
	msrs(vcpu, fd);
}

void tl_shim_translation_key(const struct tl_regs *regs, uint64_t key[TL_SHIM_KEY])
{
	const uint64_t *sregs = regs->word + TL_X86_WORD_SREGS;

	key[0] = sregs[offsetof(struct kvm_sregs, cr0) / 8];
	key[1] = sregs[offsetof(struct kvm_sregs, cr3) / 8];
	key[2] = sregs[offsetof(struct kvm_sregs, cr4) / 8];
	key[3] = sregs[offsetof(struct kvm_sregs, efer) / 8];
	key[4] = 0;
}

#endif
