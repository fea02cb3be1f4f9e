/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_SHOW_MEMORY_H
#define TL_SHELL_SHOW_MEMORY_H

#include "schema/trace/reader.h"

#include <stdbool.h>

/** What "show --mem" and "show --walk" are asked for. */
struct tl_show_memory {
	bool mem, walk, raw, json;
	uint64_t vm, space; /**< UINT64_MAX: not said */
};

/** TL_ERROR_USAGE when the options do not go together; `filters`: there are some for exits too. */
TL_CHECK struct tl_error *tl_show_memory_check(const struct tl_show_memory *asked, bool filters);

/** `argv` from 1: POS and ADDR or VA. What is not there or not recorded is TL_STATUS_NO. */
TL_CHECK struct tl_error *tl_show_memory(struct tl_trace *trace, const struct tl_show_memory *asked,
	int argc, char **argv, int *ret_status);

#endif
