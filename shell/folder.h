/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_FOLDER_H
#define TL_SHELL_FOLDER_H

#include "schema/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** A file of a folder that by its name is a trace. */
struct tl_folder_trace {
	char *path;		 /**< owned: the folder's and the file's name */
	const char *name;	 /**< in `path` */
	struct timespec written; /**< the file or its log, whichever is later */
	uint64_t size;		 /**< bytes, with its log */
};

struct tl_folder {
	struct tl_folder_trace *traces; /**< the newest first */
	size_t n;
};

/** Where traces are looked for when nobody says: $TRAPLINE_DIR, else the current folder. */
const char *tl_folder_default(void);

/** `ret` must be given to tl_folder_deinit(), also after an error. */
TL_CHECK struct tl_error *tl_folder_read(const char *path, struct tl_folder *ret);
void tl_folder_deinit(struct tl_folder *folder);

/** The name of a trace by its ending: .trap, .trap.zst. */
bool tl_is_trace_name(const char *name);

#endif
