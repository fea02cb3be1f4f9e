/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_ANSWERED_H
#define TL_TESTS_ARCH_ANSWERED_H

#include <string.h>

#include "arch/answer.h"

/* What holds of any answer, whatever state and exit it was given to. */

/** One line that says something. */
static inline bool is_a_line(const char *text, size_t room)
{
	const size_t n = strnlen(text, room);

	return n && n < room && !strchr(text, '\n') && text[n - 1] != '.';
}

static inline bool same_words(
	const struct tl_state *state, const struct tl_effect *effect, unsigned words)
{
	for (unsigned n = 0; n < TL_REG_WORDS; n++) {
		const bool before = tl_regs_known(&state->regs, n);

		if (effect->origin[n] > TL_ORIGIN_ENTRY || (n >= words && effect->origin[n]))
			return false;
		if (effect->origin[n] != TL_ORIGIN_NONE)
			continue;
		if (before != tl_regs_known(&effect->regs, n) ||
			(before && state->regs.word[n] != effect->regs.word[n]))
			return false;
	}
	return true;
}

static inline bool same_vectors(const struct tl_vectors *before, const struct tl_effect *effect)
{
	if ((before->known | effect->vectors_set) != effect->vectors.known)
		return false;
	for (unsigned n = 0; n < 32; n++)
		if (!(effect->vectors_set >> n & 1) &&
			memcmp(before->v[n], effect->vectors.v[n], sizeof(before->v[n])) != 0)
			return false;
	return true;
}

static inline bool are_accesses(const struct tl_effect *effect)
{
	if (effect->n_transfers > TL_TRANSFERS)
		return false;
	for (unsigned i = 0; i < effect->n_transfers; i++) {
		const struct tl_transfer *t = &effect->transfer[i];

		if (!t->size || t->size > sizeof(t->data) || (!t->has_va && t->no_gpa))
			return false;
	}
	return true;
}

static inline bool changes_registers(const struct tl_effect *effect)
{
	for (unsigned n = 0; n < TL_REG_WORDS; n++)
		if (effect->origin[n])
			return true;
	return effect->vectors_set;
}

static inline const char *wrong_effect(const struct tl_state *state, const struct tl_effect *effect)
{
	const unsigned pc = state->arch->regs[state->arch->pc_reg].offset / 8;

	if (effect->given > TL_GIVEN_NEVER)
		return "it is given in no way that there is";
	if (!same_words(state, effect, state->arch->words))
		return "a register changed that has no origin";
	if (!same_vectors(&state->vectors, effect))
		return "a vector changed that was not loaded";
	if (!are_accesses(effect))
		return "an access has no size, or no address";
	if (effect->given >= TL_GIVEN_SLOT && changes_registers(effect))
		return "nothing is given, and a register changed";
	if (effect->livelock && effect->origin[pc])
		return "it runs on the spot, and PC moved";
	if (effect->has_reply && effect->given != TL_GIVEN_REPLY)
		return "a reply is not given as one";
	if ((effect->note && !is_a_line(effect->note, 400)) ||
		(effect->outlook && !is_a_line(effect->outlook, 400)))
		return "a remark is no line";
	return NULL;
}

/** What is wrong with it, NULL for nothing; `legal`: what tl_answer_is_legal() said. */
static inline const char *wrong_answer(const struct tl_state *state, enum tl_answer_status status,
	bool legal, const struct tl_effect *effect, const struct tl_why *why)
{
	if (status > TL_ANSWER_NOT_KNOWN)
		return "it is neither done, refused nor not known";
	if (!legal && status != TL_ANSWER_REFUSED)
		return "a rule forbids it, and it is not refused";
	if (status != TL_ANSWER_DONE && !is_a_line(why->text, sizeof(why->text)))
		return "why is no line";
	return status == TL_ANSWER_DONE ? wrong_effect(state, effect) : NULL;
}

#endif
