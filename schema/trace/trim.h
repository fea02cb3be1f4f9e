/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_TRACE_TRIM_H
#define TL_SCHEMA_TRACE_TRIM_H

#include "schema/error.h"
#include "schema/trace/exit.h"

#include <sqlite3.h>

/*
 * A part of a trace that stands by itself: the exits from..to with all that belongs to them, the
 * VMs, their set-up before the first exit, the slots in force, and of memory what is needed to know
 * it at those exits.
 */

/** Deletes the rest, in the transaction that is open. Chunks of registers stay whole. */
TL_CHECK struct tl_error *tl_trim(sqlite3 *db, tl_seq from, tl_seq to);

/** Copies the part from one database into another that has its tables and no rows. */
TL_CHECK struct tl_error *tl_trim_copy(sqlite3 *from_db, sqlite3 *to_db, tl_seq from, tl_seq to);

/** Takes the registers of all other exits out of the chunks, of `words` words each. */
TL_CHECK struct tl_error *tl_trim_states(sqlite3 *db, unsigned words, tl_seq from, tl_seq to);

/** Counts the exits that there are into table tally. */
TL_CHECK struct tl_error *tl_trim_tally(sqlite3 *db);

#endif
