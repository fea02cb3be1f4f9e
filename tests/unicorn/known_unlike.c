// SPDX-License-Identifier: MIT
// What both execute in another way, or our model alone. "QEMU" is version 5.0.1, of which Unicorn 2.1 is
// made.
#include "tests/unicorn/known_rules.h"

#include <string.h>

bool is_atomic_misaligned(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct tl_arm64_insn *i = &trial->insn;
	const tl_gva va = ours->accesses.byte[0].va;

	return i->does == TL_ARM64_UPDATES && va % known_bytes(i) &&
	       va % 16 + known_bytes(i) <= 16 && known_says(theirs, "exception 4");
}

static bool has_newer_name(const char *name)
{
	static const char *const names[] = { "ldclrp", "ldsetp", "swpp", "ldiapp", "stilp", "ldap1",
		"stl1", "dc cvaoc", "dc civaoc", "dc civaps", "at s1e1a" };

	for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strncmp(name, names[n], strlen(names[n])))
			return true;
	return !strncmp(name, "dc ", 3) && strchr(name + 3, 'g');
}

bool is_newer(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct tl_arm64_insn *i = &trial->insn;
	const bool half = i->set != TL_ARM64_A64 && i->vector && i->size == 2 && !i->interleave;
	const bool ordered = i->acquires || i->releases;

	return theirs->outcome == UNDEFINED &&
	       (has_newer_name(i->name) || half ||
		       (ordered && (i->vector || i->address != TL_ARM64_OFFSET)));
}

// Unicorn writes what it has read.
bool is_failed_compare(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct accesses *t = &theirs->accesses, *o = &ours->accesses;

	if (strncmp(trial->insn.name, "cas", 3) != 0 || t->n != 2 * o->n ||
		!accesses_are(t->byte, o->byte, o->n))
		return false;
	for (unsigned i = 0; i < o->n; i++)
		if (!t->byte[o->n + i].write || t->byte[o->n + i].va != t->byte[i].va ||
			t->byte[o->n + i].value != t->byte[i].value)
			return false;
	return true;
}

// Unicorn tells of bytes of the block before it tells of all.
bool is_zeroed_block(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct accesses *t = &theirs->accesses, *o = &ours->accesses;
	const unsigned more = t->n - o->n;

	if (trial->insn.does != TL_ARM64_ZEROES || t->n <= o->n)
		return false;
	for (unsigned i = 0; i < more; i++)
		if (!t->byte[i].write || t->byte[i].value || t->byte[i].va - o->byte[0].va >= o->n)
			return false;
	return accesses_are(t->byte + more, o->byte, o->n);
}

static bool is_big_endian(const struct registers *registers)
{
	const bool el0 = !(registers->pstate & 0xc);

	return registers->sctlr >> (el0 ? 24 : 25) & 1;
}

static uint64_t number(const struct registers *registers, const struct access *bytes, unsigned size)
{
	const bool big = is_big_endian(registers);
	uint64_t value = 0;

	for (unsigned n = 0; n < size; n++)
		value = value << 8 | bytes[big ? n : size - 1 - n].value;
	return value;
}

// The half that is the lower one of the register.
bool is_half_first(const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct accesses *t = &theirs->accesses, *o = &ours->accesses;

	if (trial->insn.size != 16 || !is_big_endian(&trial->before) || t->n != o->n)
		return false;
	for (unsigned i = 0; i < o->n; i++)
		if (!access_is(&t->byte[i ^ 8], &o->byte[i]))
			return false;
	return true;
}

static int64_t with_sign(uint64_t value, unsigned size)
{
	return (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
}

// What was written is one of the two: by QEMU as if there were no signs, by us with them.
bool is_unsigned_comparison(
	const struct trial *trial, const struct step *theirs, const struct step *ours)
{
	const struct tl_arm64_insn *i = &trial->insn;
	const struct registers *before = &trial->before;
	const bool max = !strncmp(i->name, "ldsmax", 6), min = !strncmp(i->name, "ldsmin", 6);
	const struct access *t = theirs->accesses.byte, *o = ours->accesses.byte;
	const unsigned n = i->size;
	uint64_t old, operand;

	if ((!max && !min) || !n || theirs->accesses.n != 2 * n || ours->accesses.n != 2 * n)
		return false;
	old = number(before, t, n);
	operand = i->rs == 31 ? 0 : before->x[i->rs] & UINT64_MAX >> (64 - 8 * n);
	return number(before, t + n, n) == ((old > operand) == max ? old : operand) &&
	       number(before, o + n, n) ==
		       ((with_sign(old, n) > with_sign(operand, n)) == max ? old : operand);
}
