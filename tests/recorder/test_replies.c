// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// What a foreign VMM answers, asks for and runs into is what the trace says, and neither it nor its
// guest sees a difference.
#include "tests/recorder/foreign.h"

#include <linux/kvm.h>

#define EXITS                                                                                      \
	"SELECT seq, reason, printf('%x', addr), size, write, ifnull(count, 1), "                  \
	"CASE WHEN value IS NOT NULL THEN printf('%x', value) END, "                               \
	"CASE typeof(reply) WHEN 'integer' THEN printf('%x', reply) WHEN 'blob' THEN 'given' "     \
	"END, "                                                                                    \
	"hex(data) FROM exit LEFT JOIN detail USING(seq) ORDER BY seq"

static void answers_of_every_kind(void **state)
{
	struct outcome alone = FOREIGN_ALONE("replies");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "replies");

	assert_rows(trace, EXITS,
		"1|2|60|1|0|1||a1|\n"
		"2|2|70|1|1|1|a1|given|\n"
		"3|2|60|2|0|1||a3a2|\n"
		"4|2|70|2|1|1|a3a2|given|\n"
		"5|2|60|4|0|1||a7a6a5a4|\n"
		"6|2|70|4|1|1|a7a6a5a4|given|\n"
		"7|6|d0010|1|0|1||a8|\n"
		"8|2|70|1|1|1|a8|given|\n"
		"9|6|d0010|2|0|1||aaa9|\n"
		"10|2|70|2|1|1|aaa9|given|\n"
		"11|6|d0010|4|0|1||aeadacab|\n"
		"12|2|70|4|1|1|aeadacab|given|\n"
		"13|2|60|1|0|5||given|AFB0B1B2B3\n"
		"14|2|70|1|1|1|af|given|\n"
		"15|2|70|1|1|1|b0|given|\n"
		"16|2|70|1|1|1|b1|given|\n"
		"17|2|70|1|1|1|b2|given|\n"
		"18|2|70|1|1|1|b3|given|\n"
		"19|5|0|||1|||");
	// The two exits after which it set cr8, and asked for an interrupt window.
	assert_rows(trace, "SELECT seq, flags, cr8, dirty FROM answer", "2|1|7|0\n4|2|7|0");
	assert_clean(trace);
	trace_close(trace);
	outcome_free(&alone);
}

static void msr_accesses_done_and_refused(void **state)
{
	struct outcome alone = RUN(NULL, FOREIGN, "msr");
	struct sqlite3 *trace;

	if (alone.status == 4) {
		print_message("this KVM has no KVM_CAP_X86_USER_SPACE_MSR\n");
		outcome_free(&alone);
		return;
	}
	assert_int_equal(alone.status, 0);
	trace = FOREIGN_RECORDED(&alone, "msr");
	assert_rows(trace, "SELECT seq, msr, rw, value, reply FROM msr",
		"1|0x12345678|read|0x8877665544332211|done\n"
		"4|0x12345678|write|0x5566778811223344|done\n"
		"5|0x12345679|read|0x8877665544332211|#GP");
	assert_rows(trace, "SELECT seq, hex(bytes) FROM answer ORDER BY seq",
		"1|000000000000000002000000785634121122334455667788\n"
		"4|00\n"
		"5|010000000000000002000000795634121122334455667788");
	assert_rows(trace, "SELECT reason, value FROM exit WHERE seq > 5", "2|153\n5|");
	assert_clean(trace);
	trace_close(trace);
	outcome_free(&alone);
}

// It prints what it finds in kvm_run: what it asked for, and the rest as it left it.
static void registers_that_the_vmm_asks_for_itself(void **state)
{
	struct outcome alone = FOREIGN_ALONE("sync");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "sync");

	assert_non_null(strstr(alone.out, "out 0x1006 valid 1 dirty 0 regs "));
	assert_non_null(strstr(alone.out, " sregs untouched events untouched all "));
	// Its bx went in with the next KVM_RUN, so it is in the answer to the exit before.
	assert_rows(trace, "SELECT seq, dirty, length(sync), hex(substr(sync, 9, 8)) FROM answer",
		"5|1|520|0510000000000000\n"
		"8|1|520|0810000000000000\n"
		"11|1|520|0B10000000000000\n"
		"14|1|520|0E10000000000000");
	assert_rows(trace, "SELECT group_concat(printf('%x', value)) FROM exit",
		"0,1,2,3,4,1006,1007,1008,1009,100a,100b,100c,100d,100e,100f,1010");
	assert_clean(trace);
	trace_close(trace);
	outcome_free(&alone);
}

// KVM leaves the exit before in kvm_run: nothing of it may be told twice.
static void runs_that_return_at_once(void **state)
{
	struct outcome alone = FOREIGN_ALONE("interrupted");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "interrupted");

	assert_non_null(strstr(alone.out, "errno 4 with reason 6\nerrno 4 with reason 2\n"));
	assert_rows(trace,
		"SELECT seq, reason, error, addr, size, write, count, value, reply "
		"FROM exit WHERE seq % 2 = 1",
		"1|6||851968|2|1||0|\n"
		"3|2||96|1|0|||119\n"
		"5|6||851968|2|1||1|\n"
		"7|2||96|1|0|||119");
	assert_rows(trace,
		"SELECT seq, reason, error, addr, size, write, count, value, "
		"typeof(reply) FROM exit WHERE seq % 2 = 0",
		"2||4||||||blob\n"
		"4||4||||||blob\n"
		"6||4||||||blob\n"
		"8||4||||||null");
	assert_rows(trace, "SELECT seq FROM detail WHERE seq % 2 = 0", "");
	assert_rows(trace, "SELECT seq, flags FROM answer", "1|4\n3|4\n5|4\n7|4");
	assert_rows(trace, "SELECT error, reason FROM failed_run LIMIT 1", "EINTR|");
	assert_clean(trace);
	trace_close(trace);
	outcome_free(&alone);
}

// Whether touching memory that is gone fails or looks like MMIO is the host's way to run real mode.
static void runs_that_fail(void **state)
{
	struct outcome alone = FOREIGN_ALONE("failing");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "failing");
	const bool faults = strstr(alone.out, "memory that is gone: errno 14");

	assert_non_null(strstr(alone.out, "unknown kvm_valid_regs: errno 22, reason 6\n"
					  "kvm_valid_regs 0x100000\n"
					  "an argument: errno 22, reason 6\n"));
	assert_rows(trace, "SELECT vcpu, reason, error, addr FROM exit WHERE seq <= 4",
		"0|6||851968\n0||22|\n0||22|\n1||5|");
	assert_rows(trace, "SELECT vcpu, reason, error, addr FROM exit WHERE seq = 5", "2|10|4|");
	assert_rows(trace, "SELECT vcpu, error FROM exit WHERE seq = 6", faults ? "0|14" : "0|");
	assert_rows(trace, "SELECT error FROM failed_run LIMIT 4", "EINVAL\nEINVAL\nEIO\nEINTR");
	assert_clean(trace);
	trace_close(trace);
	outcome_free(&alone);
}

static void calls_that_succeed_leave_errno_alone(void **state)
{
	struct outcome alone = FOREIGN_ALONE("errno");
	struct sqlite3 *trace = FOREIGN_RECORDED(&alone, "errno");

	assert_string_equal(alone.out, "a machine: 71\nKVM_RUN: 72\nothers: 73\n"
				       "no descriptor: 9\nclose: 9\n");
	trace_close(trace);
	outcome_free(&alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_every_kind),
		cmocka_unit_test(msr_accesses_done_and_refused),
		cmocka_unit_test(registers_that_the_vmm_asks_for_itself),
		cmocka_unit_test(runs_that_return_at_once),
		cmocka_unit_test(runs_that_fail),
		cmocka_unit_test(calls_that_succeed_leave_errno_alone),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
