/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_READ_H
#define TL_REPLAYER_IMPORT_READ_H

#include "replayer/import-facts.h"

/**
 * Reads a line on its own. `isa` is what is known so far, for names that several have. False when
 * it says nothing.
 */
bool tl_import_read(const char *text, enum tl_import_isa isa, struct tl_import_facts *ret);

/* The parts of that, each adding what it finds. */
void tl_import_read_title(const char *text, struct tl_import_facts *facts);
void tl_import_read_code(const char *text, struct tl_import_facts *facts);
void tl_import_read_sysreg(const char *text, struct tl_import_facts *facts);
void tl_import_read_x86(const char *text, struct tl_import_facts *facts);
void tl_import_read_pairs(const char *text, enum tl_import_isa isa, struct tl_import_facts *facts);

#endif
