// SPDX-License-Identifier: MIT
// LSE atomics, CAS and SWP on memory. Arm ARM C6.2, B2.2.
#include "arch/arm64/emulate_parts.h"

#include <string.h>

// `old` and `operand` are of the element's size, with zeros above; `up` shifts its sign to bit 63.
typedef uint64_t operation(uint64_t old, uint64_t operand, unsigned up);

static uint64_t add(uint64_t old, uint64_t operand, unsigned up)
{
	return old + operand;
}

static uint64_t clear(uint64_t old, uint64_t operand, unsigned up)
{
	return old & ~operand;
}

static uint64_t toggle(uint64_t old, uint64_t operand, unsigned up)
{
	return old ^ operand;
}

static uint64_t set(uint64_t old, uint64_t operand, unsigned up)
{
	return old | operand;
}

static uint64_t signed_max(uint64_t old, uint64_t operand, unsigned up)
{
	return (int64_t)(old << up) > (int64_t)(operand << up) ? old : operand;
}

static uint64_t signed_min(uint64_t old, uint64_t operand, unsigned up)
{
	return (int64_t)(old << up) < (int64_t)(operand << up) ? old : operand;
}

static uint64_t max(uint64_t old, uint64_t operand, unsigned up)
{
	return old > operand ? old : operand;
}

static uint64_t min(uint64_t old, uint64_t operand, unsigned up)
{
	return old < operand ? old : operand;
}

static uint64_t swap(uint64_t old, uint64_t operand, unsigned up)
{
	return operand;
}

// By the stem of the name, which a suffix for order and size follows.
static const struct {
	const char *stem;
	operation *operate; // NULL: CAS
} operations[] = {
	{ "ldadd", add },
	{ "ldclr", clear },
	{ "ldeor", toggle },
	{ "ldset", set },
	{ "ldsmax", signed_max },
	{ "ldsmin", signed_min },
	{ "ldumax", max },
	{ "ldumin", min },
	{ "swp", swap },
	{ "cas", NULL },
};

static bool find(const char *name, operation **ret)
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strncmp(name, operations[i].stem, strlen(operations[i].stem)) != 0)
			continue;
		*ret = operations[i].operate;
		return true;
	}
	return false;
}

// The register of element `i`. A pair of CASP starts at an even one; the two of SWPP, LDCLRP and
// LDSETP are any, and both operand and result.
static unsigned nth(const struct tl_emulation *e, unsigned reg, unsigned i)
{
	return i && reg == e->insn->rt ? e->insn->rt2 : reg + i;
}

static bool get(struct tl_emulation *e, unsigned reg, unsigned i, uint64_t *ret)
{
	if (!tl_emulate_get(e, nth(e, reg, i), ret))
		return false;
	*ret &= tl_bytes_mask(e->insn->size);
	return true;
}

static unsigned operand_reg(const struct tl_emulation *e)
{
	return e->insn->rs == TL_ARM64_NO_REG ? e->insn->rt : e->insn->rs;
}

// What each element becomes; false in `ret_write` when CAS finds another value.
static bool compute(struct tl_emulation *e, operation *operate, const uint64_t *old, uint64_t *ret,
	bool *ret_write)
{
	const unsigned up = 64 - 8 * e->insn->size;
	uint64_t operand;

	*ret_write = true;
	for (unsigned i = 0; i < e->insn->n; i++) {
		if (!get(e, operand_reg(e), i, &operand))
			return false;
		if (operate)
			ret[i] = operate(old[i], operand, up);
		else if (!get(e, e->insn->rt, i, &ret[i]))
			return false;
		*ret_write = *ret_write && (operate || operand == old[i]);
	}
	return true;
}

static bool read_old(struct tl_emulation *e, uint64_t *ret)
{
	const unsigned size = e->insn->size;
	uint8_t bytes[16];

	for (unsigned i = 0; i < e->insn->n; i++) {
		if (!tl_emulate_read(e, tl_emulate_advance(e, e->va, i * size), size, bytes))
			return false;
		ret[i] = tl_emulate_order(e, tl_load_le(bytes, size));
	}
	return true;
}

static bool write_new(struct tl_emulation *e, const uint64_t *values)
{
	const unsigned size = e->insn->size;
	uint8_t bytes[16];

	for (unsigned i = 0; i < e->insn->n; i++) {
		tl_store_le(bytes, tl_emulate_order(e, values[i]), size);
		if (!tl_emulate_write(e, tl_emulate_advance(e, e->va, i * size), size, bytes))
			return false;
	}
	return true;
}

bool tl_emulate_update(struct tl_emulation *e)
{
	const struct tl_arm64_insn *insn = e->insn;
	uint64_t old[2] = { 0 }, values[2] = { 0 };
	operation *operate;
	bool writes;

	if (!find(insn->name, &operate))
		return TL_EMULATE_REFUSE(e, "Arm ARM C6.2",
			"%s depends on registers that are not recorded", insn->name);
	if (!tl_emulate_check_atomic(e, (unsigned)insn->n * insn->size) || !read_old(e, old) ||
		!compute(e, operate, old, values, &writes) || (writes && !write_new(e, values)))
		return false;
	for (unsigned i = 0; i < insn->n; i++) {
		const unsigned to = operate ? insn->rt : insn->rs;

		if (!tl_emulate_set(e, nth(e, to, i), old[i], TL_ORIGIN_DATA))
			return false;
	}
	return true;
}
