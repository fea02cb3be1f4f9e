// SPDX-License-Identifier: MIT
// arm64 registers at an exit: nothing comes for free, each is a KVM_GET_ONE_REG (KVM API 4.69).
#ifdef __aarch64__
#include "recorder/shim/shim.h"

#include "arch/arm64/regs.h"

#include <string.h>
#include <sys/mman.h>

enum { MOST_REGS = 4096 };

void tl_shim_regs_before(struct tl_shim_vcpu *vcpu)
{
	(void)vcpu;
}

static int get(int fd, uint64_t id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return tl_shim_own_ioctl(fd, KVM_GET_ONE_REG, &reg);
}

static void know(struct tl_regs *regs, unsigned word)
{
	regs->known[word / 64] |= UINT64_C(1) << word % 64;
}

void tl_shim_regs_after(struct tl_shim_vcpu *vcpu, int fd, struct tl_shim_return *ret)
{
	const uint32_t level = tl_shim_options()->level;
	unsigned n = 0;

	memset(vcpu->regs.known, 0, sizeof(vcpu->regs.known));
	for (unsigned i = 0; i < TL_ARCH_HOST.n_regs; i++) {
		const struct tl_reg *reg = &TL_ARCH_HOST.regs[i];
		uint64_t value = 0;

		if (reg->level > level || !reg->kvm_id)
			continue;
		n++;
		if (!get(fd, reg->kvm_id, &value))
			know(&vcpu->regs, reg->offset / 8);
		tl_shim_regs_take(vcpu, ret, reg->offset / 8, 1, &value);
	}
	if (level >= TL_REGS_CORE) {
		know(&vcpu->regs, TL_ARM64_device_irq_level);
		tl_shim_regs_take(vcpu, ret, TL_ARM64_device_irq_level, 1,
			(const uint64_t[]){ vcpu->run->s.regs.device_irq_level });
	}
	atomic_fetch_add(&vcpu->ring.ring.control->ioctls, n);
}

static uint32_t size_of(uint64_t id)
{
	return UINT32_C(1) << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

static bool in_flat_vector(uint64_t id)
{
	for (unsigned i = 0; i < TL_ARCH_HOST.n_regs; i++)
		if (TL_ARCH_HOST.regs[i].kvm_id == id)
			return true;
	return false;
}

// Gives how many ioctls that took.
static unsigned one(struct tl_shim_vcpu *vcpu, int fd, uint64_t id)
{
	const struct tl_record_extra head = { .id = id, .size = size_of(id) };
	const uint32_t room = (uint32_t)sizeof(head) + ((head.size + 7) & ~UINT32_C(7));
	uint8_t *at = vcpu->extras + vcpu->extras_size;

	if (in_flat_vector(id) || vcpu->extras_size + room > TL_SHIM_EXTRAS)
		return 0;
	memcpy(at, &head, sizeof(head));
	if (!get(fd, id, at + sizeof(head)))
		vcpu->extras_size += room;
	return 1;
}

void tl_shim_extras(struct tl_shim_vcpu *vcpu, int fd)
{
	struct {
		uint64_t n;
		uint64_t id[MOST_REGS];
	} list;
	unsigned n = 1;

	vcpu->extras_size = 0;
	list.n = MOST_REGS;
	if (tl_shim_own_ioctl(fd, KVM_GET_REG_LIST, &list))
		return;
	for (uint64_t i = 0; i < list.n && i < MOST_REGS; i++)
		n += one(vcpu, fd, list.id[i]);
	atomic_fetch_add(&vcpu->ring.ring.control->ioctls, n);
}

void tl_shim_translation_key(const struct tl_regs *regs, uint64_t key[TL_SHIM_KEY])
{
	key[0] = regs->word[TL_ARM64_sctlr_el1];
	key[1] = regs->word[TL_ARM64_ttbr0_el1];
	key[2] = regs->word[TL_ARM64_ttbr1_el1];
	key[3] = regs->word[TL_ARM64_tcr_el1];
	key[4] = regs->word[TL_ARM64_pstate] & 0x1f;
}

#endif
