// SPDX-License-Identifier: MIT
#include "replayer/import-word.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const char *tl_word_skip(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

unsigned tl_word_digit(char c)
{
	return isdigit((unsigned char)c) ? (unsigned)(c - '0')
					 : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

// "10.0.0.1", "5%", "3-4", "foo+0x10" are none of our numbers; "0x10." at the end of a sentence is.
static bool ends(const char *at)
{
	return !is_name(*at) && !(strchr(".:-/", *at) && *at && is_name(at[1])) && *at != '%' &&
	       *at != '+';
}

const char *tl_word_hex(const char *at, struct tl_word_hex *ret)
{
	struct tl_word_hex hex = { .prefixed = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') };

	for (at += 2 * hex.prefixed; isxdigit((unsigned char)*at); at++, hex.digits++) {
		hex.overflow = hex.overflow || hex.value >> 60;
		hex.value = hex.value << 4 | tl_word_digit(*at);
	}
	if (!hex.digits || !ends(at))
		return NULL;
	*ret = hex;
	return at;
}

const char *tl_word_dec(const char *at, uint64_t *ret)
{
	const char *start = at;
	uint64_t value = 0;

	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, tl_word_digit(*at), &value))
			return NULL;
	if (at == start)
		return NULL;
	*ret = value;
	return at;
}

const char *tl_word_seconds(const char *at, uint64_t *ret)
{
	uint64_t seconds, part = 0;
	unsigned n;

	at = tl_word_dec(at, &seconds);
	if (!at || *at != '.' || seconds > UINT64_MAX / UINT64_C(4000000000))
		return NULL;
	for (n = 0, at++; isdigit((unsigned char)*at); at++)
		if (n < 9) {
			part = 10 * part + tl_word_digit(*at);
			n++;
		}
	if (!n)
		return NULL;
	for (; n < 9; n++)
		part *= 10;
	*ret = seconds * UINT64_C(1000000000) + part;
	return at;
}

const char *tl_word_is(const char *at, const char *word)
{
	const size_t n = strlen(word);

	return strncasecmp(at, word, n) != 0 || (is_name(word[n - 1]) && is_name(at[n])) ? NULL
											 : at + n;
}

const char *tl_word_after(const char *at, const char *text)
{
	const char *found = strstr(at, text);

	return found ? found + strlen(text) : NULL;
}

// The number behind a name: "=5", ": [<c0101234>]", " 0x96000010".
static const char *value(const char *at, struct tl_word_pair *pair)
{
	const char *to = tl_word_skip(at);

	pair->between = *to == '=' || *to == ':' ? *to : ' ';
	if (pair->between != ' ')
		to = tl_word_skip(to + 1);
	else if (to == at || strncasecmp(to, "0x", 2) != 0)
		return NULL;
	if (to[0] == '[' && to[1] == '<')
		to += 2;
	return tl_word_hex(to, &pair->value);
}

static const char *place(const char *at, struct tl_word_pair *pair)
{
	pair->has_at = false;
	if (*at != '@')
		return at;
	pair->has_at = true;
	return tl_word_hex(tl_word_skip(at + 1), &pair->at);
}

const char *tl_word_pair(const char *at, struct tl_word_pair *ret)
{
	while (*at) {
		struct tl_word_pair pair = { 0 };
		const char *end;

		if (!is_name(*at)) {
			at++;
			continue;
		}
		pair.name = at;
		while (is_name(*at))
			at++;
		pair.size = (size_t)(at - pair.name);
		end = isalpha((unsigned char)*pair.name) ? place(at, &pair) : NULL;
		end = end ? value(end, &pair) : NULL;
		if (!end)
			continue;
		*ret = pair;
		return end;
	}
	return NULL;
}

bool tl_word_named(const struct tl_word_pair *pair, const char *word)
{
	return strlen(word) == pair->size && !strncasecmp(pair->name, word, pair->size);
}
