/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_ARM64_ABORT_H
#define TL_REPLAYER_ARM64_ABORT_H

#include "replayer/cause.h"

/* What causes ask of a diagnosis. */

/** The exit, or the report, is of a data abort. */
bool tl_abort_is(const struct tl_diagnosis *d);
/** By a load or store whose abort comes without a syndrome. */
bool tl_abort_is_mute(const struct tl_diagnosis *d);
bool tl_abort_is_write(const struct tl_diagnosis *d);
/** No slot shows its address. */
bool tl_abort_is_in_hole(const struct tl_diagnosis *d);
/** What its base register holds; false when that is not known, or there is none. */
bool tl_abort_base(const struct tl_diagnosis *d, uint64_t *ret);
/** What stands at its address, as evidence. */
void tl_abort_say_place(const struct tl_diagnosis *d, struct tl_cause *cause);

/** Causes that arm64-pointer-causes.c looks for. */
tl_detector tl_arm64_null_pointer, tl_arm64_wild_pointer, tl_arm64_candidate_base,
	tl_arm64_nested_trouble, tl_arm64_misaligned_sp;

#endif
