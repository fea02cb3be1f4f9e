// SPDX-License-Identifier: MIT
#include "schema/trace/ask.h"

#include "schema/trace/row.h"

#include <string.h>

static struct tl_error *begin(
	struct tl_trace *trace, const char *sql, const uint64_t *parameters, struct tl_row *ret)
{
	struct tl_error *err;

	*ret = (struct tl_row){ 0 };
	err = tl_trace_prepare(trace, sql, &ret->stmt);
	for (int i = 0; !err && i < sqlite3_bind_parameter_count(ret->stmt); i++)
		sqlite3_bind_int64(ret->stmt, i + 1, (sqlite3_int64)parameters[i]);
	return err;
}

static struct tl_error *end(struct tl_trace *trace, struct tl_row *row, struct tl_error *err)
{
	if (!err)
		err = tl_row_error(row);
	sqlite3_finalize(row->stmt);
	return tl_error_in(err, "%s", tl_trace_path(trace));
}

struct tl_error *tl_ask(struct tl_trace *trace, const char *sql, const uint64_t *parameters,
	uint64_t *ret, unsigned n, bool *ret_found)
{
	struct tl_row row;
	struct tl_error *err = begin(trace, sql, parameters, &row);

	*ret_found = !err && tl_row_next(&row);
	for (unsigned i = 0; *ret_found && i < n; i++)
		ret[i] = tl_row_u64_or(&row, (int)i, 0);
	return end(trace, &row, err);
}

struct tl_error *tl_ask_text(
	struct tl_trace *trace, const char *sql, const uint64_t *parameters, char **ret)
{
	struct tl_row row;
	struct tl_error *err = begin(trace, sql, parameters, &row);
	char *text = NULL;

	if (!err && tl_row_next(&row) && tl_row_has(&row, 0)) {
		text = strdup(tl_row_text(&row, 0));
		if (!text)
			err = tl_error_new(TL_ERROR_IO, "out of memory");
	}
	*ret = text;
	return end(trace, &row, err);
}
