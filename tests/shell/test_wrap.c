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

#include "shell/wrap.h"

static char *text;
static size_t size;

static void assert_wrapped(const char *words, unsigned at, unsigned indent, const char *expected)
{
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	tl_put_wrapped(to, words, at, indent);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
}

#define TEN   "123456789 "
#define FIFTY TEN TEN TEN TEN TEN

static void a_line_has_99_columns(void **state)
{
	assert_wrapped(
		FIFTY TEN TEN TEN TEN "123456789", 0, 4, FIFTY TEN TEN TEN TEN "123456789\n");
	assert_wrapped(FIFTY TEN TEN TEN TEN "1234567890", 0, 4,
		FIFTY TEN TEN TEN "123456789\n    1234567890\n");
	assert_wrapped(FIFTY TEN TEN TEN TEN "123456789", 1, 2,
		FIFTY TEN TEN TEN "123456789\n  123456789\n");
}

static void lines_after_the_first_begin_at_the_indent(void **state)
{
	assert_wrapped(FIFTY FIFTY FIFTY, 0, 9,
		FIFTY TEN TEN TEN TEN "123456789\n         123456789 123456789 123456789 123456789 "
				      "123456789\n");
}

static void a_word_is_never_cut(void **state)
{
	char words[203] = "a ", wrapped[204];

	memset(words + 2, 'x', 200);
	snprintf(wrapped, sizeof(wrapped), "a\n%s\n", words + 2);
	assert_wrapped(words, 0, 0, wrapped);
	assert_wrapped("", 5, 5, "\n");
}

static void control_characters_are_escaped(void **state)
{
	assert_wrapped("a\033[31m b", 0, 2, "a\\x1b[31m b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_99_columns),
		cmocka_unit_test(lines_after_the_first_begin_at_the_indent),
		cmocka_unit_test(a_word_is_never_cut),
		cmocka_unit_test(control_characters_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
