// SPDX-License-Identifier: MIT
// labels: unit
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shell/json.h"
#include "shell/text.h"

static char *buffer;
static size_t buffer_size;

static FILE *begin(void)
{
	return open_memstream(&buffer, &buffer_size);
}

static void becomes(FILE *to, const char *expected)
{
	fclose(to);
	assert_string_equal(buffer, expected);
	free(buffer);
}

static void text_becomes(const char *text, const char *expected)
{
	FILE *to = begin();

	tl_put_string(to, text);
	becomes(to, expected);
}

static void what_drives_a_terminal_is_spelt_out(void **state)
{
	static const char right_to_left[] = { 'a', '\xe2', '\x80', '\xae', 'b', 0 };

	text_becomes("plain, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		"plain, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	text_becomes("\033[2J\a\b\t\n\r\x7f", "\\x1b[2J\\a\\b\\t\\n\\r\\x7f");
	text_becomes("\xc2\x9b[J", "\\x9b[J"); // CSI as a character of UTF-8
	text_becomes("\x9b[J", "\\x9b[J");     // and as a byte
	text_becomes(right_to_left, "a\\u{202e}b");
	text_becomes("\xc0\x9b \xe0\x80\x9b \xed\xa0\x80 \xf4\x90\x80\x80 \xc3", // no UTF-8
		"\\xc0\\x9b \\xe0\\x80\\x9b \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xc3");
	text_becomes("", "");
	text_becomes(NULL, "");
}

static void data_is_quoted_where_it_is_text(void **state)
{
	const uint8_t bytes[40] = { 0xff };
	FILE *to = begin();

	tl_put_data(to, (const uint8_t *)"hello\r\n", 7);
	fputc(' ', to);
	tl_put_data(to, (const uint8_t *)"a\033", 2);
	fputc(' ', to);
	tl_put_data(to, bytes, sizeof(bytes));
	becomes(to, "\"hello\\r\\n\" 611b "
		    "ff00000000000000000000000000000000000000000000000000000000000000 and 8 "
		    "bytes more");
}

static void sizes_and_times_have_their_units(void **state)
{
	FILE *to = begin();

	tl_put_size(to, 0);
	fputc(' ', to);
	tl_put_size(to, 1023);
	fputc(' ', to);
	tl_put_size(to, 1536);
	fputc(' ', to);
	tl_put_size(to, UINT64_C(5) << 30);
	fputc(' ', to);
	tl_put_duration(to, 999);
	fputc(' ', to);
	tl_put_duration(to, 1500);
	fputc(' ', to);
	tl_put_duration(to, UINT64_C(2500000000));
	fputc(' ', to);
	tl_put_time(to, UINT64_C(61000002999));
	becomes(to, "0 bytes 1023 bytes 1.5 KiB 5.0 GiB 999 ns 1.500 us 2.500 s +61.000002");
}

static void json_is_made_value_by_value(void **state)
{
	FILE *to = begin();
	struct tl_json j = { .to = to };

	tl_json_open(&j, NULL, '{');
	tl_json_int(&j, "i", INT64_MIN);
	tl_json_hex(&j, "h", UINT64_MAX);
	tl_json_string(&j, "s", "a\"\\\n\033\xff");
	tl_json_string(&j, "n", NULL);
	tl_json_open(&j, "a", '[');
	tl_json_bool(&j, NULL, true);
	tl_json_real(&j, NULL, 1.5);
	tl_json_real(&j, NULL, HUGE_VAL);
	tl_json_close(&j, ']');
	tl_json_open(&j, "o", '{');
	tl_json_close(&j, '}');
	tl_json_bytes(&j, "b", (const uint8_t *)"\1\2", 2);
	tl_json_line(&j);
	becomes(to,
		"{\"i\": -9223372036854775808, \"h\": \"0xffffffffffffffff\", "
		"\"s\": \"a\\\"\\\\\\u000a\\u001b\\ufffd\", \"n\": null, \"a\": [true, 1.5, null], "
		"\"o\": {}, \"b\": \"0102\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_drives_a_terminal_is_spelt_out),
		cmocka_unit_test(data_is_quoted_where_it_is_text),
		cmocka_unit_test(sizes_and_times_have_their_units),
		cmocka_unit_test(json_is_made_value_by_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
