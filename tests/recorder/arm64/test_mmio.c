// SPDX-License-Identifier: MIT
// labels: kvm arm64
// mmio-sizes.elf against what is recorded of it: every size and sign of load and store.
#include "arch/arm64/regs.h"
#include "tests/guests/labels.h"
#include "tests/recorder/arm64/lane.h"

#define X2 UINT64_C(0x8877665544332211)
#define X3 UINT64_C(0x5a5a5a5a5a5a5a5a)

static const struct access {
	const char *label;
	unsigned offset, size;
	bool write;
	uint64_t value; // what the guest writes
} accesses[] = {
	{ "store_b", 0, 1, true, 0x11 },
	{ "store_h", 0, 2, true, 0x2211 },
	{ "store_w", 0, 4, true, 0x44332211 },
	{ "store_x", 0, 8, true, X2 },
	{ "store_wzr", 0, 4, true, 0 },
	{ "store_xzr", 0, 8, true, 0 },
	{ "store_release", 0, 4, true, 0x44332211 },
	{ "store_unscaled", 8, 2, true, 0x2211 },
	{ "store_offset", 8, 4, true, 0x44332211 },
	{ "load_first", 0x10, 1, false, 0 },
	{ "load_b", 0x10, 1, false, 0 },
	{ "load_h", 0x10, 2, false, 0 },
	{ "load_w", 0x10, 4, false, 0 },
	{ "load_x", 0x10, 8, false, 0 },
	{ "load_sb_w", 0x10, 1, false, 0 },
	{ "load_sb_x", 0x10, 1, false, 0 },
	{ "load_sh_w", 0x10, 2, false, 0 },
	{ "load_sh_x", 0x10, 2, false, 0 },
	{ "load_sw_x", 0x10, 4, false, 0 },
	{ "load_acquire", 0x10, 4, false, 0 },
	{ "load_xzr", 0x10, 8, false, 0 },
};

enum { N_ACCESSES = sizeof(accesses) / sizeof(*accesses), N_STORES = 9 };

enum level { PC_LEVEL, CORE_LEVEL, FULL_LEVEL, N_LEVELS };

static const char *const levels[] = { "pc", "core", "full" };

static uint64_t cut(uint64_t value, unsigned size)
{
	return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

// What view "mmio" shows of these accesses when reads give `answer`.
static char *expected(const uint64_t *pc, uint64_t answer)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (unsigned i = 0; i < N_ACCESSES; i++) {
		const struct access *a = &accesses[i];

		fprintf(to, "%s%u|0|0x%" PRIx64 "|0x%x|%u|%s|0x%" PRIx64, i ? "\n" : "", i + 1,
			pc[i], HOLE + a->offset, a->size, a->write ? "write" : "read",
			a->write ? a->value : cut(answer, a->size));
	}
	fclose(to);
	return text;
}

// The same guest, its reads answered with ones, in each way and at each level.
struct recordings {
	struct lane lane[N_WAYS][N_LEVELS];
	uint64_t pc[N_ACCESSES];
};

static int record_all(void **state)
{
	static struct recordings all;
	struct labels labels;

	labels_open(&labels, "mmio-sizes");
	for (unsigned i = 0; i < N_ACCESSES; i++)
		all.pc[i] = labels_address(&labels, accesses[i].label);
	labels_close(&labels);
	for (enum way way = 0; way < N_WAYS; way++)
		for (unsigned i = 0; i < N_LEVELS; i++)
			all.lane[way][i] = lane_record(
				NULL, way, levels[i], "--unanswered ones", "mmio-sizes");
	*state = &all;
	return 0;
}

static int close_all(void **state)
{
	struct recordings *all = *state;

	for (enum way way = 0; way < N_WAYS; way++)
		for (unsigned i = 0; i < N_LEVELS; i++)
			lane_close(&all->lane[way][i]);
	return 0;
}

static void assert_accesses(const struct lane *lane, const struct recordings *all, uint64_t answer)
{
	char *text = expected(all->pc, answer);

	assert_rows(lane->trace,
		"SELECT seq, vcpu, pc, gpa, size, rw, value FROM mmio WHERE gpa LIKE '0xa%'", text);
	free(text);
}

static void every_access_is_recorded_as_the_guest_makes_it(void **state)
{
	const struct recordings *all = *state;

	for (enum way way = 0; way < N_WAYS; way++)
		for (unsigned i = 0; i < N_LEVELS; i++)
			assert_accesses(&all->lane[way][i], all, UINT64_MAX);
}

static void a_read_has_the_value_that_the_vmm_gave(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane =
			lane_record(NULL, way, "core", "--unanswered zero", "mmio-sizes");

		assert_accesses(&lane, *state, 0);
		lane_close(&lane);
	}
}

static void a_write_has_no_value_in_its_reply_and_a_read_none_in_its_value(void **state)
{
	const struct recordings *all = *state;

	assert_rows(all->lane[PRELOADED][CORE_LEVEL].trace,
		"SELECT write, value IS NULL, typeof(reply), length(reply) > 0, count(*) FROM exit "
		"WHERE seq <= 21 GROUP BY 1, 2, 3, 4 ORDER BY 1",
		"0|1|integer|1|12\n1|0|blob|0|9");
}

// The run ends with that exit: its KVM_RUN never came.
static void an_exit_that_was_not_answered_has_no_reply(void **state)
{
	struct lane lane;

	for (enum way way = 0; way < N_WAYS; way++) {
		lane = lane_record(NULL, way, "core", "--unanswered stop", "mmio-sizes");
		assert_int_equal(lane.outcome.status, 2);
		assert_rows(
			lane.trace, "SELECT seq, value_hex, reply IS NULL FROM exits", "1|0x11|1");
		lane_close(&lane);
	}
}

static void check_registers(struct sqlite3 *trace, unsigned i, uint64_t pc)
{
	const struct tl_regs regs = trace_regs(trace, i + 1);

	assert_int_equal(regs.word[TL_ARM64_pc], pc);
	assert_int_equal(regs.word[TL_ARM64_x0], HOLE + (i < N_STORES ? 0 : 0x10));
	assert_int_equal(regs.word[TL_ARM64_x1], 8);
	assert_int_equal(regs.word[TL_ARM64_x2], X2);
	assert_int_equal(regs.word[TL_ARM64_x21], X3);
	if (i >= N_STORES && i < N_ACCESSES - 1) // the last one reads into XZR
		assert_int_equal(regs.word[TL_ARM64_x3], X3);
	assert_int_equal(regs.word[TL_ARM64_pstate] & TL_ARM64_MODE_MASK, TL_ARM64_EL1H);
}

static void registers_are_what_the_guest_put_there(void **state)
{
	const struct recordings *all = *state;

	for (enum way way = 0; way < N_WAYS; way++)
		for (unsigned level = CORE_LEVEL; level < N_LEVELS; level++)
			for (unsigned i = 0; i < N_ACCESSES; i++)
				check_registers(all->lane[way][level].trace, i, all->pc[i]);
}

// By the exit after a read is done; the kernel zero-extends signed loads up to 6.12.
static void what_a_read_gave_is_in_its_register_at_the_exit_after(void **state)
{
	const struct recordings *all = *state;
	const struct lane *lane = &all->lane[EMBEDDED][CORE_LEVEL];
	const unsigned load_acquire = 20;

	assert_int_equal(trace_reg(lane->trace, load_acquire + 1, "x3"), 0xffffffff);
	assert_int_equal(trace_reg(lane->trace, load_acquire + 1, "x20"), UINT64_MAX);
	assert_int_equal(trace_reg(lane->trace, load_acquire + 1, "x19"), lane->outcome.status);
}

static void check_known(struct sqlite3 *trace, uint64_t seq, bool all)
{
	const struct tl_regs regs = trace_regs(trace, seq);

	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		if (tl_regs_known(&regs, i) != (all || i == TL_ARM64_pc || i == TL_ARM64_pstate))
			fail_msg("exit %" PRIu64 ": %s", seq, tl_arch_arm64.regs[i].name);
}

static void each_level_knows_its_registers_and_no_other(void **state)
{
	const struct recordings *all = *state;

	for (unsigned n = 0; n < N_WAYS * N_LEVELS; n++) {
		const unsigned level = n / N_WAYS;
		struct sqlite3 *trace = all->lane[n % N_WAYS][level].trace;

		for (unsigned i = 0; i < N_ACCESSES; i++)
			check_known(trace, i + 1, level >= CORE_LEVEL);
		assert_rows(trace, "SELECT seq FROM extra", level == FULL_LEVEL ? "1" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_access_is_recorded_as_the_guest_makes_it),
		cmocka_unit_test(a_read_has_the_value_that_the_vmm_gave),
		cmocka_unit_test(a_write_has_no_value_in_its_reply_and_a_read_none_in_its_value),
		cmocka_unit_test(an_exit_that_was_not_answered_has_no_reply),
		cmocka_unit_test(registers_are_what_the_guest_put_there),
		cmocka_unit_test(what_a_read_gave_is_in_its_register_at_the_exit_after),
		cmocka_unit_test(each_level_knows_its_registers_and_no_other),
	};

	return cmocka_run_group_tests(tests, record_all, close_all);
}
