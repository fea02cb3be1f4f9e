// SPDX-License-Identifier: MIT
// labels: unit
#include "tests/schema/trace/fixture.h"

#include "schema/trace/code.h"
#include "schema/trace/tables.h"
#include "schema/trace/tally.h"

#include <sys/stat.h>

static void a_recording_never_overwrites(void **state)
{
	const struct tl_writer_options options = { .arch = TL_ARCH_ARM64 };
	struct tl_writer *w = create("a.trap", TL_ARCH_ARM64), *second;

	assert_error(tl_writer_create("a.trap", &options, &second),
		"a.trap: another recorder is writing it");
	assert_ok(tl_writer_finish(w));
	assert_error(tl_writer_create("a.trap", &options, &second),
		"a.trap: exists already; a recording never overwrites");
	assert_error(tl_writer_create("none/a.trap", &options, &second),
		"none/a.trap: cannot be made: No such file or directory");
}

static void a_trace_is_its_owners_alone_and_one_file(void **state)
{
	struct stat st;

	umask(0);
	assert_ok(tl_writer_finish(create("b.trap", TL_ARCH_ARM64)));
	assert_int_equal(stat("b.trap", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_not_equal(access("b.trap-wal", F_OK), 0);
	assert_int_not_equal(access("b.trap-shm", F_OK), 0);
}

static void what_was_not_committed_is_not_there(void **state)
{
	struct tl_writer *w = create("c.trap", TL_ARCH_ARM64);
	struct tl_span span;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	add_mmio(w, 2, 0, (struct mmio){ .size = 4 }, 0);
	tl_writer_close(w);
	assert_ok(tl_trace_open("c.trap", &t));
	assert_ok(tl_trace_span(t, &span));
	assert_int_equal(span.last, 1);
	tl_trace_close(t);
}

static void the_views_of_a_new_file_are_valid_sql(void **state)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	char *sql;

	assert_ok(tl_writer_finish(create("d.trap", TL_ARCH_X86_64)));
	assert_int_equal(sqlite3_open("d.trap", &db), SQLITE_OK);
	for (const struct tl_trace_object *view = tl_trace_views; view->name; view++) {
		sql = sqlite3_mprintf("SELECT * FROM %s", view->name);
		if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
			fail_msg("%s: %s", view->name, sqlite3_errmsg(db));
		sqlite3_finalize(stmt);
		sqlite3_free(sql);
	}
	sqlite3_close(db);
}

static void a_reply_to_an_exit_that_was_lost_is_dropped(void **state)
{
	struct tl_writer *w = create("e.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	struct tl_exit e;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	add_reply(w, 7, 0, (uint8_t[8]){ 1 }, 8);
	assert_ok(tl_writer_finish(w));
	assert_ok(tl_trace_open("e.trap", &t));
	assert_ok(tl_trace_exit(t, 1, &e, &kind));
	assert_int_equal(e.reply_kind, TL_REPLY_NONE);
	tl_trace_close(t);
}

static void a_reader_does_not_keep_a_recording_from_ending(void **state)
{
	struct tl_writer *w = create("f.trap", TL_ARCH_ARM64);
	struct tl_trace *reader, *after;
	struct tl_span span;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	assert_ok(tl_trace_open("f.trap", &reader));
	add_mmio(w, 2, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_finish(w));
	assert_ok(tl_trace_open("f.trap", &after));
	assert_ok(tl_trace_span(after, &span));
	assert_int_equal(span.exits, 2);
	tl_trace_close(after);
	tl_trace_close(reader);
}

static void a_tally_gives_what_changed(void **state)
{
	struct tl_tally *tally = tl_tally_open();
	struct tl_tally_row row;
	uint64_t sum = 0;

	for (unsigned i = 0; i < 1000; i++)
		tl_tally_add(tally, i % 100, i % 3, i % 2);
	while (tl_tally_next(tally, &row))
		sum += row.exits;
	assert_int_equal(sum, 1000);
	assert_false(tl_tally_next(tally, &row));
	tl_tally_add(tally, 5, -1, 4);
	assert_true(tl_tally_next(tally, &row));
	assert_int_equal(row.vcpu, 5);
	assert_int_equal(row.reason, -1);
	assert_int_equal(row.error, 4);
	assert_int_equal(row.exits, 1);
	assert_false(tl_tally_next(tally, &row));
	tl_tally_close(tally);
}

static void the_same_code_is_one_row(void **state)
{
	struct tl_code *code = tl_code_open();
	bool is_new;

	assert_int_equal(tl_code_row(code, (const uint8_t *)"abcd", 4, 0, &is_new), 1);
	assert_true(is_new);
	assert_int_equal(tl_code_row(code, (const uint8_t *)"abce", 4, 0, &is_new), 2);
	assert_true(is_new);
	assert_int_equal(tl_code_row(code, (const uint8_t *)"abcd", 4, 0, &is_new), 1);
	assert_false(is_new);
	assert_int_not_equal(tl_code_row(code, (const uint8_t *)"abcd", 4, 2, &is_new), 1);
	assert_true(is_new);
	tl_code_close(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_never_overwrites),
		cmocka_unit_test(a_trace_is_its_owners_alone_and_one_file),
		cmocka_unit_test(what_was_not_committed_is_not_there),
		cmocka_unit_test(the_views_of_a_new_file_are_valid_sql),
		cmocka_unit_test(a_reply_to_an_exit_that_was_lost_is_dropped),
		cmocka_unit_test(a_reader_does_not_keep_a_recording_from_ending),
		cmocka_unit_test(a_tally_gives_what_changed),
		cmocka_unit_test(the_same_code_is_one_row),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
