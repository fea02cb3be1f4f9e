// SPDX-License-Identifier: MIT
// Arithmetic and the flags that it leaves. SDM volume 1, 3.4.3; volume 2, appendix B.1.4.
#include "arch/x86_64/flags.h"

#include "arch/x86_64/general.h"

#define CF TL_X86_RFLAGS_CF
#define PF TL_X86_RFLAGS_PF
#define AF TL_X86_RFLAGS_AF
#define ZF TL_X86_RFLAGS_ZF
#define SF TL_X86_RFLAGS_SF
#define OF TL_X86_RFLAGS_OF

#define OF_ARITHMETIC (CF | PF | AF | ZF | SF | OF)

static uint64_t top_bit(unsigned size)
{
	return UINT64_C(1) << (8 * size - 1);
}

static uint64_t flags_of(unsigned size, uint64_t value)
{
	uint64_t flags = 0;

	if (!(__builtin_popcountll(value & 0xff) & 1))
		flags |= PF;
	if (!value)
		flags |= ZF;
	if (value & top_bit(size))
		flags |= SF;
	return flags;
}

// A carry out of a bit is told by the operands and the sum: by the majority of a, b and the
// inverted sum.
static struct tl_x86_sum add(unsigned size, uint64_t a, uint64_t b, bool carry)
{
	const uint64_t value = (a + b + carry) & tl_bytes_mask(size);
	const uint64_t carries = (a & b) | ((a | b) & ~value);
	uint64_t flags = flags_of(size, value);

	if (carries & top_bit(size))
		flags |= CF;
	if ((a ^ value) & (b ^ value) & top_bit(size))
		flags |= OF;
	return (struct tl_x86_sum){ value, flags | ((a ^ b ^ value) & AF) };
}

static struct tl_x86_sum subtract(unsigned size, uint64_t a, uint64_t b, bool borrow)
{
	const uint64_t value = (a - b - borrow) & tl_bytes_mask(size);
	const uint64_t borrows = (~a & b) | ((~a | b) & value);
	uint64_t flags = flags_of(size, value);

	if (borrows & top_bit(size))
		flags |= CF;
	if ((a ^ b) & (a ^ value) & top_bit(size))
		flags |= OF;
	return (struct tl_x86_sum){ value, flags | ((a ^ b ^ value) & AF) };
}

static struct tl_x86_sum logic(unsigned size, uint64_t value)
{
	return (struct tl_x86_sum){ value, flags_of(size, value) };
}

// INC and DEC leave CF as it is.
static struct tl_x86_sum keep_carry(struct tl_x86_sum sum, uint64_t rflags)
{
	sum.rflags = (sum.rflags & ~CF) | (rflags & CF);
	return sum;
}

static struct tl_x86_sum bit(
	enum tl_x86_op op, unsigned size, uint64_t a, uint64_t b, uint64_t rflags)
{
	const uint64_t mask = UINT64_C(1) << (b & (8 * size - 1));
	struct tl_x86_sum sum = { a, rflags & OF_ARITHMETIC & ~CF };

	if (a & mask)
		sum.rflags |= CF;
	if (op == TL_X86_BTS)
		sum.value |= mask;
	else if (op == TL_X86_BTR)
		sum.value &= ~mask;
	else if (op == TL_X86_BTC)
		sum.value ^= mask;
	return sum;
}

static struct tl_x86_sum sum_of(
	enum tl_x86_op op, unsigned size, uint64_t a, uint64_t b, uint64_t rflags)
{
	if (op == TL_X86_ADD)
		return add(size, a, b, false);
	if (op == TL_X86_ADC)
		return add(size, a, b, rflags & CF);
	if (op == TL_X86_SUB || op == TL_X86_CMP)
		return subtract(size, a, b, false);
	if (op == TL_X86_SBB)
		return subtract(size, a, b, rflags & CF);
	if (op == TL_X86_NEG)
		return subtract(size, 0, a, false);
	if (op == TL_X86_INC)
		return keep_carry(add(size, a, 1, false), rflags);
	if (op == TL_X86_DEC)
		return keep_carry(subtract(size, a, 1, false), rflags);
	if (op == TL_X86_OR)
		return logic(size, a | b);
	if (op == TL_X86_XOR)
		return logic(size, a ^ b);
	if (op == TL_X86_NOT)
		return (struct tl_x86_sum){ ~a & tl_bytes_mask(size), rflags & OF_ARITHMETIC };
	if (op >= TL_X86_BT && op <= TL_X86_BTC)
		return bit(op, size, a, b, rflags);
	return logic(size, a & b);
}

struct tl_x86_sum tl_x86_compute(
	enum tl_x86_op op, unsigned size, uint64_t a, uint64_t b, uint64_t rflags)
{
	const uint64_t mask = tl_bytes_mask(size);
	struct tl_x86_sum sum = sum_of(op, size, a & mask, b & mask, rflags);

	sum.rflags |= rflags & ~OF_ARITHMETIC;
	return sum;
}

bool tl_x86_condition(unsigned condition, uint64_t rflags)
{
	const bool less = !(rflags & SF) != !(rflags & OF);
	const bool of[] = { rflags & OF, rflags & CF, rflags & ZF, rflags & (CF | ZF), rflags & SF,
		rflags & PF, less, less || rflags & ZF };

	return of[condition >> 1 & 7] != (condition & 1);
}
