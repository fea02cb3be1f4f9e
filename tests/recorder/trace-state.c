// SPDX-License-Identifier: MIT
#include "tests/recorder/trace-state.h"

#include "schema/trace/state.h"
#include "schema/wire/record.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

#include <sqlite3.h>

enum { MOST_EXTRAS = 1 << 20 };

static const struct tl_arch *arch_of(sqlite3 *trace)
{
	char *name = trace_text(trace, "SELECT value FROM meta WHERE key = 'arch'");
	const struct tl_arch *arch = tl_arch_by_name(name);

	free(name);
	assert_non_null(arch);
	return arch;
}

static sqlite3_stmt *chunk(sqlite3 *trace, const char *sql, uint64_t seq)
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(trace, sql, -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_int64(s, 1, (int64_t)seq);
	if (sqlite3_step(s) != SQLITE_ROW)
		fail_msg("exit %" PRIu64 ": no row from %s", seq, sql);
	return s;
}

static void no_error(struct tl_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

struct tl_regs trace_regs(sqlite3 *trace, uint64_t seq)
{
	sqlite3_stmt *s = chunk(trace,
		"SELECT chunk FROM exit JOIN state USING(vcpu) WHERE exit.seq = ? "
		"AND state.seq <= exit.seq ORDER BY state.seq DESC LIMIT 1",
		seq);
	struct tl_regs regs;

	no_error(tl_state_read(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
		arch_of(trace)->words, seq, &regs));
	sqlite3_finalize(s);
	return regs;
}

uint64_t trace_reg(sqlite3 *trace, uint64_t seq, const char *name)
{
	const struct tl_regs regs = trace_regs(trace, seq);
	uint64_t value = 0;

	if (!tl_reg_get(tl_arch_reg(arch_of(trace), name), &regs, &value))
		fail_msg("exit %" PRIu64 ": %s is not known", seq, name);
	return value;
}

// The extras of an exit one by one until `id`, or all of them for an id of 0. Gives how many.
static unsigned walk_extras(sqlite3 *trace, uint64_t seq, uint64_t id, uint64_t ret[2])
{
	sqlite3_stmt *s = chunk(trace, "SELECT chunk FROM extra WHERE seq = ?", seq);
	struct tl_record_extra head = { 0 };
	size_t size, at = 0;
	unsigned n = 0;
	void *bytes;

	no_error(tl_unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
		MOST_EXTRAS, &bytes, &size));
	sqlite3_finalize(s);
	for (; at < size && (!id || head.id != id); n++) {
		memcpy(&head, (uint8_t *)bytes + at, sizeof(head));
		if (head.id == id)
			memcpy(ret, (uint8_t *)bytes + at + sizeof(head), head.size);
		at += sizeof(head) + (head.size + 7) / 8 * 8;
	}
	free(bytes);
	if (id && head.id != id)
		fail_msg("exit %" PRIu64 ": register 0x%" PRIx64 " was not recorded", seq, id);
	return n;
}

unsigned trace_extras(sqlite3 *trace, uint64_t seq)
{
	return walk_extras(trace, seq, 0, NULL);
}

void trace_extra(sqlite3 *trace, uint64_t seq, uint64_t id, uint64_t ret[2])
{
	memset(ret, 0, 2 * sizeof(*ret));
	walk_extras(trace, seq, id, ret);
}
