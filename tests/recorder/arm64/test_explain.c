// SPDX-License-Identifier: MIT
// labels: kvm arm64
// A guest in C with debug information, recorded and explained: the line that trapped is named.
#include "tests/recorder/arm64/lane.h"

static struct outcome explain(const struct lane *lane, const char *elf)
{
	char command[1024];

	snprintf(command, sizeof(command), TRAPLINE " explain %s --elf %s", lane->path, elf);
	return lane_run(NULL, command);
}

static void assert_says(const struct outcome *outcome, const char *text)
{
	if (!strstr(outcome->out, text))
		fail_msg("\"%s\" is not in:\n%s%s", text, outcome->out, outcome->err);
}

static void the_line_of_c_that_trapped_is_named(void **state)
{
	struct lane lane = lane_record(NULL, EMBEDDED, "core", "--nisv off", "source-line");
	struct outcome said = explain(&lane, TL_BUILD_TESTS "/guests/source-line.elf");

	assert_int_equal(said.status, 0);
	assert_says(&said, "NISV, a post-index store of 4 bytes");
	assert_says(&said, "tests/guests/arm64/source-line.c:");
	outcome_free(&said);
	lane_close(&lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_c_that_trapped_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
