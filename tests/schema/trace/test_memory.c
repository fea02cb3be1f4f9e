// SPDX-License-Identifier: MIT
// What a trace says of a page of memory, and what it does not know.
#include "schema/trace/memory.h"
#include "tests/schema/trace/fixture.h"

#include <sqlite3.h>

enum { PAGE = TL_PAGE_BYTES, HOST = 0x10000, GPA = 0x80000 };

static struct tl_writer *begin(unsigned n_vcpus)
{
	struct tl_writer *w;

	unlink("m.trap");
	w = create("m.trap", TL_ARCH_ARM64);
	add_machine(w, TL_ABI_MAINLINE, n_vcpus);
	return w;
}

static void add_slot(struct tl_writer *w, tl_seq seq, uint64_t time, uint32_t flags, uint64_t size)
{
	const struct kvm_userspace_memory_region region = {
		.flags = flags, .guest_phys_addr = GPA, .memory_size = size, .userspace_addr = HOST
	};
	const struct tl_record_input input = { .seq = seq,
		.time = time,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_SET_USER_MEMORY_REGION,
		.size = sizeof(region) };

	assert_ok(tl_writer_input(w, &input, &region));
}

static void add_region(struct tl_writer *w, uint64_t scan, enum tl_region_kind kind)
{
	const struct tl_record_region region = {
		.scan = scan, .host = HOST, .bytes = 4 * PAGE, .kind = kind
	};

	assert_ok(tl_writer_region(w, &region, ""));
}

// A page full of that byte.
static void add_page(struct tl_writer *w, uint64_t scan, unsigned page, int byte)
{
	const struct tl_record_pages pages = { .scan = scan, .pages = 1 };
	const uint64_t host = HOST + page * PAGE;
	uint8_t bytes[PAGE];

	memset(bytes, byte, sizeof(bytes));
	assert_ok(tl_writer_pages(w, &pages, &host, bytes));
}

static void add_unreadable(struct tl_writer *w, uint64_t scan, unsigned page)
{
	const struct tl_record_pages pages = { .scan = scan, .pages = 1 };
	const uint64_t host = (HOST + page * PAGE) | TL_PAGE_UNREADABLE;

	assert_ok(tl_writer_pages(w, &pages, &host, (uint8_t[PAGE]){ 1 }));
}

static void add_scan(struct tl_writer *w, uint64_t scan, tl_seq seq, enum tl_phase phase,
	enum tl_scan_kind kind, uint32_t running)
{
	const struct tl_record_scan record = {
		.scan = scan, .seq = seq, .phase = phase, .kind = kind, .running = running
	};

	assert_ok(tl_writer_scan(w, &record));
}

static struct tl_trace *end(struct tl_writer *w)
{
	struct tl_trace *trace;

	assert_ok(tl_writer_finish(w));
	assert_ok(tl_trace_open("m.trap", &trace));
	return trace;
}

static struct tl_memory_page look(
	struct tl_trace *trace, tl_seq seq, enum tl_phase phase, unsigned page, uint8_t *byte)
{
	struct tl_memory *memory;
	struct tl_memory_page ret;
	uint8_t bytes[PAGE] = { 0 };

	assert_ok(tl_memory_open(trace, 0, 0, (struct tl_position){ seq, phase }, &memory));
	assert_ok(tl_memory_page(memory, GPA + page * PAGE + 17, bytes, &ret));
	tl_memory_close(memory);
	*byte = bytes[PAGE - 1];
	return ret;
}

static void assert_byte(
	struct tl_trace *trace, tl_seq seq, enum tl_phase phase, unsigned page, uint8_t expected)
{
	uint8_t byte;
	const struct tl_memory_page ret = look(trace, seq, phase, page, &byte);

	assert_int_equal(ret.status, TL_MEMORY_RECORDED);
	assert_int_equal(byte, expected);
}

static void assert_status(struct tl_trace *trace, tl_seq seq, enum tl_phase phase, unsigned page,
	enum tl_memory_status status)
{
	uint8_t byte;

	assert_int_equal(look(trace, seq, phase, page, &byte).status, status);
}

// Exits 1 to 5 of one vCPU; memory is looked at before the first, at 1 and at 4.
static struct tl_writer *usual(enum tl_region_kind kind)
{
	struct tl_writer *w = begin(1);

	add_slot(w, 0, 1, 0, 4 * PAGE);
	add_region(w, 1, kind);
	add_page(w, 1, 0, 'a');
	add_unreadable(w, 1, 3);
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0);
	add_page(w, 2, 0, 'b');
	add_scan(w, 2, 1, TL_PHASE_EXIT, TL_SCAN_CHANGES, 0);
	add_scan(w, 3, 1, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0);
	add_page(w, 4, 0, 'c');
	add_scan(w, 4, 4, TL_PHASE_EXIT, TL_SCAN_CHANGES, 1);
	add_page(w, 5, 1, 'd');
	add_scan(w, 5, 4, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0);
	for (tl_seq seq = 1; seq <= 5; seq++)
		add_mmio(w, seq, 0, (struct mmio){ .gpa = 4, .size = 4 }, 0);
	return w;
}

static void each_version_at_its_positions(void **state)
{
	struct tl_trace *t = end(usual(TL_REGION_EXACT));

	assert_byte(t, 0, TL_PHASE_REPLY, 0, 'a');
	assert_byte(t, 1, TL_PHASE_EXIT, 0, 'b');
	assert_byte(t, 1, TL_PHASE_REPLY, 0, 'b');
	assert_byte(t, 4, TL_PHASE_EXIT, 0, 'c');
	assert_byte(t, 4, TL_PHASE_EXIT, 1, 0);
	assert_byte(t, 4, TL_PHASE_REPLY, 1, 'd');
	assert_byte(t, 4, TL_PHASE_REPLY, 0, 'c');
	tl_trace_close(t);
}

static void between_looks_what_was_not_written_is_known(void **state)
{
	struct tl_trace *t = end(usual(TL_REGION_EXACT));
	uint8_t byte;
	struct tl_memory_page page;

	for (tl_seq seq = 2; seq <= 3; seq++)
		for (int phase = 0; phase < 2; phase++) {
			page = look(t, seq, (enum tl_phase)phase, 0, &byte);
			assert_int_equal(page.status, TL_MEMORY_WRITTEN);
			assert_int_equal(page.from, 1);
			assert_int_equal(page.until, 4);
			assert_byte(t, seq, (enum tl_phase)phase, 1, 0);
		}
	assert_status(t, 5, TL_PHASE_EXIT, 1, TL_MEMORY_WRITTEN); // nobody looked after that
	tl_trace_close(t);
}

static void what_is_not_there_is_said(void **state)
{
	struct tl_trace *t = end(usual(TL_REGION_EXACT));

	assert_status(t, 1, TL_PHASE_EXIT, 4, TL_MEMORY_NO_SLOT);
	assert_status(t, 1, TL_PHASE_EXIT, 3, TL_MEMORY_UNREADABLE);
	tl_trace_close(t);
	t = end(usual(TL_REGION_NONE));
	assert_status(t, 1, TL_PHASE_EXIT, 0, TL_MEMORY_NOT_WATCHED);
	tl_trace_close(t);
	t = end(usual(TL_REGION_GONE));
	assert_status(t, 1, TL_PHASE_EXIT, 0, TL_MEMORY_NOT_RECORDED);
	tl_trace_close(t);
}

static void marks_say_what_a_page_may_miss(void **state)
{
	struct tl_trace *t = end(usual(TL_REGION_SHARED));
	uint8_t byte;

	assert_int_equal(look(t, 1, TL_PHASE_EXIT, 0, &byte).marks, TL_MEMORY_SHARED);
	assert_int_equal(
		look(t, 4, TL_PHASE_EXIT, 0, &byte).marks, TL_MEMORY_SHARED | TL_MEMORY_RAN);
	tl_trace_close(t);
	t = end(usual(TL_REGION_GUEST));
	assert_int_equal(look(t, 1, TL_PHASE_EXIT, 0, &byte).marks, TL_MEMORY_GUEST);
	tl_trace_close(t);
}

// The region's new image lists no page of zeroes: from 'b' to nothing is a change.
static void a_region_that_begins_anew_may_have_changed(void **state)
{
	struct tl_writer *w = usual(TL_REGION_EXACT);
	struct tl_trace *t;

	add_region(w, 4, TL_REGION_EXACT);
	t = end(w);
	assert_byte(t, 1, TL_PHASE_EXIT, 1, 0);
	assert_status(t, 2, TL_PHASE_EXIT, 1, TL_MEMORY_WRITTEN);
	assert_byte(t, 4, TL_PHASE_EXIT, 1, 0);
	assert_byte(t, 4, TL_PHASE_EXIT, 3, 0); // no longer unreadable
	tl_trace_close(t);
}

/*
 * vCPU 0 left the guest with exit 1 and looked late: after exit 2 of the other vCPU, which was not
 * looked at. A page that was written between the two is not what it was at 2.
 */
static void a_look_of_another_vcpu_is_before_only_when_that_is_sure(void **state)
{
	struct tl_writer *w = begin(2);
	struct tl_trace *t;

	add_slot(w, 0, 1, 0, 4 * PAGE);
	add_region(w, 1, TL_REGION_EXACT);
	add_page(w, 1, 0, 'a');
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0);
	add_page(w, 2, 0, 'b');
	add_scan(w, 2, 1, TL_PHASE_EXIT, TL_SCAN_CHANGES, 0);
	add_scan(w, 3, 1, TL_PHASE_REPLY, TL_SCAN_CHANGES, 0);
	add_scan(w, 4, 3, TL_PHASE_EXIT, TL_SCAN_CHANGES, 0);
	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	add_mmio(w, 2, 1, (struct mmio){ .size = 4 }, 0);
	add_mmio(w, 3, 0, (struct mmio){ .size = 4 }, 0);
	t = end(w);
	assert_byte(t, 1, TL_PHASE_EXIT, 0, 'b');
	assert_status(t, 2, TL_PHASE_EXIT, 0, TL_MEMORY_WRITTEN);
	assert_byte(t, 2, TL_PHASE_EXIT, 1, 0);
	assert_byte(t, 3, TL_PHASE_EXIT, 0, 'b');
	tl_trace_close(t);
}

// Exits are at 1 ms, 2 ms ...; each ran for 1 us.
static void slots_are_those_of_the_moment(void **state)
{
	struct tl_writer *w = begin(2);
	struct tl_trace *t;

	add_slot(w, 0, 1, 0, 4 * PAGE);
	add_slot(w, 2, 5 * MS / 2, 0,
		0); // vCPU 1 removes it after exit 2, while vCPU 0 is at exit 1
	for (tl_seq seq = 1; seq <= 4; seq++)
		add_mmio(w, seq, seq % 2 ? 0 : 1, (struct mmio){ .size = 4 }, 0);
	t = end(w);
	assert_status(t, 1, TL_PHASE_EXIT, 0, TL_MEMORY_NOT_RECORDED);
	assert_status(t, 1, TL_PHASE_REPLY, 0, TL_MEMORY_NO_SLOT);
	assert_status(t, 2, TL_PHASE_EXIT, 0, TL_MEMORY_NOT_RECORDED);
	assert_status(t, 2, TL_PHASE_REPLY, 0, TL_MEMORY_NO_SLOT);
	tl_trace_close(t);
}

static void a_look_at_some_pages_knows_those_and_no_others(void **state)
{
	struct tl_writer *w = begin(1);
	struct tl_trace *t;
	uint8_t byte;

	add_slot(w, 0, 1, 2, 4 * PAGE);
	add_page(w, 1, 1, 'p');
	add_scan(w, 1, 1, TL_PHASE_EXIT, TL_SCAN_PAGES, 0);
	add_page(w, 2, 2, 'w');
	add_scan(w, 2, 2, TL_PHASE_EXIT, TL_SCAN_WHOLE, 0);
	for (tl_seq seq = 1; seq <= 3; seq++)
		add_mmio(w, seq, 0, (struct mmio){ .size = 4 }, 0);
	t = end(w);
	assert_byte(t, 1, TL_PHASE_EXIT, 1, 'p');
	assert_true(look(t, 1, TL_PHASE_EXIT, 1, &byte).read_only);
	assert_status(t, 1, TL_PHASE_EXIT, 2, TL_MEMORY_NOT_RECORDED);
	assert_byte(t, 2, TL_PHASE_EXIT, 2, 'w');
	assert_byte(t, 2, TL_PHASE_EXIT, 1, 0);
	assert_status(t, 2, TL_PHASE_REPLY, 2, TL_MEMORY_NOT_RECORDED);
	assert_status(t, 3, TL_PHASE_EXIT, 2, TL_MEMORY_NOT_RECORDED);
	tl_trace_close(t);
}

static void a_read_over_pages_ends_where_knowledge_does(void **state)
{
	struct tl_trace *t = end(usual(TL_REGION_EXACT));
	struct tl_memory_page why;
	struct tl_memory *memory;
	uint8_t bytes[5 * PAGE];
	size_t n;

	assert_ok(tl_memory_open(t, 0, 0, (struct tl_position){ 4, TL_PHASE_REPLY }, &memory));
	assert_ok(tl_memory_read(memory, GPA + PAGE - 8, bytes, 16, &n, &why));
	assert_int_equal(n, 16);
	assert_memory_equal(bytes, "ccccccccdddddddd", 16);
	assert_ok(tl_memory_read(memory, GPA + 100, bytes, sizeof(bytes), &n, &why));
	assert_int_equal(n, 3 * PAGE - 100);
	assert_int_equal(why.status, TL_MEMORY_UNREADABLE);
	tl_memory_close(memory);
	tl_trace_close(t);
}

static struct tl_trace *spoiled(const char *sql)
{
	struct tl_trace *trace;
	sqlite3 *db;

	assert_ok(tl_writer_finish(usual(TL_REGION_EXACT)));
	assert_int_equal(sqlite3_open("m.trap", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_ok(tl_trace_open("m.trap", &trace));
	return trace;
}

static void rows_that_lie_are_refused_in_words(void **state)
{
	static const struct {
		const char *sql, *open, *page;
	} lies[] = {
		{ "UPDATE scan SET kind = 9 WHERE seq = 4",
			"m.trap: memory: scan: kind is 9, expected 0 to 2", NULL },
		{ "UPDATE scan SET scan = 'x' WHERE 0; UPDATE scan SET seq = NULL WHERE seq = 4",
			NULL, "" },
		{ "UPDATE slot SET gpa = NULL",
			"m.trap: memory: slots: gpa is NULL, expected a number", NULL },
		{ "UPDATE slot SET size = 'x'",
			"m.trap: memory: slots: size is text, expected a number", NULL },
		{ "UPDATE region SET kind = 77", NULL,
			"m.trap: memory at 0x80000: region: kind is 77, expected 0 to 4" },
		{ "UPDATE page_version SET page = -5", NULL,
			"m.trap: memory at 0x80000: page_version: page is -5, "
			"expected "
			"0 to 9223372036854775807" },
		{ "UPDATE page_version SET page = 12345", NULL,
			"m.trap: memory at 0x80000: page 12345: is not there" },
		{ "UPDATE page SET base = page", NULL,
			"m.trap: memory at 0x80000: page 3: is made of more than 32 others" },
		{ "UPDATE page SET bytes = x'00'", NULL,
			"m.trap: memory at 0x80000: page 3: 1 bytes are no zstd frame of 4096 "
			"bytes" },
	};

	for (unsigned i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct tl_trace *t = spoiled(lies[i].sql);
		const struct tl_position at = { 4, TL_PHASE_EXIT };
		struct tl_memory *memory;
		struct tl_memory_page page;
		struct tl_error *err = tl_memory_open(t, 0, 0, at, &memory);

		if (lies[i].open) {
			assert_error(err, lies[i].open);
		} else {
			assert_ok(err);
			err = tl_memory_page(memory, GPA, (uint8_t[PAGE]){ 0 }, &page);
			if (*lies[i].page)
				assert_error(err, lies[i].page);
			else
				assert_ok(err);
			tl_memory_close(memory);
		}
		tl_trace_close(t);
	}
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(each_version_at_its_positions),
		IN_A_FOLDER(between_looks_what_was_not_written_is_known),
		IN_A_FOLDER(what_is_not_there_is_said),
		IN_A_FOLDER(marks_say_what_a_page_may_miss),
		IN_A_FOLDER(a_region_that_begins_anew_may_have_changed),
		IN_A_FOLDER(a_look_of_another_vcpu_is_before_only_when_that_is_sure),
		IN_A_FOLDER(slots_are_those_of_the_moment),
		IN_A_FOLDER(a_look_at_some_pages_knows_those_and_no_others),
		IN_A_FOLDER(a_read_over_pages_ends_where_knowledge_does),
		IN_A_FOLDER(rows_that_lie_are_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
