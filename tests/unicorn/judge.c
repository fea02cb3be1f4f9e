// SPDX-License-Identifier: MIT
#include "tests/unicorn/judge.h"

#include "tests/unicorn/known.h"
#include "tests/unicorn/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Says what differs.
#define SAY(...) (snprintf(ret, JUDGEMENT_TEXT, __VA_ARGS__), false)

static bool same_number(const char *name, uint64_t theirs, uint64_t ours, char *ret)
{
	return theirs == ours ||
	       SAY("%s: Unicorn 0x%" PRIx64 ", ours 0x%" PRIx64, name, theirs, ours);
}

static bool same_registers(const struct registers *theirs, const struct registers *ours, char *ret)
{
	char name[8];

	for (unsigned n = 0; n < 31; n++) {
		snprintf(name, sizeof(name), "x%u", n);
		if (!same_number(name, theirs->x[n], ours->x[n], ret))
			return false;
	}
	for (unsigned n = 0; n < 32; n++)
		if (memcmp(theirs->v[n], ours->v[n], 16) != 0)
			return SAY("v%u differs", n);
	return same_number("sp", theirs->sp, ours->sp, ret) &&
	       same_number("pc", theirs->pc, ours->pc, ret) &&
	       same_number("pstate", theirs->pstate, ours->pstate, ret);
}

static bool same_accesses(const struct accesses *theirs, const struct accesses *ours, char *ret)
{
	if (theirs->n != ours->n)
		return SAY("accesses: Unicorn has %u bytes, ours %u", theirs->n, ours->n);
	for (unsigned i = 0; i < ours->n; i++) {
		const struct access *t = &theirs->byte[i], *o = &ours->byte[i];

		if (!access_is(t, o))
			return SAY("accesses: byte %u: Unicorn %s 0x%" PRIx64
				   " %02x, ours %s 0x%" PRIx64 " %02x",
				i, t->write ? "writes" : "reads", t->va, t->value,
				o->write ? "writes" : "reads", o->va, o->value);
	}
	return true;
}

// The window with our writes in it.
static bool same_window(const struct accesses *ours, const uint8_t *theirs, char *ret)
{
	static uint8_t window[sizeof(window_bytes)];
	bool same;

	memcpy(window, window_bytes, sizeof(window));
	for (unsigned i = 0; i < ours->n; i++)
		if (ours->byte[i].write && ours->byte[i].va >= WINDOW &&
			ours->byte[i].va < WINDOW_END)
			window[ours->byte[i].va - WINDOW] = ours->byte[i].value;
	// The code is no part of it.
	same = !memcmp(window, theirs, WINDOW_CODE - WINDOW) &&
	       !memcmp(window + (WINDOW_CODE - WINDOW) + PAGE,
		       theirs + (WINDOW_CODE - WINDOW) + PAGE, WINDOW_END - WINDOW_CODE - PAGE);
	return same || SAY("memory differs");
}

static bool same_effect(const struct step *theirs, const struct step *ours, const uint8_t *window,
	enum difference *ret_what, char *ret)
{
	*ret_what = REGISTERS;
	if (!same_registers(&theirs->after, &ours->after, ret))
		return false;
	*ret_what = MEMORY;
	if (!same_window(&ours->accesses, window, ret))
		return false;
	*ret_what = ACCESSES;
	return same_accesses(&theirs->accesses, &ours->accesses, ret);
}

// Of what neither executes: an instruction that faults is one, and must be one to us.
static bool agree(const struct step *theirs, const struct step *ours, const uint8_t *window,
	enum difference *ret_what, char *ret)
{
	if (theirs->outcome == EXECUTED && ours->outcome == EXECUTED)
		return same_effect(theirs, ours, window, ret_what, ret);
	if (theirs->outcome != EXECUTED && ours->outcome != EXECUTED &&
		(theirs->outcome == UNDEFINED || ours->outcome != UNDEFINED))
		return true;
	*ret_what = ours->outcome == EXECUTED ? ONLY_OURS : ONLY_THEIRS;
	return SAY("Unicorn: %s, ours: %s", outcome_name(theirs->outcome),
		outcome_name(ours->outcome));
}

void judge(const struct trial *trial, const struct step *theirs, const struct step *ours,
	const uint8_t *window, struct judgement *ret)
{
	enum difference what;

	ret->verdict = WRONG;
	if (agree(theirs, ours, window, &what, ret->text))
		ret->verdict = ours->outcome == EXECUTED ? SAME : DECLINED;
	else if (known(what, trial, theirs, ours, &ret->known))
		ret->verdict = what == ACCESSES ? TOLD : LISTED;
}
