// SPDX-License-Identifier: MIT
#include "tests/recorder/trace-file.h"

#include "tests/recorder/test.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

static void assert_alone(const char *path)
{
	static const char *const beside[] = { "-wal", "-shm", "-journal" };
	char other[PATH_MAX];

	for (unsigned i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(other, sizeof(other), "%s%s", path, beside[i]);
		if (!access(other, F_OK))
			fail_msg("%s is there", other);
	}
}

void trace_wait(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	close(fd);
}

static struct sqlite3 *open_sound(const char *path, int flags)
{
	struct sqlite3 *trace;

	if (sqlite3_open_v2(path, &trace, flags, NULL) != SQLITE_OK)
		fail_msg("%s: %s", path, sqlite3_errmsg(trace));
	assert_rows(trace, "PRAGMA integrity_check", "ok");
	return trace;
}

struct sqlite3 *trace_open(const char *path)
{
	struct sqlite3 *trace;

	assert_alone(path);
	trace = open_sound(path, SQLITE_OPEN_READONLY);
	assert_rows(trace, "PRAGMA journal_mode", "delete");
	return trace;
}

struct sqlite3 *trace_open_cut(const char *path)
{
	return open_sound(path, SQLITE_OPEN_READWRITE);
}

void trace_close(struct sqlite3 *trace)
{
	assert_int_equal(sqlite3_close(trace), SQLITE_OK);
}

static void print_row(FILE *to, sqlite3_stmt *row)
{
	for (int i = 0; i < sqlite3_column_count(row); i++)
		fprintf(to, "%s%s", i ? "|" : "",
			sqlite3_column_type(row, i) == SQLITE_NULL
				? ""
				: (const char *)sqlite3_column_text(row, i));
}

char *trace_text(struct sqlite3 *trace, const char *sql)
{
	sqlite3_stmt *row;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int step;

	if (sqlite3_prepare_v2(trace, sql, -1, &row, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(trace));
	for (int n = 0; (step = sqlite3_step(row)) == SQLITE_ROW; n++) {
		fputs(n ? "\n" : "", to);
		print_row(to, row);
	}
	assert_int_equal(step, SQLITE_DONE);
	sqlite3_finalize(row);
	fclose(to);
	return text;
}

int64_t trace_number(struct sqlite3 *trace, const char *sql)
{
	char *text = trace_text(trace, sql);
	int64_t number = strtoll(text, NULL, 10);

	free(text);
	return number;
}

void assert_rows(struct sqlite3 *trace, const char *sql, const char *expected)
{
	char *text = trace_text(trace, sql);

	if (strcmp(text, expected) != 0)
		fail_msg("%s\n--- gives\n%s\n--- expected\n%s", sql, text, expected);
	free(text);
}
