// SPDX-License-Identifier: MIT
// Which register an element in memory belongs to.
#include "arch/arm64/emulate_parts.h"

static struct tl_emulate_cell vector_cell(unsigned reg, unsigned offset)
{
	return (struct tl_emulate_cell){
		.vector = true, .reg = reg % 32, .offset = (uint8_t)offset
	};
}

// S and D registers are quarters and halves of V0 to V15. Arm ARM E1.3.1.
static struct tl_emulate_cell bank_cell(unsigned number, unsigned size, unsigned offset)
{
	const unsigned at = number * size;

	return vector_cell(at / 16, at % 16 + offset);
}

// Arm ARM C7.2, LD1 to LD4, and F6.1, VLD1 to VLD4: structures one after the other, of each its
// elements; structures of one element fill register after register.
static struct tl_emulate_cell structure_cell(const struct tl_arm64_insn *insn, unsigned element)
{
	const bool a64 = insn->set == TL_ARM64_A64;
	const unsigned lanes = (a64 && !insn->half ? 16 : 8) / insn->size;
	const unsigned k = element % insn->interleave, structure = element / insn->interleave;
	unsigned lane = structure % lanes, first = insn->rt;

	if (insn->lane >= 0)
		lane = (unsigned)insn->lane;
	else if (insn->replicate)
		lane = 0;
	first += insn->replicate ? structure : structure / lanes;
	return a64 ? vector_cell(first + k, lane * insn->size)
		   : bank_cell((first + k * insn->apart) % 32, 8, lane * insn->size);
}

static unsigned nth_of_list(unsigned list, unsigned n)
{
	unsigned reg = 0;

	for (; !(list >> reg & 1) || n--; reg++)
		;
	return reg;
}

unsigned tl_emulate_cells(const struct tl_arm64_insn *insn)
{
	return insn->replicate ? insn->registers : insn->n;
}

struct tl_emulate_cell tl_emulate_cell(const struct tl_arm64_insn *insn, unsigned element)
{
	if (insn->interleave)
		return structure_cell(insn, element);
	if (insn->vector && insn->set != TL_ARM64_A64)
		return bank_cell(insn->rt + element, insn->size == 8 ? 8 : 4, 0);
	if (insn->address == TL_ARM64_LIST)
		return (struct tl_emulate_cell){ .reg = (uint8_t)nth_of_list(insn->list, element) };
	return (struct tl_emulate_cell){ .vector = insn->vector,
		.reg = element ? insn->rt2 : insn->rt };
}
