// SPDX-License-Identifier: MIT
// labels: kvm arm64 old_kernel
// Answers that the reference VMM really gives: the registers that the kernel leaves are the model's.
#include "tests/recorder/arm64/answers.h"

enum { ACCESSES = 28, BEFORE_ATOMICS = 14, READS = 12, WRITES = 9 };

#define NISV "a.reason = 28"
#define MMIO "a.reason = 6 AND a.addr >= 0xa000000 AND a.addr < 0xb000000 AND a.write = "

static unsigned compare_nisv(const char *answer, const struct tl_wish *wish, const char **ret_err)
{
	static char err[512];
	char options[128];
	struct lane lane;
	unsigned n;

	snprintf(options, sizeof(options), ANSWERED ROM " --unanswered ones --answer nisv=%s",
		answer);
	lane = lane_record(NULL, EMBEDDED, "full", options, "nisv");
	n = answers_compare(&lane, NISV, 1, wish);
	snprintf(err, sizeof(err), "%s", lane.outcome.err);
	if (ret_err)
		*ret_err = err;
	else
		assert_string_equal(err, "");
	lane_close(&lane);
	return n;
}

static void an_abort_is_what_the_model_says(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_ABORT };

	assert_int_equal(compare_nisv("abort", &wish, NULL), ACCESSES);
}

static void a_skipped_instruction_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_SKIP };

	assert_int_equal(compare_nisv("skip", &wish, NULL), ACCESSES);
}

static void an_address_size_fault_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_SIZE_FAULT };

	assert_int_equal(compare_nisv("size-fault", &wish, NULL), ACCESSES);
}

// The guest has no handler for it, and ends the machine.
static void an_undefined_instruction_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_UNDEF };

	assert_int_equal(compare_nisv("undef", &wish, NULL), 1);
}

// Devices have no atomic accesses, and the machine ends at the first.
static void an_emulated_instruction_is(void **state)
{
	struct tl_wish wish = { .id = TL_ANSWER_EMULATE, .n_values = TL_WISH_VALUES };
	const char *err;

	for (unsigned i = 0; i < TL_WISH_VALUES; i++)
		wish.values[i] = UINT64_MAX;
	assert_int_equal(compare_nisv("emulate", &wish, &err), BEFORE_ATOMICS);
	assert_non_null(strstr(err, "answer emulate: "));
	assert_non_null(strstr(err, "not atomic"));
}

static void a_slot_that_appears_changes_no_register(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_MAP };
	const char *err;

	assert_true(compare_nisv("map", &wish, &err) >= 1);
}

static void compare_reads(const char *answer, const struct tl_wish *wish)
{
	char options[128];
	struct lane lane;

	snprintf(options, sizeof(options), ANSWERED "--unanswered zero --answer mmio=%s", answer);
	lane = lane_record(NULL, EMBEDDED, "full", options, "mmio-sizes");
	assert_int_equal(answers_compare(&lane, MMIO "0", 1, wish), READS);
	lane_close(&lane);
}

static void a_read_that_kvm_completes_is(void **state)
{
	static const struct {
		const char *answer;
		struct tl_wish wish;
	} answers[] = {
		{ "ones", { .id = TL_ANSWER_ONES } },
		{ "zero", { .id = TL_ANSWER_ZERO } },
		{ "value=0x81", { .id = TL_ANSWER_VALUE, .n_values = 1, .values = { 0x81 } } },
	};

	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		compare_reads(answers[i].answer, &answers[i].wish);
}

static void a_write_that_kvm_completes_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_IGNORE };
	struct lane lane = lane_record(NULL, EMBEDDED, "full",
		ANSWERED "--unanswered ones --answer mmio=ignore", "mmio-sizes");

	assert_int_equal(answers_compare(&lane, MMIO "1", 1, &wish), WRITES);
	lane_close(&lane);
}

// Registers are written after KVM has completed the access, or they would not last.
static void a_skipped_read_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_SKIP };
	struct lane lane =
		lane_record(NULL, EMBEDDED, "full", ANSWERED "--answer mmio=skip", "mmio-sizes");

	assert_true(answers_compare(&lane, MMIO "0", 2, &wish) > READS / 2);
	lane_close(&lane);
}

static void an_abort_of_what_kvm_would_complete_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_ABORT };
	struct lane lane =
		lane_record(NULL, EMBEDDED, "full", ANSWERED "--answer mmio=abort", "abort");

	assert_true(answers_compare(&lane, "a.reason = 6 AND a.addr >= 0xa000000", 1, &wish) >= 1);
	lane_close(&lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_abort_is_what_the_model_says),
		cmocka_unit_test(a_skipped_instruction_is),
		cmocka_unit_test(an_address_size_fault_is),
		cmocka_unit_test(an_undefined_instruction_is),
		cmocka_unit_test(an_emulated_instruction_is),
		cmocka_unit_test(a_slot_that_appears_changes_no_register),
		cmocka_unit_test(a_read_that_kvm_completes_is),
		cmocka_unit_test(a_write_that_kvm_completes_is),
		cmocka_unit_test(a_skipped_read_is),
		cmocka_unit_test(an_abort_of_what_kvm_would_complete_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
