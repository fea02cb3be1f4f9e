/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_BACKING_H
#define TL_ARCH_BACKING_H

#include "arch/state.h"

enum tl_backing_kind {
	TL_BACKING_NOT_KNOWN, /**< no slots are known */
	TL_BACKING_RAM,
	TL_BACKING_ROM,		/**< a read-only slot */
	TL_BACKING_HOLE,	/**< no slot: a device, or nothing */
	TL_BACKING_BEYOND_VM,	/**< arm64: no address of this VM: at or above its IPA size */
	TL_BACKING_BEYOND_HOST, /**< arm64: at or above the host's PARange */
};

/** What a guest physical address is to KVM. */
struct tl_backing {
	enum tl_backing_kind kind;
	bool has_slot, has_below, has_above;
	struct tl_slot slot;	     /**< RAM, ROM: the one */
	struct tl_slot below, above; /**< otherwise the nearest */
};

void tl_backing(const struct tl_state *state, tl_gpa gpa, struct tl_backing *ret);

#endif
