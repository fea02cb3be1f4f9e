// SPDX-License-Identifier: MIT
#include "shell/json.h"

#include "shell/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_character(FILE *to, const char *text, unsigned n, uint32_t code)
{
	if (code == '"' || code == '\\')
		fprintf(to, "\\%c", (char)code);
	else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e))
		fprintf(to, "\\u%04x", code);
	else
		fwrite(text, 1, n, to);
}

static void put_quoted(FILE *to, const char *text, size_t size)
{
	uint32_t code;
	unsigned n;

	fputc('"', to);
	for (; size; text += n, size -= n) {
		n = tl_utf8(text, size, &code);
		if (n)
			put_character(to, text, n, code);
		else
			fputs("\\ufffd", to);
		n += !n;
	}
	fputc('"', to);
}

static void begin(struct tl_json *j, const char *key)
{
	if (j->comma)
		fputs(", ", j->to);
	if (key) {
		put_quoted(j->to, key, strlen(key));
		fputs(": ", j->to);
	}
	j->comma = true;
}

void tl_json_open(struct tl_json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->to);
	j->comma = false;
}

void tl_json_close(struct tl_json *j, char bracket)
{
	fputc(bracket, j->to);
	j->comma = true;
}

void tl_json_int(struct tl_json *j, const char *key, int64_t value)
{
	begin(j, key);
	fprintf(j->to, "%" PRId64, value);
}

void tl_json_real(struct tl_json *j, const char *key, double value)
{
	begin(j, key);
	if (isfinite(value))
		fprintf(j->to, "%.17g", value);
	else
		fputs("null", j->to);
}

void tl_json_bool(struct tl_json *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->to);
}

void tl_json_null(struct tl_json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->to);
}

void tl_json_hex(struct tl_json *j, const char *key, uint64_t value)
{
	begin(j, key);
	fprintf(j->to, "\"0x%" PRIx64 "\"", value);
}

void tl_json_text(struct tl_json *j, const char *key, const char *value, size_t size)
{
	begin(j, key);
	put_quoted(j->to, value, size);
}

void tl_json_string(struct tl_json *j, const char *key, const char *value)
{
	if (value)
		tl_json_text(j, key, value, strlen(value));
	else
		tl_json_null(j, key);
}

void tl_json_bytes(struct tl_json *j, const char *key, const uint8_t *bytes, size_t size)
{
	begin(j, key);
	fputc('"', j->to);
	tl_put_hex(j->to, bytes, size);
	fputc('"', j->to);
}

void tl_json_line(struct tl_json *j)
{
	tl_json_close(j, '}');
	fputc('\n', j->to);
	j->comma = false;
}
