// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// What of a recording is kept: --last, --until, and trapline cut. A part says of its exits what the
// whole says of them.
#include "tests/recorder/test.h"

#include "schema/trace/memory.h"
#include "tests/recorder/program.h"
#include "tests/recorder/trace-file.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define SCRIBBLE TL_BUILD_TESTS "/guests/scribble.elf"
#define LOOP	 TL_BUILD_TESTS "/guests/mmio-loop.elf"

enum {
	EXITS = 611, // of scribble: 600 and its line
	MEMORY = 8 << 20,
	ITERATIONS = 100000, // of mmio-loop, each of two exits
	LOOKS = 1 << 16,
	SLACK = 16 << 20,
	MOST_LOG = 4 << 20,
};

#define RECORD(trap, guest, ...)                                                                   \
	do {                                                                                       \
		struct outcome ran_ = RUN(NULL, TRAPLINE, "run", "--ram", "8M", "--unanswered",    \
			"zero", "-o", trap, __VA_ARGS__, guest);                                   \
		assert_int_equal(ran_.status, 0);                                                  \
		snprintf(last_words, sizeof(last_words), "%s", ran_.err);                          \
		outcome_free(&ran_);                                                               \
	} while (0)

static char last_words[512]; // of the last recording

static void no_error(struct tl_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

// The whole guest, recorded once.
static const char *whole(void)
{
	static char path[512];

	if (!*path) {
		snprintf(path, sizeof(path), "%s", fresh("whole.trap"));
		RECORD(path, SCRIBBLE, "--mem", "exact");
	}
	return path;
}

static struct tl_trace *open_trace(const char *path)
{
	struct tl_trace *trace;

	no_error(tl_trace_open(path, &trace));
	return trace;
}

static struct tl_memory *memory_at(struct tl_trace *trace, tl_seq seq, enum tl_phase phase)
{
	struct tl_memory *memory;

	no_error(tl_memory_open(trace, 0, 0, (struct tl_position){ seq, phase }, &memory));
	return memory;
}

// Every page, and what is known of it. Gives how many of them are not zero.
static unsigned same_memory(struct tl_trace *a, struct tl_trace *b, tl_seq seq, enum tl_phase phase)
{
	static const uint8_t zeroes[TL_PAGE_BYTES];
	struct tl_memory *in_a = memory_at(a, seq, phase), *in_b = memory_at(b, seq, phase);
	uint8_t bytes_a[TL_PAGE_BYTES], bytes_b[TL_PAGE_BYTES];
	struct tl_memory_page page_a, page_b;
	unsigned n = 0;

	for (tl_gpa gpa = 0; gpa < MEMORY; gpa += TL_PAGE_BYTES) {
		no_error(tl_memory_page(in_a, gpa, bytes_a, &page_a));
		no_error(tl_memory_page(in_b, gpa, bytes_b, &page_b));
		assert_int_equal(page_a.status, page_b.status);
		if (page_a.status != TL_MEMORY_RECORDED)
			continue;
		assert_memory_equal(bytes_a, bytes_b, TL_PAGE_BYTES);
		n += memcmp(bytes_a, zeroes, TL_PAGE_BYTES) != 0;
	}
	tl_memory_close(in_a);
	tl_memory_close(in_b);
	return n;
}

static void same_exit(struct tl_trace *a, struct tl_trace *b, tl_seq seq)
{
	const struct tl_exit_kind *kind;
	struct tl_exit in_a, in_b;
	struct tl_regs regs_a, regs_b;

	no_error(tl_trace_exit(a, seq, &in_a, &kind));
	no_error(tl_trace_exit(b, seq, &in_b, &kind));
	assert_int_equal(in_a.pc, in_b.pc);
	assert_int_equal(in_a.addr, in_b.addr);
	assert_int_equal(in_a.value, in_b.value);
	assert_int_equal(in_a.reply_kind, in_b.reply_kind);
	assert_int_equal(in_a.code_size, in_b.code_size);
	assert_memory_equal(in_a.code, in_b.code, in_a.code_size);
	no_error(tl_trace_regs(a, in_a.vcpu, seq, &regs_a));
	no_error(tl_trace_regs(b, in_b.vcpu, seq, &regs_b));
	assert_memory_equal(&regs_a, &regs_b, sizeof(regs_a));
}

// The exits of a part, and nothing else, as the whole has them.
static void is_part(const char *path, tl_seq from, tl_seq to)
{
	struct tl_trace *all = open_trace(whole()), *part = open_trace(path);
	struct tl_regs regs;
	struct tl_span span;

	no_error(tl_trace_span(part, &span));
	assert_int_equal(span.first, from);
	assert_int_equal(span.last, to);
	assert_int_equal(span.exits, to - from + 1);
	for (tl_seq seq = from; seq <= to; seq += 3)
		same_exit(all, part, seq);
	for (tl_seq seq = from; seq <= to; seq += 41) {
		assert_true(same_memory(all, part, seq, TL_PHASE_EXIT) > 8);
		if (seq < to)
			assert_true(same_memory(all, part, seq, TL_PHASE_REPLY) > 8);
	}
	if (from > 1) {
		struct tl_error *err = tl_trace_regs(part, 0, from - 1, &regs);

		assert_non_null(err);
		assert_int_equal(err->code, TL_ERROR_NOT_RECORDED);
		tl_error_free(err);
	}
	tl_trace_close(all);
	tl_trace_close(part);
}

static int64_t number(const char *path, const char *sql)
{
	struct sqlite3 *trace = trace_open(path);
	const int64_t n = trace_number(trace, sql);

	trace_close(trace);
	return n;
}

static void a_cut_holds_its_exits_as_the_whole_does(void **state)
{
	static const struct {
		const char *from, *to;
		tl_seq first, last;
	} cuts[] = { { "300", "400", 300, 400 }, { "1", "5", 1, 5 }, { "first", "last", 1, EXITS },
		{ "600", "last", 600, EXITS }, { "77", "77", 77, 77 } };

	for (unsigned i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		const char *part = fresh("part.trap");

		assert_run(0, "", "", TRAPLINE, "cut", whole(), cuts[i].from, cuts[i].to, "-q",
			"-o", part);
		is_part(part, cuts[i].first, cuts[i].last);
	}
}

static void a_cut_leaves_out_what_it_does_not_need(void **state)
{
	const char *part = fresh("part.trap");
	struct stat of_whole, of_part;

	assert_run(0, "", "", TRAPLINE, "cut", whole(), "300", "310", "-q", "-o", part);
	assert_int_equal(number(part, "SELECT count(*) FROM exit"), 11);
	assert_int_equal(number(part, "SELECT sum(exits) FROM state"), 11);
	assert_int_equal(number(part, "SELECT sum(exits) FROM tally"), 11);
	assert_int_equal(number(part, "SELECT count(*) FROM scan"), 1 + 2 * 11 + 1);
	assert_true(number(part, "SELECT count(*) FROM page_version") <
		    number(whole(), "SELECT count(*) FROM page_version") / 2);
	assert_int_equal(number(part, "SELECT count(*) FROM page_version v WHERE page != 0 AND "
				      "NOT EXISTS (SELECT 1 FROM page p WHERE v.page "
				      "BETWEEN p.page AND p.page + p.pages - 1)"),
		0);
	assert_int_equal(number(part, "SELECT count(*) FROM code WHERE code NOT IN "
				      "(SELECT code FROM exit WHERE code IS NOT NULL)"),
		0);
	stat(whole(), &of_whole);
	stat(part, &of_part);
	assert_true(of_part.st_size < of_whole.st_size);
}

static void a_cut_that_makes_no_sense_is_refused_and_leaves_nothing(void **state)
{
	const char *part = fresh("part.trap");
	char expected[1024];
	struct stat st;

	snprintf(expected, sizeof(expected),
		"trapline cut: %s: exit 700: not there; the trace has 1 to %d\n", whole(), EXITS);
	assert_run(2, "", expected, TRAPLINE, "cut", whole(), "10", "700", "-o", part);
	assert_run(2, "", "trapline cut: exit 20 comes after exit 10\n", TRAPLINE, "cut", whole(),
		"20", "10", "-o", part);
	assert_run(2, "", "trapline cut: 1+2: expected an exit such as 41, first or last\n",
		TRAPLINE, "cut", whole(), "1+2", "10", "-o", part);
	assert_int_not_equal(stat(part, &st), 0);
	snprintf(expected, sizeof(expected),
		"trapline cut: %s: exists already; a recording never overwrites\n", whole());
	assert_run(2, "", expected, TRAPLINE, "cut", whole(), "1", "10", "-o", whole());
}

static void the_flight_recorder_keeps_the_newest_exits(void **state)
{
	static const char *const last[] = { "1", "50", "200", "611", "5000" };
	char expected[256];

	for (unsigned i = 0; i < sizeof(last) / sizeof(*last); i++) {
		const char *trap = fresh("last.trap");
		const tl_seq n =
			strtoul(last[i], NULL, 10) < EXITS ? strtoul(last[i], NULL, 10) : EXITS;

		RECORD(trap, SCRIBBLE, "--mem", "exact", "--last", last[i]);
		is_part(trap, EXITS - n + 1, EXITS);
		snprintf(expected, sizeof(expected), "the last %" PRIu64 " of %d exits of 1 vCPU",
			n, EXITS);
		assert_int_equal(n < EXITS, strstr(last_words, expected) != NULL);
		assert_int_equal(number(trap, "SELECT value FROM meta WHERE key = 'seen'"), EXITS);
	}
}

// A guest that counts down from `iterations` instead of the number that it was built with.
static const char *loop_of(uint64_t iterations)
{
	const char *path = in_scratch("loop.elf");
	const uint64_t built = ITERATIONS;
	char *elf, *at;
	size_t size;

	elf = read_file(LOOP, &size);
	at = memmem(elf, size, &built, sizeof(built));
	assert_non_null(at);
	memcpy(at, &iterations, sizeof(iterations));
	write_file(path, elf, size, 0700);
	free(elf);
	return path;
}

// What a recording takes while it goes on, in bytes: the file with its log, and the recorder's memory.
struct taken {
	uint64_t file, log, memory;
};

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

static struct taken look(const char *trap, pid_t pid)
{
	char log[512], status[64], line[128];
	struct taken taken = { 0 };
	FILE *f;

	snprintf(log, sizeof(log), "%s-wal", trap);
	snprintf(status, sizeof(status), "/proc/%d/status", (int)pid);
	taken.file = size_of(trap);
	taken.log = size_of(log);
	f = fopen(status, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmRSS:", 6))
			taken.memory = strtoul(line + 6, NULL, 10) << 10;
	if (f)
		fclose(f);
	return taken;
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

static struct taken most(const struct taken *of, size_t from, size_t to)
{
	struct taken most = { 0 };

	for (size_t i = from; i < to; i++) {
		most.file = of[i].file > most.file ? of[i].file : most.file;
		most.log = of[i].log > most.log ? of[i].log : most.log;
		most.memory = of[i].memory > most.memory ? of[i].memory : most.memory;
	}
	return most;
}

// Looks at a recording under way until it ends; gives the most of its second and third third.
static void follow(const char *trap, const char *guest, struct taken *second, struct taken *third)
{
	static struct taken looks[LOOKS];
	struct program program = program_start(
		NULL, (const char *const[]){ TRAPLINE, "record", "-q", "-o", trap, "--last", "2000",
			      "--mem", "exact", "--every", "100", "--", TRAPLINE, "run", "--ram",
			      "8M", "--unanswered", "zero", guest, NULL });
	struct outcome outcome;
	size_t n = 0;

	while (!ended(program.pid)) {
		if (n < LOOKS)
			looks[n++] = look(trap, program.pid);
		sleep_ms(20);
	}
	outcome = program_wait(&program);
	assert_int_equal(outcome.status, 0);
	outcome_free(&outcome);
	assert_true(n > 9);
	*second = most(looks, n / 3, n - n / 3);
	*third = most(looks, n - n / 3, n);
}

// Two thousand exits are dropped a hundred times over while the guest runs; with TL_LONG five thousand
// times, which is ten million exits.
static void the_flight_recorder_does_not_grow(void **state)
{
	const uint64_t iterations = getenv("TL_LONG") ? 5000000 : ITERATIONS;
	const char *trap = fresh("flight.trap");
	struct taken second, third;
	struct sqlite3 *trace;
	char expected[64];

	// A sanitizer would keep what is freed.
	setenv("ASAN_OPTIONS",
		"verify_asan_link_order=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64",
		1);
	follow(trap, loop_of(iterations), &second, &third);
	print_message("file, log and memory: %" PRIu64 ", %" PRIu64 " and %" PRIu64
		      " KiB, later %" PRIu64 ", %" PRIu64 " and %" PRIu64 " KiB\n",
		second.file >> 10, second.log >> 10, second.memory >> 10, third.file >> 10,
		third.log >> 10, third.memory >> 10);
	assert_true(second.file && second.memory);
	assert_true(third.file <= second.file + second.file / 10);
	// It begins anew at the first commit that leaves more than 2 MiB of it.
	assert_true(third.log <= MOST_LOG);
	// A sanitizer's memory comes and goes by megabytes. In ten million exits five bytes each show.
	assert_true(third.memory <= second.memory + SLACK);
	trace = trace_open(trap);
	snprintf(expected, sizeof(expected), "2000|2000|%" PRIu64, 2 * iterations + 16);
	assert_rows(
		trace, "SELECT count(*), max(seq) - min(seq) + 1, max(seq) FROM exit", expected);
	assert_rows(trace, "SELECT sum(exits) FROM tally", "2000");
	assert_rows(trace,
		"SELECT count(*) FROM exit WHERE code IS NOT NULL AND code NOT IN "
		"(SELECT code FROM code)",
		"0");
	trace_close(trace);
}

static void a_recording_ends_where_its_condition_is_true(void **state)
{
	const char *trap = fresh("until.trap");

	RECORD(trap, SCRIBBLE, "--mem", "exact", "--until", "seq > 99 AND value = 0x20");
	assert_int_equal(number(trap, "SELECT value FROM exit ORDER BY seq DESC LIMIT 1"), 0x20);
	assert_int_equal(number(trap, "SELECT max(seq) FROM exit"), 313);
	assert_non_null(strstr(last_words, "313 exits of 1 vCPU, "));
	assert_non_null(
		strstr(last_words, "; ended at exit 313, where seq > 99 AND value = 0x20\n"));
	is_part(trap, 1, 313);
	trap = fresh("until.trap");
	RECORD(trap, SCRIBBLE, "--mem", "exact", "--until", "seq = 300", "--last", "20");
	is_part(trap, 281, 300);
}

static void a_condition_that_never_comes_true_ends_nothing(void **state)
{
	const char *trap = fresh("until.trap");

	RECORD(trap, SCRIBBLE, "--mem", "exact", "--until", "reason = 'nisv'");
	is_part(trap, 1, EXITS);
	assert_null(strstr(last_words, "ended at"));
}

static void a_condition_that_is_none_is_refused_before_the_vmm_starts(void **state)
{
	const char *trap = fresh("until.trap");
	char expected[1024];
	struct stat st;

	snprintf(expected, sizeof(expected),
		"trapline record: %s: until: no such column: sequence\n", trap);
	assert_run(2, "", expected, TRAPLINE, "record", "-o", trap, "--until", "sequence = 4", "--",
		TRAPLINE, "run", SCRIBBLE);
	snprintf(expected, sizeof(expected), "trapline record: %s: until: not one SQL expression\n",
		trap);
	assert_run(2, "", expected, TRAPLINE, "record", "-o", trap, "--until", "1) OR (1", "--",
		TRAPLINE, "run", SCRIBBLE);
	assert_int_not_equal(stat(trap, &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_holds_its_exits_as_the_whole_does),
		cmocka_unit_test(a_cut_leaves_out_what_it_does_not_need),
		cmocka_unit_test(a_cut_that_makes_no_sense_is_refused_and_leaves_nothing),
		cmocka_unit_test(the_flight_recorder_keeps_the_newest_exits),
		cmocka_unit_test(the_flight_recorder_does_not_grow),
		cmocka_unit_test(a_recording_ends_where_its_condition_is_true),
		cmocka_unit_test(a_condition_that_never_comes_true_ends_nothing),
		cmocka_unit_test(a_condition_that_is_none_is_refused_before_the_vmm_starts),
	};

	return no_kvm() ? SKIPPED : cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
