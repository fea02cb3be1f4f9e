/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_NAMES_H
#define TL_REPLAYER_IMPORT_NAMES_H

#include "replayer/import-facts.h"
#include "replayer/import-word.h"

/** A number that is a fact of its own. */
struct tl_import_fact_name {
	const char *name;
	uint32_t fact; /**< TL_FACT_* */
	uint8_t isa;   /**< enum tl_import_isa */
};

/** A register by another name than the architecture's. */
struct tl_import_word_name {
	const char *name;
	uint8_t isa;
	uint8_t reg; /**< index in the architecture's registers */
	bool word;   /**< a word of everyday language: says nothing about the machine */
};

/** What the pair's name is; NULL for no such. */
const struct tl_import_fact_name *tl_import_fact_named(const struct tl_word_pair *pair);
const struct tl_import_word_name *tl_import_word_named(const struct tl_word_pair *pair);
/** A whole register of that architecture, by its own name; x86's kernel writes R8 as R08. */
const struct tl_reg *tl_import_own_reg(const struct tl_arch *arch, const struct tl_word_pair *pair);

/** "x7", "X07", "R15", "r10": the number, at most `most`; else -1. */
int tl_import_numbered(const struct tl_word_pair *pair, char letter, unsigned most);

/** Which machine the names of a line are of, if nothing but `isa` is known before. */
enum tl_import_isa tl_import_isa_of_line(const char *text, enum tl_import_isa isa);

#endif
