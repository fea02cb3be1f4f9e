/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_WORD_H
#define TL_REPLAYER_IMPORT_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words and numbers of a line of text. Each gives where it ended, NULL where there is none. */

/** A number in hex as it stands in text. */
struct tl_word_hex {
	uint64_t value;
	unsigned digits; /**< as written */
	bool prefixed;	 /**< with 0x */
	bool overflow;	 /**< more than 64 bits: `value` means nothing */
};

/** What a hex digit is worth. */
unsigned tl_word_digit(char c);

/** Behind spaces; never NULL. */
const char *tl_word_skip(const char *at);

/** Hex digits, with or without 0x, that no letter, digit or part of another number follows. */
const char *tl_word_hex(const char *at, struct tl_word_hex *ret);

/** Decimal digits of at most 64 bits. */
const char *tl_word_dec(const char *at, uint64_t *ret);

/** "12.345678" in ns. */
const char *tl_word_seconds(const char *at, uint64_t *ret);

/** `word`, in any case, as the next thing. */
const char *tl_word_is(const char *at, const char *word);

/** Behind the first `text` in the line. */
const char *tl_word_after(const char *at, const char *text);

/** A pair of a name and a number: "esr=0x96000010", "x0 : 0000000010100040", "PTE@0x1000=0x5". */
struct tl_word_pair {
	const char *name; /**< in the text */
	size_t size;	  /**< of the name */
	char between;	  /**< '=', ':' or ' ' */
	bool has_at;	  /**< a number stands behind a '@' */
	struct tl_word_hex at, value;
};

/** The next pair in the line. */
const char *tl_word_pair(const char *at, struct tl_word_pair *ret);

/** The name is `word`, in any case. */
bool tl_word_named(const struct tl_word_pair *pair, const char *word);

#endif
