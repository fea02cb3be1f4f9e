// SPDX-License-Identifier: MIT
// labels: unit
// A trace as a file: while it is written, left behind, copied, under any name.
#include "tests/schema/trace/fixture.h"

static void a_trace_is_read_while_it_is_recorded(void **state)
{
	struct tl_writer *w = create("o.trap", TL_ARCH_ARM64);
	struct tl_span span;
	struct tl_trace *t, *later;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	t = open_trace("o.trap");
	assert_true(tl_trace_is_recording(t));
	add_mmio(w, 2, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	assert_ok(tl_trace_span(t, &span));
	assert_int_equal(span.last, 1);
	later = open_trace("o.trap");
	assert_ok(tl_trace_span(later, &span));
	assert_int_equal(span.last, 2);
	tl_trace_close(later);
	tl_trace_close(t);
	assert_ok(tl_writer_finish(w));
	t = open_trace("o.trap");
	assert_false(tl_trace_is_recording(t));
	tl_trace_close(t);
}

static void a_trace_left_behind_is_read_with_its_log(void **state)
{
	struct tl_writer *w = create("p.trap", TL_ARCH_ARM64);
	struct tl_span span;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	assert_int_equal(system("cp p.trap left.trap && cp p.trap-wal left.trap-wal"), 0);
	tl_writer_close(w);
	t = open_trace("left.trap");
	assert_ok(tl_trace_span(t, &span));
	assert_int_equal(span.last, 1);
	assert_false(tl_trace_is_recording(t));
	tl_trace_close(t);
}

static void a_copy_without_its_log_is_read_and_leaves_nothing_beside_it(void **state)
{
	struct tl_writer *w = create("q.trap", TL_ARCH_ARM64);
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_commit(w));
	change("q.trap", "PRAGMA wal_checkpoint");
	assert_int_equal(system("cp q.trap r.trap"), 0);
	tl_writer_close(w);
	t = open_trace("r.trap");
	tl_trace_close(t);
	assert_int_not_equal(access("r.trap-wal", F_OK), 0);
	assert_int_not_equal(access("r.trap-shm", F_OK), 0);
}

// Where root may write anywhere, somebody else looks.
static void a_log_that_cannot_be_read_without_writing_is_said(void **state)
{
	struct tl_writer *w = create("log.trap", TL_ARCH_ARM64);
	const uid_t us = geteuid();
	struct tl_error *err;
	struct tl_trace *t;

	assert_ok(tl_writer_commit(w));
	assert_int_equal(system("mkdir ro && cp log.trap log.trap-wal ro && chmod 644 ro/* && "
				"chmod 755 . && chmod 555 ro"),
		0);
	tl_writer_close(w);
	assert_true(us || !seteuid(65534));
	err = tl_trace_open("ro/log.trap", &t);
	assert_int_equal(seteuid(us), 0);
	assert_error(err, "ro/log.trap: its log (FILE-wal) cannot be read in a folder that cannot "
			  "be written; copy both files elsewhere");
	assert_int_equal(system("chmod 755 ro"), 0);
}

static void what_the_trace_says_of_itself_is_there(void **state)
{
	struct tl_writer *w = create("s.trap", TL_ARCH_ARM64);
	struct tl_trace *t;
	int64_t number;

	assert_ok(tl_writer_meta(w, "vmm", "qemu -M virt"));
	assert_ok(tl_writer_meta_int(w, "status", 139));
	assert_ok(tl_writer_finish(w));
	t = open_trace("s.trap");
	assert_string_equal(tl_trace_path(t), "s.trap");
	assert_string_equal(tl_trace_arch(t)->name, "arm64");
	assert_string_equal(tl_trace_meta(t, "vmm"), "qemu -M virt");
	assert_null(tl_trace_meta(t, "kernel"));
	assert_true(tl_trace_meta_int(t, "status", &number));
	assert_int_equal(number, 139);
	assert_false(tl_trace_meta_int(t, "vmm", &number));
	tl_trace_close(t);
}

static void a_path_with_odd_characters_is_a_path(void **state)
{
	static const char name[] = "a b?mode=rw&%41#x.trap";
	struct tl_trace *t;

	assert_ok(tl_writer_finish(create(name, TL_ARCH_ARM64)));
	t = open_trace(name);
	tl_trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_is_read_while_it_is_recorded),
		cmocka_unit_test(a_trace_left_behind_is_read_with_its_log),
		cmocka_unit_test(a_copy_without_its_log_is_read_and_leaves_nothing_beside_it),
		cmocka_unit_test(a_log_that_cannot_be_read_without_writing_is_said),
		cmocka_unit_test(what_the_trace_says_of_itself_is_there),
		cmocka_unit_test(a_path_with_odd_characters_is_a_path),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
