/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_HOSTILE_H
#define TL_SCHEMA_TRACE_HOSTILE_H

#include "schema/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * A trace's file opened as hostile input: for reading only, within limits, in one transaction, with
 * none of its own views and triggers running. Its format is one that we read, and every table of
 * ours is there as we make it.
 */
struct tl_hostile {
	sqlite3 *db;
	bool recording; /**< a recorder is writing it now */
	char **foreign; /**< what is in the file beside our tables and views, by name */
	size_t n_foreign;
};

/** `ret` must be closed, also after an error. */
TL_CHECK struct tl_error *tl_hostile_open(const char *path, struct tl_hostile *ret);
void tl_hostile_close(struct tl_hostile *hostile);

/**
 * From here on, statements may only read our tables and views; nothing is attached, set or made.
 * `hostile` stays where it is.
 */
void tl_hostile_guard(struct tl_hostile *hostile);

#endif
