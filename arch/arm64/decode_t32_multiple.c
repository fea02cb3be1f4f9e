// SPDX-License-Identifier: MIT
// T32 LDM, STM, RFE and SRS of 32 bits. Arm ARM F3.1, "Load/store multiple".
//
//	31..25  24..23 22 21 20 19..16 15..0
//	1110100 01     0  W  L  Rn     list                    LDM, STM
//	1110100 10     0  W  L  Rn     list                    LDMDB, STMDB
//	1110100 00     0  W  L  ...                            RFEDB, SRSDB
//	1110100 11     0  W  L  ...                            RFE, SRS
#include "arch/arm64/decode_a32.h"

#define PC 15
#define LR 14
#define SP 13

bool tl_t32_multiple(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 20), w = tl_a64_bit(word, 21);
	const unsigned pc_and_lr = 1u << PC | 1u << LR;

	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	i->rn = tl_a32_reg(word, 16);
	i->list = (uint16_t)word;
	tl_a32_list(i, tl_a64_bit(word, 24), tl_a64_bit(word, 23), w);
	tl_a32_unsure(i, i->n == 1, "its list has one register");
	tl_a32_unsure(i, i->list >> SP & 1, "its list has SP");
	tl_a32_unsure(i, loads ? (i->list & pc_and_lr) == pc_and_lr : i->list >> PC,
		loads ? "its list has both LR and PC" : "its list has PC");
	tl_a32_unsure(
		i, w && i->list >> i->rn & 1, "it writes back to a register that it transfers");
	return true;
}

bool tl_t32_return(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_rfe(i, !tl_a64_bit(word, 23), tl_a64_bit(word, 23));
	tl_a32_should_be(i, 0xffff, 0xc000);
	return true;
}

bool tl_t32_store_return(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_srs(i, !tl_a64_bit(word, 23), tl_a64_bit(word, 23));
	tl_a32_should_be(i, 0xfffe0, 0xdc000);
	return true;
}
