// SPDX-License-Identifier: MIT
// labels: kvm arm64
// several.elf: one vCPU counts in memory without pause while the other makes accesses that KVM cannot
// describe. With --stop-all it stands still while those are recorded.
#include "tests/guests/labels.h"
#include "tests/recorder/arm64/lane.h"
#include "tests/recorder/several.h"

enum { NISV = 5, LAST_INSTRUCTION = 28 /* of the loop */ };

struct guest {
	uint64_t nisv, count, first_word, second_word;
};

static int open_guest(void **state)
{
	static struct guest guest;
	struct labels labels;

	labels_open(&labels, "several");
	guest.nisv = labels_address(&labels, "nisv");
	guest.count = labels_address(&labels, "count");
	guest.first_word = labels_address(&labels, "first_word");
	guest.second_word = labels_address(&labels, "second_word");
	labels_close(&labels);
	*state = &guest;
	return 0;
}

static struct lane record(enum way way, const char *option, const char *nisv)
{
	char options[64], regs[64];

	snprintf(regs, sizeof(regs), "core %s", option);
	snprintf(options, sizeof(options), "--vcpus 2 --nisv %s", nisv);
	return lane_record(NULL, way, regs, options, "several");
}

static void check_survived(const struct lane *lane)
{
	assert_string_equal(lane->outcome.err, "");
	assert_string_equal(lane->outcome.out, "several done\n");
	assert_int_equal(lane->outcome.status, 0);
	assert_rows(lane->trace, "SELECT * FROM gap", "");
	assert_rows(lane->trace, "SELECT * FROM notice", "");
	assert_int_equal(trace_number(lane->trace, "SELECT count(*) FROM nisv"), NISV);
}

// Right behind each of them stands where the other one was.
static void check_interruptions(const struct lane *lane, const struct guest *guest)
{
	assert_int_equal(
		lane_number(lane,
			"SELECT count(*) FROM exit a JOIN exit b ON b.seq = a.seq + 1 "
			"WHERE a.reason = 28 AND a.vcpu = 0 AND a.pc = %" PRIu64
			" AND b.vcpu = 1 AND b.error = 4 AND b.pc BETWEEN %" PRIu64 " AND %" PRIu64,
			guest->nisv, guest->count, guest->count + LAST_INSTRUCTION),
		NISV);
}

static void the_other_vcpu_stands_still_while_a_nisv_is_recorded(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = record(way, "--stop-all", "skip");

		check_survived(&lane);
		assert_rows(lane.trace,
			"SELECT running, count(*) FROM scan JOIN nisv USING(seq) GROUP BY 1",
			"0|5");
		check_interruptions(&lane, *state);
		lane_close(&lane);
	}
}

static void without_stop_all_it_runs_on_and_the_trace_says_so(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = record(way, "", "skip");

		check_survived(&lane);
		assert_rows(lane.trace,
			"SELECT running, count(*) FROM scan JOIN nisv USING(seq) GROUP BY 1",
			"1|5");
		assert_rows(lane.trace,
			"SELECT count(*) FROM exit WHERE vcpu = 1 AND error = 4 AND "
			"seq <= (SELECT max(seq) FROM nisv)",
			"0");
		lane_close(&lane);
	}
}

// The VMM gets ENOSYS and dies, so all memory is recorded.
static bool dies_standing_still(const struct guest *guest, enum way way, const char *option)
{
	struct lane lane = record(way, option, "off");
	const uint64_t seq = (uint64_t)trace_number(lane.trace, "SELECT seq FROM nisv");
	bool still;

	assert_int_equal(lane.outcome.status, 2);
	assert_int_equal(lane_number(&lane, "SELECT kind FROM scan WHERE seq = %" PRIu64, seq), 1);
	still = stood_still(lane.path, seq, guest->first_word, guest->second_word);
	lane_close(&lane);
	return still;
}

// On a busy machine it may have had no time to get on just then.
static bool dies_running(const struct guest *guest, enum way way)
{
	for (unsigned i = 0; i < 10; i++)
		if (!dies_standing_still(guest, way, ""))
			return true;
	return false;
}

static void what_was_counted_agrees_only_when_it_was_stopped(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		assert_true(dies_standing_still(*state, way, "--stop-all"));
		assert_true(dies_running(*state, way));
	}
}

static uint64_t nisv_number(const struct lane *lane, unsigned n)
{
	return (uint64_t)lane_number(
		lane, "SELECT seq FROM nisv ORDER BY seq LIMIT 1 OFFSET %u", n);
}

static void check_marks(const struct lane *lane, const struct guest *guest, unsigned marks)
{
	for (unsigned i = 0; i < NISV; i++) {
		const uint64_t seq = nisv_number(lane, i);

		assert_int_equal(marks_at(lane->path, seq, guest->first_word), marks);
		assert_int_equal(marks_at(lane->path, seq, guest->second_word), marks);
	}
}

static void memory_is_exact_where_the_other_vcpu_was_stopped(void **state)
{
	const struct guest *guest = *state;

	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = record(way, "--mem exact --stop-all", "skip");

		check_survived(&lane);
		assert_rows(
			lane.trace, "SELECT DISTINCT kind, why FROM region WHERE kind != 0", "1|");
		assert_rows(lane.trace,
			"SELECT kind, running, count(*) FROM scan JOIN nisv USING(seq) "
			"WHERE phase = 0 GROUP BY 1, 2",
			"2|0|5");
		check_marks(&lane, guest, 0);
		for (unsigned i = 0; i < NISV; i++)
			assert_true(stood_still(lane.path, nisv_number(&lane, i), guest->first_word,
				guest->second_word));
		lane_close(&lane);
	}
}

static void memory_is_marked_where_the_other_vcpu_ran(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = record(way, "--mem exact", "skip");

		check_survived(&lane);
		assert_rows(lane.trace,
			"SELECT kind, running, count(*) FROM scan JOIN nisv USING(seq) "
			"WHERE phase = 0 GROUP BY 1, 2",
			"2|1|5");
		check_marks(&lane, *state, TL_MEMORY_RAN);
		lane_close(&lane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_other_vcpu_stands_still_while_a_nisv_is_recorded),
		cmocka_unit_test(without_stop_all_it_runs_on_and_the_trace_says_so),
		cmocka_unit_test(what_was_counted_agrees_only_when_it_was_stopped),
		cmocka_unit_test(memory_is_exact_where_the_other_vcpu_was_stopped),
		cmocka_unit_test(memory_is_marked_where_the_other_vcpu_ran),
	};

	return cmocka_run_group_tests(tests, open_guest, NULL);
}
