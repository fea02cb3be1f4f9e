// SPDX-License-Identifier: MIT
// The instruction that trapped, in the instruction set that the CPU was in. Instructions are little
// endian whatever the data's order is: Arm ARM E2.8.1 "Instruction endianness".
#include "arch/arm64/decode.h"
#include "arch/bytes.h"

static bool word_at(const struct tl_trap *trap, uint32_t *ret)
{
	uint8_t bytes[4];

	if (!tl_trap_code(trap, 0, bytes, sizeof(bytes)))
		return false;
	*ret = (uint32_t)tl_load_le(bytes, sizeof(bytes));
	return true;
}

static bool half_at(const struct tl_trap *trap, int at, uint16_t *ret)
{
	uint8_t bytes[2];

	if (!tl_trap_code(trap, at, bytes, sizeof(bytes)))
		return false;
	*ret = (uint16_t)tl_load_le(bytes, sizeof(bytes));
	return true;
}

static bool t32_at(const struct tl_trap *trap, struct tl_arm64_insn *ret)
{
	uint16_t first, second = 0;

	if (!half_at(trap, 0, &first) ||
		(tl_arm64_t32_is_wide(first) && !half_at(trap, 2, &second)))
		return false;
	tl_arm64_decode_t32(first, second, ret);
	return true;
}

bool tl_arm64_insn_at(
	const struct tl_state *state, const struct tl_trap *trap, struct tl_arm64_insn *ret)
{
	uint64_t pstate;
	uint32_t word;

	if (!tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate))
		return false;
	if (tl_arm64_set_of(pstate) == TL_ARM64_T32)
		return t32_at(trap, ret);
	if (!word_at(trap, &word))
		return false;
	if (tl_arm64_set_of(pstate) == TL_ARM64_A32)
		tl_arm64_decode_a32(word, ret);
	else
		tl_arm64_decode(word, ret);
	return true;
}
