// SPDX-License-Identifier: MIT
#include "replayer/answers.h"

#include "arch/arm64/regs.h"
#include "arch/bytes.h"
#include "schema/trace/ask.h"

#include <stdlib.h>
#include <string.h>

enum {
	LOOK_BACK = 100000, // exits that are looked through for the last value of a register
	MMIO = 6,	    // KVM_EXIT_MMIO
};

// Values of a device, as the wish has them or else the trace.
struct source {
	struct tl_situation *situation;
	const struct tl_wish *wish;
	unsigned next;
	enum tl_value_source from;
	tl_seq seq;
	struct tl_error *err;
};

static struct tl_error *last_value(struct source *s, uint64_t reason, uint64_t address,
	uint64_t size, uint64_t *ret, bool *ret_found)
{
	const tl_seq seq = s->situation->exit.seq;
	const uint64_t at[] = { seq, seq > LOOK_BACK ? seq - LOOK_BACK : 0, reason, address, size,
		s->situation->exit.vcpu };
	uint64_t row[2] = { 0 };
	struct tl_error *err;

	err = tl_ask(s->situation->place.trace,
		"SELECT seq, ifnull(value, reply) FROM main.exit WHERE seq < ?1 AND seq >= ?2 "
		"AND reason = ?3 AND addr = ?4 AND (?5 = 0 OR size = ?5) "
		"AND (?5 != 0 OR write = 1 AND vcpu = ?6) "
		"AND typeof(ifnull(value, reply)) = 'integer' ORDER BY seq DESC LIMIT 1",
		at, row, 2, ret_found);
	if (err || !*ret_found)
		return err;
	s->from = TL_VALUE_TRACE;
	s->seq = row[0];
	*ret = row[1];
	return NULL;
}

// 16 bytes take two values, the lower half first.
static bool read_said(struct source *s, unsigned size, uint8_t *ret)
{
	s->from = TL_VALUE_SAID;
	for (unsigned done = 0; done < size; done += 8) {
		if (s->next == s->wish->n_values)
			return false;
		tl_store_le(ret + done, s->wish->values[s->next++], size - done);
	}
	return true;
}

static bool read_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	struct source *s = ctx;
	uint64_t value;
	bool found;

	memset(ret, 0, size);
	if (s->wish->n_values)
		return read_said(s, size, ret);
	if (!s->err)
		s->err = last_value(s, MMIO, gpa, size, &value, &found);
	if (s->err || !found)
		return false;
	tl_store_le(ret, value, size);
	return true;
}

// A register holds what its vCPU wrote to it last.
static void fill_cell(struct source *s, struct tl_choice *choice)
{
	const struct tl_situation *situation = s->situation;

	if (choice->has_value || situation->trap.write)
		return;
	s->err = last_value(s, situation->exit.reason, situation->trap.address, 0, &choice->value,
		&choice->has_value);
}

// What an exception entry needs and nobody recorded, in two versions: what comes out the same by both
// does not depend on it. The mode stays; data is taken to be little endian, which is said.
static const struct {
	enum tl_arm64_reg reg;
	uint64_t set[2];
} guesses[] = {
	{ TL_ARM64_pstate, { 0x3c0, 0xf1001000 } }, // flags, masks, DIT, SSBS
	{ TL_ARM64_pc, { 0x4000, 0x7ffffff8000 } }, { TL_ARM64_vbar_el1, { 0x800, 0xfffff000 } },
	{ TL_ARM64_sctlr_el1, { 0, UINT64_C(1) << 44 | 1 << 23 } }, // DSSBS, SPAN
};

enum { GUESSES = sizeof(guesses) / sizeof(guesses[0]), PSTATE = 0 };

// Whether anything had to be guessed.
static bool guess(const struct tl_situation *s, unsigned version, struct tl_state *ret)
{
	bool any = s->pstate_assumed;

	*ret = s->state;
	if (s->pstate_assumed)
		ret->regs.word[TL_ARM64_pstate] |= guesses[PSTATE].set[version];
	for (unsigned i = 0; i < GUESSES; i++) {
		if (tl_regs_known(&ret->regs, guesses[i].reg))
			continue;
		tl_regs_set(&ret->regs, guesses[i].reg, guesses[i].set[version]);
		any = true;
	}
	return any;
}

// What differs by version depends on what was guessed.
static bool keep_what_agrees(
	const struct tl_situation *s, struct tl_effect *effect, const struct tl_effect *other)
{
	bool partial = false;

	for (unsigned i = 0; i < s->state.arch->words; i++)
		if (effect->regs.word[i] != other->regs.word[i]) {
			effect->regs.known[i / 64] &= ~(UINT64_C(1) << i % 64);
			partial |= effect->origin[i];
		}
	return partial;
}

// The device's values begin again.
static bool start_over(const struct tl_choice *choice)
{
	((struct source *)choice->device.ctx)->next = 0;
	return true;
}

static bool same_accesses(const struct tl_effect *a, const struct tl_effect *b)
{
	bool same = a->n_transfers == b->n_transfers;

	for (unsigned i = 0; same && i < a->n_transfers; i++)
		same = a->transfer[i].gpa == b->transfer[i].gpa &&
		       !memcmp(a->transfer[i].data, b->transfer[i].data, a->transfer[i].size);
	return same;
}

static void give_guessing(const struct tl_situation *s, const struct tl_choice *choice,
	struct tl_tried *ret, struct tl_effect *other)
{
	struct tl_state state;
	struct tl_why why;

	if (!guess(s, 1, &state) || !start_over(choice) ||
		tl_answer_give(&state, &s->trap, choice, other, &why) != TL_ANSWER_DONE)
		return;
	guess(s, 0, &state);
	start_over(choice);
	ret->status = tl_answer_give(&state, &s->trap, choice, &ret->effect, &ret->why);
	if (ret->status != TL_ANSWER_DONE)
		return;
	ret->is_partial = keep_what_agrees(s, &ret->effect, other);
	if (ret->effect.n_transfers && !ret->effect.note &&
		!tl_regs_known(&s->state.regs, TL_ARM64_sctlr_el1))
		ret->effect.note = "data is taken to be little endian: SCTLR_EL1 was not recorded";
	if (same_accesses(&ret->effect, other))
		return;
	ret->status = TL_ANSWER_NOT_KNOWN;
	tl_why(&ret->why, NULL, "what it accesses depends on registers that were not recorded");
}

// On arm64 an answer needs more registers than a log may have.
static void give(const struct tl_situation *s, const struct tl_choice *choice, struct tl_tried *ret,
	struct tl_effect *other)
{
	ret->status = tl_answer_give(&s->state, &s->trap, choice, &ret->effect, &ret->why);
	if (s->state.arch->id == TL_ARCH_ARM64 &&
		(ret->status == TL_ANSWER_NOT_KNOWN ||
			(ret->status == TL_ANSWER_DONE && s->pstate_assumed)))
		give_guessing(s, choice, ret, other);
}

static struct tl_error *try(struct source *s, struct tl_tried *ret)
{
	const struct tl_situation *situation = s->situation;
	struct tl_effect *other = calloc(1, sizeof(*other));
	struct tl_choice choice = { .id = s->wish->id,
		.has_value = s->wish->n_values > 0,
		.value = s->wish->values[0],
		.device = { read_device, s } };

	if (!other)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (choice.id == TL_ANSWER_CELL)
		fill_cell(s, &choice);
	if (!s->err)
		give(situation, &choice, ret, other);
	free(other);
	return s->err ? s->err : tl_memory_error(situation->place.memory);
}

struct tl_error *tl_answers_try(
	struct tl_situation *situation, const struct tl_wish *wish, struct tl_tried *ret)
{
	struct tl_wish resolved = *wish;
	struct source source = { .situation = situation, .wish = &resolved };
	enum tl_answer_id recorded;
	struct tl_error *err;
	bool known;

	*ret = (struct tl_tried){ .id = wish->id };
	err = tl_answers_recorded(situation, &recorded, &known);
	if (err)
		return err;
	ret->is_recorded = known && (wish->id == recorded || wish->id == TL_ANSWER_RECORDED);
	if (wish->id == TL_ANSWER_RECORDED && known)
		resolved.id = recorded;
	err = try(&source, ret);
	ret->source = source.from;
	ret->value_seq = source.seq;
	if (!ret->source && resolved.id == TL_ANSWER_RECORDED && ret->effect.has_reply)
		ret->source = TL_VALUE_RECORDED;
	return err;
}
