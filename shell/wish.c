// SPDX-License-Identifier: MIT
#include "shell/wish.h"

#include "shell/option.h"
#include "shell/position.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tl_error *no_such_answer(const char *word)
{
	char names[256] = "";
	size_t at = 0;

	for (unsigned i = 0; i < TL_ANSWERS && at < sizeof(names); i++)
		at += (size_t)snprintf(
			names + at, sizeof(names) - at, "%s%s", i ? ", " : "", tl_answer_name(i));
	return tl_error_new(TL_ERROR_USAGE, "%s: no such answer: there are %s", word, names);
}

static struct tl_error *parse_values(const char *word, char *text, struct tl_wish *wish)
{
	char *rest = text, *one;
	const bool many = wish->id == TL_ANSWER_EMULATE;

	while ((one = strsep(&rest, ","))) {
		if (wish->n_values == (many ? TL_WISH_VALUES : 1))
			return tl_error_new(TL_ERROR_USAGE, "%s: %s takes at most %d value%s", word,
				tl_answer_name(wish->id), many ? TL_WISH_VALUES : 1,
				many ? "s" : "");
		if (!tl_parse_number(one, &wish->values[wish->n_values++]))
			return tl_error_new(
				TL_ERROR_USAGE, "%s: \"%s\" is no number of 64 bits", word, one);
	}
	return NULL;
}

static bool takes_values(enum tl_answer_id id)
{
	return id == TL_ANSWER_VALUE || id == TL_ANSWER_EMULATE || id == TL_ANSWER_CELL ||
	       id == TL_ANSWER_SERROR;
}

static struct tl_error *parse(const char *word, char *copy, struct tl_wish *ret)
{
	struct tl_wish wish = { 0 };
	char *values = strchr(copy, '=');
	struct tl_error *err = NULL;

	if (values)
		*values++ = 0;
	if (!tl_answer_named(copy, &wish.id))
		return no_such_answer(copy);
	if (values && !takes_values(wish.id))
		return tl_error_new(TL_ERROR_USAGE, "%s: %s takes no value", word, copy);
	if (!values && wish.id == TL_ANSWER_VALUE)
		return tl_error_new(TL_ERROR_USAGE, "%s: which value? expected value=V", word);
	if (values)
		err = parse_values(word, values, &wish);
	if (!err)
		*ret = wish;
	return err;
}

struct tl_error *tl_parse_wish(const char *word, struct tl_wish *ret)
{
	char *copy = strdup(word);
	struct tl_error *err =
		copy ? parse(word, copy, ret) : tl_error_new(TL_ERROR_IO, "out of memory");

	free(copy);
	return err;
}

static bool is_position(const char *word)
{
	return isdigit((unsigned char)*word) || !strncmp(word, "last", 4);
}

struct tl_error *tl_which_exit(struct tl_trace *trace, int *argc, char **argv, tl_seq *ret)
{
	struct tl_position position;
	struct tl_error *err;

	if (*argc < 2 || !is_position(argv[1]))
		return tl_situation_last(trace, ret);
	err = tl_parse_position(trace, argv[1], &position);
	if (err)
		return err;
	if (position.phase != TL_PHASE_EXIT)
		return tl_error_new(TL_ERROR_USAGE,
			"%s: that is after the exit was answered: name the exit, such as %.*s",
			argv[1], (int)strcspn(argv[1], "+"), argv[1]);
	memmove(&argv[1], &argv[2], sizeof(*argv) * (size_t)(*argc - 2));
	--*argc;
	*ret = position.seq;
	return NULL;
}
