/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shell/option.h"

struct taken {
	struct tl_words words;
	const char *text;
	bool flag;
};

// Takes the options out of those words; argv[0] is the verb.
static struct tl_error *take(struct taken *taken, int *argc, char **argv)
{
	const struct tl_option options[] = { { "elf", 'e', TL_OPTION_WORDS, &taken->words, NULL },
		{ "trace", 't', TL_OPTION_TEXT, &taken->text, NULL },
		{ "json", 0, TL_OPTION_FLAG, &taken->flag, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };

	*taken = (struct taken){ 0 };
	return tl_options(options, argc, argv, false);
}

static void an_option_may_be_given_many_times(void **state)
{
	char *argv[] = { "explain", "--elf", "a", "7", "--elf=b@0x100", "-e", "c", "--json",
		"--elf=", NULL };
	int argc = 9;
	struct taken taken;

	assert_null(take(&taken, &argc, argv));
	assert_int_equal(taken.words.n, 4);
	assert_string_equal(taken.words.word[0], "a");
	assert_string_equal(taken.words.word[1], "b@0x100");
	assert_string_equal(taken.words.word[2], "c");
	assert_string_equal(taken.words.word[3], "");
	assert_true(taken.flag);
	assert_int_equal(argc, 2);
	assert_string_equal(argv[1], "7");
	assert_null(argv[2]);
}

static void not_given_there_are_none(void **state)
{
	char *argv[] = { "explain", "-t", "x.trap", NULL };
	int argc = 3;
	struct taken taken;

	assert_null(take(&taken, &argc, argv));
	assert_int_equal(taken.words.n, 0);
	assert_string_equal(taken.text, "x.trap");
}

static void refuses(int argc, char **argv, const char *text)
{
	struct taken taken;
	struct tl_error *err = take(&taken, &argc, argv);

	assert_non_null(err);
	assert_int_equal(err->code, TL_ERROR_USAGE);
	assert_string_equal(err->message, text);
	tl_error_free(err);
}

static void there_is_room_for_sixteen(void **state)
{
	char *argv[TL_WORDS + 3] = { "explain" };
	int argc = TL_WORDS + 1;
	struct taken taken;

	for (int i = 1; i <= TL_WORDS + 1; i++)
		argv[i] = "--elf=a";
	argv[TL_WORDS + 1] = NULL;
	assert_null(take(&taken, &argc, argv));
	assert_int_equal(taken.words.n, TL_WORDS);
	for (int i = 1; i <= TL_WORDS; i++)
		argv[i] = "--elf=a";
	argv[TL_WORDS + 1] = "--elf=last";
	refuses(TL_WORDS + 2, argv, "--elf last: at most 16 of them");
}

static void it_needs_a_value_each_time(void **state)
{
	char *argv[] = { "explain", "--elf", "a", "--elf", NULL };

	refuses(4, argv, "--elf: needs a value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_may_be_given_many_times),
		cmocka_unit_test(not_given_there_are_none),
		cmocka_unit_test(there_is_room_for_sixteen),
		cmocka_unit_test(it_needs_a_value_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
