/* SPDX-License-Identifier: MIT */
// labels: unit golden
//
// What the VMM answered, and what other answers would have done: where values come from, and what is said
// when registers are missing. tests/arch/test_answer_arm64.c has what each answer does.
#include "tests/replayer/situations.h"

#define GOLDEN TL_SOURCE_DIR "/tests/data/"

static struct tl_tried *try(struct hand *hand, struct tl_wish wish)
{
	assert_ok(tl_answers_try(&hand->situation, &wish, &hand->tried));
	return &hand->tried;
}

static struct tl_tried *try_one(struct hand *hand, enum tl_answer_id id)
{
	return try(hand, (struct tl_wish){ .id = id });
}

static void assert_why(const struct tl_tried *t, enum tl_answer_status status, const char *text)
{
	assert_int_equal(t->status, status);
	assert_string_equal(t->why.text, text);
}

static void assert_done(const struct tl_tried *t)
{
	if (t->status != TL_ANSWER_DONE)
		fail_msg("not done: %s", t->why.text);
}

static void assert_recorded_at(struct hand *hand, enum tl_answer_id expected)
{
	enum tl_answer_id id;
	bool known;

	assert_ok(tl_answers_recorded(&hand->situation, &id, &known));
	if (!known)
		fail_msg("it is not known what the VMM answered");
	assert_int_equal(id, expected);
	assert_true(try_one(hand, expected)->is_recorded);
	assert_true(try_one(hand, TL_ANSWER_RECORDED)->is_recorded);
	put_away(hand);
}

static void assert_not_recorded_at(struct hand *hand)
{
	enum tl_answer_id id;
	bool known;

	assert_ok(tl_answers_recorded(&hand->situation, &id, &known));
	assert_false(known);
	for (unsigned i = 0; i < TL_ANSWERS; i++)
		assert_false(try_one(hand, i)->is_recorded);
	put_away(hand);
}

/* What the VMM answered. */

static void what_vmms_answered_is_recognised(void **state)
{
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-nisv-abort.trap"), 28), TL_ANSWER_ABORT);
	assert_recorded_at(look_at(open_trace(GOLDEN "arm64-nisv-off.trap"), 10), TL_ANSWER_STOP);
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-uboot-nisv.trap"), 2702), TL_ANSWER_ABORT);
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-idsr-cell.trap"), 84), TL_ANSWER_RECORDED);
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-idsr-undef.trap"), 309), TL_ANSWER_UNDEF);
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-idsr-unasked.trap"), 309), TL_ANSWER_UNDEF);
	assert_recorded_at(look_at(open_trace(GOLDEN "arm64-mmio.trap"), 1), TL_ANSWER_RECORDED);
	assert_recorded_at(
		look_at(open_trace(GOLDEN "arm64-interrupted.trap"), 3), TL_ANSWER_RETRY);
	assert_not_recorded_at(look_at(open_trace(GOLDEN "arm64-psci.trap"), 10));
}

static void add_events(struct tl_writer *w, uint8_t serror, uint8_t abort)
{
	const uint8_t events[64] = { serror, 0, abort };

	add_vcpu_input(w, EXIT, 0, (uint32_t)KVM_SET_VCPU_EVENTS, events, sizeof(events));
}

static void events_are_answers(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, HOLE, STR);
	add_events(w, 1, 0);
	add_reply(w, EXIT, 0, NULL, 0);
	assert_recorded_at(finish_and_look(w), TL_ANSWER_SERROR);
	w = begin_arm64();
	add_nisv(w, HOLE, STR);
	add_events(w, 0, 1);
	assert_recorded_at(finish_and_look(w), TL_ANSWER_ABORT);
	w = begin_arm64();
	add_nisv(w, HOLE, STR);
	add_events(w, 0, 0); // back as they were
	add_reply(w, EXIT, 0, NULL, 0);
	assert_recorded_at(finish_and_look(w), TL_ANSWER_RETRY);
}

static void registers_that_are_set_have_no_name(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, HOLE, STR);
	add_vcpu_input(w, EXIT, 0, (uint32_t)KVM_SET_ONE_REG, (uint8_t[24]){ 0 }, 24);
	add_reply(w, EXIT, 0, NULL, 0);
	assert_not_recorded_at(finish_and_look(w));
}

static void add_enosys(struct tl_writer *w)
{
	const struct tl_regs regs = arm64_regs(HOLE);
	const uint64_t nisv[2] = { WRITE | 5, HOLE };
	struct tl_exit e = exit_of(EXIT, 0, KVM_EXIT_ARM_NISV, nisv, sizeof(nisv));

	e.error = ENOSYS;
	add_arm64(w, e, &regs, STR);
}

static void a_vmm_stops_when_it_does_not_enter_again(void **state)
{
	struct tl_writer *w = begin_arm64();

	assert_ok(tl_writer_meta_int(w, "ended", 1700000000));
	add_enosys(w);
	assert_recorded_at(finish_and_look(w), TL_ANSWER_STOP);
	w = begin_arm64();
	add_enosys(w);
	assert_not_recorded_at(finish_and_look(w)); // the recording ended before the VMM
	w = begin_arm64();
	assert_ok(tl_writer_meta_int(w, "ended", 1700000000));
	add_enosys(w);
	add_reply(w, EXIT, 0, NULL, 0);
	assert_recorded_at(finish_and_look(w), TL_ANSWER_RETRY);
}

/* Where values come from. */

static void a_device_gives_what_it_gave_last(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_tried *t;
	struct hand *hand;

	add_read(w, 1, HOLE, 0x11);
	add_read(w, 2, HOLE, 0x22);
	add_read(w, 3, HOLE + 4, 0x33);
	add_nisv(w, HOLE, LDR);
	hand = finish_and_look(w);
	t = try_one(hand, TL_ANSWER_EMULATE);
	assert_done(t);
	assert_int_equal(t->source, TL_VALUE_TRACE);
	assert_int_equal(t->value_seq, 2);
	assert_int_equal(t->effect.regs.word[TL_ARM64_x1], 0x22);
	t = try(hand, (struct tl_wish){ TL_ANSWER_EMULATE, 1, { 0x44 } });
	assert_done(t);
	assert_int_equal(t->source, TL_VALUE_SAID);
	assert_int_equal(t->effect.regs.word[TL_ARM64_x1], 0x44);
	put_away(hand);
}

static void a_value_of_another_size_does_not_count(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_mmio(w, 1, 0, (struct mmio){ .gpa = HOLE, .size = 8 }, PC);
	add_reply(w, 1, 0, (uint8_t[8]){ 0x77 }, 8);
	add_nisv(w, HOLE, LDR);
	hand = finish_and_look(w);
	assert_why(try_one(hand, TL_ANSWER_EMULATE), TL_ANSWER_NOT_KNOWN,
		"what the device gives at 0xa000000 is not known");
	put_away(hand);
}

static void values_are_given_in_their_order(void **state)
{
	const struct tl_regs regs = arm64_regs(HOLE);
	struct tl_writer *w = begin_arm64();
	const struct tl_tried *t;
	struct hand *hand;

	add_nisv_of(w, HOLE, 5, &regs, 0xa9400c02); // ldp x2, x3, [x0]
	hand = finish_and_look(w);
	t = try(hand, (struct tl_wish){ TL_ANSWER_EMULATE, 2, { 0x44, 0x55 } });
	assert_done(t);
	assert_int_equal(t->effect.regs.word[TL_ARM64_x2], 0x44);
	assert_int_equal(t->effect.regs.word[TL_ARM64_x3], 0x55);
	assert_why(try(hand, (struct tl_wish){ TL_ANSWER_EMULATE, 1, { 0x44 } }),
		TL_ANSWER_NOT_KNOWN, "what the device gives at 0xa000008 is not known");
	put_away(hand);
}

static void a_cell_holds_what_its_vcpu_wrote_last(void **state)
{
	struct hand *hand = look_at(open_trace(GOLDEN "arm64-idsr-cell.trap"), 84);
	const struct tl_tried *t = try_one(hand, TL_ANSWER_CELL);

	assert_done(t);
	assert_int_equal(t->source, TL_VALUE_TRACE);
	assert_int_equal(t->effect.reply, 0x11e);
	assert_null(t->effect.note);
	t = try_one(hand, TL_ANSWER_RECORDED);
	assert_int_equal(t->source, TL_VALUE_RECORDED);
	assert_int_equal(t->effect.reply, 0x11e);
	t = try(hand, (struct tl_wish){ TL_ANSWER_CELL, 1, { 0x66 } });
	assert_int_equal(t->effect.reply, 0x66);
	put_away(hand);
}

/* The model against what the kernel did: the registers at this vCPU's next exit. */

static void an_answer_is_what_the_guest_went_on_from(void **state)
{
	struct hand *hand = look_at(open_trace(GOLDEN "arm64-uboot-nisv.trap"), 2702);
	const struct tl_tried *t = try_one(hand, TL_ANSWER_ABORT);
	const uint64_t *word = t->effect.regs.word;

	assert_done(t);
	assert_int_equal(word[TL_ARM64_esr_el1], 0x96000010);
	assert_int_equal(word[TL_ARM64_far_el1], 0x10000040);
	assert_int_equal(word[TL_ARM64_elr_el1], 0x4770f238);
	assert_false(t->is_partial);
	assert_why(try_one(hand, TL_ANSWER_GP), TL_ANSWER_REFUSED,
		"only an access to an MSR of x86_64 can be answered so");
	put_away(hand);
}

/* Registers that are missing. */

static void what_depends_on_the_unknown_is_left_out(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_tried *t;
	struct tl_regs regs = { 0 };
	struct hand *hand;
	uint64_t value = 0;

	tl_regs_set(&regs, TL_ARM64_x0, HOLE);
	tl_regs_set(&regs, TL_ARM64_pc, PC);
	add_nisv_of(w, HOLE, WRITE | 5, &regs, STR);
	hand = finish_and_look(w);
	t = try_one(hand, TL_ANSWER_ABORT);
	assert_done(t);
	assert_true(t->is_partial);
	assert_true(tl_arm64_get(&t->effect.regs, TL_ARM64_esr_el1, &value));
	assert_int_equal(value, 0x96000010);
	assert_true(tl_arm64_get(&t->effect.regs, TL_ARM64_elr_el1, &value));
	assert_int_equal(value, PC);
	assert_false(tl_arm64_get(&t->effect.regs, TL_ARM64_pc, &value)); // VBAR_EL1
	assert_false(tl_arm64_get(&t->effect.regs, TL_ARM64_spsr_el1, &value));
	t = try_one(hand, TL_ANSWER_SKIP);
	assert_done(t);
	assert_true(tl_arm64_get(&t->effect.regs, TL_ARM64_pc, &value));
	assert_int_equal(value, PC + 4);
	put_away(hand);
}

// Without PC the instruction is carried out more than once, and its device gives the same each time.
static void values_begin_again(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_tried *t;
	struct tl_regs regs = { 0 };
	struct hand *hand;
	uint64_t value = 0;

	tl_regs_set(&regs, TL_ARM64_x0, HOLE);
	tl_regs_set(&regs, TL_ARM64_pstate, 0x3c5);
	add_nisv_of(w, HOLE, 5, &regs, LDR);
	hand = finish_and_look(w);
	t = try(hand, (struct tl_wish){ TL_ANSWER_EMULATE, 1, { 0x44 } });
	assert_done(t);
	assert_true(t->is_partial);
	assert_true(tl_arm64_get(&t->effect.regs, TL_ARM64_x1, &value));
	assert_int_equal(value, 0x44);
	assert_false(tl_arm64_get(&t->effect.regs, TL_ARM64_pc, &value));
	put_away(hand);
}

static void a_store_of_what_is_not_known_is_not_known(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct tl_regs regs = { 0 };
	struct hand *hand;

	tl_regs_set(&regs, TL_ARM64_x0, HOLE);
	tl_regs_set(&regs, TL_ARM64_pc, PC);
	add_nisv_of(w, HOLE, WRITE | 5, &regs, 0xf8008402); // str x2, [x0], #8
	hand = finish_and_look(w);
	assert_why(try_one(hand, TL_ANSWER_EMULATE), TL_ANSWER_NOT_KNOWN,
		"needs x2, which was not recorded");
	put_away(hand);
}

static void an_access_that_depends_on_the_unknown_is_not_known(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct tl_regs regs = { 0 };
	struct hand *hand;

	tl_regs_set(&regs, TL_ARM64_pstate, 0x1d3); // A32, where PC is data
	tl_regs_set(&regs, TL_ARM64_x0, HOLE);
	add_nisv_of(w, HOLE, WRITE | 5, &regs, 0xe480f004); // str pc, [r0], #4
	hand = finish_and_look(w);
	assert_why(try_one(hand, TL_ANSWER_EMULATE), TL_ANSWER_NOT_KNOWN,
		"what it accesses depends on registers that were not recorded");
	put_away(hand);
}

static void an_unreadable_instruction_leaves_other_answers(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_regs regs = arm64_regs(HOLE);
	struct hand *hand;

	add_nisv_of(w, HOLE, WRITE | 5, &regs, 0);
	hand = finish_and_look(w);
	assert_why(try_one(hand, TL_ANSWER_EMULATE), TL_ANSWER_NOT_KNOWN,
		"the instruction at pc was not recorded");
	assert_why(try_one(hand, TL_ANSWER_ABORT), TL_ANSWER_NOT_KNOWN,
		"the instruction at pc was not recorded");
	assert_done(try_one(hand, TL_ANSWER_SIZE_FAULT));
	assert_done(try_one(hand, TL_ANSWER_UNDEF));
	assert_done(try_one(hand, TL_ANSWER_SKIP));
	assert_done(try_one(hand, TL_ANSWER_STOP));
	put_away(hand);
}

static void a_damaged_trace_is_an_error_with_its_name(void **state)
{
	const struct tl_wish wish = { .id = TL_ANSWER_EMULATE };
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_nisv(w, HOLE, LDR);
	add_events(w, 0, 1);
	assert_ok(tl_writer_finish(w));
	change("a.trap", "UPDATE input SET request = 'events' WHERE seq = 9");
	hand = look_at(open_trace("a.trap"), EXIT);
	assert_error(tl_answers_try(&hand->situation, &wish, &hand->tried),
		"a.trap: inputs: request is text, expected a number");
	put_away(hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_vmms_answered_is_recognised),
		cmocka_unit_test(events_are_answers),
		cmocka_unit_test(registers_that_are_set_have_no_name),
		cmocka_unit_test(a_vmm_stops_when_it_does_not_enter_again),
		cmocka_unit_test(a_device_gives_what_it_gave_last),
		cmocka_unit_test(a_value_of_another_size_does_not_count),
		cmocka_unit_test(values_are_given_in_their_order),
		cmocka_unit_test(a_cell_holds_what_its_vcpu_wrote_last),
		cmocka_unit_test(an_answer_is_what_the_guest_went_on_from),
		cmocka_unit_test(what_depends_on_the_unknown_is_left_out),
		cmocka_unit_test(values_begin_again),
		cmocka_unit_test(a_store_of_what_is_not_known_is_not_known),
		cmocka_unit_test(an_access_that_depends_on_the_unknown_is_not_known),
		cmocka_unit_test(an_unreadable_instruction_leaves_other_answers),
		cmocka_unit_test(a_damaged_trace_is_an_error_with_its_name),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
