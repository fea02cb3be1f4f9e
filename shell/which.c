// SPDX-License-Identifier: MIT
#include "shell/which.h"

#include "shell/option.h"

#include <stdio.h>
#include <string.h>

// The word's two sides around a separator; false when it has none of them.
static bool split(const char *word, char *left, size_t room, char *separator, const char **right)
{
	const char *at = word + strcspn(word, ".-+");
	const size_t n = (size_t)(at - word);

	if (!*at || n >= room || (*at == '.' && at[1] != '.'))
		return false;
	memcpy(left, word, n);
	left[n] = 0;
	*separator = *at;
	*right = at + (*at == '.' ? 2 : 1);
	return true;
}

bool tl_is_range(const char *word)
{
	char left[32], separator;
	const char *right;

	return split(word, left, sizeof(left), &separator, &right);
}

static bool range(const char *word, uint64_t *first, uint64_t *last)
{
	char left[32], separator;
	const char *right;
	uint64_t a, b;

	if (!split(word, left, sizeof(left), &separator, &right) || !tl_parse_number(left, &a) ||
		!tl_parse_number(right, &b))
		return false;
	if (separator == '+' && (!b || a + (b - 1) < a))
		return false;
	if (separator == '+')
		b = a + (b - 1);
	if (b < a)
		return false;
	*first = a;
	*last = b;
	return true;
}

bool tl_which_addresses(const char *word, uint64_t *first, uint64_t *last)
{
	if (range(word, first, last))
		return true;
	if (!tl_parse_number(word, first))
		return false;
	*last = *first;
	return true;
}

// "10.." and "..20".
static bool open_range(const char *word, tl_seq *from, tl_seq *to)
{
	char left[32], separator;
	const char *right;

	if (!split(word, left, sizeof(left), &separator, &right) || separator != '.')
		return false;
	*from = 1;
	*to = INT64_MAX;
	if (*left)
		return !*right && tl_parse_number(left, from);
	return tl_parse_number(right, to);
}

static struct tl_error *last(struct tl_trace *trace, tl_seq *from, tl_seq *to)
{
	struct tl_error *err;
	struct tl_span span;

	err = tl_trace_span(trace, &span);
	if (err)
		return err;
	if (!span.last)
		return tl_error_new(
			TL_ERROR_NOT_FOUND, "%s: the trace has no exits", tl_trace_path(trace));
	*from = *to = span.last;
	return NULL;
}

struct tl_error *tl_which_exits(struct tl_trace *trace, const char *word, tl_seq *from, tl_seq *to)
{
	if (!strcmp(word, "last"))
		return last(trace, from, to);
	// SEQ+N is a place N instructions after an exit, and no range.
	if (strchr(word, '+') || !(range(word, from, to) || open_range(word, from, to))) {
		if (!tl_parse_number(word, from))
			return tl_error_new(TL_ERROR_USAGE,
				"%s: expected an exit such as 41, or exits such as 41..50, last",
				word);
		*to = *from;
	}
	return *to ? NULL : tl_error_new(TL_ERROR_USAGE, "%s: exits are numbered from 1", word);
}
