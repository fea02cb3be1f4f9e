/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_RECORDING_H
#define TL_SHELL_RECORDING_H

#include "recorder/collector/collector.h"

#include <stdbool.h>

/** One recording as a person asks for it. */
struct tl_recording {
	const char *output; /**< the trace; NULL: a free name after the program's */
	struct tl_record_options options;
	const char *const *arguments; /**< the VMM's, for the trace and the default name */
	bool quiet;		      /**< no closing line */
};

/** Records a program that the shim is preloaded into. `*ret_status` is the program's. */
TL_CHECK struct tl_error *tl_recording_of_program(
	const struct tl_recording *recording, char *const argv[], int *ret_status);

/**
 * Records a child of ours: `body` runs in it with the recorder already attached, and what it
 * returns is the child's exit status.
 */
TL_CHECK struct tl_error *tl_recording_of_child(
	const struct tl_recording *recording, int (*body)(void *ctx), void *ctx, int *ret_status);

#endif
