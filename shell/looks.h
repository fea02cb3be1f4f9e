/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_LOOKS_H
#define TL_SHELL_LOOKS_H

#include "schema/trace/reader.h"
#include "shell/json.h"

#include <stdio.h>

/**
 * What memory was recorded at an exit of that vCPU, as a line that starts with `label`: "scanned: 3
 * pages written by the guest; 1 page written by the VMM". Nothing when there is none. `before` is the
 * vCPU's exit before.
 */
TL_CHECK struct tl_error *tl_print_looks(
	struct tl_trace *trace, const struct tl_exit *exit, tl_seq before, const char *label);

/** By enum tl_scan_kind, as JSON has them. */
extern const char *const tl_look_kinds[];

/** A member "memory" of an open JSON object, when there is some. */
TL_CHECK struct tl_error *tl_json_looks(
	struct tl_json *json, struct tl_trace *trace, const struct tl_exit *exit);

#endif
