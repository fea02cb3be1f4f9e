/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_TABLES_H
#define TL_SCHEMA_TRACE_TABLES_H

#include "arch/arch.h"
#include "schema/error.h"
#include "schema/wire/exit.h"

#include <sqlite3.h>

/* What every trace is made of. FORMAT.md says what it all means. */

#define TL_TRACE_APPLICATION_ID 0x54524150 /* "TRAP" */
#define TL_TRACE_VERSION	1

/** One table, index or view: its name, and the text that creates it, as SQLite stores it. */
struct tl_trace_object {
	const char *name;
	const char *sql;
};

/** Ends with an entry without a name. */
extern const struct tl_trace_object tl_trace_tables[], tl_trace_indexes[], tl_trace_views[];

/**
 * Fills table `name` of schema `schema` ("main" or "temp") with what numbers are called on this
 * architecture under this ABI: exits, errnos, ioctls, fault statuses, ...
 */
TL_CHECK struct tl_error *tl_trace_fill_names(
	sqlite3 *db, const char *schema, enum tl_arch_id arch, enum tl_abi abi);

#endif
