/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_RECORDING_H
#define TL_SHELL_RECORDING_H

#include "recorder/collector/collector.h"

#include <stdbool.h>
#include <stdint.h>

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
 * Records the process at the other end of `socket`, which started us (schema/wire/control.h), until
 * it ends or says so; it is told how that went.
 */
TL_CHECK struct tl_error *tl_recording_of_starter(const struct tl_recording *recording, int socket);

/** A path that nothing has yet, for a trace of that program: owned by the caller (free()). */
TL_CHECK struct tl_error *tl_recording_name(const char *program, char **ret);

/** The closing line of a recording, on stderr. */
void tl_recording_say(const char *path, uint64_t exits, unsigned vcpus, uint64_t lost);

#endif
