// SPDX-License-Identifier: MIT
#include "replayer/import-line.h"

#include "replayer/import-word.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct {
	const char *text;
	char is;
} escapes[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
	{ "&#34;", '"' }, { "&#39;", '\'' }, { "&apos;", '\'' }, { "&nbsp;", ' ' } };

// ECMA-48: ESC [ parameters letter, ESC ] text BEL, ESC letter. How many bytes it has.
static size_t control(const char *at, const char *end)
{
	const char *p = at + 1;

	if (p < end && *p == '[')
		for (p++; p < end && (*p < '@' || *p > '~'); p++)
			;
	else if (p < end && *p == ']')
		for (p++; p < end && *p != '\a' && *p != '\033'; p++)
			;
	return (size_t)(p - at) + (p < end && *p != '\033');
}

static size_t escape(const char *at, const char *end, char *ret)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++) {
		const size_t n = strlen(escapes[i].text);

		if ((size_t)(end - at) < n || strncasecmp(at, escapes[i].text, n) != 0)
			continue;
		*ret = escapes[i].is;
		return n;
	}
	*ret = '&';
	return 1;
}

static void make_plain(const char *at, size_t size, char *to)
{
	const char *end = at + size;

	while (at < end) {
		const unsigned char c = (unsigned char)*at;

		if (c == '\033') {
			at += control(at, end);
		} else if (c == '&') {
			at += escape(at, end, to++);
		} else {
			if (c == '\t' || (c >= ' ' && c != 127))
				*to++ = c == '\t' ? ' ' : c < 128 ? (char)c : '?';
			at++;
		}
	}
	*to = 0;
}

static void name_stream(struct tl_import_line *line, const char *from, size_t size)
{
	if (size >= sizeof(line->stream))
		size = sizeof(line->stream) - 1;
	memcpy(line->stream, from, size);
	line->stream[size] = 0;
}

// "[   12.345678]" of the kernel.
static const char *skip_seconds(const char *at, struct tl_import_line *line)
{
	const char *end;

	if (*at != '[' || !(end = tl_word_seconds(tl_word_skip(at + 1), &line->time)) ||
		*end != ']')
		return NULL;
	line->has_time = true;
	return end + 1;
}

// "[  T123]", "[    C1]": CONFIG_PRINTK_CALLER.
static const char *skip_caller(const char *at, struct tl_import_line *line)
{
	const char *word = *at == '[' ? tl_word_skip(at + 1) : at, *end = word + 1;

	if (word == at || (*word != 'T' && *word != 'C') || !isdigit((unsigned char)*end))
		return NULL;
	while (isdigit((unsigned char)*end))
		end++;
	if (*end != ']')
		return NULL;
	name_stream(line, word, (size_t)(end - word));
	return end + 1;
}

// "<4>"
static const char *skip_level(const char *at, struct tl_import_line *line)
{
	const char *end = at + 1;

	(void)line;
	if (*at != '<')
		return NULL;
	while (isdigit((unsigned char)*end))
		end++;
	return end > at + 1 && *end == '>' ? end + 1 : NULL;
}

// "> ", "| ": somebody quotes it.
static const char *skip_quote(const char *at, struct tl_import_line *line)
{
	(void)line;
	return *at == '>' || (*at == '|' && at[1] == ' ') ? at + 1 : NULL;
}

// 'd' is a digit, '_' a digit or a space, 'a' a letter.
static bool looks_like(const char *at, const char *shape)
{
	for (; *shape; shape++, at++) {
		const bool digit = isdigit((unsigned char)*at);

		if (*shape == 'd'	? !digit
			: *shape == '_' ? !digit && *at != ' '
			: *shape == 'a' ? !isalpha((unsigned char)*at)
					: *at != *shape)
			return false;
	}
	return true;
}

// "host kernel: ", "host qemu[123]: ", behind a date.
static const char *skip_program(const char *at, struct tl_import_line *line)
{
	const char *host = tl_word_skip(at), *program = strchr(host, ' '), *end;

	if (!program || program == host || program[-1] == ':')
		return at;
	program++;
	end = program + strcspn(program, " ");
	if (end == program || end[-1] != ':')
		return at;
	name_stream(line, program, (size_t)(end - 1 - program));
	return end;
}

// "May  6 12:34:56", "2024-05-06T12:34:56.789012+02:00"
static const char *skip_date(const char *at, struct tl_import_line *line)
{
	if (looks_like(at, "aaa _d dd:dd:dd "))
		return skip_program(at + 16, line);
	if (!looks_like(at, "dddd-dd-ddTdd:dd:dd") && !looks_like(at, "dddd-dd-dd dd:dd:dd"))
		return NULL;
	at += 19;
	at += strspn(at, ".,0123456789Z");
	if ((*at == '+' || *at == '-') && isdigit((unsigned char)at[1]))
		at += 1 + strspn(at + 1, ":0123456789");
	return skip_program(at, line);
}

// "cpu0: ", "[CPU 1] ", "vcpu1| ". The kernel's "CPU: 1 PID:" is none.
static const char *skip_cpu(const char *at, struct tl_import_line *line)
{
	const bool bracket = *at == '[';
	const char *word = at + bracket, *end;
	unsigned cpu = 0;

	word += *word == 'v' || *word == 'V';
	if (strncasecmp(word, "cpu", 3) != 0)
		return NULL;
	end = word + 3 + (word[3] == ' ' || word[3] == '#');
	if (!isdigit((unsigned char)*end))
		return NULL;
	for (; isdigit((unsigned char)*end) && cpu < 100000; end++)
		cpu = 10 * cpu + (unsigned)(*end - '0');
	if (!*end || !strchr(bracket ? "]" : ":|>]", *end))
		return NULL;
	line->has_cpu = true;
	line->cpu = cpu;
	snprintf(line->stream, sizeof(line->stream), "cpu%u", cpu);
	return end + 1;
}

static const char *(*const prefixes[])(const char *at, struct tl_import_line *line) = { skip_quote,
	skip_level, skip_seconds, skip_caller, skip_date, skip_cpu };

void tl_import_clean_line(const char *bytes, size_t size, char *plain, struct tl_import_line *ret)
{
	const size_t n = sizeof(prefixes) / sizeof(*prefixes);
	struct tl_import_line line = { .number = ret->number, .whole = plain };
	const char *at, *next;

	make_plain(bytes, size, plain);
	at = tl_word_skip(plain);
	for (size_t i = 0; i < n;) {
		next = prefixes[i](at, &line);
		i = next ? 0 : i + 1;
		at = next ? tl_word_skip(next) : at;
	}
	line.text = at;
	*ret = line;
}

struct tl_error *tl_import_next_line(
	struct tl_import_lines *lines, struct tl_import_line *ret, bool *ret_more)
{
	size_t n = 0;
	bool any = false, cut = false;
	int c;

	while ((c = getc_unlocked(lines->from)) != EOF && c != '\n') {
		any = true;
		if (n < TL_IMPORT_LINE)
			lines->bytes[n++] = (char)c;
		else
			cut = true;
	}
	if (ferror(lines->from))
		return tl_error_errno(errno, "cannot be read");
	*ret_more = any || c == '\n';
	ret->number = ++lines->number;
	tl_import_clean_line(lines->bytes, n, lines->plain, ret);
	ret->long_ = cut;
	return NULL;
}
