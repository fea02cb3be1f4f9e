// SPDX-License-Identifier: MIT
// labels: unit
// What was written comes back: exits, their registers, replies and inputs.
#include "tests/schema/trace/fixture.h"

#include "schema/trace/payload.h"
#include "schema/trace/state.h"

#define HIGH UINT64_C(0xffff800012340000)

static struct tl_exit read_exit(struct tl_trace *t, tl_seq seq, const struct tl_exit_kind **kind)
{
	struct tl_exit exit;

	assert_ok(tl_trace_exit(t, seq, &exit, kind));
	assert_int_equal(exit.seq, seq);
	return exit;
}

static void a_write_comes_back_as_it_was(void **state)
{
	struct tl_writer *w = create("a.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	struct tl_trace *t;
	struct tl_exit e;

	add_mmio(w, 1, 0,
		(struct mmio){ HIGH, { 0xef, 0xbe, 0xad, 0xde, 1, 2, 3, 0xff }, 8, 1, { 0 } },
		HIGH + 4);
	add_reply(w, 1, 0, NULL, 0);
	assert_ok(tl_writer_finish(w));
	t = open_trace("a.trap");
	e = read_exit(t, 1, &kind);
	assert_string_equal(kind->name, "mmio");
	assert_int_equal(e.addr, HIGH);
	assert_int_equal(e.pc, HIGH + 4);
	assert_int_equal(e.value, UINT64_C(0xff030201deadbeef));
	assert_int_equal(e.size, 8);
	assert_true(e.write);
	assert_int_equal(e.time, 1 * MS);
	assert_int_equal(e.ran, 1000);
	assert_int_equal(e.count, 1);
	assert_int_equal(e.error, 0);
	assert_int_equal(e.reply_kind, TL_REPLY_EMPTY);
	assert_null(e.payload);
	tl_trace_close(t);
}

static void a_reply_is_the_number_that_the_guest_got(void **state)
{
	struct tl_writer *w = create("b.trap", TL_ARCH_ARM64);
	const uint8_t answer[8] = { 0x90, 0xff, 0, 0, 7, 7, 7, 7 };
	const struct tl_exit_kind *kind;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .gpa = 0x9000018, .size = 4 }, 0x40080000);
	add_reply(w, 1, 0, answer, 8);
	add_mmio(w, 2, 0, (struct mmio){ .gpa = 0x9000018, .size = 4 }, 0x40080000);
	assert_ok(tl_writer_finish(w));
	t = open_trace("b.trap");
	assert_int_equal(read_exit(t, 1, &kind).reply_kind, TL_REPLY_VALUE);
	assert_int_equal(read_exit(t, 1, &kind).reply, 0xff90);
	assert_int_equal(read_exit(t, 2, &kind).reply_kind, TL_REPLY_NONE);
	tl_trace_close(t);
}

static void a_reply_after_the_commit_is_stored_too(void **state)
{
	struct tl_writer *w = create("c.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .gpa = 0x9000000, .size = 1 }, 0x40080000);
	assert_ok(tl_writer_commit(w));
	add_reply(w, 1, 0, (uint8_t[8]){ 0x55 }, 8);
	assert_ok(tl_writer_finish(w));
	t = open_trace("c.trap");
	assert_int_equal(read_exit(t, 1, &kind).reply, 0x55);
	tl_trace_close(t);
}

struct io {
	uint8_t out, size;
	uint16_t port;
	uint32_t count;
	uint64_t offset;
};

static void string_pio_keeps_its_data_both_ways(void **state)
{
	const struct io out = { 1, 1, 0x402, 5, 0x1000 }, in = { 0, 2, 0x1f0, 3, 0x1000 };
	struct tl_writer *w = create("d.trap", TL_ARCH_X86_64);
	struct tl_exit e = exit_of(1, 0, KVM_EXIT_IO, &out, sizeof(out));
	const struct tl_exit_kind *kind;
	struct tl_trace *t;

	e.data = (const uint8_t *)"hello";
	e.data_size = 5;
	add_exit(w, e, TL_ARCH_X86_64, TL_ABI_MAINLINE, NULL);
	add_reply(w, 1, 0, NULL, 0);
	add_exit(w, exit_of(2, 0, KVM_EXIT_IO, &in, sizeof(in)), TL_ARCH_X86_64, TL_ABI_MAINLINE,
		NULL);
	assert_ok(tl_writer_commit(w));
	add_reply(w, 2, 0, "\1\2\3\4\5\6", 6);
	assert_ok(tl_writer_finish(w));
	t = open_trace("d.trap");
	e = read_exit(t, 1, &kind);
	assert_int_equal(e.reply_kind, TL_REPLY_EMPTY);
	assert_int_equal(e.count, 5);
	assert_int_equal(e.data_size, 5);
	assert_memory_equal(e.data, "hello", 5);
	e = read_exit(t, 2, &kind);
	assert_int_equal(e.reply_kind, TL_REPLY_BYTES);
	assert_int_equal(e.data_size, 6);
	assert_memory_equal(e.data, "\1\2\3\4\5\6", 6);
	tl_trace_close(t);
}

static void exits_of_two_vcpus_are_in_one_order(void **state)
{
	static const struct {
		tl_seq seq;
		uint32_t vcpu;
	} given[] = { { 2, 1 }, { 4, 1 }, { 1, 0 }, { 3, 0 }, { 5, 0 } };
	struct tl_writer *w = create("e.trap", TL_ARCH_ARM64);
	struct tl_span span;
	struct tl_trace *t;
	struct tl_regs regs;
	tl_seq seq;

	add_machine(w, TL_ABI_MAINLINE, 2);
	for (size_t i = 0; i < 5; i++)
		add_mmio(w, given[i].seq, given[i].vcpu, (struct mmio){ .size = 4 },
			given[i].seq * 16);
	assert_ok(tl_writer_finish(w));
	t = open_trace("e.trap");
	assert_ok(tl_trace_span(t, &span));
	assert_int_equal(span.first, 1);
	assert_int_equal(span.last, 5);
	assert_int_equal(span.exits, 5);
	assert_int_equal(span.last_time, 5 * MS);
	assert_ok(tl_trace_after(t, 0, 1, &seq));
	assert_int_equal(seq, 3);
	assert_ok(tl_trace_before(t, 1, 4, &seq));
	assert_int_equal(seq, 2);
	assert_ok(tl_trace_before(t, 1, 2, &seq));
	assert_int_equal(seq, 0);
	assert_ok(tl_trace_after(t, 0, 5, &seq));
	assert_int_equal(seq, 0);
	assert_ok(tl_trace_regs(t, 1, 4, &regs));
	assert_int_equal(regs.word[TL_ARM64_pc], 64);
	assert_error(tl_trace_regs(t, 1, 3, &regs), "e.trap: exit 3: registers were not recorded");
	tl_trace_close(t);
}

static void registers_are_found_on_both_sides_of_a_chunk(void **state)
{
	static const tl_seq looked_at[] = { 1, 2, 4095, 4096, 4097, 4098, 8192, 8193, 9000 };
	struct tl_writer *w = create("f.trap", TL_ARCH_ARM64);
	struct tl_regs regs;
	struct tl_trace *t;

	for (tl_seq seq = 1; seq <= 9000; seq++) {
		add_mmio(w, seq, 0, (struct mmio){ .size = 4 }, HIGH + seq * 4);
		if (seq % 700 == 0)
			assert_ok(tl_writer_commit(w));
	}
	assert_ok(tl_writer_finish(w));
	t = open_trace("f.trap");
	for (size_t i = 0; i < sizeof(looked_at) / sizeof(*looked_at); i++) {
		assert_ok(tl_trace_regs(t, 0, looked_at[i], &regs));
		assert_int_equal(regs.word[TL_ARM64_pc], HIGH + looked_at[i] * 4);
		assert_int_equal(regs.word[TL_ARM64_x0], looked_at[i]);
		assert_true(tl_regs_known(&regs, TL_ARM64_pc));
		assert_false(tl_regs_known(&regs, TL_ARM64_x1));
	}
	assert_error(
		tl_trace_regs(t, 0, 9001, &regs), "f.trap: exit 9001: registers were not recorded");
	assert_error(tl_trace_regs(t, 7, 1, &regs), "f.trap: exit 1: registers were not recorded");
	tl_trace_close(t);
}

static void extras_come_back_with_their_numbers(void **state)
{
	struct {
		struct tl_record_extra head;
		uint8_t bytes[8];
		struct tl_record_extra head2;
		uint8_t bytes2[16];
	} extras = { { 0x6030000000100000, 3, 0 }, { 1, 2, 3 }, { HIGH, 16, 0 },
		"0123456789abcdef" };
	struct tl_writer *w = create("g.trap", TL_ARCH_ARM64);
	struct tl_exit e = exit_of(1, 0, KVM_EXIT_INTR, NULL, 0);
	struct tl_extras read;
	struct tl_extra extra;
	struct tl_trace *t;

	assert_ok(tl_writer_exit(w, &e, NULL, NULL, &extras, sizeof(extras)));
	assert_ok(tl_writer_finish(w));
	t = open_trace("g.trap");
	assert_ok(tl_trace_extras(t, 1, &read));
	assert_true(tl_extras_next(&read, &extra));
	assert_int_equal(extra.id, 0x6030000000100000);
	assert_int_equal(extra.size, 3);
	assert_memory_equal(extra.bytes, "\1\2\3", 3);
	assert_true(tl_extras_next(&read, &extra));
	assert_int_equal(extra.id, HIGH);
	assert_memory_equal(extra.bytes, "0123456789abcdef", 16);
	assert_false(tl_extras_next(&read, &extra));
	tl_extras_deinit(&read);
	assert_ok(tl_trace_extras(t, 2, &read));
	assert_false(tl_extras_next(&read, &extra));
	tl_extras_deinit(&read);
	tl_trace_close(t);
}

static void an_exit_nobody_knows_is_kept_raw(void **state)
{
	struct tl_writer *w = create("h.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	uint8_t payload[TL_RUN_UNION_BYTES];
	struct tl_trace *t;
	struct tl_exit e;

	memset(payload, 0xa5, sizeof(payload));
	add_exit(w, exit_of(1, 0, 777, payload, sizeof(payload)), TL_ARCH_ARM64, TL_ABI_MAINLINE,
		NULL);
	assert_ok(tl_writer_finish(w));
	t = open_trace("h.trap");
	e = read_exit(t, 1, &kind);
	assert_null(kind);
	assert_int_equal(e.reason, 777);
	assert_int_equal(e.payload_size, sizeof(payload));
	assert_memory_equal(e.payload, payload, sizeof(payload));
	tl_trace_close(t);
}

static void a_failed_run_has_its_errno_and_no_reason(void **state)
{
	struct tl_writer *w = create("i.trap", TL_ARCH_ARM64);
	struct tl_exit e = { .seq = 1, .time = MS, .error = 4 };
	const struct tl_exit_kind *kind;
	struct tl_trace *t;

	add_exit(w, e, TL_ARCH_ARM64, TL_ABI_MAINLINE, NULL);
	assert_ok(tl_writer_finish(w));
	t = open_trace("i.trap");
	e = read_exit(t, 1, &kind);
	assert_null(kind);
	assert_int_equal(e.error, 4);
	assert_int_equal(e.has, 0);
	tl_trace_close(t);
}

static void number_29_is_what_the_vms_abi_says(void **state)
{
	const uint8_t payload[24] = { 3, 0, 0, 4, 1 };
	const struct tl_exit_kind *kind;
	struct tl_writer *w = create("j.trap", TL_ARCH_ARM64);
	struct tl_trace *t;
	sqlite3_stmt *stmt;

	add_machine(w, TL_ABI_IDSR, 1);
	add_exit(w, exit_of(1, 0, 29, payload, sizeof(payload)), TL_ARCH_ARM64, TL_ABI_IDSR, NULL);
	add_reply(w, 1, 0, (uint8_t[11]){ 0x22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 11);
	assert_ok(tl_writer_finish(w));
	t = open_trace("j.trap");
	read_exit(t, 1, &kind);
	assert_string_equal(kind->name, "idsr");
	assert_ok(tl_trace_prepare(t, "SELECT register, reply, value FROM idsr", &stmt));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "s3_0_c0_c4_1");
	assert_string_equal((const char *)sqlite3_column_text(stmt, 1), "handled");
	assert_string_equal((const char *)sqlite3_column_text(stmt, 2), "0x22");
	sqlite3_finalize(stmt);
	tl_trace_close(t);
}

static void what_was_left_unhandled_has_no_value(void **state)
{
	const uint8_t payload[24] = { 3, 0, 15, 13, 0 };
	const struct tl_record_reply reply = { .seq = 1, .answer = 11, .flags = TL_REPLY_OURS };
	struct tl_writer *w = create("unhandled.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	struct tl_answer answer;
	struct tl_trace *t;
	sqlite3_stmt *stmt;
	bool found;

	add_machine(w, TL_ABI_IDSR, 1);
	add_exit(w, exit_of(1, 0, 29, payload, sizeof(payload)), TL_ARCH_ARM64, TL_ABI_IDSR, NULL);
	assert_ok(tl_writer_reply(w, &reply, (uint8_t[11]){ 0x22 }, NULL));
	assert_ok(tl_writer_finish(w));
	t = open_trace("unhandled.trap");
	assert_int_equal(read_exit(t, 1, &kind).reply_kind, TL_REPLY_EMPTY);
	assert_ok(tl_trace_answer(t, 1, &answer, &found));
	assert_true(found);
	assert_int_equal(answer.flags, TL_REPLY_OURS);
	assert_ok(tl_trace_prepare(t, "SELECT reply, value FROM idsr", &stmt));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal(
		(const char *)sqlite3_column_text(stmt, 0), "unhandled, the VMM did not ask");
	assert_int_equal(sqlite3_column_type(stmt, 1), SQLITE_NULL);
	sqlite3_finalize(stmt);
	tl_trace_close(t);
}

static void the_payload_is_told_whether_kept_or_in_the_row(void **state)
{
	const uint8_t sea[32] = { [8] = 0x10, [24] = 0x80 };
	struct tl_writer *w = create("k.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	const struct tl_field *f;
	struct tl_trace *t;
	struct tl_exit e;
	uint64_t value;
	unsigned n;

	add_mmio(w, 1, 0, (struct mmio){ .gpa = 0x10, .size = 4 }, 0);
	add_exit(w, exit_of(2, 0, 41, sea, sizeof(sea)), TL_ARCH_ARM64, TL_ABI_MAINLINE, NULL);
	assert_ok(tl_writer_finish(w));
	t = open_trace("k.trap");
	e = read_exit(t, 1, &kind);
	f = tl_exit_fields(kind, &n);
	assert_true(tl_payload_value(&e, kind, &f[0], &value));
	assert_int_equal(value, 0x10);
	assert_false(
		tl_payload_value(&e, kind, &f[1], &value)); // data of a read: the VMM's to fill
	e = read_exit(t, 2, &kind);
	f = tl_exit_fields(kind, &n);
	assert_string_equal(f[1].name, "esr");
	assert_true(tl_payload_value(&e, kind, &f[1], &value));
	assert_int_equal(value, 0x10);
	tl_trace_close(t);
}

static void code_and_its_place_come_back(void **state)
{
	struct tl_writer *w = create("l.trap", TL_ARCH_ARM64);
	struct tl_exit e = exit_of(1, 0, KVM_EXIT_INTR, NULL, 0);
	const struct tl_exit_kind *kind;
	struct tl_trace *t;

	e.code = (const uint8_t *)"abcdefgh";
	e.code_size = 8;
	e.code_before = 4;
	assert_ok(tl_writer_exit(w, &e, NULL, NULL, NULL, 0));
	assert_ok(tl_writer_finish(w));
	t = open_trace("l.trap");
	e = read_exit(t, 1, &kind);
	assert_int_equal(e.code_size, 8);
	assert_int_equal(e.code_before, 4);
	assert_memory_equal(e.code, "abcdefgh", 8);
	tl_trace_close(t);
}

static unsigned count_inputs(struct tl_trace *t, tl_seq seq, uint64_t *sum)
{
	const struct tl_exit_kind *kind;
	const struct tl_exit exit = read_exit(t, seq, &kind);
	struct tl_input input;
	unsigned n = 0;
	bool more;

	*sum = 0;
	assert_ok(tl_trace_inputs(t, &exit));
	for (;; n++) {
		assert_ok(tl_trace_next_input(t, &input, &more));
		if (!more)
			return n;
		*sum += input.data[0];
	}
}

static void an_input_belongs_to_the_exit_before_it(void **state)
{
	const struct tl_record_input on_vm = {
		.seq = 2, .vcpu = TL_NO_VCPU, .request = (uint32_t)KVM_IRQ_LINE, .size = 1
	};
	struct tl_writer *w = create("m.trap", TL_ARCH_ARM64);
	struct tl_trace *t;
	uint64_t sum;

	add_machine(w, TL_ABI_MAINLINE, 2);
	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	add_mmio(w, 2, 1, (struct mmio){ .size = 4 }, 0);
	add_vcpu_input(w, 2, 0, (uint32_t)KVM_SET_ONE_REG, "\1", 1);
	add_vcpu_input(w, 2, 1, (uint32_t)KVM_SET_ONE_REG, "\2", 1);
	assert_ok(tl_writer_input(w, &on_vm, "\4"));
	add_mmio(w, 3, 0, (struct mmio){ .size = 4 }, 0);
	add_vcpu_input(w, 3, 0, (uint32_t)KVM_SET_ONE_REG, "\x08", 1);
	assert_ok(tl_writer_finish(w));
	t = open_trace("m.trap");
	assert_int_equal(count_inputs(t, 1, &sum), 1);
	assert_int_equal(sum, 1);
	assert_int_equal(count_inputs(t, 2, &sum), 2);
	assert_int_equal(sum, 6);
	assert_int_equal(count_inputs(t, 3, &sum), 1);
	assert_int_equal(sum, 8);
	tl_trace_close(t);
}

static void an_exit_that_is_not_there_is_named_with_what_is(void **state)
{
	const struct tl_record_gap gap = { .from_seq = 3, .to_seq = 5, .lost = 3, .vcpu = 0 };
	struct tl_writer *w = create("n.trap", TL_ARCH_ARM64);
	const struct tl_exit_kind *kind;
	struct tl_exit e;
	struct tl_trace *t;

	add_mmio(w, 1, 0, (struct mmio){ .size = 4 }, 0);
	add_mmio(w, 6, 0, (struct mmio){ .size = 4 }, 0);
	assert_ok(tl_writer_gap(w, &gap, "the ring was full"));
	assert_ok(tl_writer_finish(w));
	t = open_trace("n.trap");
	assert_error(tl_trace_exit(t, 4, &e, &kind), "n.trap: exit 4: lost: the ring was full");
	assert_error(
		tl_trace_exit(t, 9, &e, &kind), "n.trap: exit 9: not there; the trace has 1 to 6");
	tl_trace_close(t);
	assert_ok(tl_writer_finish(create("empty.trap", TL_ARCH_ARM64)));
	t = open_trace("empty.trap");
	assert_error(tl_trace_exit(t, 1, &e, &kind),
		"empty.trap: exit 1: not there; the trace has no exits");
	tl_trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_comes_back_as_it_was),
		cmocka_unit_test(a_reply_is_the_number_that_the_guest_got),
		cmocka_unit_test(a_reply_after_the_commit_is_stored_too),
		cmocka_unit_test(string_pio_keeps_its_data_both_ways),
		cmocka_unit_test(exits_of_two_vcpus_are_in_one_order),
		cmocka_unit_test(registers_are_found_on_both_sides_of_a_chunk),
		cmocka_unit_test(extras_come_back_with_their_numbers),
		cmocka_unit_test(an_exit_nobody_knows_is_kept_raw),
		cmocka_unit_test(a_failed_run_has_its_errno_and_no_reason),
		cmocka_unit_test(number_29_is_what_the_vms_abi_says),
		cmocka_unit_test(what_was_left_unhandled_has_no_value),
		cmocka_unit_test(the_payload_is_told_whether_kept_or_in_the_row),
		cmocka_unit_test(code_and_its_place_come_back),
		cmocka_unit_test(an_input_belongs_to_the_exit_before_it),
		cmocka_unit_test(an_exit_that_is_not_there_is_named_with_what_is),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
