// SPDX-License-Identifier: MIT
// labels: unit x86_64
// The SQL of FORMAT.md finds every page that trapline finds, and no other.
#include "schema/trace/memory.h"
#include "tests/shell/remembered.h"

#include <zstd.h>

enum step { MOMENT, PLACE, LOOK, BEFORE, REGION, NEXT, VERSION, CONTENT, STEPS };

enum { UNSEEN = -1 }; // NULL

// What the page's words mean, beside its SQL.
struct seeker {
	sqlite3 *db;
	char *sql[STEPS];
	int64_t vm, space, seq, phase, time, gpa, host, scan, before, since, next, from, to, page;
};

static char *read_text(const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(getdelim(&text, &room, 0, f) > 0);
	fclose(f);
	return text;
}

// The blocks after the heading, in their order.
static void take_sql(struct seeker *s)
{
	char *text = read_text(TL_SOURCE_DIR "/schema/trace/FORMAT.md");
	char *at = strstr(text, "#### A page at a position"), *end;

	assert_non_null(at);
	for (unsigned i = 0; i < STEPS; i++) {
		at = strstr(at, "```sql");
		assert_non_null(at);
		at += strlen("```sql");
		end = strstr(at, "```");
		assert_non_null(end);
		s->sql[i] = strndup(at, (size_t)(end - at));
		at = end + 3;
	}
	free(text);
}

static sqlite3_stmt *begin(const struct seeker *s, enum step step)
{
	const struct {
		const char *name;
		int64_t value;
	} values[] = { { ":vm", s->vm }, { ":space", s->space }, { ":seq", s->seq },
		{ ":phase", s->phase }, { ":time", s->time }, { ":gpa", s->gpa },
		{ ":host", s->host }, { ":before", s->before }, { ":from", s->from },
		{ ":to", s->to }, { ":page", s->page } };
	sqlite3_stmt *stmt;
	int bound = 0, at;

	if (sqlite3_prepare_v2(s->db, s->sql[step], -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", s->sql[step], sqlite3_errmsg(s->db));
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		at = sqlite3_bind_parameter_index(stmt, values[i].name);
		if (at && values[i].value != UNSEEN)
			assert_int_equal(sqlite3_bind_int64(stmt, at, values[i].value), SQLITE_OK);
		bound += at != 0;
	}
	assert_int_equal(bound, sqlite3_bind_parameter_count(stmt));
	return stmt;
}

// The first row's first two numbers; false without a row. NULL is UNSEEN.
static bool ask(const struct seeker *s, enum step step, int64_t *first, int64_t *second)
{
	sqlite3_stmt *stmt = begin(s, step);
	const bool found = sqlite3_step(stmt) == SQLITE_ROW;

	if (found)
		*first = sqlite3_column_type(stmt, 0) == SQLITE_NULL
				 ? UNSEEN
				 : sqlite3_column_int64(stmt, 0);
	if (found && second)
		*second = sqlite3_column_int64(stmt, 1);
	sqlite3_finalize(stmt);
	return found;
}

static void content(struct seeker *s, uint8_t *ret)
{
	sqlite3_stmt *stmt = begin(s, CONTENT);
	uint8_t bytes[16 * TL_PAGE_BYTES];
	unsigned rows = 0;

	memset(ret, 0, TL_PAGE_BYTES);
	for (; sqlite3_step(stmt) == SQLITE_ROW; rows++) {
		const void *blob = sqlite3_column_blob(stmt, 0);
		const size_t size = (size_t)sqlite3_column_bytes(stmt, 0);
		const size_t at = (size_t)sqlite3_column_int64(stmt, 1);
		const size_t whole = (size_t)sqlite3_column_int64(stmt, 2) * TL_PAGE_BYTES;

		assert_true(whole <= sizeof(bytes) && at < whole);
		if (size == whole)
			memcpy(bytes, blob, size);
		else
			assert_int_equal(ZSTD_decompress(bytes, whole, blob, size), whole);
		for (unsigned i = 0; i < TL_PAGE_BYTES; i++)
			ret[i] ^= bytes[at + i];
	}
	assert_true(rows || !s->page);
	sqlite3_finalize(stmt);
}

static enum tl_memory_status page_of(struct seeker *s, bool found, uint8_t *ret)
{
	if (found && s->page < 0)
		return TL_MEMORY_UNREADABLE;
	if (!found)
		s->page = 0;
	content(s, ret);
	return TL_MEMORY_RECORDED;
}

static enum tl_memory_status listed(struct seeker *s, int64_t kind, uint8_t *ret)
{
	bool found;

	s->from = s->to = s->scan;
	found = ask(s, VERSION, &s->page, NULL);
	return !found && kind == TL_SCAN_PAGES ? TL_MEMORY_NOT_RECORDED : page_of(s, found, ret);
}

static bool may_have_changed(struct seeker s)
{
	int64_t since = 0;

	if (!ask(&s, NEXT, &s.next, NULL))
		return true;
	s.from = s.before + 1;
	s.to = s.next;
	if (ask(&s, VERSION, &s.page, NULL))
		return true;
	s.before = s.next;
	return ask(&s, REGION, &since, NULL) && since >= s.from;
}

static enum tl_memory_status followed(struct seeker *s, uint8_t *ret)
{
	int64_t kind = TL_REGION_GONE;

	if (!ask(s, BEFORE, &s->before, NULL) || !ask(s, REGION, &s->since, &kind) ||
		kind == TL_REGION_GONE)
		return TL_MEMORY_NOT_RECORDED;
	if (kind == TL_REGION_NONE)
		return TL_MEMORY_NOT_WATCHED;
	if (s->before != s->scan && may_have_changed(*s))
		return TL_MEMORY_WRITTEN;
	s->from = s->since;
	s->to = s->before;
	return page_of(s, ask(s, VERSION, &s->page, NULL), ret);
}

static enum tl_memory_status find(struct seeker *s, uint8_t *ret)
{
	int64_t kind;

	if (!ask(s, MOMENT, &s->time, NULL))
		s->time = UNSEEN;
	if (!ask(s, PLACE, &s->host, NULL))
		return TL_MEMORY_NO_SLOT;
	s->scan = 0;
	if (ask(s, LOOK, &s->scan, &kind) && kind != TL_SCAN_CHANGES)
		return listed(s, kind, ret);
	return followed(s, ret);
}

static void compare_page(struct seeker *s, struct tl_memory *memory, unsigned *statuses)
{
	uint8_t expected[TL_PAGE_BYTES], bytes[TL_PAGE_BYTES];
	struct tl_memory_page page;
	enum tl_memory_status status;

	assert_ok(tl_memory_page(memory, (tl_gpa)s->gpa, expected, &page));
	status = find(s, bytes);
	if (status != page.status)
		fail_msg("exit %lld, phase %lld, 0x%llx: status %d, expected %d", (long long)s->seq,
			(long long)s->phase, (long long)s->gpa, status, page.status);
	if (status == TL_MEMORY_RECORDED)
		assert_memory_equal(bytes, expected, TL_PAGE_BYTES);
	*statuses |= 1u << status;
}

static void compare(const char *path, tl_seq last, unsigned expected)
{
	static const tl_gpa starts[] = { 0x40000000, 0x50000000, 0x60000000, 0x70000000,
		0x78000000 };
	struct seeker s = { 0 };
	struct tl_memory *memory;
	struct tl_trace *trace;
	unsigned statuses = 0;

	take_sql(&s);
	assert_int_equal(sqlite3_open_v2(path, &s.db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_ok(tl_trace_open(path, &trace));
	for (int64_t at = 1; at <= (int64_t)last * 2 + 1; at++) {
		s.seq = at / 2;
		s.phase = at % 2;
		assert_ok(tl_memory_open(trace, 0, 0,
			(struct tl_position){ (tl_seq)s.seq, (enum tl_phase)s.phase }, &memory));
		for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
			for (unsigned page = 0; page < 9; page++) {
				s.gpa = (int64_t)(starts[i] + page * TL_PAGE_BYTES);
				compare_page(&s, memory, &statuses);
			}
		tl_memory_close(memory);
	}
	tl_trace_close(trace);
	sqlite3_close(s.db);
	for (unsigned i = 0; i < STEPS; i++)
		free(s.sql[i]);
	assert_int_equal(statuses, expected);
}

static void the_page_tells_how_to_find_every_page_of_exact_memory(void **state)
{
	make_exact("exact.trap");
	compare("exact.trap", 3, (1u << (TL_MEMORY_UNREADABLE + 1)) - 1);
}

static void the_page_tells_how_to_find_pages_around_trouble(void **state)
{
	make_fault("fault.trap");
	compare("fault.trap", 4,
		1u << TL_MEMORY_RECORDED | 1u << TL_MEMORY_NO_SLOT | 1u << TL_MEMORY_NOT_RECORDED);
}

static void add_exit_of(struct tl_writer *w, uint32_t vcpu, tl_seq seq)
{
	add_mmio(w, seq, vcpu, (struct mmio){ .size = 4 }, 0);
}

/*
 * vCPU 0 leaves with exit 1 and looks after exit 2 of vCPU 1, which is not looked at; vCPU 1 takes a
 * slot away while vCPU 0 is at exit 3; a region begins anew between looks.
 */
static void the_page_tells_how_to_find_pages_of_two_vcpus(void **state)
{
	struct tl_writer *w = create("two.trap", TL_ARCH_ARM64);

	add_machine(w, TL_ABI_MAINLINE, 2);
	add_slot(w, 0, 0, 0x40000000, 0x2000, RAM);
	add_slot(w, 0, 1, 0x50000000, 0x1000, SHARED);
	add_region(w, 1, RAM, 0x2000, TL_REGION_EXACT, "");
	add_region(w, 1, SHARED, 0x1000, TL_REGION_EXACT, "");
	add_page(w, 1, RAM, "first", 0);
	add_page(w, 1, SHARED, "other", 0);
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 2, 0);
	add_exit_of(w, 0, 1);
	add_exit_of(w, 1, 2);
	add_page(w, 2, RAM, "later", 0);
	add_scan(w, 2, 1, TL_PHASE_EXIT, TL_SCAN_CHANGES, 1, 1);
	add_scan(w, 3, 1, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0, 1);
	add_exit_of(w, 0, 3);
	add_scan(w, 4, 3, TL_PHASE_EXIT, TL_SCAN_CHANGES, 0, 1);
	add_exit_of(w, 1, 4);
	add_slot(w, 4, 1, 0x50000000, 0, 0);
	add_exit_of(w, 0, 5);
	add_region(w, 5, RAM, 0x2000, TL_REGION_EXACT, "");
	add_scan(w, 5, 6, TL_PHASE_EXIT, TL_SCAN_CHANGES, 0, 1);
	add_exit_of(w, 1, 6);
	assert_ok(tl_writer_finish(w));
	compare("two.trap", 6,
		1u << TL_MEMORY_RECORDED | 1u << TL_MEMORY_NO_SLOT | 1u << TL_MEMORY_WRITTEN);
}

static void the_page_tells_how_differences_add_up(void **state)
{
	struct tl_writer *w = create("long.trap", TL_ARCH_ARM64);

	add_machine(w, TL_ABI_MAINLINE, 1);
	add_slot(w, 0, 0, 0x40000000, 0x1000, RAM);
	add_region(w, 1, RAM, 0x1000, TL_REGION_EXACT, "");
	add_page(w, 1, RAM, "first", 0);
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 1, 0);
	for (tl_seq seq = 1; seq <= 80; seq++) {
		add_stop(w, seq, NULL);
		add_page(w, seq + 1, RAM, "later", seq);
		add_scan(w, seq + 1, seq, TL_PHASE_EXIT, TL_SCAN_CHANGES, 1, 0);
	}
	assert_ok(tl_writer_finish(w));
	compare("long.trap", 80,
		1u << TL_MEMORY_RECORDED | 1u << TL_MEMORY_NO_SLOT | 1u << TL_MEMORY_WRITTEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_tells_how_to_find_every_page_of_exact_memory),
		cmocka_unit_test(the_page_tells_how_to_find_pages_around_trouble),
		cmocka_unit_test(the_page_tells_how_to_find_pages_of_two_vcpus),
		cmocka_unit_test(the_page_tells_how_differences_add_up),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
