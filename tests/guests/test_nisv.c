// SPDX-License-Identifier: MIT
// labels: unit arm64
#include "tests/guests/expect.h"
#include "tests/guests/labels.h"

static void the_list_of_expected_exits_is_that_of_the_guest(void **state)
{
	struct nisv_access expected[NISV_ACCESSES];
	struct labels labels;
	uint64_t last = 0;

	nisv_expected(expected);
	labels_open(&labels, "nisv");
	for (unsigned i = 0; i < NISV_ACCESSES; i++) {
		const uint64_t at = labels_address(&labels, expected[i].label);

		assert_true(at > last);
		assert_int_equal(labels_word(&labels, at), expected[i].word);
		last = at;
	}
	labels_close(&labels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_of_expected_exits_is_that_of_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
