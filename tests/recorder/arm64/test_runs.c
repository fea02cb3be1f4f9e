// SPDX-License-Identifier: MIT
// labels: kvm arm64
// Returns of KVM_RUN that are no access: PSCI, interruption, and two vCPUs at once.
#include "tests/recorder/arm64/lane.h"

enum { LOOPS = 100 }; // of smp.elf and mmio-loop-short.elf

// The kernel has put PSCI_RET_INTERNAL_FAILURE there, should the guest ever run on.
static void check_event(const char *guest, unsigned seq, const char *expected)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = lane_record(NULL, way, "core", "", guest);

		assert_rows(lane.trace,
			"SELECT seq, exits.reason, name, reply IS NULL FROM exits JOIN name "
			"ON what = 'system_event' AND name.number = value "
			"WHERE exits.number = 24",
			expected);
		assert_int_equal((int64_t)trace_reg(lane.trace, seq, "x0"), -6);
		lane_close(&lane);
	}
}

static void psci_off_and_reset_are_system_events(void **state)
{
	check_event("psci-off", 10, "10|system_event|shutdown|1");
	check_event("psci-reset", 12, "12|system_event|reset|1");
}

// Every third KVM_RUN is told to come back at once, after it has completed what was open.
static void an_interrupted_run_has_its_errno_and_no_reason(void **state)
{
	struct lane lane;

	for (enum way way = 0; way < N_WAYS; way++) {
		lane = lane_record(NULL, way, "core", "--interrupt-every 3 --unanswered zero",
			"mmio-loop-short");
		assert_int_equal(lane.outcome.status, 0);
		assert_rows(lane.trace,
			"SELECT DISTINCT seq % 3 = 0, reason, error, addr IS NULL FROM exits "
			"ORDER BY 1",
			"0|mmio||0\n1||EINTR|1");
		assert_rows(lane.trace, "SELECT count(*) FROM exit WHERE addr = 0xa000000", "100");
		lane_close(&lane);
	}
}

// PC at the interruption is past the access, whose answer has arrived.
static void an_interrupted_run_has_the_registers_of_that_moment(void **state)
{
	struct lane lane = lane_record(
		NULL, EMBEDDED, "core", "--interrupt-every 3 --unanswered ones", "mmio-loop-short");
	const uint64_t load = trace_reg(lane.trace, 2, "pc");

	assert_rows(lane.trace, "SELECT reason, write, reply_hex FROM exits WHERE seq = 2",
		"mmio|0|0xffffffff");
	assert_int_equal(trace_reg(lane.trace, 3, "pc"), load + 4);
	assert_int_equal(trace_reg(lane.trace, 3, "x2"), 0xffffffff);
	lane_close(&lane);
}

// Each writes its number LOOPS times to a place of its own.
static void check_two_vcpus(const struct lane *lane)
{
	assert_rows(lane->trace, "SELECT vcpu, id FROM vcpu", "0|0\n1|1");
	assert_rows(lane->trace,
		"SELECT count(*) = max(seq), count(DISTINCT seq) = max(seq), min(seq) FROM exit",
		"1|1|1");
	assert_rows(lane->trace,
		"SELECT vcpu, addr, size, value, count(*) FROM exit WHERE addr >= 0xa000000 "
		"GROUP BY 1, 2, 3, 4 ORDER BY 1",
		"0|167772160|8|0|100\n1|167772168|8|1|100");
	assert_rows(
		lane->trace, "SELECT error, reason FROM failed_run WHERE vcpu = 1", "EINTR|intr");
	assert_rows(lane->trace, "SELECT count(*) FROM failed_run WHERE vcpu = 0", "0");
	assert_rows(lane->trace, "SELECT count(*) FROM gap", "0");
}

// x0 is the vCPU's number, x5 counts down.
static void check_registers_of_two(const struct lane *lane)
{
	unsigned left[2] = { LOOPS, LOOPS };
	const int64_t n = trace_number(lane->trace, "SELECT max(seq) FROM exit");

	for (int64_t seq = 1; seq <= n; seq++) {
		const int64_t vcpu =
			lane_number(lane, "SELECT vcpu FROM exit WHERE seq = %" PRId64, seq);

		if (lane_number(lane,
			    "SELECT ifnull(addr, 0) >= 0xa000000 FROM exit WHERE seq = %" PRId64,
			    seq) == 0)
			continue;
		assert_int_equal(trace_reg(lane->trace, (uint64_t)seq, "x0"), vcpu);
		assert_int_equal(trace_reg(lane->trace, (uint64_t)seq, "x5"), left[vcpu]--);
	}
	assert_int_equal(left[0] + left[1], 0);
}

static void two_vcpus_have_one_order_and_their_own_registers(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane =
			lane_record(NULL, way, "core", "--vcpus 2 --unanswered zero", "smp");

		assert_string_equal(lane.outcome.out, "smp done\n");
		check_two_vcpus(&lane);
		check_registers_of_two(&lane);
		lane_close(&lane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psci_off_and_reset_are_system_events),
		cmocka_unit_test(an_interrupted_run_has_its_errno_and_no_reason),
		cmocka_unit_test(an_interrupted_run_has_the_registers_of_that_moment),
		cmocka_unit_test(two_vcpus_have_one_order_and_their_own_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
