/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_TRACE_FILE_H
#define TL_TESTS_RECORDER_TRACE_FILE_H

#include <stdint.h>

struct sqlite3;

/*
 * A trace as a stranger reads it: by SQL and FORMAT.md alone, with none of Trapline's own code
 * between the test and the file.
 */

/** Until it is whole, by a collector that is no child of ours: it holds its lock for so long. */
void trace_wait(const char *path);

/** Opens an ended trace: one file, no journal, and SQLite finds nothing wrong in it. */
struct sqlite3 *trace_open(const char *path);
/** One that was cut short, perhaps with its log beside it. */
struct sqlite3 *trace_open_cut(const char *path);
void trace_close(struct sqlite3 *trace);

/** The rows as sqlite3(1) prints them: "1|2\n3|4". Owned by the caller. */
char *trace_text(struct sqlite3 *trace, const char *sql);
int64_t trace_number(struct sqlite3 *trace, const char *sql);

void assert_rows(struct sqlite3 *trace, const char *sql, const char *expected);

#endif
