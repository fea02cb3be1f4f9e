// SPDX-License-Identifier: MIT
// labels: kvm x86_64 arm64 old_kernel
// Where the kernel does not tell which pages a process wrote, KVM's dirty log does, for the guest's
// writes: they are rebuilt, the trace says that others are not, and a VMM that uses the log or the ring
// itself sees what it would see alone.
#include "schema/trace/memory.h"
#include "tests/recorder/foreign.h"
#include "tests/recorder/foreign/memory.h"
#include "tests/recorder/foreign/modes.h"

#include <sys/utsname.h>
#include <unistd.h>

#define OLD_KERNEL TL_BUILD_TESTS "/recorder/no-userfaultfd"

/** FOREIGN_RECORDED() with exact memory, on a kernel that does not tell what was written. */
#define FOREIGN_FOLLOWED(alone, ...) FOREIGN_FOLLOWED_EVERY("1", alone, __VA_ARGS__)

#define FOREIGN_FOLLOWED_EVERY(every, alone, ...)                                                  \
	foreign_followed(                                                                          \
		alone, (const char *const[]){ OLD_KERNEL, TRAPLINE, "record", "-q", "--mem",       \
			       "exact", "--every", every, "-o", in_scratch("foreign.trap"), "--",  \
			       FOREIGN, __VA_ARGS__, NULL })

#ifdef __x86_64__
#define HANDLED "3000"
#else
#define HANDLED "200" /* it is emulated */
#endif

#define FOLLOWED                                                                                   \
	"2|this kernel does not tell which pages a process wrote (Linux 6.7, userfaultfd): "       \
	"memory "                                                                                  \
	"is followed by KVM's dirty log, which has the guest's writes but not the VMM's"

static bool is_old_kernel(void)
{
	struct utsname name;
	unsigned major, minor;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 7);
}

// By OLD_KERNEL, if this one is not.
static struct sqlite3 *foreign_followed(const struct outcome *alone, const char *const argv[])
{
	return foreign_recorded(alone, argv + is_old_kernel());
}

static void assert_page(
	struct tl_memory *memory, const struct dump *dump, tl_gpa gpa, uint64_t word)
{
	struct tl_memory_page page;
	uint8_t bytes[TL_PAGE_BYTES];

	assert_null(tl_memory_page(memory, gpa, bytes, &page));
	assert_int_equal(page.status, TL_MEMORY_RECORDED);
	assert_int_equal(page.marks, TL_MEMORY_GUEST);
	if (dump_hash(bytes) != word)
		fail_msg("exit %" PRIu64 ", phase %u: page %" PRIx64 " is wrong", dump->seq,
			dump->phase, gpa);
}

static unsigned assert_dump(struct tl_trace *trace, FILE *file)
{
	struct dumped_slot slot;
	struct tl_memory *memory;
	struct dump dump;
	uint64_t word;

	if (fread(&dump, sizeof(dump), 1, file) != 1)
		return 0;
	assert_null(tl_memory_open(
		trace, 0, 0, (struct tl_position){ dump.seq, (enum tl_phase)dump.phase }, &memory));
	for (uint32_t i = 0; i < dump.slots; i++) {
		assert_int_equal(fread(&slot, sizeof(slot), 1, file), 1);
		for (uint64_t at = 0; at < slot.size; at += DUMP_PAGE) {
			assert_int_equal(fread(&word, sizeof(word), 1, file), 1);
			assert_page(memory, &dump, slot.gpa + at, word);
		}
	}
	tl_memory_close(memory);
	return 1;
}

static void what_the_guest_wrote_is_rebuilt_at_every_exit(void **state)
{
	const char *seen = fresh("seen");
	struct sqlite3 *rows = FOREIGN_FOLLOWED(NULL, "dirty-seen", seen);
	FILE *file = fopen(seen, "re");
	struct tl_trace *trace;
	unsigned dumps = 0;

	assert_non_null(file);
	assert_rows(rows, "SELECT * FROM gap", "");
	assert_rows(rows, "SELECT level, text FROM notice", FOLLOWED);
	assert_null(tl_trace_open(in_scratch("foreign.trap"), &trace));
	while (assert_dump(trace, file))
		dumps++;
	assert_int_equal(dumps, 400);
	fclose(file);
	tl_trace_close(trace);
	trace_close(rows);
}

static void the_trace_says_that_only_the_guests_writes_are_in_it(void **state)
{
	struct sqlite3 *rows = FOREIGN_FOLLOWED(NULL, "dirty-seen", fresh("seen"));

	assert_stat_says(in_scratch("foreign.trap"),
		": guest writes only; nothing here tells which pages the VMM wrote");
	assert_rows(rows, "SELECT DISTINCT kind, why FROM region WHERE kind != 0",
		"3|nothing here tells which pages the VMM wrote (Linux 6.7, userfaultfd)");
	// What the VMM asked for, not what we did.
	assert_rows(rows, "SELECT slot, flags, count(*) FROM slot GROUP BY slot, flags",
		"0|0|1\n1|0|5\n1|1|4\n2|0|15");
	assert_rows(rows, "SELECT count(*) FROM input WHERE request & 255 = 70", "25");
	trace_close(rows);
}

static void the_dirty_log_is_what_it_is_alone(void **state)
{
	struct outcome alone = FOREIGN_ALONE("dirty-calls");
	struct sqlite3 *rows = FOREIGN_FOLLOWED(&alone, "dirty-calls");

	assert_true(alone.out_size > 3000);
	// The kernel was told otherwise, the trace has what the VMM said.
	assert_rows(rows,
		"SELECT hex(substr(data, 1, 16)) FROM input WHERE request & 255 = 163 ORDER BY id",
		"A8000000000000000100000000000000\nA8000000000000000300000000000000\n"
		"A8000000000000000000000000000000");
	trace_close(rows);
	trace_close(FOREIGN_FOLLOWED_EVERY("1000", &alone, "dirty-calls"));
	outcome_free(&alone);
}

// Each exit comes after one sweep over these pages.
static void assert_swept(void)
{
	struct tl_memory_page page;
	struct tl_memory *memory;
	struct tl_trace *trace;
	uint16_t count;
	size_t size;

	assert_null(tl_trace_open(in_scratch("foreign.trap"), &trace));
	for (tl_seq seq = 1; seq <= DIRTY_SWEEPS; seq += DIRTY_SWEEPS / 8) {
		assert_null(tl_memory_open(
			trace, 0, 0, (struct tl_position){ seq, TL_PHASE_EXIT }, &memory));
		for (tl_gpa gpa = 0x20000; gpa < 0x66000; gpa += TL_PAGE_BYTES) {
			assert_null(tl_memory_read(memory, gpa, &count, 2, &size, &page));
			assert_int_equal(size, 2);
			assert_int_equal(count, seq);
		}
		tl_memory_close(memory);
	}
	tl_trace_close(trace);
}

static void no_page_is_missed_while_the_guest_runs(void **state)
{
	const char *const ways[] = { "auto", "manual" };

	for (unsigned i = 0; i < 2; i++) {
		struct outcome alone = FOREIGN_ALONE("dirty-copy", ways[i]);
		struct sqlite3 *rows = FOREIGN_FOLLOWED(&alone, "dirty-copy", ways[i]);

		assert_string_equal(alone.out, i ? "manual: yes\nmissed: 0\n" : "missed: 0\n");
		assert_rows(rows, "SELECT * FROM gap", "");
		trace_close(rows);
		outcome_free(&alone);
		assert_swept();
	}
}

static void no_page_is_missed_when_the_recording_ends(void **state)
{
	struct outcome alone = FOREIGN_ALONE("dirty-late");

	assert_run(0, alone.out, "", OLD_KERNEL, TRAPLINE, "record", "-q", "--mem", "exact",
		"--until", "seq = 4", "-o", fresh("foreign.trap"), "--", FOREIGN, "dirty-late");
	outcome_free(&alone);
}

static void a_signal_handler_may_read_the_log_at_any_time(void **state)
{
	struct sqlite3 *rows = FOREIGN_FOLLOWED(NULL, "dirty-handler", HANDLED);

	assert_rows(rows, "SELECT * FROM gap", "");
	assert_rows(rows, "SELECT count(*) FROM exit WHERE error IS NULL", HANDLED);
	trace_close(rows);
}

static void where_a_filter_forbids_the_log_memory_is_not_recorded(void **state)
{
	struct sqlite3 *rows = FOREIGN_FOLLOWED(NULL, "filtered", "prctl", "kill", "5");

	assert_rows(rows, "SELECT count(*) FROM exit WHERE error IS NULL", "10");
	assert_rows(rows, "SELECT DISTINCT why FROM region WHERE kind = 4",
		"guest memory is not recorded: a seccomp filter of the VMM forbids "
		"KVM_GET_DIRTY_LOG");
	trace_close(rows);
}

static void without_the_vms_descriptor_memory_is_not_recorded(void **state)
{
	struct sqlite3 *rows = FOREIGN_FOLLOWED(NULL, "dirty-closed");

	assert_rows(rows, "SELECT count(*) FROM exit", "5");
	assert_rows(rows,
		"SELECT region.kind, min(seq), count(*) FROM region JOIN scan USING (scan) "
		"GROUP BY region.kind",
		"3|0|2\n4|3|1");
	assert_rows(rows, "SELECT DISTINCT why FROM region WHERE kind = 4",
		"guest memory is not recorded: the VMM has closed the VM's descriptor, by which "
		"KVM's dirty log is read");
	trace_close(rows);
}

static void the_dirty_ring_has_what_it_has_alone(void **state)
{
	struct outcome alone = FOREIGN_ALONE("dirty-ring");
	struct sqlite3 *rows;

	if (!strcmp(alone.out, "no ring\n")) {
		outcome_free(&alone);
		skip();
	}
	rows = FOREIGN_FOLLOWED(&alone, "dirty-ring");
	assert_rows(rows, "SELECT text FROM notice WHERE text LIKE 'guest memory%'",
		"guest memory is not recorded: the VMM uses KVM's dirty ring, beside which there "
		"is no dirty log");
	assert_rows(rows, "SELECT DISTINCT kind FROM region", "4");
	trace_close(rows);
	outcome_free(&alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guest_wrote_is_rebuilt_at_every_exit),
		cmocka_unit_test(the_trace_says_that_only_the_guests_writes_are_in_it),
		cmocka_unit_test(the_dirty_log_is_what_it_is_alone),
		cmocka_unit_test(no_page_is_missed_while_the_guest_runs),
		cmocka_unit_test(no_page_is_missed_when_the_recording_ends),
		cmocka_unit_test(a_signal_handler_may_read_the_log_at_any_time),
		cmocka_unit_test(where_a_filter_forbids_the_log_memory_is_not_recorded),
		cmocka_unit_test(without_the_vms_descriptor_memory_is_not_recorded),
		cmocka_unit_test(the_dirty_ring_has_what_it_has_alone),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
