// SPDX-License-Identifier: MIT
// LDM and STM; RFE and SRS, which load and store what an exception left. Arm ARM F4.1, "Branch, branch
// with link, and block data transfer", "Exception save/restore".
//
//	31..28 27..25 24 23 22 21 20 19..16 15..0
//	cond   1 0 0  P  U  S  W  L  Rn     list             S: ^
//	1111   1 0 0  P  U  0  W  1  Rn     0000 1010 0..0   RFE
//	1111   1 0 0  P  U  1  W  0  1101   0000 0101 000 mode   SRS
#include "arch/arm64/decode_a32.h"

#define PC 15
#define SP 13

static void range(struct tl_arm64_insn *i, bool p, bool u, bool w)
{
	const int bytes = i->n * i->size;

	i->address = TL_ARM64_LIST;
	i->imm = (u ? 0 : -bytes) + (p == u ? i->size : 0);
	i->writes_back = w;
	i->back = (int16_t)(u ? bytes : -bytes);
}

// The base, when it is not the lowest of a list that is stored, is stored as what nobody knows.
static bool misuses_base(const struct tl_arm64_insn *i)
{
	const unsigned bit = 1u << i->rn;

	if (!i->writes_back || !(i->list & bit))
		return false;
	return i->does == TL_ARM64_LOADS || i->list & (bit - 1);
}

static void name(struct tl_arm64_insn *i, const char *stem, const char *order)
{
	tl_a64_name(i, stem);
	tl_a64_name(i, order);
}

static const char *const orders[2][2] = { { "da", "ia" }, { "db", "ib" } };

// What a list of SP, written back, is called.
static bool is_stack(const struct tl_arm64_insn *i, bool p, bool u)
{
	const bool loads = i->does == TL_ARM64_LOADS;

	return i->rn == SP && i->writes_back && p == !loads && u == loads && !i->user_bank &&
	       !i->returns;
}

// LDM and STM are those of the usual order, IA.
void tl_a32_list(struct tl_arm64_insn *i, bool p, bool u, bool w)
{
	const bool loads = i->does == TL_ARM64_LOADS, is_usual = !p && u;

	i->n = (uint8_t)__builtin_popcount(i->list);
	i->size = 4;
	i->width = 32;
	range(i, p, u, w);
	if (is_stack(i, p, u))
		tl_a64_name(i, loads ? "pop" : "push");
	else
		name(i, loads ? "ldm" : "stm", is_usual ? "" : orders[p][u]);
	tl_a32_unsure(i, !i->list, "its list is empty");
	tl_a32_unsure(i, i->rn == PC, "its base is PC");
	tl_a32_unsure(i, misuses_base(i),
		loads ? "it writes back to a register that it transfers"
		      : "it stores its base, which it writes back");
}

bool tl_a32_multiple(uint32_t word, struct tl_arm64_insn *i)
{
	const bool loads = tl_a64_bit(word, 20), w = tl_a64_bit(word, 21);

	i->list = (uint16_t)word;
	i->rn = tl_a32_reg(word, 16);
	i->does = loads ? TL_ARM64_LOADS : TL_ARM64_STORES;
	if (tl_a64_bit(word, 22)) {
		i->returns = loads && i->list >> PC;
		i->user_bank = !i->returns;
		tl_a32_unsure(i, i->user_bank && w, "it writes back beside registers of User mode");
	}
	tl_a32_list(i, tl_a64_bit(word, 24), tl_a64_bit(word, 23), w);
	return true;
}

void tl_a32_rfe(struct tl_arm64_insn *i, bool p, bool u)
{
	name(i, "rfe", orders[p][u]);
	i->does = TL_ARM64_LOADS;
	i->returns = true;
	i->rn = tl_a32_reg(i->word, 16);
	i->size = 4;
	i->n = 2;
	range(i, p, u, tl_a64_bit(i->word, 21));
	tl_a32_unsure(i, i->rn == PC, "its base is PC");
}

bool tl_a32_return(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_rfe(i, tl_a64_bit(word, 24), tl_a64_bit(word, 23));
	tl_a32_should_be(i, 0xffff, 0x0a00);
	return true;
}

// User, FIQ, IRQ, Supervisor, Abort, Undefined, System.
static bool has_stack(unsigned mode)
{
	return mode & 0x10 && UINT32_C(0x888f) >> (mode & 15) & 1;
}

void tl_a32_srs(struct tl_arm64_insn *i, bool p, bool u)
{
	name(i, "srs", orders[p][u]);
	i->does = TL_ARM64_STORES;
	i->rn = SP;
	i->mode = (uint8_t)tl_a64_bits(i->word, 4, 0);
	i->size = 4;
	i->n = 2;
	range(i, p, u, tl_a64_bit(i->word, 21));
	tl_a32_unsure(i, !has_stack(i->mode), "its mode has no stack that it could use");
}

bool tl_a32_store_return(uint32_t word, struct tl_arm64_insn *i)
{
	tl_a32_srs(i, tl_a64_bit(word, 24), tl_a64_bit(word, 23));
	tl_a32_should_be(i, 0xfffe0, 0xd0500);
	return true;
}
