/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_DISASSEMBLY_A64_H
#define TL_REPLAYER_DISASSEMBLY_A64_H

#include "replayer/disassembly.h"

/**
 * Writes mnemonic and operands of a load, store, cache operation or IMPLEMENTATION DEFINED
 * register as our decoder has it, in Capstone's style: not every version of Capstone knows LSE,
 * MTE and forms that are CONSTRAINED UNPREDICTABLE. Without aliases: "ldadd w2, wzr, [x0]". False
 * for any other word.
 */
bool tl_a64_spell(uint32_t word, struct tl_disassembled *line);

#endif
