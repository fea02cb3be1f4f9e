// SPDX-License-Identifier: MIT
// T32 instructions by class: halfwords first, then words. Arm ARM F3.1 "T32 instruction set encoding".
// Rows are tried in order.
#include "arch/arm64/decode.h"

#include "arch/arm64/decode_a32.h"

static const struct tl_arm64_row narrow[] = {
	{ 0xf000, 0x6000, tl_t32_narrow_immediate },
	{ 0xf000, 0x7000, tl_t32_narrow_immediate },
	{ 0xf000, 0x8000, tl_t32_narrow_immediate },
	{ 0xf000, 0x9000, tl_t32_narrow_stack },
	{ 0xf800, 0x4800, tl_t32_narrow_literal },
	{ 0xf000, 0x5000, tl_t32_narrow_index },
	{ 0xf600, 0xb400, tl_t32_narrow_push },
	{ 0xf000, 0xc000, tl_t32_narrow_multiple },
};

static const struct tl_arm64_row wide[] = {
	{ 0xff100000, 0xf9000000, tl_t32_structures },
	{ 0xfe1f0000, 0xf81f0000, tl_t32_literal },
	{ 0xfe000000, 0xf8000000, tl_t32_single },
	{ 0xff600000, 0xe8400000, tl_t32_exclusive },
	{ 0xfe400000, 0xe8400000, tl_t32_dual },
	{ 0xffd00000, 0xe8100000, tl_t32_return },
	{ 0xffd00000, 0xe9900000, tl_t32_return },
	{ 0xffd00000, 0xe8000000, tl_t32_store_return },
	{ 0xffd00000, 0xe9800000, tl_t32_store_return },
	{ 0xfe400000, 0xe8000000, tl_t32_multiple },
	{ 0xff000e10, 0xee000e10, tl_a32_move },
	{ 0xff200c00, 0xed000800, tl_a32_float },
	{ 0xfe000e00, 0xec000a00, tl_a32_floats },
	{ 0xffe00e00, 0xec400e00, tl_a32_move_pair },
	{ 0xfe000f00, 0xec000e00, tl_a32_debug_transfer },
};

void tl_arm64_decode_t32(uint16_t first, uint16_t second, struct tl_arm64_insn *ret)
{
	if (tl_arm64_t32_is_wide(first)) {
		tl_arm64_clear(
			(uint32_t)first << 16 | second, TL_ARM64_T32, 4, TL_ARM32_ALWAYS, ret);
		tl_arm64_decode_by(wide, sizeof(wide) / sizeof(wide[0]), ret);
		return;
	}
	tl_arm64_clear(first, TL_ARM64_T32, 2, TL_ARM32_ALWAYS, ret);
	tl_arm64_decode_by(narrow, sizeof(narrow) / sizeof(narrow[0]), ret);
}
