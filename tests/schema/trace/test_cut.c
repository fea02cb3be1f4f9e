// SPDX-License-Identifier: MIT
// labels: unit fault
// A part that cannot be made leaves nothing behind, and the file at fault is named.
#include "schema/trace/cut.h"
#include "tests/schema/trace/fixture.h"

#include <signal.h>
#include <sys/resource.h>

enum { EXITS = 2000 };

static void make_whole(void)
{
	struct tl_writer *w = create("whole.trap", TL_ARCH_ARM64);

	add_machine(w, TL_ABI_MAINLINE, 1);
	for (tl_seq seq = 1; seq <= EXITS; seq++)
		add_mmio(w, seq, 0, (struct mmio){ .gpa = seq * 4096, .size = 4 }, seq << 20);
	assert_ok(tl_writer_finish(w));
}

static void assert_nothing_left(void)
{
	assert_int_not_equal(access("part.trap", F_OK), 0);
	assert_int_not_equal(access("part.trap-wal", F_OK), 0);
	assert_int_not_equal(access("part.trap-shm", F_OK), 0);
}

static void a_trace_that_is_damaged_is_named(void **state)
{
	struct tl_trace *t;

	make_whole();
	change("whole.trap", "UPDATE state SET chunk = x'0011'");
	t = open_trace("whole.trap");
	assert_error(tl_trace_cut(t, 10, 20, "part.trap"),
		"whole.trap: state chunk: not a zstd frame of known size");
	assert_nothing_left();
	tl_trace_close(t);
	change("whole.trap", "UPDATE state SET chunk = NULL");
	t = open_trace("whole.trap");
	assert_error(tl_trace_cut(t, 10, 20, "part.trap"),
		"whole.trap: state: chunk is NULL, expected bytes");
	assert_nothing_left();
	tl_trace_close(t);
	unlink("whole.trap");
}

static struct tl_error *cut_within(struct tl_trace *t, rlim_t most)
{
	struct rlimit unlimited, limit;
	struct tl_error *err;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limit = unlimited;
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	err = tl_trace_cut(t, 1, EXITS, "part.trap");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	return err;
}

// Whichever write it is that fails.
static void a_part_that_finds_no_room_is_named(void **state)
{
	struct tl_error *err = NULL;
	unsigned failed = 0;
	struct tl_trace *t;

	signal(SIGXFSZ, SIG_IGN);
	make_whole();
	t = open_trace("whole.trap");
	for (rlim_t most = 16384; (err = cut_within(t, most)); most += 16384, failed++) {
		if (strncmp(err->message, "part.trap: ", strlen("part.trap: ")) != 0)
			fail_msg("%lu bytes: %s", (unsigned long)most, err->message);
		tl_error_free(err);
		assert_nothing_left();
	}
	assert_true(failed > 5);
	tl_trace_close(t);
	t = open_trace("part.trap");
	tl_trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_that_is_damaged_is_named),
		cmocka_unit_test(a_part_that_finds_no_room_is_named),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
