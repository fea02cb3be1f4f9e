// SPDX-License-Identifier: MIT
#include "shell/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
	const char *name;
	uint64_t factor;
};

static const struct suffix no_suffix[] = { { "", 1 }, { NULL, 0 } };
static const struct suffix byte_suffixes[] = { { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 },
	{ "G", 1 << 30 }, { "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 }, { NULL, 0 } };
static const struct suffix time_suffixes[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 },
	{ "s", 1000000000 }, { NULL, 0 } };

static bool with_suffix(const char *text, const struct suffix *suffixes, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	for (; !errno && suffixes->name; suffixes++)
		if (!strcmp(end, suffixes->name) && value <= UINT64_MAX / suffixes->factor) {
			*ret = value * suffixes->factor;
			return true;
		}
	return false;
}

bool tl_parse_number(const char *text, uint64_t *ret)
{
	return with_suffix(text, no_suffix, ret);
}

bool tl_parse_bytes(const char *text, uint64_t *ret)
{
	return with_suffix(text, byte_suffixes, ret);
}

static struct tl_error *choose(const struct tl_option *option, const char *value)
{
	char all[256] = "";
	size_t n = 0;

	for (unsigned i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], value)) {
			*(unsigned *)option->to = i;
			return NULL;
		}
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n ? ", " : "",
				option->choices[i]);
	}
	return tl_error_new(
		TL_ERROR_USAGE, "--%s %s: expected one of %s", option->name, value, all);
}

static struct tl_error *number(const struct tl_option *option, const char *value,
	const struct suffix *suffixes, const char *expected)
{
	if (with_suffix(value, suffixes, option->to))
		return NULL;
	return tl_error_new(TL_ERROR_USAGE, "--%s %s: expected %s", option->name, value, expected);
}

static struct tl_error *append(const struct tl_option *option, const char *value)
{
	struct tl_words *words = option->to;

	if (words->n == TL_WORDS)
		return tl_error_new(TL_ERROR_USAGE, "--%s %s: at most %d of them", option->name,
			value, TL_WORDS);
	words->word[words->n++] = value;
	return NULL;
}

static struct tl_error *set(const struct tl_option *option, const char *value)
{
	switch (option->kind) {
	case TL_OPTION_FLAG:
		*(bool *)option->to = true;
		return NULL;
	case TL_OPTION_TEXT:
		*(const char **)option->to = value;
		return NULL;
	case TL_OPTION_NUMBER:
		return number(option, value, no_suffix, "a number");
	case TL_OPTION_BYTES:
		return number(option, value, byte_suffixes, "bytes, such as 4096, 64K, 16M, 1G");
	case TL_OPTION_TIME:
		return number(option, value, time_suffixes, "a time, such as 2s, 500ms, 10us");
	case TL_OPTION_CHOICE:
		return choose(option, value);
	case TL_OPTION_WORDS:
		return append(option, value);
	}
	return NULL;
}

static bool names(const struct tl_option *option, const char *word, size_t n)
{
	if (word[1] == '-')
		return strlen(option->name) == n - 2 && !strncmp(option->name, word + 2, n - 2);
	return option->letter && n == 2 && word[1] == option->letter;
}

static const struct tl_option *find(const struct tl_option *options, const char *word, size_t n)
{
	for (; options->name; options++)
		if (names(options, word, n))
			return options;
	return NULL;
}

static struct tl_error *one(const struct tl_option *options, int argc, char **argv, int *at)
{
	const char *word = argv[*at], *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	const size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct tl_option *option = find(options, word, n);

	if (!option)
		return tl_error_new(
			TL_ERROR_USAGE, "%.*s: no such option; see --help", (int)n, word);
	if (option->kind == TL_OPTION_FLAG && equals)
		return tl_error_new(TL_ERROR_USAGE, "--%s takes no value", option->name);
	if (option->kind == TL_OPTION_FLAG)
		return set(option, NULL);
	if (equals)
		return set(option, equals + 1);
	if (*at + 1 >= argc)
		return tl_error_new(TL_ERROR_USAGE, "%s: needs a value", word);
	return set(option, argv[++*at]);
}

struct tl_error *tl_options(
	const struct tl_option *options, int *argc, char **argv, bool stop_at_word)
{
	struct tl_error *err = NULL;
	int kept = 1, at = 1;

	for (; !err && at < *argc; at++) {
		if (!strcmp(argv[at], "--")) {
			at++;
			break;
		}
		if (argv[at][0] == '-' && argv[at][1])
			err = one(options, *argc, argv, &at);
		else if (stop_at_word)
			break;
		else
			argv[kept++] = argv[at];
	}
	while (at < *argc)
		argv[kept++] = argv[at++];
	argv[kept] = NULL;
	*argc = kept;
	return err;
}
