// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// What VMMs do with descriptors and processes: whatever it is, every exit is there, and each belongs
// to the VM and vCPU that it was.
#include "tests/recorder/foreign.h"

#include <unistd.h>

// A vCPU and how often it ran.
#define RUNS                                                                                       \
	"SELECT vcpu.vm, vcpu.vcpu, vcpu.id, count(seq) FROM vcpu LEFT JOIN exit USING(vcpu) "     \
	"GROUP BY vcpu.vcpu ORDER BY vcpu.vcpu"

static void several_vms_in_one_process(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "vms");

	assert_rows(trace, RUNS, "0|0|0|1\n0|1|1|2\n1|2|10|11\n1|3|11|12\n2|4|20|21\n2|5|21|22");
	assert_rows(trace, "SELECT count(*), sum(adopted) FROM vm", "3|0");
	close_clean(trace);
}

// More vCPUs than there are rings, and more VMs than one process may have at a time.
static void vms_that_come_and_go(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "reopen", "260", "8");

	assert_rows(trace, "SELECT count(*), count(closed) FROM vm", "260|260");
	assert_rows(trace, "SELECT count(*), count(closed), max(vcpu) FROM vcpu", "2080|2080|2079");
	assert_rows(trace, "SELECT count(*), count(DISTINCT vcpu), max(seq) FROM exit",
		"2080|2080|2080");
	close_clean(trace);
}

static void one_vcpu_by_many_descriptors(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "copies");

	assert_rows(trace, RUNS, "0|0|0|8");
	assert_rows(trace, "SELECT vm, adopted FROM vm", "0|0");
	close_clean(trace);
}

// Its vCPU cannot be told from one that we never saw: it stands in a VM of its own, marked so.
static void a_descriptor_that_came_in_a_message(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "passed");

	assert_rows(trace, RUNS, "0|0|0|1\n1|1||1");
	assert_rows(trace, "SELECT vm, adopted FROM vm", "0|0\n1|1");
	assert_rows(trace, "SELECT vcpu, adopted FROM vcpu", "0|0\n1|1");
	close_clean(trace);
}

static void helpers_that_close_everything(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "helpers");

	assert_rows(trace, RUNS, "0|0|0|6\n0|1|1|4");
	assert_rows(trace, "SELECT count(*), sum(adopted), count(closed) FROM vm", "1|0|0");
	assert_rows(trace, "SELECT sum(adopted), count(closed) FROM vcpu", "0|0");
	// Had they shared what is one vCPU's own, the code of one would stand at the other's exits.
	assert_rows(trace,
		"SELECT vcpu, count(DISTINCT hex(substr(bytes, before + 1, 1))), "
		"min(hex(substr(bytes, before + 1, 1))) FROM exit JOIN code USING(code) "
		"GROUP BY vcpu",
		"0|1|FE\n1|1|41");
	close_clean(trace);
}

// close_range(), closefrom(), close() and dup2() over all descriptors, and a new VM after each.
static void a_vmm_that_closes_all_it_can(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "closing");

	assert_rows(trace, RUNS, "0|0|0|3\n1|1|0|3\n2|2|0|3\n3|3|0|3");
	assert_rows(trace, "SELECT count(closed), sum(adopted) FROM vm", "4|0");
	assert_rows(trace, "SELECT count(*) FROM exit WHERE code IS NOT NULL", "12");
	close_clean(trace);
}

// The program that was started is gone long before its daemon first opens /dev/kvm.
static void a_daemon_is_recorded_to_its_end(void **state)
{
	const char *done = fresh("done");
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "daemon", "300", done);

	assert_int_equal(access(done, F_OK), 0);
	assert_rows(trace, RUNS, "0|0|0|50");
	assert_rows(trace, "SELECT value FROM meta WHERE key = 'status'", "0");
	close_clean(trace);
}

static void a_vmm_that_becomes_another(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "exec", FOREIGN);

	assert_rows(trace, RUNS, "0|0|0|3\n1|1|0|4");
	assert_rows(trace, "SELECT count(*), count(DISTINCT pid) FROM process", "2|1");
	close_clean(trace);
}

static void four_vcpus_in_threads(void **state)
{
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "threads", "4", "2000");

	assert_rows(trace, RUNS, "0|0|0|2000\n0|1|1|2000\n0|2|2|2000\n0|3|3|2000");
	assert_rows(trace, "SELECT count(*), min(seq), max(seq) FROM exit", "8000|1|8000");
	// Each vCPU's exits stand in the order of their time, and of what its guest wrote.
	assert_rows(trace,
		"SELECT count(*) FROM (SELECT time, value, lag(time) OVER w AS t, lag(value) "
		"OVER w AS v FROM exit WINDOW w AS (PARTITION BY vcpu ORDER BY seq)) "
		"WHERE t IS NOT NULL AND (time <= t OR value IS NOT v + 1)",
		"0");
	close_clean(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_vms_in_one_process),
		cmocka_unit_test(vms_that_come_and_go),
		cmocka_unit_test(one_vcpu_by_many_descriptors),
		cmocka_unit_test(a_descriptor_that_came_in_a_message),
		cmocka_unit_test(helpers_that_close_everything),
		cmocka_unit_test(a_vmm_that_closes_all_it_can),
		cmocka_unit_test(a_daemon_is_recorded_to_its_end),
		cmocka_unit_test(a_vmm_that_becomes_another),
		cmocka_unit_test(four_vcpus_in_threads),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
