// SPDX-License-Identifier: MIT
// The registers of a vCPU from exit to exit. Most stay as they were, and what is touched here is
// missing in the cache of the guest's exit: they are compared where KVM left them.
#include "recorder/shim/shim.h"

#include <string.h>

enum { AT_ONCE = 8 };

static void take(
	struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret, unsigned word, uint64_t value)
{
	const uint64_t differs = vcpu->regs.word[word] != value;

	ret->changed[word / 64] |= differs << word % 64;
	vcpu->regs.word[word] = value;
}

void tl_shim_regs_take(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret, unsigned first,
	unsigned n, const uint64_t *words)
{
	for (unsigned at = 0; at < n; at += AT_ONCE) {
		const unsigned some = n - at < AT_ONCE ? n - at : AT_ONCE;

		if (!memcmp(vcpu->regs.word + first + at, words + at, some * sizeof(*words)))
			continue;
		for (unsigned i = at; i < at + some; i++)
			take(vcpu, ret, first + i, words[i]);
	}
}
