// SPDX-License-Identifier: MIT
// A64 words by class. The rows are tried in order: where patterns overlap, the narrower comes first.
#include "arch/arm64/decode.h"

#include "arch/arm64/decode_a64.h"

static const struct tl_arm64_row classes[] = {
	{ 0x3b000000, 0x39000000, tl_a64_immediate12 },
	{ 0x3a000000, 0x28000000, tl_a64_pair },
	{ 0x3b200c00, 0x38200800, tl_a64_index },
	{ 0x3f200c00, 0x38200000, tl_a64_atomic },
	{ 0xff200400, 0xf8200400, tl_a64_authenticated },
	{ 0x3b200000, 0x38000000, tl_a64_immediate9 },
	{ 0x3b000000, 0x18000000, tl_a64_literal },
	{ 0x3f000000, 0x08000000, tl_a64_exclusive },
	{ 0xff200000, 0xd9200000, tl_a64_tags },
	{ 0xffffec00, 0xd91f0c00, tl_a64_guarded },
	{ 0x3f200c00, 0x19000000, tl_a64_unscaled_ordered },
	{ 0xbf200c00, 0x19200000, tl_a64_atomic_pair },
	{ 0xbf200800, 0x19200800, tl_a64_checked_swap },
	{ 0xbf200c00, 0x99000800, tl_a64_ordered_pair },
	{ 0x3f200c00, 0x1d000800, tl_a64_unscaled_ordered },
	{ 0x3b200c00, 0x19000400, tl_a64_mops },
	{ 0xbf000000, 0x0c000000, tl_a64_structures },
	{ 0xbf000000, 0x0d000000, tl_a64_single_structure },
	{ 0xffc00000, 0xd5000000, tl_a64_system },
	{ 0x9e000000, 0x84000000, tl_a64_sve },
	{ 0xfe000000, 0xe0000000, tl_a64_sme },
};

void tl_arm64_decode(uint32_t word, struct tl_arm64_insn *ret)
{
	tl_arm64_clear(word, TL_ARM64_A64, 4, TL_ARM32_ALWAYS, ret);
	tl_arm64_decode_by(classes, sizeof(classes) / sizeof(classes[0]), ret);
}
