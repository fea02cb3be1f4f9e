// SPDX-License-Identifier: MIT
// labels: kvm arm64
// nisv.elf against what is recorded of it: accesses that the syndrome does not describe.
#include "arch/arm64/regs.h"
#include "tests/guests/expect.h"
#include "tests/guests/labels.h"
#include "tests/recorder/arm64/lane.h"

#include <linux/kvm.h>
#include <sqlite3.h>

#define ONES UINT64_C(0x1111111111111111)
#define V0   UINT64_C(0x6040000000100054)

// What the kernel keeps of the syndrome: CM, WnR and the fault status.
enum { ISS_WNR = 1 << 6, ISS_STATUS = 0x3f, TRANSLATION_LEVEL_1 = 0x05, PERMISSION_LEVEL_3 = 0x0f };

struct guest {
	struct nisv_access access[NISV_ACCESSES];
	uint64_t pc[NISV_ACCESSES];
};

static int open_guest(void **state)
{
	static struct guest guest;
	struct labels labels;

	nisv_expected(guest.access);
	labels_open(&labels, "nisv");
	for (unsigned i = 0; i < NISV_ACCESSES; i++)
		guest.pc[i] = labels_address(&labels, guest.access[i].label);
	labels_close(&labels);
	*state = &guest;
	return 0;
}

// "rw": the architecture and the emulated CPU do not agree on an atomic's direction, and either is
// right here. Read-only memory is not mapped before something has read it.
static void check_syndrome(const struct lane *lane, uint64_t seq, const struct nisv_access *a)
{
	const uint64_t iss =
		(uint64_t)lane_number(lane, "SELECT value FROM exit WHERE seq = %" PRIu64, seq);
	const unsigned status = iss & ISS_STATUS;

	assert_int_equal(iss & ~(uint64_t)(ISS_WNR | ISS_STATUS), 0);
	if (strcmp(a->direction, "rw") != 0)
		assert_int_equal(!!(iss & ISS_WNR), a->direction[0] == 'w');
	assert_int_equal(lane_number(lane, "SELECT write FROM exit WHERE seq = %" PRIu64, seq),
		!!(iss & ISS_WNR));
	assert_true(status == TRANSLATION_LEVEL_1 ||
		    (status == PERMISSION_LEVEL_3 && a->base == NISV_ROM));
}

static void check_registers(const struct lane *lane, const struct guest *guest, unsigned i)
{
	const struct nisv_access *a = &guest->access[i];
	const struct tl_regs regs = trace_regs(lane->trace, i + 1);

	assert_int_equal(regs.word[TL_ARM64_pc], guest->pc[i]);
	assert_int_equal(regs.word[TL_ARM64_x0], a->base);
	for (unsigned n = 1; n <= 7; n++)
		// an exclusive store that had to be tried again has left its verdict in x4
		if (n != 4 || strcmp(a->label, "exclusive_store_rom") != 0)
			assert_int_equal(regs.word[TL_ARM64_x0 + n], n * ONES);
	assert_int_equal(regs.word[TL_ARM64_x25], a->base + a->offset);
	assert_int_equal(regs.word[TL_ARM64_x28], i + 1);
}

static void check_vectors(const struct lane *lane, unsigned i)
{
	uint64_t v[2];

	trace_extra(lane->trace, i + 1, V0, v);
	assert_int_equal(v[0], ONES);
	assert_int_equal(v[1], 2 * ONES);
	trace_extra(lane->trace, i + 1, V0 + 4, v);
	assert_int_equal(v[0], 3 * ONES);
	assert_int_equal(v[1], 4 * ONES);
}

// What the view shows of all of them.
static char *rows(const struct guest *guest, const char *reply)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (unsigned i = 0; i < NISV_ACCESSES; i++)
		fprintf(to, "%s%u|0|0x%" PRIx64 "|%08x|0x%" PRIx64 "|%s", i ? "\n" : "", i + 1,
			guest->pc[i], guest->access[i].word,
			guest->access[i].base + guest->access[i].offset, reply);
	fclose(to);
	return text;
}

static void check_all(const struct guest *guest, enum way way, const char *policy,
	const char *reply, const char *says)
{
	struct lane lane = lane_record(NULL, way, "full", policy, "nisv");
	char *expected = rows(guest, reply);

	assert_string_equal(lane.outcome.err, "");
	assert_string_equal(lane.outcome.out, says);
	assert_int_equal(lane.outcome.status, 0);
	assert_rows(lane.trace, "SELECT seq, vcpu, pc, insn, fault_ipa, reply FROM nisv", expected);
	for (unsigned i = 0; i < NISV_ACCESSES; i++) {
		check_syndrome(&lane, i + 1, &guest->access[i]);
		check_registers(&lane, guest, i);
		check_vectors(&lane, i);
	}
	free(expected);
	lane_close(&lane);
}

static void every_kind_of_access_is_recorded_when_the_vmm_asks_for_it(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		check_all(*state, way, "--nisv abort " ROM, "external abort",
			"nisv: accesses 1c aborts 1c wrong 00\n");
		check_all(*state, way, "--nisv skip " ROM, "registers set",
			"nisv: accesses 1c aborts 00 wrong 00\n");
	}
}

// The VMM sees ENOSYS and ends; the trace has what the kernel would have told it.
static void check_off(enum way way, uint64_t pc)
{
	struct lane lane = lane_record(NULL, way, "core", "--nisv off", "nisv-die");
	char expected[256];

	snprintf(expected, sizeof(expected),
		"trapline run: vcpu 0: pc 0x%" PRIx64 ": an access that KVM cannot describe, and "
		"nisv is off: KVM_RUN: Function not implemented\n",
		pc);
	assert_string_equal(lane.outcome.err, expected);
	assert_string_equal(lane.outcome.out, "nisv-die\n");
	assert_int_equal(lane.outcome.status, 2);
	snprintf(expected, sizeof(expected),
		"10|0|0x%" PRIx64 "|b8404401|0xa000000|read|translation fault, level 1|"
		"ENOSYS, the VMM did not ask for NISV",
		pc);
	assert_rows(lane.trace,
		"SELECT seq, vcpu, pc, insn, fault_ipa, rw, fault_status, reply FROM nisv",
		expected);
	assert_rows(
		lane.trace, "SELECT number, error, value FROM exits WHERE seq = 10", "28|ENOSYS|5");
	assert_rows(lane.trace, "SELECT seq, error, reason FROM failed_run", "10|ENOSYS|nisv");
	lane_close(&lane);
}

static void a_vmm_that_does_not_ask_fails_as_ever_and_the_trace_tells_why(void **state)
{
	struct labels labels;

	labels_open(&labels, "nisv-die");
	for (enum way way = 0; way < N_WAYS; way++)
		check_off(way, labels_address(&labels, "die"));
	labels_close(&labels);
}

// Where the code is cannot be told from PC alone: not recorded, which is not an empty word.
static void at_level_pc_there_is_no_instruction_word(void **state)
{
	struct lane lane = lane_record(NULL, EMBEDDED, "pc", "--nisv skip", "nisv-die");

	assert_rows(lane.trace, "SELECT pc IS NOT NULL, insn IS NULL, fault_ipa FROM nisv",
		"1|1|0xa000000");
	lane_close(&lane);
}

static uint64_t load(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

// The last register that the VMM set after exit `seq`: struct kvm_one_reg, then the value.
static void check_set_reg(const struct lane *lane, unsigned seq, uint64_t id, uint64_t value)
{
	sqlite3_stmt *s;
	const uint8_t *data;

	assert_int_equal(sqlite3_prepare_v2(lane->trace,
				 "SELECT data FROM input WHERE vcpu = 0 AND seq = ? "
				 "AND request = ? ORDER BY id DESC LIMIT 1",
				 -1, &s, NULL),
		SQLITE_OK);
	sqlite3_bind_int(s, 1, (int)seq);
	sqlite3_bind_int64(s, 2, KVM_SET_ONE_REG);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(s, 0), sizeof(struct kvm_one_reg) + 8);
	data = sqlite3_column_blob(s, 0);
	assert_int_equal(load(data), id);
	assert_int_equal(load(data + sizeof(struct kvm_one_reg)), value);
	sqlite3_finalize(s);
}

static void a_register_that_the_vmm_sets_is_an_input_with_its_value(void **state)
{
	const struct guest *guest = *state;
	const uint64_t pc = tl_arch_arm64.regs[TL_ARM64_pc].kvm_id;
	struct labels labels;

	labels_open(&labels, "nisv");
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = lane_record(NULL, way, "core", "--nisv skip " ROM, "nisv");

		check_set_reg(&lane, 0, pc, labels_address(&labels, "_start"));
		for (unsigned i = 0; i < NISV_ACCESSES; i++)
			check_set_reg(&lane, i + 1, pc, guest->pc[i] + 4);
		lane_close(&lane);
	}
	labels_close(&labels);
}

// struct kvm_vcpu_events: ext_dabt_pending is byte 2.
static void an_abort_that_the_vmm_asks_for_is_an_input(void **state)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		"SELECT count(*), count(DISTINCT seq), min(seq), max(seq), length(data), "
		"hex(substr(data, 1, 8)) FROM input WHERE request = %u GROUP BY data",
		(unsigned)KVM_SET_VCPU_EVENTS);
	for (enum way way = 0; way < N_WAYS; way++) {
		struct lane lane = lane_record(NULL, way, "core", "--nisv abort " ROM, "nisv");

		assert_rows(lane.trace, sql, "28|28|1|28|64|0000010000000000");
		lane_close(&lane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_access_is_recorded_when_the_vmm_asks_for_it),
		cmocka_unit_test(a_vmm_that_does_not_ask_fails_as_ever_and_the_trace_tells_why),
		cmocka_unit_test(at_level_pc_there_is_no_instruction_word),
		cmocka_unit_test(a_register_that_the_vmm_sets_is_an_input_with_its_value),
		cmocka_unit_test(an_abort_that_the_vmm_asks_for_is_an_input),
	};

	return cmocka_run_group_tests(tests, open_guest, NULL);
}
