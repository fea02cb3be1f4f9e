// SPDX-License-Identifier: MIT
// labels: kvm x86_64 fault
// VMMs that take every descriptor for their own: they get what they ask for, and the guest that comes
// after is recorded as well.
#include "tests/recorder/foreign.h"

static void careless(const char *way)
{
	struct outcome alone = FOREIGN_ALONE("careless", way);
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "careless", way);

	assert_rows(trace, "SELECT vcpu, count(*), count(code) FROM exit GROUP BY vcpu",
		"0|3|3\n1|3|3");
	assert_rows(trace, "SELECT count(*), sum(adopted) FROM vm", "2|0");
	close_clean(trace);
	outcome_free(&alone);
}

// The recorder has more descriptors then.
static void with_exact_memory_too(void **state)
{
	static const char *const ways[] = { "loop", "syscall", "syscalls", "unseen", "dup2",
		"unseen-dup2" };

	for (unsigned i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct outcome alone = FOREIGN_ALONE("careless", ways[i]);
		struct sqlite3 *trace = foreign_recorded(
			&alone, (const char *const[]){ TRAPLINE, "record", "-q", "--mem", "exact",
					"-o", in_scratch("foreign.trap"), "--", FOREIGN, "careless",
					ways[i], NULL });

		assert_rows(trace, "SELECT vm, kind FROM region", "0|2\n1|2");
		close_clean(trace);
		outcome_free(&alone);
	}
}

static void a_loop_over_every_number_there_is(void **state)
{
	careless("loop");
}

static void close_range_by_syscall(void **state)
{
	careless("syscall");
}

static void close_by_syscall_one_after_the_other(void **state)
{
	careless("syscalls");
}

static void close_range_by_a_way_that_nobody_sees(void **state)
{
	careless("unseen");
}

static void copies_onto_every_number(void **state)
{
	careless("dup2");
}

static void copies_onto_every_number_by_a_way_that_nobody_sees(void **state)
{
	careless("unseen-dup2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_over_every_number_there_is),
		cmocka_unit_test(close_range_by_syscall),
		cmocka_unit_test(close_by_syscall_one_after_the_other),
		cmocka_unit_test(close_range_by_a_way_that_nobody_sees),
		cmocka_unit_test(copies_onto_every_number),
		cmocka_unit_test(copies_onto_every_number_by_a_way_that_nobody_sees),
		cmocka_unit_test(with_exact_memory_too),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
