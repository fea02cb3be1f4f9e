/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_CONTROL_H
#define TL_RECORDER_COLLECTOR_CONTROL_H

#include "recorder/collector/process-list.h"
#include "schema/error.h"
#include "schema/wire/arena.h"

/** The collector's end of the control channel (schema/wire/control.h). */
struct tl_control;

/** Listens at an address of its own, which it puts into the arena. */
TL_CHECK struct tl_error *tl_control_open(struct tl_arena *arena, struct tl_control **ret);
void tl_control_close(struct tl_control *control);

/**
 * Answers whoever said hello since the last call, and watches those that are welcome. They wait for
 * the answer, so that they are there to be looked at. Never blocks.
 */
void tl_control_serve(struct tl_control *control, struct tl_process_list *processes);

/** Why the last process that was refused was; NULL when none was. Borrowed. */
const char *tl_control_refused(const struct tl_control *control);

#endif
