// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// The reference VMM, with the recorder preloaded into it and with the recorder linked into it: each
// guest prints and ends as it does unrecorded, and the trace is what KVM's own events say.
#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/witness.h"

static struct kernel_events *kernel;

enum { MOST_WORDS = 24 };

struct words {
	const char *word[MOST_WORDS + 1];
	unsigned n;
};

static void add(struct words *words, const char *word)
{
	assert_true(words->n < MOST_WORDS);
	words->word[words->n++] = word;
}

static void add_all(struct words *words, const char *const *more)
{
	while (*more)
		add(words, *more++);
}

// "trapline run [OPTION...] GUEST", with what goes before and between.
static struct words command(
	const char *const *before, const char *const *between, const char *const *guest)
{
	static char path[4096];
	struct words words = { .n = 0 };

	snprintf(path, sizeof(path), "%s/guests/%s.elf", TL_BUILD_TESTS, *guest);
	add_all(&words, before);
	add(&words, TRAPLINE);
	add(&words, "run");
	add_all(&words, between);
	add_all(&words, guest + 1);
	add(&words, path);
	return words;
}

static void assert_same(struct outcome *recorded, const struct outcome *plain)
{
	assert_string_equal(recorded->err, plain->err);
	assert_string_equal(recorded->out, plain->out);
	assert_int_equal(recorded->status, plain->status);
	outcome_free(recorded);
}

static struct witnessed preloaded(const struct outcome *plain, const char *const *guest)
{
	const char *trap = fresh("preloaded.trap");
	const char *const record[] = { TRAPLINE, "record", "-q", "-o", trap, "--", NULL };
	const char *const none[] = { NULL };
	const struct words words = command(record, none, guest);
	struct outcome recorded = program_run(kernel, words.word);

	assert_same(&recorded, plain);
	return assert_witnessed(trap, kernel);
}

static struct witnessed linked(const struct outcome *plain, const char *const *guest)
{
	const char *trap = fresh("linked.trap");
	const char *const none[] = { NULL }, *const output[] = { "-q", "-o", trap, NULL };
	const struct words words = command(none, output, guest);
	struct outcome recorded = program_run(kernel, words.word);

	assert_same(&recorded, plain);
	return assert_witnessed(trap, kernel);
}

// Both ways; gives what the second one saw. `guest` is its name and the options it runs with.
static struct witnessed witness(int status, const char *const *guest)
{
	const char *const none[] = { NULL };
	const struct words words = command(none, none, guest);
	struct outcome plain = program_run(NULL, words.word);
	struct witnessed seen;

	assert_int_equal(plain.status, status);
	preloaded(&plain, guest);
	seen = linked(&plain, guest);
	outcome_free(&plain);
	return seen;
}

#define WITNESS(status, ...) witness(status, (const char *const[]){ __VA_ARGS__, NULL })

static void a_greeting(void **state)
{
	struct witnessed seen = WITNESS(0, "hello");

	assert_int_equal(seen.pio, strlen("hello from long mode\n") + 1);
	assert_int_equal(seen.exits, seen.pio);
}

static void a_greeting_from_protected_mode(void **state)
{
	assert_int_equal(WITNESS(0, "hello32").exits, strlen("hello from protected mode\n") + 1);
}

static void every_size_and_direction(void **state)
{
	WITNESS(0, "mmio-sizes", "--unanswered", "zero");
	assert_true(WITNESS(0, "mmio-sizes", "--unanswered", "ones").mmio >= 20);
}

static void strings_by_port(void **state)
{
	assert_true(WITNESS(0, "string-pio", "--unanswered", "ones").pio > 3);
}

static void writes_that_do_not_exit(void **state)
{
	struct witnessed all = WITNESS(0, "coalesced", "--unanswered", "zero");
	struct witnessed few =
		WITNESS(0, "coalesced", "--unanswered", "zero", "--coalesced", "0xd0000000,0x1000");

	assert_int_equal(all.mmio, 21);
	assert_int_equal(all.coalesced, 0);
	assert_int_equal(few.mmio, 1);
	assert_int_equal(few.coalesced, 20);
}

static void more_writes_that_do_not_exit_than_the_ring_holds(void **state)
{
	struct witnessed seen = WITNESS(
		0, "mmio-loop-short", "--unanswered", "zero", "--coalesced", "0xd0000000,0x4");

	assert_int_equal(seen.coalesced, 1000);
	assert_int_equal(seen.mmio, 1000);
}

static void four_vcpus_at_once(void **state)
{
	struct witnessed seen = WITNESS(0, "smp", "--vcpus", "4", "--unanswered", "zero");

	assert_int_equal(seen.mmio, 4000);
}

static void vcpus_that_halt(void **state)
{
	WITNESS(0, "halt", "--vcpus", "3");
}

static void a_triple_fault(void **state)
{
	WITNESS(2, "triple-fault");
}

static void an_access_that_nobody_answers(void **state)
{
	WITNESS(2, "mmio-loop-short");
}

static void runs_that_return_at_once(void **state)
{
	struct witnessed seen =
		WITNESS(0, "mmio-loop-short", "--unanswered", "zero", "--interrupt-every", "3");

	assert_true(seen.failed > 900);
}

static void registers_by_way_of_kvm_run(void **state)
{
	WITNESS(0, "mmio-sizes", "--unanswered", "ones", "--sync-regs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_greeting),
		cmocka_unit_test(a_greeting_from_protected_mode),
		cmocka_unit_test(every_size_and_direction),
		cmocka_unit_test(strings_by_port),
		cmocka_unit_test(writes_that_do_not_exit),
		cmocka_unit_test(more_writes_that_do_not_exit_than_the_ring_holds),
		cmocka_unit_test(four_vcpus_at_once),
		cmocka_unit_test(vcpus_that_halt),
		cmocka_unit_test(a_triple_fault),
		cmocka_unit_test(an_access_that_nobody_answers),
		cmocka_unit_test(runs_that_return_at_once),
		cmocka_unit_test(registers_by_way_of_kvm_run),
	};
	int failed;

	if (no_kvm() || !(kernel = kernel_events_open()))
		return SKIPPED;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kernel_events_close(kernel);
	return failed;
}
