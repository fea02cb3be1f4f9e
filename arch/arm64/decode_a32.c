// SPDX-License-Identifier: MIT
// A32 words by class. Those whose condition is 15 are a set of their own. Arm ARM F4.1 "A32 instruction
// set encoding". Rows are tried in order.
#include "arch/arm64/decode.h"

#include "arch/arm64/decode_a32.h"

#define UNCONDITIONAL 15

static const struct tl_arm64_row conditional[] = {
	{ 0x0e000000, 0x04000000, tl_a32_immediate },
	{ 0x0e000010, 0x06000000, tl_a32_index },
	{ 0x0e000000, 0x08000000, tl_a32_multiple },
	{ 0x0e0000f0, 0x000000b0, tl_a32_extra },
	{ 0x0e0000d0, 0x000000d0, tl_a32_extra },
	{ 0x0f8000f0, 0x01800090, tl_a32_exclusive },
	{ 0x0f000e10, 0x0e000e10, tl_a32_move },
	{ 0x0f200c00, 0x0d000800, tl_a32_float },
	{ 0x0e000e00, 0x0c000a00, tl_a32_floats },
	{ 0x0fe00e00, 0x0c400e00, tl_a32_move_pair },
	{ 0x0e000f00, 0x0c000e00, tl_a32_debug_transfer },
	{ 0x0fb000f0, 0x01000090, tl_a32_swap },
};

static const struct tl_arm64_row unconditional[] = {
	{ 0x0f900000, 0x04000000, tl_a32_structures },
	{ 0x0f900000, 0x04800000, tl_a32_single_structure },
	{ 0x0f300000, 0x05100000, tl_a32_preload },
	{ 0x0f700000, 0x04500000, tl_a32_preload },
	{ 0x0f300010, 0x07100000, tl_a32_preload },
	{ 0x0f700010, 0x06500000, tl_a32_preload },
	{ 0x0e500000, 0x08100000, tl_a32_return },
	{ 0x0e500000, 0x08400000, tl_a32_store_return },
};

void tl_arm64_decode_a32(uint32_t word, struct tl_arm64_insn *ret)
{
	const unsigned cond = word >> 28;

	if (cond == UNCONDITIONAL) {
		tl_arm64_clear(word, TL_ARM64_A32, 4, TL_ARM32_ALWAYS, ret);
		tl_arm64_decode_by(
			unconditional, sizeof(unconditional) / sizeof(unconditional[0]), ret);
		return;
	}
	tl_arm64_clear(word, TL_ARM64_A32, 4, cond, ret);
	tl_arm64_decode_by(conditional, sizeof(conditional) / sizeof(conditional[0]), ret);
}
