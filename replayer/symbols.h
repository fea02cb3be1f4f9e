/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_SYMBOLS_H
#define TL_REPLAYER_SYMBOLS_H

#include "arch/arch.h"
#include "schema/error.h"

/** Symbols and lines of one ELF file, at the place where it runs. */
struct tl_symbols;

/** Bytes of the guest at a virtual address; false when not known. */
struct tl_code_view {
	bool (*read)(void *ctx, tl_gva va, void *buf, size_t size);
	void *ctx;
};

/**
 * Opens "FILE" or "FILE@LOAD": arm64, arm, x86_64, i386; linked. LOAD is where its lowest loaded
 * byte stands (lowest by physical address; a number, as tl_parse_number takes; for a linked
 * address it is no shift). Errors name what is wrong with the file. No other file is opened,
 * whatever this one names.
 */
TL_CHECK struct tl_error *tl_symbols_open(const char *word, struct tl_symbols **ret);
void tl_symbols_close(struct tl_symbols *symbols);

/**
 * Without LOAD: finds where it runs, by the code around `pc`, for what relocates itself (U-Boot,
 * EDK2) or is put anywhere (KASLR): the places in its code that hold the same bytes as the guest
 * at `pc`; the one that agrees in most bytes, when it is unique. Else it stays where it was
 * linked. Never an error.
 */
void tl_symbols_locate(struct tl_symbols *symbols, tl_gva pc, const struct tl_code_view *code);

/** Where a name came from. Its texts are borrowed from the symbols, and as the file has them. */
struct tl_symbol {
	const char *name; /**< NULL: none */
	uint64_t offset;  /**< from its start */
	const char *file; /**< source; NULL: no line is known */
	unsigned line;
	const char *function; /**< by debug information, also inlined ones; may be NULL */
	int64_t shift;	      /**< runs so many bytes above where it was linked */
	const char *how;      /**< "given", "found by its code", "as linked" */
	const char *elf;      /**< its path */
};

/** What is at that address; false when it is none of its. Debug information is read as needed. */
bool tl_symbols_find(struct tl_symbols *symbols, tl_gva va, struct tl_symbol *ret);

#endif
