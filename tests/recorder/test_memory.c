// SPDX-License-Identifier: MIT
// labels: kvm x86_64 arm64
// Memory as a foreign VMM saw it at random exits, before and after its own writes, is what the trace
// rebuilds: every page of every slot, or it says that it does not know.
#include "schema/trace/memory.h"
#include "tests/recorder/foreign.h"
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/memory.h"
#include "tests/recorder/memory-dump.h"

#include <linux/kvm.h>

#define EXITS "420"

enum { MOST_WORDS = 1 << 16 };

struct pages {
	uint64_t recorded, written, gone;
};

// What is asked of each page at one position. Between looks a slot may be new.
struct expectation {
	struct tl_trace *trace;
	struct dump dump;
	bool scanned;
	struct pages *pages;
};

static void assert_page(const struct expectation *e, struct tl_memory *memory,
	const struct dumped_slot *slot, uint64_t at, uint64_t word)
{
	const uint64_t gpa = slot->gpa + at;
	struct tl_memory_page page;
	uint8_t bytes[TL_PAGE_BYTES];

	assert_null(tl_memory_page(memory, gpa, bytes, &page));
	if (page.status == TL_MEMORY_RECORDED) {
		if (dump_hash(bytes) != word)
			fail_msg("exit %" PRIu64 ", phase %u: slot %x: page %" PRIx64 " is wrong%s",
				e->dump.seq, e->dump.phase, slot->slot, gpa,
				word == DUMP_GONE ? ": nothing was there" : "");
		assert_int_equal(page.read_only, (slot->flags & KVM_MEM_READONLY) != 0);
		assert_int_equal(page.marks & ~(unsigned)TL_MEMORY_SHARED, 0);
		e->pages->recorded++;
		return;
	}
	if (word == DUMP_GONE) {
		e->pages->gone++;
		return;
	}
	if (e->scanned ||
		(page.status != TL_MEMORY_WRITTEN && page.status != TL_MEMORY_NOT_RECORDED))
		fail_msg("exit %" PRIu64 ", phase %u: slot %x: page %" PRIx64 " has status %d",
			e->dump.seq, e->dump.phase, slot->slot, gpa, page.status);
	e->pages->written++;
}

static void assert_slot(
	struct expectation *e, const struct dumped_slot *slot, const uint64_t *words)
{
	const struct tl_position position = { e->dump.seq, (enum tl_phase)e->dump.phase };
	struct tl_memory_page page;
	struct tl_memory *memory;
	uint64_t size;
	tl_gpa gpa;

	assert_null(tl_memory_open(e->trace, 0, slot->slot >> 16, position, &memory));
	assert_true(tl_memory_next(memory, slot->gpa, &gpa, &size));
	assert_int_equal(gpa, slot->gpa);
	assert_int_equal(size, slot->size);
	for (uint64_t at = 0; at < slot->size; at += DUMP_PAGE)
		assert_page(e, memory, slot, at, words[at / DUMP_PAGE]);
	assert_null(
		tl_memory_page(memory, UINT64_C(1) << 40, (uint8_t[TL_PAGE_BYTES]){ 0 }, &page));
	assert_int_equal(page.status, TL_MEMORY_NO_SLOT);
	tl_memory_close(memory);
}

// How many slots the trace has there.
static unsigned slots_at(struct tl_trace *trace, struct tl_position position)
{
	struct tl_memory *memory;
	uint64_t size = 0;
	unsigned n = 0;
	tl_gpa gpa = 0;

	for (unsigned space = 0; space < 2; space++) {
		assert_null(tl_memory_open(trace, 0, space, position, &memory));
		for (gpa = 0; tl_memory_next(memory, gpa, &gpa, &size); gpa += size)
			n++;
		tl_memory_close(memory);
	}
	return n;
}

static bool is_scanned(struct sqlite3 *rows, const struct dump *dump)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM scan WHERE seq = %" PRIu64 " AND phase = %u", dump->seq,
		dump->phase);
	return trace_number(rows, sql);
}

static bool assert_dump(FILE *file, struct sqlite3 *rows, struct expectation *e)
{
	static uint64_t words[MOST_WORDS];
	struct dumped_slot slot;

	if (fread(&e->dump, sizeof(e->dump), 1, file) != 1)
		return false;
	e->scanned = is_scanned(rows, &e->dump);
	assert_int_equal(slots_at(e->trace,
				 (struct tl_position){ e->dump.seq, (enum tl_phase)e->dump.phase }),
		e->dump.slots);
	for (uint32_t i = 0; i < e->dump.slots; i++) {
		assert_int_equal(fread(&slot, sizeof(slot), 1, file), 1);
		assert_int_equal(
			fread(words, 8, slot.size / DUMP_PAGE, file), slot.size / DUMP_PAGE);
		assert_slot(e, &slot, words);
	}
	return true;
}

static struct pages witness(const char *every, const char *seed)
{
	const char *dump = fresh("dump"), *rom = in_scratch("rom"), *trap = fresh("foreign.trap");
	struct pages pages = { 0 };
	struct expectation e = { .pages = &pages };
	struct sqlite3 *rows;
	unsigned dumps = 0;
	FILE *file;

	memory_dump_make_rom(rom);
	assert_run(0, "", "", TRAPLINE, "record", "-q", "-o", trap, "--mem", "exact", "--every",
		every, "--", FOREIGN, "memory", dump, rom, EXITS, seed);
	rows = trace_open(trap);
	assert_rows(rows, "SELECT * FROM gap", "");
	assert_rows(rows, "SELECT max(running) FROM scan", "0");
	assert_null(tl_trace_open(trap, &e.trace));
	file = fopen(dump, "re");
	while (assert_dump(file, rows, &e))
		dumps++;
	assert_true(dumps > 70);
	fclose(file);
	tl_trace_close(e.trace);
	trace_close(rows);
	print_message("%s: %u dumps, %" PRIu64 " pages right, %" PRIu64 " written, %" PRIu64
		      " gone\n",
		every, dumps, pages.recorded, pages.written, pages.gone);
	return pages;
}

static void every_page_at_every_exit(void **state)
{
	assert_int_equal(witness("1", "1").written, 0);
	assert_int_equal(witness("1", "2").written, 0);
}

static void at_each_seventh_exit_and_what_was_not_written_between(void **state)
{
	const struct pages pages = witness("7", "3");

	assert_true(pages.written > 0);
	assert_true(pages.recorded > 4 * pages.written);
}

// From the eighth time on it is not dumped again.
static void all_of_it_when_the_guest_dies(void **state)
{
	const char *dump = fresh("dump"), *rom = in_scratch("rom"), *trap = fresh("foreign.trap");
	struct pages pages = { 0 };
	struct expectation e = { .pages = &pages };
	struct sqlite3 *rows;
	FILE *file;

	memory_dump_make_rom(rom);
	assert_run(0, "", "", TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN, "memory-death",
		dump, rom, "3");
	rows = trace_open(trap);
	assert_rows(rows, "SELECT seq, phase, kind FROM scan", "1|0|1\n2|0|1\n3|0|1");
	assert_null(tl_trace_open(trap, &e.trace));
	file = fopen(dump, "re");
	for (unsigned i = 0; i < 3; i++)
		assert_true(assert_dump(file, rows, &e));
	fclose(file);
	tl_trace_close(e.trace);
	trace_close(rows);
	assert_int_equal(pages.written, 0);
	assert_true(pages.gone > 0);
}

// Then what is around it: the page that it executes, and its stack's.
static void the_pages_around_a_guest_that_dies_again_and_again(void **state)
{
	const char *rom = in_scratch("rom"), *trap = fresh("foreign.trap");
	const struct tl_position last = { 9, TL_PHASE_EXIT };
	struct tl_memory_page page;
	struct tl_memory *memory;
	struct tl_trace *trace;
	struct sqlite3 *rows;
	uint8_t bytes[TL_PAGE_BYTES];

	memory_dump_make_rom(rom);
	assert_run(0, "", "", TRAPLINE, "record", "-q", "-o", trap, "--", FOREIGN, "memory-death",
		fresh("dump"), rom, "9");
	rows = trace_open(trap);
	assert_rows(rows, "SELECT kind, count(*) FROM scan GROUP BY kind", "0|1\n1|8");
	trace_close(rows);
	assert_null(tl_trace_open(trap, &trace));
	assert_null(tl_memory_open(trace, 0, 0, last, &memory));
	assert_null(tl_memory_page(memory, 0x2000, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_RECORDED);
	assert_memory_equal(bytes, DEADLY, sizeof(DEADLY) - 1);
	assert_null(tl_memory_page(memory, 8 * DUMP_UNIT + 0x3000, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_RECORDED);
	assert_null(tl_memory_page(memory, 8 * DUMP_UNIT + 0x4000, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_RECORDED);
	assert_null(tl_memory_page(memory, 0x8000, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_NOT_RECORDED);
	tl_memory_close(memory);
	tl_trace_close(trace);
}

#define EXACTLY(alone, ...)                                                                        \
	foreign_recorded(                                                                          \
		alone, (const char *const[]){ TRAPLINE, "record", "-q", "--mem", "exact", "-o",    \
			       in_scratch("foreign.trap"), "--", FOREIGN, __VA_ARGS__, NULL })

// The parent's watch is none of the child's.
static void a_forked_child_has_a_vm_with_its_parents_memory(void **state)
{
	struct sqlite3 *rows = EXACTLY(NULL, "memory-forked");

	assert_rows(rows, "SELECT DISTINCT vm, kind FROM region WHERE kind != 0 ORDER BY vm",
		"0|2\n1|2");
	assert_rows(rows, "SELECT DISTINCT vm FROM page_version ORDER BY vm", "0\n1");
	assert_rows(rows, "SELECT text FROM notice", "");
	trace_close(rows);
}

// Each would miss what the other's looks have found.
static void memory_of_two_vms_is_one_vms_only(void **state)
{
	struct sqlite3 *rows = EXACTLY(NULL, "memory-twice");

	assert_rows(rows, "SELECT vm, kind, why FROM region WHERE vm = 1",
		"1|4|guest memory (/dev/zero (deleted)) is not recorded: another VM of the same "
		"process has it, too");
	assert_rows(rows, "SELECT DISTINCT vm FROM page_version", "0");
	// Each of five pages was written twice; the first is in the image, nobody looks after the last.
	assert_rows(rows,
		"SELECT count(*) FROM page_version WHERE scan > 1 AND (host - (SELECT host FROM "
		"region "
		"WHERE vm = 0)) BETWEEN 0x8000 AND 0xcfff",
		"8");
	trace_close(rows);
}

static void memory_that_the_vmm_watches_is_left_alone(void **state)
{
	struct outcome alone = FOREIGN_ALONE("memory-watched", "0");
	struct sqlite3 *rows = EXACTLY(&alone, "memory-watched", "0");

	assert_string_equal(alone.out, "still watched\n");
	assert_rows(rows, "SELECT kind, why FROM region",
		"4|guest memory (/dev/zero (deleted)) is not recorded: somebody else watches it "
		"with "
		"a userfaultfd");
	trace_close(rows);
	outcome_free(&alone);
}

static void memory_that_the_vmm_wants_to_watch_is_given_up(void **state)
{
	struct outcome alone = FOREIGN_ALONE("memory-watched", "3");
	struct sqlite3 *rows = EXACTLY(&alone, "memory-watched", "3");

	assert_string_equal(alone.out, "still watched\n");
	assert_rows(rows, "SELECT kind FROM region", "2\n4");
	assert_rows(rows,
		"SELECT why, seq, phase FROM region JOIN scan USING (scan) WHERE region.kind = 4",
		"guest memory (/dev/zero (deleted)) is not recorded: somebody else watches it with "
		"a userfaultfd|3|1");
	trace_close(rows);
	outcome_free(&alone);
}

static void memory_is_left_alone_when_its_vm_ends(void **state)
{
	struct outcome alone = FOREIGN_ALONE("memory-left", "closed");
	struct sqlite3 *rows = EXACTLY(&alone, "memory-left", "closed");

	assert_string_equal(alone.out, "left alone\n");
	close_clean(rows);
	outcome_free(&alone);
}

static void memory_is_left_alone_when_the_recording_ends(void **state)
{
	assert_run(0, "left alone\n", "", TRAPLINE, "record", "-q", "--mem", "exact", "--until",
		"seq = 7", "-o", fresh("foreign.trap"), "--", FOREIGN, "memory-left", "running");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_at_every_exit),
		cmocka_unit_test(at_each_seventh_exit_and_what_was_not_written_between),
		cmocka_unit_test(a_forked_child_has_a_vm_with_its_parents_memory),
		cmocka_unit_test(memory_of_two_vms_is_one_vms_only),
		cmocka_unit_test(memory_that_the_vmm_watches_is_left_alone),
		cmocka_unit_test(memory_that_the_vmm_wants_to_watch_is_given_up),
		cmocka_unit_test(memory_is_left_alone_when_its_vm_ends),
		cmocka_unit_test(memory_is_left_alone_when_the_recording_ends),
		cmocka_unit_test(all_of_it_when_the_guest_dies),
		cmocka_unit_test(the_pages_around_a_guest_that_dies_again_and_again),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
