/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_SITUATION_PARTS_H
#define TL_REPLAYER_SITUATION_PARTS_H

#include "replayer/situation.h"

/* How a situation is filled, in this order. */

/** `trap`, from `exit` and `kind`. */
void tl_situation_trap(struct tl_situation *situation);
/** What the VMM answered, where a row does not say it all. */
TL_CHECK struct tl_error *tl_situation_reply(struct tl_situation *situation);
/** What the report of an imported exit says besides. */
TL_CHECK struct tl_error *tl_situation_told(struct tl_situation *situation);
/** See `pstate_assumed`. */
void tl_situation_assume(struct tl_situation *situation);
/** See `from_report`. */
void tl_situation_look_behind(struct tl_situation *situation);

#endif
