// SPDX-License-Identifier: MIT
// labels: unit fuzz here
//
// Every answer to exits of every kind, in states that no CPU may ever be in. Whatever it is, it holds
// together, is the same each time, and changes nothing that it does not name. TL_SEED, TL_LONG.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch/arm64/contradiction.h"
#include "tests/arch/answered.h"
#include "tests/arch/random.h"

#include "tests/arch/anything.h"

static unsigned n_given[TL_ANSWER_NOT_KNOWN + 1];
static unsigned n_done[TL_TRAP_KINDS], n_of[TL_ANSWERS];

static bool same_effect(const struct tl_effect *a, const struct tl_effect *b)
{
	bool same = !memcmp(&a->regs, &b->regs, sizeof(a->regs)) &&
		    !memcmp(a->origin, b->origin, sizeof(a->origin)) &&
		    !memcmp(a->vectors.v, b->vectors.v, sizeof(a->vectors.v)) &&
		    a->given == b->given && a->n_transfers == b->n_transfers &&
		    a->livelock == b->livelock && a->note == b->note && a->outlook == b->outlook &&
		    a->has_reply == b->has_reply && a->reply == b->reply && a->esr == b->esr;

	for (unsigned i = 0; same && i < a->n_transfers; i++)
		same = a->transfer[i].gpa == b->transfer[i].gpa &&
		       a->transfer[i].va == b->transfer[i].va &&
		       !memcmp(a->transfer[i].data, b->transfer[i].data, a->transfer[i].size);
	return same;
}

static void check(const struct anything *a, const struct tl_choice *choice)
{
	static struct tl_effect effect, again;
	struct tl_why why, why_again, rule;
	const bool legal = tl_answer_is_legal(&a->state, &a->trap, choice->id, &rule);
	enum tl_answer_status status;
	const char *wrong;

	memset(&effect, 0xa5, sizeof(effect));
	memset(&again, 0x5a, sizeof(again));
	memset(&why, 0xa5, sizeof(why));
	memset(&why_again, 0x5a, sizeof(why_again));
	status = tl_answer_give(&a->state, &a->trap, choice, &effect, &why);
	wrong = wrong_answer(&a->state, status, legal, &effect, &why);
	if (wrong)
		fail_msg("%s, %s: %s", tl_trap_name(a->trap.kind), tl_answer_name(choice->id),
			wrong);
	assert_int_equal(tl_answer_give(&a->state, &a->trap, choice, &again, &why_again), status);
	if (status == TL_ANSWER_DONE)
		assert_true(same_effect(&effect, &again));
	else
		assert_string_equal(why.text, why_again.text);
	n_given[status]++;
	n_done[a->trap.kind] += status == TL_ANSWER_DONE;
	n_of[choice->id] += status == TL_ANSWER_DONE;
}

static void check_all(struct anything *a)
{
	const struct anything before = *a;

	for (unsigned id = 0; id < TL_ANSWERS; id++) {
		const struct tl_choice choice = any_choice(a, id);

		check(a, &choice);
	}
	assert_memory_equal(&before, a, sizeof(before));
}

static void count(const char *name)
{
	print_message("note: %s: %u done, %u refused, %u not known\n", name,
		n_given[TL_ANSWER_DONE], n_given[TL_ANSWER_REFUSED], n_given[TL_ANSWER_NOT_KNOWN]);
	for (unsigned status = 0; status <= TL_ANSWER_NOT_KNOWN; status++)
		assert_true(n_given[status] > 1000);
	memset(n_given, 0, sizeof(n_given));
}

static void every_answer_of_arm64_holds_together(void **state)
{
	struct anything a;

	for (unsigned n = random_rounds(30000); n; n--) {
		anything(&tl_arch_arm64, &a);
		check_all(&a);
	}
	count("arm64");
	for (unsigned id = 0; id < TL_ANSWERS; id++)
		assert_true(n_of[id] || id == TL_ANSWER_GP);
}

static void every_answer_of_x86_64_holds_together(void **state)
{
	struct anything a;

	memset(n_done, 0, sizeof(n_done));
	for (unsigned n = random_rounds(30000); n; n--) {
		anything(&tl_arch_x86_64, &a);
		check_all(&a);
	}
	count("x86_64");
	assert_true(n_done[TL_TRAP_MMIO] && n_done[TL_TRAP_PIO] && n_done[TL_TRAP_RDMSR] &&
		    n_done[TL_TRAP_HYPERCALL]);
}

static void whatever_contradicts_is_said_in_lines(void **state)
{
	unsigned n_lines = 0;
	struct anything a;

	for (unsigned n = random_rounds(50000); n; n--) {
		struct tl_why why[TL_ARM64_CONTRADICTIONS];
		struct tl_arm64_insn insn;
		bool has_insn;
		unsigned lines;

		anything(&tl_arch_arm64, &a);
		has_insn = tl_arm64_insn_at(&a.state, &a.trap, &insn);
		lines = tl_arm64_contradictions(&a.state, &a.trap, has_insn ? &insn : NULL, why);
		assert_true(lines <= TL_ARM64_CONTRADICTIONS);
		for (unsigned i = 0; i < lines; i++)
			assert_true(is_a_line(why[i].text, sizeof(why[i].text)));
		n_lines += lines;
	}
	assert_true(n_lines > 1000);
}

static void every_syndrome_is_taken_apart_within_its_bits(void **state)
{
	for (unsigned n = random_rounds(100000); n; n--) {
		struct tl_arm64_syndrome s;
		uint64_t bits = 0;

		tl_arm64_syndrome(
			any() & (one_in(2) ? 0x1ffffffffffff : UINT32_MAX), one_in(2), &s);
		assert_true(s.n_fields && s.n_fields <= TL_ARM64_SYNDROME_FIELDS);
		for (unsigned i = 0; i < s.n_fields; i++) {
			const struct tl_arm64_syndrome_field *f = &s.field[i];
			const uint64_t mask = (f->high - f->low == 63)
						      ? UINT64_MAX
						      : (UINT64_C(2) << (f->high - f->low)) - 1;

			assert_true(f->high >= f->low && f->high < 64);
			assert_true(is_a_line(f->name, sizeof(f->name)));
			assert_true(!f->meaning || is_a_line(f->meaning, 200));
			assert_int_equal(f->value & ~mask, 0);
			assert_int_equal(bits & mask << f->low, 0);
			bits |= mask << f->low;
		}
	}
}

static int start(void **state)
{
	random_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_of_arm64_holds_together),
		cmocka_unit_test(every_answer_of_x86_64_holds_together),
		cmocka_unit_test(whatever_contradicts_is_said_in_lines),
		cmocka_unit_test(every_syndrome_is_taken_apart_within_its_bits),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
