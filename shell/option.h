/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_OPTION_H
#define TL_SHELL_OPTION_H

#include "schema/error.h"

#include <stdbool.h>
#include <stdint.h>

enum tl_option_kind {
	TL_OPTION_FLAG,	  /**< bool *: no value, sets true */
	TL_OPTION_TEXT,	  /**< const char ** */
	TL_OPTION_NUMBER, /**< uint64_t *: 10, 0x10 */
	TL_OPTION_BYTES,  /**< uint64_t *: 4096, 64K, 16M, 1G */
	TL_OPTION_TIME,	  /**< uint64_t *, ns: 500ms, 2s, 10us */
	TL_OPTION_CHOICE, /**< unsigned *: the index in `choices` */
	TL_OPTION_WORDS,  /**< struct tl_words *: may be given many times */
};

enum { TL_WORDS = 16 };

/** The values of an option that may be given many times; borrowed from argv. */
struct tl_words {
	const char *word[TL_WORDS];
	unsigned n;
};

/** An option of a verb: `--name VALUE` or `--name=VALUE`, and `-x VALUE` where it has a letter. */
struct tl_option {
	const char *name; /**< without the dashes */
	char letter;	  /**< 0: none */
	enum tl_option_kind kind;
	void *to;
	const char *const *choices; /**< TL_OPTION_CHOICE: NULL-terminated */
};

/**
 * Takes the options out of argv (argv[0] is the verb) and leaves the other words in
 * argv[1..*argc-1]. Ends at "--", which is taken out too, and, with `stop_at_word`, at the first
 * other word. Errors are TL_ERROR_USAGE and name the word. The table ends with a NULL name.
 */
TL_CHECK struct tl_error *tl_options(
	const struct tl_option *options, int *argc, char **argv, bool stop_at_word);

/** "10", "0x10". False when it is no number or does not fit. */
bool tl_parse_number(const char *text, uint64_t *ret);
/** The same, and "64K", "16M", "1G". */
bool tl_parse_bytes(const char *text, uint64_t *ret);

#endif
