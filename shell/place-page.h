/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_PLACE_PAGE_H
#define TL_SHELL_PLACE_PAGE_H

#include "replayer/place.h"

/**
 * One page of guest memory there, and if it is not all that can be known, why. All zero before the
 * first call; a next one may keep its words.
 */
struct tl_place_page {
	struct tl_memory_page page;
	char why[512];	/**< when it is not recorded; of a trace: not for terminals */
	char note[512]; /**< what its marks mean; empty without any */
};

TL_CHECK struct tl_error *tl_place_page(
	struct tl_place *place, tl_gpa gpa, uint8_t *bytes, struct tl_place_page *ret);

#endif
