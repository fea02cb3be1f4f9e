/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_FILE_H
#define TL_SCHEMA_TRACE_FILE_H

#include "schema/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TL_FILE_HEADER = 100 /**< bytes of an SQLite file's header */ };

/** What a trace's file looks like from outside, before SQLite gets it. */
struct tl_file {
	uint8_t header[TL_FILE_HEADER];
	size_t n; /**< bytes of the header that are there */
	uint64_t size;
	bool wal_is_empty;
	bool recording; /**< a recorder is writing it */
};

/**
 * Refuses what cannot be a trace, with the reason. Closes the file: not while SQLite has it open,
 * which would lose its locks.
 */
TL_CHECK struct tl_error *tl_file_look(const char *path, struct tl_file *ret);

/** A copy of a trace that was being recorded, without its log. */
bool tl_file_is_copy(const struct tl_file *file);

#endif
