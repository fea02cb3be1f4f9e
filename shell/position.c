// SPDX-License-Identifier: MIT
#include "shell/position.h"

#include "shell/option.h"
#include "shell/which.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct tl_error *expected(const char *word)
{
	return tl_error_new(TL_ERROR_USAGE,
		"%s: expected a position: 41 (exit 41), 41+0 (with the VMM's reply), 0+0 (the "
		"start), last or last+0",
		word);
}

bool tl_is_place_after(const char *word)
{
	const char *plus = strchr(word, '+');
	uint64_t steps;

	return plus && plus != word && !strpbrk(word, ".-") && tl_parse_number(plus + 1, &steps);
}

static struct tl_error *exit_of(struct tl_trace *trace, const char *word, tl_seq *ret)
{
	tl_seq to;

	if (!strcmp(word, "last"))
		return tl_which_exits(trace, word, ret, &to);
	return tl_parse_number(word, ret) ? NULL : expected(word);
}

static struct tl_error *check_steps(const char *word, const char *steps)
{
	uint64_t n;

	if (!tl_parse_number(steps, &n))
		return expected(word);
	if (!n)
		return NULL;
	return tl_error_new(TL_ERROR_UNSUPPORTED,
		"%s: what the guest did between exits is not recorded; to run it again needs an "
		"engine, which this version does not have",
		word);
}

struct tl_error *tl_parse_position(
	struct tl_trace *trace, const char *word, struct tl_position *ret)
{
	char *copy = strdup(word), *plus = copy ? strchr(copy, '+') : NULL;
	struct tl_error *err = copy ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
	struct tl_position position = { .phase = TL_PHASE_EXIT };

	if (plus) {
		*plus = 0;
		position.phase = TL_PHASE_REPLY;
		err = check_steps(word, plus + 1);
	}
	if (!err)
		err = exit_of(trace, copy, &position.seq);
	if (!err && !position.seq && !plus)
		err = tl_error_new(TL_ERROR_USAGE,
			"%s: exits are numbered from 1; 0+0 is the start, before the first", word);
	if (!err)
		*ret = position;
	free(copy);
	return err;
}

void tl_put_position(FILE *to, struct tl_position position)
{
	fprintf(to, position.phase == TL_PHASE_REPLY ? "%" PRIu64 "+0" : "exit %" PRIu64,
		position.seq);
}
