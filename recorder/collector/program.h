/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_PROGRAM_H
#define TL_RECORDER_COLLECTOR_PROGRAM_H

#include "schema/error.h"

/** The file that execvp() would run for `program`: owned by the caller (free()). */
TL_CHECK struct tl_error *tl_program_find(const char *program, char **ret);

#endif
