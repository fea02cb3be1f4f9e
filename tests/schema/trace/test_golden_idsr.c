// SPDX-License-Identifier: MIT
// labels: golden
// Real recordings of IDSR exits, of 64-bit and 32-bit guests (tests/data/README.md): after each answer
// the guest's registers are what the answer says.
#include "arch/arm64/regs.h"
#include "tests/recorder/arm64/idsr.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"
#include "tests/recorder/trace-state.h"

static const char *const names[] = { "arm64-idsr-cell", "arm64-idsr-undef", "arm64-idsr-unasked",
	"arm64-idsr32-cell", "arm64-idsr32-undef" };
enum { N_NAMES = sizeof(names) / sizeof(*names) };

static struct sqlite3 *open_golden(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), TL_SOURCE_DIR "/tests/data/%s.trap", name);
	return trace_open(path);
}

static void view_idsr_shows_what_the_text_beside_the_trace_holds(void **state)
{
	for (unsigned i = 0; i < N_NAMES; i++) {
		struct sqlite3 *trace = open_golden(names[i]);
		char *shown = trace_text(trace, "SELECT * FROM idsr"), *held, path[512];
		size_t size;

		snprintf(path, sizeof(path), TL_SOURCE_DIR "/tests/data/%s.idsr", names[i]);
		held = read_file(path, &size);
		assert_true(size && held[size - 1] == '\n');
		held[size - 1] = 0;
		assert_string_equal(shown, held);
		free(held);
		free(shown);
		trace_close(trace);
	}
}

static int64_t number(struct sqlite3 *trace, const char *what, uint64_t seq)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT %s FROM exit WHERE seq = %" PRIu64, what, seq);
	return trace_number(trace, sql);
}

// A line of the view's text: what is accessed, by its instruction.
static struct access access_of(const char *line, const struct tl_regs *regs)
{
	const uint64_t pstate = regs->word[TL_ARM64_pstate];
	unsigned word;

	assert_int_equal(sscanf(line, "%*[^|]|%*[^|]|%*[^|]|%*[^|]|%x|", &word), 1);
	return pstate & 0x10 ? access_of_a32(word, pstate) : access_of_a64(word);
}

static void check_read(const struct access *a, const struct tl_regs *after, uint64_t value)
{
	if (a->pair) {
		assert_int_equal(after->word[TL_ARM64_x0 + a->rt], (uint32_t)value);
		assert_int_equal(after->word[TL_ARM64_x0 + a->rt2], value >> 32);
	} else if (a->rt == FLAGS) {
		assert_int_equal(after->word[TL_ARM64_pstate] & 0xf0000000, value & 0xf0000000);
	} else if (a->rt != NOWHERE) {
		assert_int_equal(after->word[TL_ARM64_x0 + a->rt], value);
	}
}

// The exit after it is the guest's handler, before it has changed the link register.
static void check_undefined(const struct tl_regs *before, const struct tl_regs *after)
{
	const uint64_t pc = before->word[TL_ARM64_pc], pstate = before->word[TL_ARM64_pstate];

	if (pstate & 0x10)
		assert_int_equal(
			after->word[TL_ARM64_x0 + 22], pc + (pstate & 0x20 ? 2 : 4)); // LR_und
	else
		assert_int_equal(after->word[TL_ARM64_elr_el1], pc);
}

static void check_line(struct sqlite3 *trace, const char *line)
{
	const uint64_t seq = strtoull(line, NULL, 10);
	const struct tl_regs before = trace_regs(trace, seq), after = trace_regs(trace, seq + 1);
	const struct access a = access_of(line, &before);

	assert_int_equal(number(trace, "addr", seq), a.addr);
	if (!strstr(line, "|handled"))
		check_undefined(&before, &after);
	else if (a.read)
		check_read(&a, &after, (uint64_t)number(trace, "reply", seq));
}

static void the_registers_after_an_answer_are_what_it_says(void **state)
{
	static const unsigned n_exits[N_NAMES] = { 76, 76, 76, 17, 16 };

	for (unsigned i = 0; i < N_NAMES; i++) {
		struct sqlite3 *trace = open_golden(names[i]);
		char *text = trace_text(trace, "SELECT * FROM idsr"), *rest = text;
		unsigned n = 0;

		for (char *line; (line = strsep(&rest, "\n")); n++)
			check_line(trace, line);
		assert_int_equal(n, n_exits[i]);
		free(text);
		trace_close(trace);
	}
}

static void who_did_not_ask_is_told_apart(void **state)
{
	static const char *const flags[N_NAMES] = { "0", "0", "8", "0", "0" };

	for (unsigned i = 0; i < N_NAMES; i++) {
		struct sqlite3 *trace = open_golden(names[i]);

		assert_rows(trace,
			"SELECT DISTINCT flags FROM answer JOIN exit USING(seq) WHERE reason = 29",
			flags[i]);
		trace_close(trace);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(view_idsr_shows_what_the_text_beside_the_trace_holds),
		cmocka_unit_test(the_registers_after_an_answer_are_what_it_says),
		cmocka_unit_test(who_did_not_ask_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
