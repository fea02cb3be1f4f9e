/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_SYMBOLS_ELF_H
#define TL_REPLAYER_SYMBOLS_ELF_H

/* The parts of struct tl_symbols. Addresses here are as linked. */

#include "replayer/symbols.h"

#include <elfutils/libdw.h>
#include <gelf.h>

struct tl_symbols {
	char *path;
	int fd;
	Elf *elf;
	uint16_t machine; /**< EM_AARCH64, EM_ARM, EM_X86_64, EM_386 */
	size_t n_segments;
	uint64_t low; /**< of its lowest loaded byte */
	int64_t shift;
	const char *how;
	bool given; /**< the place, by a person */

	Dwarf *dwarf; /**< opened when first asked for; NULL: none */
	bool dwarf_tried;
};

/** A segment that is loaded and has bytes, number `i`. False when that one is none. */
bool tl_symbols_segment(const struct tl_symbols *symbols, size_t i, GElf_Phdr *ret);

/** Fills `name` and `offset` by the symbol tables, if they know one. */
void tl_symbols_name(struct tl_symbols *symbols, uint64_t address, struct tl_symbol *ret);

/** Fills `file`, `line` and `function` by DWARF, as far as it knows them. */
void tl_symbols_line(struct tl_symbols *symbols, uint64_t address, struct tl_symbol *ret);

#endif
