/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WHENCE_H
#define TL_SHELL_WHENCE_H

#include "schema/trace/reader.h"

#include <stdint.h>
#include <stdio.h>

/* Where a trace is from. */

/** "2026-01-31 12:00:00" of the local time zone; seconds since 1970. */
void tl_put_date(FILE *to, int64_t seconds);

/** How the recording ended: "status 0", "killed by SIGTERM", "recording", "cut short", "ended". */
void tl_put_end(FILE *to, const struct tl_trace *trace);

#endif
