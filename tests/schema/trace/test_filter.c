// SPDX-License-Identifier: MIT
// labels: unit
#include "tests/schema/trace/fixture.h"

#include "schema/trace/filter.h"

#define TOP UINT64_C(0x8000000000000000)

// Ten exits: addresses on both sides of 2^63, alternating vCPUs, every third a hypercall.
static struct tl_trace *ten(void)
{
	static const uint64_t addrs[] = { 0, 0x1000, TOP - 8, TOP - 1, TOP, TOP + 8, TOP + 0x1000,
		UINT64_MAX - 8, UINT64_MAX };
	struct tl_writer *w;
	struct tl_trace *t;

	unlink("ten.trap");
	w = create("ten.trap", TL_ARCH_ARM64);
	for (tl_seq seq = 1; seq <= 9; seq++)
		add_mmio(w, seq, seq % 2,
			(struct mmio){ .gpa = addrs[seq - 1], .size = 4, .write = seq == 5 },
			0xffff800000000000 + seq);
	add_exit(w, exit_of(10, 0, KVM_EXIT_INTR, NULL, 0), TL_ARCH_ARM64, TL_ABI_MAINLINE, NULL);
	assert_ok(tl_writer_finish(w));
	assert_ok(tl_trace_open("ten.trap", &t));
	return t;
}

// What fits, as "1 2 3".
static void fits(struct tl_filter filter, const char *expected)
{
	struct tl_trace *t = ten();
	struct tl_cursor *cursor;
	char text[100] = "";
	size_t n = 0;
	tl_seq seq;

	assert_ok(tl_cursor_open(t, &filter, &cursor));
	for (;;) {
		assert_ok(tl_cursor_next(cursor, &seq));
		if (!seq)
			break;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", n ? " " : "", (int)seq);
	}
	tl_cursor_close(cursor);
	tl_trace_close(t);
	assert_string_equal(text, expected);
}

static void refused(struct tl_filter filter, const char *message)
{
	struct tl_trace *t = ten();
	struct tl_cursor *cursor;

	assert_error(tl_cursor_open(t, &filter, &cursor), message);
	tl_trace_close(t);
}

static void no_condition_is_every_exit(void **state)
{
	fits((struct tl_filter){ 0 }, "1 2 3 4 5 6 7 8 9 10");
}

static void a_range_is_inclusive_and_may_be_open(void **state)
{
	fits((struct tl_filter){ .from = 3, .to = 5 }, "3 4 5");
	fits((struct tl_filter){ .from = 9 }, "9 10");
	fits((struct tl_filter){ .from = 11 }, "");
}

static void a_limit_takes_the_first_or_the_last(void **state)
{
	fits((struct tl_filter){ .limit = 2 }, "1 2");
	fits((struct tl_filter){ .limit = 2, .limit_is_last = true }, "9 10");
	fits((struct tl_filter){ .limit = 2, .from = 4, .to = 8, .limit_is_last = true }, "7 8");
}

static void addresses_are_compared_without_sign(void **state)
{
	const struct {
		uint64_t from, to;
		const char *expected;
	} ranges[] = { { 0, 0, "1" }, { 0, 0x1000, "1 2" }, { 0x1000, TOP - 1, "2 3 4" },
		{ TOP - 1, TOP, "4 5" }, { TOP, TOP, "5" }, { TOP, UINT64_MAX, "5 6 7 8 9" },
		{ TOP + 1, UINT64_MAX - 1, "6 7 8" }, { 0, UINT64_MAX, "1 2 3 4 5 6 7 8 9" },
		{ 1, UINT64_MAX - 1, "2 3 4 5 6 7 8" }, { UINT64_MAX, UINT64_MAX, "9" } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		fits((struct tl_filter){ .has_addr = true,
			     .addr = ranges[i].from,
			     .addr_end = ranges[i].to },
			ranges[i].expected);
}

static void conditions_hold_together(void **state)
{
	fits((struct tl_filter){ .has_vcpu = true, .vcpu = 1 }, "1 3 5 7 9");
	fits((struct tl_filter){ .has_vcpu = true, .vcpu = 1, .where = "seq > 5 or write" },
		"5 7 9");
	fits((struct tl_filter){ .reason = "intr" }, "10");
	fits((struct tl_filter){ .reason = "MMIO", .to = 2 }, "1 2");
	fits((struct tl_filter){ .reason = "10" }, "10");
	fits((struct tl_filter){ .reason = "99" }, "");
}

static void a_condition_may_ask_the_views(void **state)
{
	fits((struct tl_filter){ .where = "seq in (select seq from mmio where rw = 'write')" },
		"5");
	fits((struct tl_filter){ .where = "reason = 'intr' -- a remark" }, "10");
	fits((struct tl_filter){ .where = "addr = 0xffffffffffffffff" }, "9");
	fits((struct tl_filter){ .where = "pc_hex = '0xffff800000000002'" }, "2");
}

static void what_is_more_than_a_condition_is_refused(void **state)
{
	static const char *const texts[][2] = {
		{ "seq = 1) OR (1", "where: not one SQL expression" },
		{ "1) UNION SELECT seq FROM (exit", "where: not one SQL expression" },
		{ "1 THEN 1 END, CASE WHEN 1", "where: near \"THEN\": syntax error" },
		{ "1; DROP TABLE exit", "where: near \";\": syntax error" },
		{ "1 /*", "where: incomplete input" },
		{ "", "where: near \")\": syntax error" },
		{ "nope = 1", "where: no such column: nope" },
		{ "seq IN (SELECT load_extension('x'))",
			"where: not authorized to use function: load_extension" },
		{ "count(*) > 1", "where: misuse of aggregate function count()" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		refused((struct tl_filter){ .where = texts[i][0] }, texts[i][1]);
}

static void an_unknown_reason_is_said_with_where_to_look(void **state)
{
	refused((struct tl_filter){ .reason = "mmoi" },
		"reason mmoi: no exit of arm64 is called that; \"select name from name where what "
		"= "
		"'exit'\" lists them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_condition_is_every_exit),
		cmocka_unit_test(a_range_is_inclusive_and_may_be_open),
		cmocka_unit_test(a_limit_takes_the_first_or_the_last),
		cmocka_unit_test(addresses_are_compared_without_sign),
		cmocka_unit_test(conditions_hold_together),
		cmocka_unit_test(a_condition_may_ask_the_views),
		cmocka_unit_test(what_is_more_than_a_condition_is_refused),
		cmocka_unit_test(an_unknown_reason_is_said_with_where_to_look),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
