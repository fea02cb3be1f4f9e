/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_ADDRESS_H
#define TL_SHELL_ADDRESS_H

#include "replayer/place.h"

/** Where to look. */
struct tl_address {
	bool is_virtual;
	uint64_t at;
};

/**
 * "0x1000" is guest physical, or virtual when `is_virtual`; "v:0x1000" and the registers' names are
 * virtual, "pc" and "sp" on any machine; each with "+N" or "-N" behind it.
 */
TL_CHECK struct tl_error *tl_place_address(
	const struct tl_place *place, const char *word, bool is_virtual, struct tl_address *ret);

#endif
