// SPDX-License-Identifier: MIT
#include "arch/backing.h"

// 0 bits: not known.
static bool is_beyond(tl_gpa gpa, unsigned bits)
{
	return bits && bits < 64 && gpa >> bits;
}

static bool is_in(const struct tl_slot *slot, tl_gpa gpa)
{
	return gpa - slot->gpa < slot->size;
}

static void find_nearest(const struct tl_state *state, tl_gpa gpa, struct tl_backing *ret)
{
	for (unsigned n = 0; n < state->n_slots; n++) {
		const struct tl_slot *s = &state->slots[n];

		if (!s->size)
			continue;
		if (s->gpa > gpa && (!ret->has_above || s->gpa < ret->above.gpa)) {
			ret->has_above = true;
			ret->above = *s;
		}
		if (s->gpa < gpa && (!ret->has_below || s->gpa > ret->below.gpa)) {
			ret->has_below = true;
			ret->below = *s;
		}
	}
}

static bool find_slot(const struct tl_state *state, tl_gpa gpa, struct tl_backing *ret)
{
	for (unsigned n = 0; n < state->n_slots; n++)
		if (is_in(&state->slots[n], gpa)) {
			ret->has_slot = true;
			ret->slot = state->slots[n];
			ret->kind = ret->slot.read_only ? TL_BACKING_ROM : TL_BACKING_RAM;
			return true;
		}
	return false;
}

void tl_backing(const struct tl_state *state, tl_gpa gpa, struct tl_backing *ret)
{
	const struct tl_platform *p = &state->platform;
	const bool is_arm64 = state->arch->id == TL_ARCH_ARM64;

	// in KVM's order: the host's limit, the VM's, the slots
	*ret = (struct tl_backing){ .kind = TL_BACKING_NOT_KNOWN };
	if (is_arm64 && is_beyond(gpa, p->host_ipa_bits))
		ret->kind = TL_BACKING_BEYOND_HOST;
	else if (is_arm64 && is_beyond(gpa, p->ipa_bits))
		ret->kind = TL_BACKING_BEYOND_VM;
	else if (state->slots_known && find_slot(state, gpa, ret))
		return;
	else if (state->slots_known)
		ret->kind = TL_BACKING_HOLE;
	if (state->slots_known)
		find_nearest(state, gpa, ret);
}
