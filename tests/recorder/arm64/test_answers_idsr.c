// SPDX-License-Identifier: MIT
// labels: kvm arm64 idsr
// Answers to accesses to IMPLEMENTATION DEFINED registers, on the patched kernel: the registers that it
// leaves are the model's.
#include "tests/recorder/arm64/answers.h"

#define IDSR "a.reason = 29"

static void compare(
	const char *guest, const char *answer, const struct tl_wish *wish, unsigned least)
{
	char options[128];
	struct lane lane;

	snprintf(options, sizeof(options), ANSWERED "--unanswered zero --answer idsr=%s", answer);
	lane = lane_record(NULL, EMBEDDED, "full", options, guest);
	assert_true(answers_compare(&lane, IDSR, 1, wish) >= least);
	lane_close(&lane);
}

static void both(const char *answer, const struct tl_wish *wish, unsigned least)
{
	compare("idsr", answer, wish, least);
	compare("idsr32", answer, wish, least);
}

static void a_register_that_reads_as_zero_is_what_the_model_says(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_RAZ };

	both("raz", &wish, 8);
}

static void a_cell_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_CELL };

	both("cell", &wish, 8);
}

static void an_access_that_is_not_handled_is(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_UNDEF };

	both("undef", &wish, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_register_that_reads_as_zero_is_what_the_model_says),
		cmocka_unit_test(a_cell_is),
		cmocka_unit_test(an_access_that_is_not_handled_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
