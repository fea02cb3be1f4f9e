// SPDX-License-Identifier: MIT
// Which instruction trapped: every one that may have is judged by what the exit says.
#include "arch/x86_64/decode.h"
#include "arch/x86_64/general.h"

#include <string.h>

// How far back runs of code begin.
#define RUN  96
#define PAGE 4096

struct search {
	const struct tl_state *state;
	const struct tl_trap *trap;
	unsigned mode;
};

enum judgement { CONTRADICTED, NOT_SAID, AGREED };

static bool is_string(const struct tl_x86_insn *i)
{
	return i->place > TL_X86_ADDRESS;
}

static bool decode_at(const struct search *s, int at, struct tl_x86_insn *ret)
{
	uint8_t code[TL_X86_LONGEST];
	size_t size = sizeof(code);

	while (size && !tl_trap_code(s->trap, at, code, size))
		size--;
	if (tl_x86_decode(s->mode, code, size, ret) != TL_X86_DECODED)
		return false;
	ret->at = at;
	ret->past = is_string(ret) && (at < 0 || (s->trap->has_write && s->trap->write));
	return true;
}

static enum judgement agree(bool is_so)
{
	return is_so ? AGREED : CONTRADICTED;
}

static enum judgement judge_port(const struct search *s, const struct tl_x86_insn *i)
{
	uint64_t dx;

	if (!s->trap->has_address)
		return NOT_SAID;
	if (i->has_immediate)
		return agree((uint64_t)i->immediate == s->trap->address);
	if (!tl_x86_general_get(&s->state->regs, TL_X86_DX, 2, false, &dx))
		return NOT_SAID;
	return agree(dx == s->trap->address);
}

// The access may cross into another page, whose part is an exit of its own.
static enum judgement judge_address(const struct search *s, const struct tl_x86_insn *i)
{
	tl_gva va;
	tl_gpa first, last;

	if (!s->trap->has_address || !tl_x86_effective_address(s->state, i, &va))
		return NOT_SAID;
	if (!tl_x86_physical(s->state, va, &first) ||
		!tl_x86_physical(s->state, va + i->size - 1, &last))
		return NOT_SAID;
	return agree(s->trap->address - first < i->size || last - s->trap->address < i->size);
}

static bool stored(const struct tl_regs *regs, const struct tl_x86_insn *i, uint64_t *ret)
{
	const bool known = i->op == TL_X86_MOV || i->op == TL_X86_STOS || i->op == TL_X86_OUT;

	if (!known)
		return false;
	if (i->reg != TL_X86_NO_REG)
		return tl_x86_general_get(regs, i->reg, i->size, i->high, ret);
	*ret = (uint64_t)i->immediate & tl_bytes_mask(i->size);
	return true;
}

static enum judgement judge_value(const struct search *s, const struct tl_x86_insn *i)
{
	uint64_t value;

	if (!s->trap->has_value || !s->trap->write || s->trap->size != i->size ||
		!stored(&s->state->regs, i, &value))
		return NOT_SAID;
	return agree(value == (s->trap->value & tl_bytes_mask(i->size)));
}

// KVM cuts what is longer than 8 bytes, and what crosses into another page.
static bool fits_size(const struct search *s, const struct tl_x86_insn *i)
{
	const struct tl_trap *t = s->trap;

	if (!t->has_size || t->size == i->size)
		return true;
	if (t->kind != TL_TRAP_MMIO || t->size > i->size)
		return false;
	return i->size > 8 || !t->has_address || t->address % PAGE == 0 ||
	       (t->address + t->size) % PAGE == 0;
}

// Where RIP is while the instruction's access is userspace's to answer.
static bool fits_place(const struct search *s, const struct tl_x86_insn *i)
{
	if (!s->trap->has_write || !s->trap->write)
		return i->at == 0;
	if (is_string(i))
		return (i->at == 0) == (i->repeat != 0);
	return i->at < 0 || i->op == TL_X86_OUT;
}

static bool fits_direction(const struct search *s, const struct tl_x86_insn *i)
{
	return !s->trap->has_write || (s->trap->write ? i->writes : i->reads);
}

static int score_port(const struct search *s, const struct tl_x86_insn *i)
{
	const enum judgement port = judge_port(s, i), value = judge_value(s, i);

	if (i->op < TL_X86_IN || i->op > TL_X86_OUTS || port == CONTRADICTED ||
		value == CONTRADICTED)
		return -1;
	return 4 * (port == AGREED) + 2 * (value == AGREED);
}

static int score_memory(const struct search *s, const struct tl_x86_insn *i)
{
	enum judgement address, value;

	if (!i->place || !i->size || i->op >= TL_X86_IN)
		return -1;
	address = judge_address(s, i);
	value = judge_value(s, i);
	if (address == CONTRADICTED || value == CONTRADICTED)
		return -1;
	return 4 * (address == AGREED) + 2 * (value == AGREED);
}

// How well it agrees with the exit; negative when it is contradicted.
static int score(const struct search *s, const struct tl_x86_insn *i)
{
	if (!fits_place(s, i) || !fits_direction(s, i) || !fits_size(s, i))
		return -1;
	return s->trap->kind == TL_TRAP_PIO ? score_port(s, i) : score_memory(s, i);
}

// How many runs of code that begin before `first` have an instruction at `at`. x86 code falls into
// step soon, wherever one begins to read it.
static unsigned count_runs(const struct search *s, int first, int at)
{
	const int from = s->trap->code_before < RUN ? -s->trap->code_before : -RUN;
	struct tl_x86_insn i;
	unsigned n = 0;

	for (int start = from; start < first; start++) {
		int here = start;

		while (here < at && decode_at(s, here, &i))
			here += i.length;
		n += here == at;
	}
	return n;
}

// Points of all that may have made the exit: at RIP, or so many bytes before it that they end
// there.
static int score_all(const struct search *s, int *points)
{
	struct tl_x86_insn i;
	int best = -1;

	for (int back = 0; back <= TL_X86_LONGEST; back++) {
		const bool is_one = decode_at(s, -back, &i) && (!back || i.length == back);

		points[back] = is_one ? score(s, &i) : -1;
		best = points[back] > best ? points[back] : best;
	}
	return best;
}

// Of equals: what is at RIP; then what most runs of code come upon; then the one with most
// prefixes.
static int choose(const struct search *s, const int *points, int best)
{
	int longest = TL_X86_LONGEST, found;
	unsigned most = 0;

	if (points[0] == best)
		return 0;
	while (points[longest] != best)
		longest--;
	found = longest;
	for (int back = longest; back > 0; back--) {
		const unsigned runs = points[back] == best ? count_runs(s, -longest, -back) : 0;

		if (runs > most) {
			most = runs;
			found = back;
		}
	}
	return -found;
}

static bool find_access(const struct search *s, struct tl_x86_insn *ret)
{
	int points[TL_X86_LONGEST + 1];
	const int best = score_all(s, points);

	return best >= 0 && decode_at(s, choose(s, points, best), ret);
}

static bool find_plain(const struct search *s, struct tl_x86_insn *ret)
{
	static const uint8_t ops[TL_TRAP_KINDS] = { [TL_TRAP_RDMSR] = TL_X86_RDMSR,
		[TL_TRAP_WRMSR] = TL_X86_WRMSR,
		[TL_TRAP_HYPERCALL] = TL_X86_VMCALL };
	const unsigned op = ops[s->trap->kind];
	struct tl_x86_insn i;

	if (!decode_at(s, 0, &i) || (op && i.op != op))
		return false;
	i.past = false;
	*ret = i;
	return true;
}

bool tl_x86_trapping(const struct tl_state *state, const struct tl_trap *trap,
	struct tl_x86_insn *ret, int *ret_at)
{
	struct search s = { .state = state, .trap = trap };
	bool found;

	if (!tl_x86_mode(&state->regs, &s.mode))
		return false;
	found = trap->kind == TL_TRAP_MMIO || trap->kind == TL_TRAP_PIO ? find_access(&s, ret)
									: find_plain(&s, ret);
	if (found)
		*ret_at = ret->at;
	return found;
}
