/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_SPACES_A32_H
#define TL_TESTS_ARCH_SPACES_A32_H

/* Where loads, stores and what goes with them are among A32 and T32 instructions. */

#include "arch/arm64/decode.h"
#include "tests/arch/random.h"

#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// Of each as many. Where bits should be one or zero they mostly are.
struct space {
	uint32_t mask, value;
};

static const struct space a32_spaces[] = {
	{ 0x0e000000, 0x04000000 }, // a word or a byte, immediate
	{ 0x0e000010, 0x06000000 }, // by register
	{ 0x0e4000b0, 0x004000b0 }, // halfwords and pairs, immediate
	{ 0x0e4000d0, 0x004000d0 },
	{ 0x0e400fb0, 0x000000b0 },
	{ 0x0e400fd0, 0x000000d0 },
	{ 0x0f9000f0, 0x018000b0 },
	{ 0x0f100eff, 0x01100e9f }, // loads with a monitor
	{ 0x0f900ff0, 0x01800f90 }, // stores with one
	{ 0x0f900ff0, 0x01800e90 },
	{ 0x0f900fff, 0x01900c9f }, // LDA
	{ 0x0f90fff0, 0x0180fc90 }, // STL
	{ 0x0f8000f0, 0x01800090 },
	{ 0x0fb00ff0, 0x01000090 }, // SWP
	{ 0x0e000000, 0x08000000 }, // LDM, STM
	{ 0x0e100000, 0x08100000 },
	{ 0x0fff0000, 0x092d0000 }, // PUSH
	{ 0x0fff0000, 0x08bd0000 }, // POP
	{ 0x0e000c00, 0x0c000800 }, // VLDR, VLDM
	{ 0x0f200c00, 0x0d000800 },
	{ 0x0e0f0e00, 0x0c0d0a00 },
	{ 0x0e400fff, 0x0c000e05 },
	{ 0x0e40ff00, 0x0c005e00 }, // LDC, STC
	{ 0x0f000e10, 0x0e000e10 }, // MCR, MRC
	{ 0x0fe00e00, 0x0c400e00 }, // MCRR, MRRC
	{ 0xff100000, 0xf4000000 },
	{ 0xff900000, 0xf4000000 }, // structures
	{ 0xff900000, 0xf4800000 },
	{ 0xffb00c00, 0xf4a00c00 },
	{ 0xfd30f000, 0xf510f000 }, // PLD, PLI
	{ 0xfd70f000, 0xf450f000 },
	{ 0xff30f010, 0xf710f000 },
	{ 0xff70f010, 0xf650f000 },
	{ 0xfd000000, 0xf4000000 },
	{ 0xfe50ffff, 0xf8100a00 }, // RFE
	{ 0xfe5fffe0, 0xf84d0500 }, // SRS
	{ 0x0f000000, 0x01000000 },
	{ 0, 0 },
};

static const struct space t32_spaces[] = {
	{ 0xff000000, 0xf8000000 }, // one register
	{ 0xff800000, 0xf8800000 },
	{ 0xff800800, 0xf8000800 },
	{ 0xff800fc0, 0xf8000000 },
	{ 0xff100000, 0xf9100000 },
	{ 0xff100fc0, 0xf9100000 },
	{ 0xff9f0000, 0xf81f0000 },
	{ 0xfe1ff000, 0xf81ff000 },
	{ 0xfe10f000, 0xf810f000 },
	{ 0xfe90ffc0, 0xf810f000 },
	{ 0xfe400000, 0xe8400000 }, // pairs, exclusives
	{ 0xfff00f00, 0xe8500f00 },
	{ 0xfff000c0, 0xe8c00040 },
	{ 0xfff00f0f, 0xe8c00f0f },
	{ 0xfff00000, 0xe8c00000 },
	{ 0xfff00f0f, 0xe8d00f0f },
	{ 0xfff0000f, 0xe8d0000f },
	{ 0xfff0ffe0, 0xe8d0f000 }, // TBB, TBH
	{ 0xfe402000, 0xe8000000 }, // LDM, STM
	{ 0xfe50a000, 0xe8000000 },
	{ 0xffffa000, 0xe92d0000 },
	{ 0xffff2000, 0xe8bd0000 },
	{ 0xffd0ffff, 0xe810c000 }, // RFE, SRS
	{ 0xffd0ffff, 0xe990c000 },
	{ 0xffdfffe0, 0xe80dc000 },
	{ 0xffdfffe0, 0xe98dc000 },
	{ 0xfe000c00, 0xec000800 },
	{ 0xff200c00, 0xed000800 },
	{ 0xfe0f0e00, 0xec0d0a00 },
	{ 0xfe40ff00, 0xec005e00 },
	{ 0xff000e10, 0xee000e10 },
	{ 0xffe00e00, 0xec400e00 },
	{ 0xff100000, 0xf9000000 },
	{ 0xff900000, 0xf9800000 },
	{ 0xffb00c00, 0xf9a00c00 },
	{ 0xf8000000, 0xe8000000 },
	{ 0xf8000000, 0xf0000000 },
	{ 0xf8000000, 0xf8000000 },
};

static const struct space t16_spaces[] = {
	{ 0xf800, 0x4800 },
	{ 0xf000, 0x5000 },
	{ 0xe000, 0x6000 },
	{ 0xf000, 0x8000 },
	{ 0xf000, 0x9000 },
	{ 0xf600, 0xb400 },
	{ 0xf000, 0xc000 },
};

static inline uint32_t some(const struct space *spaces, size_t n)
{
	const struct space *s = &spaces[below((unsigned)n)];

	return ((uint32_t)any() & ~s->mask) | s->value;
}

static inline uint32_t some_a32(void)
{
	return some(a32_spaces, LENGTH(a32_spaces));
}

/**
 * So many halfwords. No second one looks like IT, after which objdump gives conditions to what follows.
 */
static inline size_t some_t32(uint16_t *code)
{
	uint32_t word;

	if (one_in(4)) {
		*code = (uint16_t)some(t16_spaces, LENGTH(t16_spaces));
		return 1;
	}
	do
		word = some(t32_spaces, LENGTH(t32_spaces));
	while ((word & 0xff00) == 0xbf00);
	code[0] = (uint16_t)(word >> 16);
	code[1] = (uint16_t)word;
	return 2;
}

/** A T32 instruction of 16 bits is in the lower half. */
static inline void decode_32(bool t32, uint32_t word, struct tl_arm64_insn *ret)
{
	if (!t32)
		tl_arm64_decode_a32(word, ret);
	else if (word <= 0xffff)
		tl_arm64_decode_t32((uint16_t)word, 0, ret);
	else
		tl_arm64_decode_t32((uint16_t)(word >> 16), (uint16_t)word, ret);
}

#endif
