// SPDX-License-Identifier: MIT
#include "shell/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_DATA = 32 /* bytes that tl_put_data() shows */ };

static unsigned utf8_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

unsigned tl_utf8(const char *text, size_t size, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned n = size ? utf8_length((uint8_t)*text) : 0;
	uint32_t code;

	if (!n || n > size)
		return 0;
	code = n == 1 ? (uint8_t)*text : (uint8_t)*text & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret = code;
	return n;
}

static bool drives_terminal(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Marks of direction, line and paragraph separators, the byte order mark.
static bool deceives(uint32_t code)
{
	return code == 0x61c || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xfeff;
}

static void put_character(FILE *to, const char *text, unsigned n, uint32_t code)
{
	static const char letters[] = "\a\b\t\n\v\f\r", names[] = "abtnvfr";
	const char *letter = code && code < 0x80 ? strchr(letters, (int)code) : NULL;

	if (letter)
		fprintf(to, "\\%c", names[letter - letters]);
	else if (drives_terminal(code))
		fprintf(to, "\\x%02x", code);
	else if (deceives(code))
		fprintf(to, "\\u{%04x}", code);
	else
		fwrite(text, 1, n, to);
}

void tl_put_text(FILE *to, const char *text, size_t size)
{
	uint32_t code;
	unsigned n;

	for (; size; text += n, size -= n) {
		n = tl_utf8(text, size, &code);
		if (n)
			put_character(to, text, n, code);
		else
			fprintf(to, "\\x%02x", (uint8_t)*text);
		n += !n;
	}
}

void tl_put_string(FILE *to, const char *text)
{
	if (text)
		tl_put_text(to, text, strlen(text));
}

void tl_put_hex(FILE *to, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(to, "%02x", bytes[i]);
}

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] >= 0x7f || (bytes[i] < 0x20 && !strchr("\n\r\t", bytes[i])) ||
			!bytes[i])
			return false;
	return size;
}

void tl_put_data(FILE *to, const uint8_t *bytes, size_t size)
{
	const size_t shown = size < MOST_DATA ? size : MOST_DATA;

	if (is_text(bytes, size)) {
		fputc('"', to);
		tl_put_text(to, (const char *)bytes, shown);
		fputc('"', to);
	} else {
		tl_put_hex(to, bytes, shown);
	}
	if (shown < size)
		fprintf(to, " and %zu bytes more", size - shown);
}

void tl_put_size(FILE *to, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		fprintf(to, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
		return;
	}
	for (; n >= 1024 && unit < 3; unit++)
		n /= 1024;
	fprintf(to, "%.1f %s", n, units[unit]);
}

void tl_put_duration(FILE *to, uint64_t ns)
{
	if (ns < 1000)
		fprintf(to, "%u ns", (unsigned)ns);
	else if (ns < 1000000)
		fprintf(to, "%.3f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		fprintf(to, "%.3f ms", (double)ns / 1e6);
	else
		fprintf(to, "%.3f s", (double)ns / 1e9);
}

void tl_put_time(FILE *to, uint64_t ns)
{
	fprintf(to, "+%llu.%06llu", (unsigned long long)(ns / 1000000000),
		(unsigned long long)(ns % 1000000000 / 1000));
}

static bool coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void tl_style(enum tl_style style)
{
	static const char *const escapes[] = { "\033[0m", "\033[1m", "\033[2m" };

	if (coloured())
		fputs(escapes[style], stdout);
}
