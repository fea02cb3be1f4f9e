// SPDX-License-Identifier: MIT
// labels: kvm arm64 idsr
// idsr.elf and idsr32.elf, recorded on the patched kernel: what is accessed, what was answered, and what
// the guest's registers are before and after.
#include "arch/arm64/regs.h"
#include "recorder/shim/trapline.h"
#include "tests/guests/arm64/idsr.inc"
#include "tests/guests/labels.h"
#include "tests/kernel/tiny.h"
#include "tests/recorder/arm64/idsr.h"
#include "tests/recorder/arm64/lane.h"
#include "tests/recorder/witness.h"

#include <pthread.h>
#include <time.h>

enum { N_CELLS = 1 << 17 };

/** One recording under way through its exits, and what its registers should hold. */
struct story {
	struct lane lane;
	struct labels labels;
	const char *policy;
	bool is_32bit;
	uint64_t seq;
	uint64_t *cells;
};

static bool answered(const struct story *s)
{
	return !strcmp(s->policy, "raz") || !strcmp(s->policy, "cell");
}

static uint64_t field(const struct story *s, uint64_t seq, const char *column)
{
	return (uint64_t)lane_number(
		&s->lane, "SELECT ifnull(%s, -1) FROM exit WHERE seq = %" PRIu64, column, seq);
}

static uint64_t reg(const struct tl_regs *regs, unsigned n)
{
	if (n == NOWHERE)
		return 0;
	if (n == FLAGS)
		return regs->word[TL_ARM64_pstate] & 0xf0000000;
	return regs->word[TL_ARM64_x0 + n];
}

static struct access access_at(const struct story *s, const struct tl_regs *regs)
{
	const uint32_t word = labels_word(&s->labels, regs->word[TL_ARM64_pc]);

	return s->is_32bit ? access_of_a32(word, regs->word[TL_ARM64_pstate]) : access_of_a64(word);
}

static uint64_t source(const struct story *s, const struct access *a, const struct tl_regs *regs)
{
	uint64_t value = reg(regs, a->rt);

	if (a->pair)
		return (uint32_t)value | reg(regs, a->rt2) << 32;
	return s->is_32bit ? (uint32_t)value : value;
}

// The registers that the guest's handler of undefined instructions uses before it says anything.
static bool handler_changes(const struct story *s, unsigned n)
{
	return s->is_32bit ? n < 2 : n == 19 || n == 20;
}

// In the next exit's registers: the guest has gone on, but changed nothing else that matters.
static void assert_target(const struct story *s, const struct access *a, uint64_t value)
{
	const struct tl_regs after = trace_regs(s->lane.trace, s->seq + 1);

	if (a->pair) {
		assert_int_equal(reg(&after, a->rt), (uint32_t)value);
		assert_int_equal(reg(&after, a->rt2), value >> 32);
	} else if (a->rt == FLAGS) {
		assert_int_equal(reg(&after, FLAGS), value & 0xf0000000);
	} else {
		assert_int_equal(reg(&after, a->rt), a->rt == NOWHERE ? 0 : value);
	}
}

// The exit after it is the first of those in which the guest says so.
static void assert_undefined(struct story *s, const struct tl_regs *before, uint64_t pc)
{
	const struct tl_regs at = trace_regs(s->lane.trace, ++s->seq);
	const uint64_t thumb = before->word[TL_ARM64_pstate] & 0x20;

	assert_int_equal(field(s, s->seq, "reason"), KVM_EXIT_MMIO);
	if (s->is_32bit) {
		assert_int_equal(field(s, s->seq, "addr"), SAY_ELR);
		assert_int_equal(field(s, s->seq, "value"), pc + (thumb ? 2 : 4));
		assert_int_equal(at.word[TL_ARM64_x0 + 22], pc + (thumb ? 2 : 4));
		assert_int_equal(at.word[TL_ARM64_pstate] & 0x1f, 0x1b);
		return;
	}
	assert_int_equal(field(s, s->seq, "addr"), SAY_ESR);
	assert_int_equal((uint32_t)field(s, s->seq, "value"), 0x02000000);
	assert_int_equal(at.word[TL_ARM64_elr_el1], pc);
	assert_int_equal(field(s, ++s->seq, "addr"), SAY_ELR);
	assert_int_equal(field(s, s->seq, "value"), pc);
	assert_int_equal(field(s, ++s->seq, "addr"), SAY_SPSR);
	if (before->word[TL_ARM64_pc] == pc)
		assert_int_equal(field(s, s->seq, "value"), before->word[TL_ARM64_pstate]);
}

static void assert_reply(const struct story *s, bool handled)
{
	const bool ours = !strcmp(s->policy, "off");

	assert_int_equal(
		lane_number(&s->lane,
			"SELECT hex(substr(bytes, 11, 1)) FROM answer WHERE seq = %" PRIu64,
			s->seq),
		handled);
	assert_int_equal(
		lane_number(&s->lane, "SELECT flags FROM answer WHERE seq = %" PRIu64, s->seq),
		ours ? 8 : 0);
}

// An access that leaves for userspace, at `label`.
static void follow(struct story *s, const char *label)
{
	const uint64_t pc = labels_address(&s->labels, label);
	struct tl_regs before;
	struct access a;
	uint64_t *cell;

	while (field(s, ++s->seq, "reason") == KVM_EXIT_MMIO)
		;
	before = trace_regs(s->lane.trace, s->seq);
	assert_int_equal(field(s, s->seq, "reason"), TL_RUN_ARM_IDSR);
	assert_int_equal(before.word[TL_ARM64_pc], pc);
	a = access_at(s, &before);
	cell = &s->cells[a.addr];
	assert_int_equal(field(s, s->seq, "addr"), a.addr);
	assert_int_equal(field(s, s->seq, "write"), !a.read);
	assert_reply(s, answered(s));
	if (!a.read) {
		assert_int_equal(field(s, s->seq, "value"), source(s, &a, &before));
		if (!strcmp(s->policy, "cell"))
			*cell = source(s, &a, &before);
	} else if (answered(s)) {
		assert_int_equal(field(s, s->seq, "reply"), *cell);
		assert_target(s, &a, *cell);
	} else if (!handler_changes(s, a.rt)) {
		assert_target(s, &a, source(s, &a, &before));
	}
	if (!answered(s))
		assert_undefined(s, &before, pc);
}

// One that is undefined whatever anybody answers, and does not leave the kernel.
static void pass(struct story *s, const char *label)
{
	const uint64_t pc = labels_address(&s->labels, label);
	struct tl_regs before;

	while (field(s, s->seq + 1, "addr") == SAY_VALUE)
		s->seq++;
	before = trace_regs(s->lane.trace, s->seq);
	assert_undefined(s, &before, pc);
}

static void follow_a64(struct story *s)
{
	static const char *const labels[] = { "read_first", "write_hid11", "read_hid11",
		"write_l2actlr", "read_l2actlr", "write_pmc0", "read_pmc0", "write_lsu_err_sts",
		"read_lsu_err_sts", "write_other", "read_other", "read_again", "write_zero",
		"read_nowhere" };
	char label[32];

	for (unsigned i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		follow(s, labels[i]);
	for (unsigned n = 0; n <= 30; n++) {
		snprintf(label, sizeof(label), "write_x%u", n);
		follow(s, label);
		snprintf(label, sizeof(label), "read_x%u", n);
		follow(s, label);
	}
	pass(s, "not_a_register");
	pass(s, "read_el0");
	pass(s, "write_el0");
}

static void follow_a32(struct story *s)
{
	static const char *const labels[] = { "read_first", "write_c9", "read_c9", "write_c10",
		"read_c10", "write_c11", "read_c11", "write_c15", "read_c15", "write_pair",
		"read_pair", "write_flags", "read_flags", "write_irq", "read_irq", "write_thumb" };

	for (unsigned i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		follow(s, labels[i]);
	if (answered(s))
		follow(s, "read_thumb");
	pass(s, "read_usr");
	pass(s, "write_usr");
}

// What the guest itself read, in order, is what was answered.
static void assert_said(const struct story *s)
{
	char sql[256];

	if (!answered(s) || s->is_32bit)
		return;
	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM exit AS said JOIN exit AS read ON read.seq = said.seq - 1 "
		"WHERE said.addr = %u AND read.reason = %d AND read.write = 0 "
		"AND said.value = read.reply",
		SAY_VALUE, TL_RUN_ARM_IDSR);
	// reading into XZR gives nothing to say, unless it is zero
	assert_int_equal(trace_number(s->lane.trace, sql), strcmp(s->policy, "raz") ? 8 : 9);
}

static void check(enum way way, const char *guest, const char *policy)
{
	struct story s = { .policy = policy, .is_32bit = !strcmp(guest, "idsr32") };
	char options[64];

	snprintf(options, sizeof(options), "--unanswered zero --idsr %s", policy);
	s.cells = calloc(N_CELLS, sizeof(*s.cells));
	labels_open(&s.labels, guest);
	s.lane = lane_record(NULL, way, "core", options, guest);
	assert_string_equal(s.lane.outcome.err, "");
	assert_int_equal(s.lane.outcome.status, 0);
	assert_int_equal(lane_number(&s.lane, "SELECT abi FROM vm"), TL_ABI_IDSR);
	(s.is_32bit ? follow_a32 : follow_a64)(&s);
	assert_said(&s);
	assert_int_equal(
		lane_number(&s.lane,
			"SELECT count(*) FROM exit WHERE reason = 29 AND seq > %" PRIu64, s.seq),
		0);
	labels_close(&s.labels);
	lane_close(&s.lane);
	free(s.cells);
}

static void check_both(const char *policy)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		check(way, "idsr", policy);
		check(way, "idsr32", policy);
	}
}

static void a_register_that_is_a_cell_gives_what_was_written(void **state)
{
	check_both("cell");
}

static void one_that_reads_as_zero_ignores_what_is_written(void **state)
{
	check_both("raz");
}

static void an_access_that_is_not_handled_is_undefined(void **state)
{
	check_both("undef");
}

static void what_the_vmm_did_not_ask_for_is_recorded_and_entered_again(void **state)
{
	check_both("off");
}

static void every_access_is_what_the_kernel_saw(void **state)
{
	static const char *const policies[] = { "cell", "undef", "off" };
	struct kernel_events *kernel = kernel_events_open();

	assert_non_null(kernel);
	for (unsigned i = 0; i < 3; i++) {
		char options[64];
		struct lane lane;

		snprintf(options, sizeof(options), "--unanswered zero --idsr %s", policies[i]);
		lane = lane_record(kernel, PRELOADED, "core", options, "idsr");
		assert_int_equal(assert_witnessed(lane.path, kernel).idsr, 14 + 62);
		lane_close(&lane);
		lane = lane_record(kernel, PRELOADED, "core", options, "idsr32");
		assert_int_equal(assert_witnessed(lane.path, kernel).idsr, i ? 16 : 17);
		lane_close(&lane);
	}
	kernel_events_close(kernel);
}

// Sets immediate_exit while the guest runs, and nothing else: no signal.
static void *interrupt(void *run)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	__atomic_store_n(&((struct kvm_run *)run)->immediate_exit, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

// The guest reads a register for ever. The VMM knows of no IDSR, and sees a KVM_RUN that was interrupted.
static void the_vmm_can_interrupt_what_is_entered_again(void **state)
{
	static const uint32_t loop[] = { 0xd538fd00 },	// mrs x0, s3_0_c15_c13_0
		handler[] = { 0x91000421, 0xd69f03e0 }; // add x1, x1, #1; eret
	const struct trapline_options options = {
		.size = sizeof(options), .output = fresh("again.trap"), .program = TRAPLINE
	};
	uint8_t pattern[24];
	struct sqlite3 *trace;
	pthread_t thread;
	struct tiny t;

	assert_int_equal(trapline_start(&options), 0);
	tiny_open(&t, trapline_ioctl, false);
	tiny_code(&t, TINY_BASE, loop, sizeof(loop));
	tiny_code(&t, TINY_VECTORS + TINY_SYNC, handler, sizeof(handler));
	memset(pattern, 0xa5, sizeof(pattern));
	memcpy((uint8_t *)t.run + TL_RUN_UNION, pattern, sizeof(pattern));
	assert_int_equal(pthread_create(&thread, NULL, interrupt, t.run), 0);
	assert_int_equal(tiny_run(&t), EINTR);
	pthread_join(thread, NULL);
	assert_int_equal(t.run->exit_reason, KVM_EXIT_INTR);
	assert_memory_equal((uint8_t *)t.run + TL_RUN_UNION, pattern, sizeof(pattern));
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_VECTORS + TINY_SYNC);
	assert_int_equal(tiny_get(&t, TL_ARM64_elr_el1), TINY_BASE);
	assert_int_equal(trapline_stop(), 0);

	// the capability is still there, the recorder is not: the same holds
	t.run->immediate_exit = 0;
	assert_int_equal(pthread_create(&thread, NULL, interrupt, t.run), 0);
	assert_int_equal(tiny_run(&t), EINTR);
	pthread_join(thread, NULL);
	assert_int_equal(t.run->exit_reason, KVM_EXIT_INTR);
	assert_memory_equal((uint8_t *)t.run + TL_RUN_UNION, pattern, sizeof(pattern));
	tiny_close(&t);

	trace = trace_open(options.output);
	assert_true(trace_number(trace, "SELECT count(*) FROM exit WHERE reason = 29") > 1);
	assert_rows(trace,
		"SELECT DISTINCT flags & ~4 FROM answer JOIN exit USING(seq) WHERE reason = 29",
		"8");
	assert_rows(
		trace, "SELECT reason IS NULL, error FROM exit ORDER BY seq DESC LIMIT 1", "1|4");
	trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_register_that_is_a_cell_gives_what_was_written),
		cmocka_unit_test(one_that_reads_as_zero_ignores_what_is_written),
		cmocka_unit_test(an_access_that_is_not_handled_is_undefined),
		cmocka_unit_test(what_the_vmm_did_not_ask_for_is_recorded_and_entered_again),
		cmocka_unit_test(every_access_is_what_the_kernel_saw),
		cmocka_unit_test(the_vmm_can_interrupt_what_is_entered_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
