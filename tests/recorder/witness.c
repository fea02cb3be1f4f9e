// SPDX-License-Identifier: MIT
#include "tests/recorder/witness.h"

#include "schema/wire/idsr.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

#include <linux/kvm.h>
#include <sqlite3.h>

enum { MOST_VCPUS = 32 };

// A row of the trace's table exit.
struct row {
	int64_t seq, reason; // reason: -1 for none
	int error, vcpu;
	uint64_t addr, value, reply, pc;
	unsigned size, count;
	bool write, replied;
};

struct rows {
	struct row *row;
	size_t n;
};

// The devices that KVM itself has when a VMM asks for its interrupt controllers and timer.
static const struct {
	bool pio;
	uint64_t from, to;
	const char *name;
} in_kernel[] = {
	{ false, 0xfee00000, 0xfee00fff, "local APIC" },
	{ false, 0xfec00000, 0xfec000ff, "IOAPIC" },
	{ true, 0x20, 0x21, "PIC" },
	{ true, 0xa0, 0xa1, "PIC" },
	{ true, 0x4d0, 0x4d1, "PIC" },
	{ true, 0x40, 0x43, "PIT" },
	{ true, 0x61, 0x61, "PIT's speaker port" },
};

static uint64_t first_value(const uint8_t *bytes, int n, unsigned size)
{
	uint64_t value = 0;

	assert_true((unsigned)n >= size && size <= 8);
	memcpy(&value, bytes, size);
	return value;
}

static struct row read_row(sqlite3_stmt *s)
{
	struct row row = { .seq = sqlite3_column_int64(s, 0),
		.vcpu = sqlite3_column_int(s, 1),
		.reason = sqlite3_column_int64(s, 2),
		.error = sqlite3_column_int(s, 3),
		.addr = (uint64_t)sqlite3_column_int64(s, 4),
		.size = (unsigned)sqlite3_column_int(s, 5),
		.write = sqlite3_column_int(s, 6),
		.count = (unsigned)sqlite3_column_int(s, 7),
		.value = (uint64_t)sqlite3_column_int64(s, 8),
		.reply = (uint64_t)sqlite3_column_int64(s, 9),
		.replied = sqlite3_column_type(s, 9) != SQLITE_NULL,
		.pc = (uint64_t)sqlite3_column_int64(s, 11) };

	if (row.count > 1 && row.replied && !row.write)
		row.reply = first_value(
			sqlite3_column_blob(s, 10), sqlite3_column_bytes(s, 10), row.size);
	return row;
}

static struct rows read_rows(sqlite3 *trace)
{
	struct rows rows = { .n = (size_t)trace_number(trace, "SELECT count(*) FROM exit") };
	sqlite3_stmt *s;

	rows.row = calloc(rows.n + 1, sizeof(*rows.row));
	assert_non_null(rows.row);
	assert_int_equal(sqlite3_prepare_v2(trace,
				 "SELECT seq, vcpu, ifnull(reason, -1), ifnull(error, 0), addr, "
				 "size, write, ifnull(count, 1), value, reply, data, pc "
				 "FROM exit LEFT JOIN detail USING(seq) ORDER BY seq",
				 -1, &s, NULL),
		SQLITE_OK);
	for (size_t i = 0; i < rows.n; i++) {
		assert_int_equal(sqlite3_step(s), SQLITE_ROW);
		rows.row[i] = read_row(s);
	}
	sqlite3_finalize(s);
	return rows;
}

// One thread's events, and how far they have been looked at.
struct thread {
	struct kernel_event **event;
	size_t n, at;
	int id, vcpu;
};

struct threads {
	struct thread of[MOST_VCPUS];
	unsigned n;
};

static struct thread *thread_of(struct threads *threads, int id, size_t room)
{
	struct thread *t;

	for (unsigned i = 0; i < threads->n; i++)
		if (threads->of[i].id == id)
			return &threads->of[i];
	assert_true(threads->n < MOST_VCPUS);
	t = &threads->of[threads->n++];
	*t = (struct thread){ .event = calloc(room, sizeof(*t->event)), .id = id, .vcpu = -1 };
	assert_non_null(t->event);
	return t;
}

static void sort_out(struct threads *threads, struct kernel_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct thread *t = thread_of(threads, events[i].thread, n);

		t->event[t->n++] = &events[i];
	}
}

static void explain(const struct row *row, const struct kernel_event *event, const char *what)
{
	char seen[200] = "nothing";

	if (event)
		snprintf(seen, sizeof(seen),
			"kind %d reason %" PRId64 " addr 0x%" PRIx64 " size %u count %u value "
			"0x%" PRIx64,
			event->kind, event->reason, event->addr, event->size, event->count,
			event->value);
	fail_msg("exit %" PRId64 " of vCPU %d: reason %" PRId64 " error %d addr 0x%" PRIx64
		 " size %u write %d count %u value 0x%" PRIx64 " reply 0x%" PRIx64
		 "\n%s; the kernel saw: %s",
		row->seq, row->vcpu, row->reason, row->error, row->addr, row->size, row->write,
		row->count, row->value, row->reply, what, seen);
}

static void assert_same_access(
	const struct row *row, struct kernel_event *event, uint64_t value, bool has_value)
{
	if (!event || event->addr != row->addr || event->size != row->size ||
		event->count != row->count || (has_value && event->value != value))
		explain(row, event, "another access");
	else
		event->taken = true;
}

// The nearest event of that kind before `at` with the row's address. An access over a page's end
// leaves as two exits, and the kernel tells of both parts before the first of them.
static struct kernel_event *before(
	const struct row *row, const struct thread *t, size_t at, enum kernel_event_kind kind)
{
	unsigned exits = 0;

	while (at-- && exits < 2) {
		struct kernel_event *event = t->event[at];

		if (event->kind == kind && !event->taken && event->addr == row->addr)
			return event;
		exits += event->kind == KERNEL_EXIT;
	}
	return NULL;
}

// The first after it, up to the next exit.
static struct kernel_event *after(struct thread *t, size_t at, enum kernel_event_kind kind)
{
	while (++at < t->n && t->event[at]->kind != KERNEL_EXIT)
		if (t->event[at]->kind == kind && !t->event[at]->taken)
			return t->event[at];
	return NULL;
}

// A write, and the question of a read, come before their exit; a read's answer comes after it.
static void assert_pio(const struct row *row, struct thread *t, size_t at)
{
	if (row->write)
		assert_same_access(row, before(row, t, at, KERNEL_PIO_OUT), row->value, true);
	else if (row->replied)
		assert_same_access(row, after(t, at, KERNEL_PIO_IN), row->reply, true);
}

static void assert_mmio(const struct row *row, struct thread *t, size_t at)
{
	if (row->write) {
		assert_same_access(row, before(row, t, at, KERNEL_MMIO_WRITE), row->value, true);
		return;
	}
	assert_same_access(row, before(row, t, at, KERNEL_MMIO_ASKED), 0, false);
	if (row->replied)
		assert_same_access(row, after(t, at, KERNEL_MMIO_READ), row->reply, true);
}

// The exit has only a part of what the kernel knew: CM, WnR and the fault status.
static void assert_nisv(const struct row *row, struct thread *t, size_t at)
{
	struct kernel_event *event = before(row, t, at, KERNEL_NISV);

	if (event && event->pc == row->pc && (event->value & 0x17f) == row->value)
		event->taken = true;
	else
		explain(row, event, "another access without syndrome");
}

#ifdef __aarch64__
// What traps such an access: MRC and MCR, MRRC and MCRR, MRS and MSR.
static void assert_idsr(const struct row *row, const struct thread *t, size_t at)
{
	const struct kernel_event *event = NULL;

	while (at-- && !event)
		if (t->event[at]->kind == KERNEL_TRAP)
			event = t->event[at];
	if (!event || event->pc != row->pc ||
		event->value != ((row->addr >> 14 & 3)		? 0x18
					: (row->addr >> 7 & 15) ? 3
								: 4))
		explain(row, event, "another access to a register");
}
#endif

// The recorder asked for an exit that the VMM must not see: it got ENOSYS, and the kernel's event
// has the reason.
static bool given_back(const struct row *row)
{
	return row->reason == KVM_EXIT_ARM_NISV && row->error;
}

static bool same_exit(const struct row *row, const struct kernel_event *event)
{
	return event->reason == (row->error && !given_back(row) ? -row->error : row->reason);
}

static bool next_exit(struct thread *t)
{
	while (t->at < t->n && t->event[t->at]->kind != KERNEL_EXIT)
		t->at++;
	return t->at < t->n;
}

static void assert_exit(const struct row *row, struct thread *t, struct witnessed *ret)
{
	if (!next_exit(t))
		explain(row, NULL, "an exit too many");
	if (!same_exit(row, t->event[t->at]))
		explain(row, t->event[t->at], "another exit");
	t->event[t->at]->taken = true;
	ret->exits++;
	ret->failed += row->error != 0;
	if (row->reason == KVM_EXIT_IO)
		assert_pio(row, t, t->at);
	if (row->reason == KVM_EXIT_MMIO)
		assert_mmio(row, t, t->at);
	if (row->reason == KVM_EXIT_ARM_NISV)
		assert_nisv(row, t, t->at);
#ifdef __aarch64__
	if (row->reason == TL_RUN_ARM_IDSR)
		assert_idsr(row, t, t->at);
	ret->idsr += row->reason == TL_RUN_ARM_IDSR;
#endif
	ret->nisv += row->reason == KVM_EXIT_ARM_NISV;
	ret->pio += row->reason == KVM_EXIT_IO;
	ret->mmio += row->reason == KVM_EXIT_MMIO;
	t->at++;
}

// Enough to tell the threads of one VM apart: the exit, and where a write went.
static bool fits(const struct row *row, const struct thread *t, size_t at)
{
	const bool access = row->reason == KVM_EXIT_IO || row->reason == KVM_EXIT_MMIO;

	return same_exit(row, t->event[at]) &&
	       (!access || !row->write ||
		       before(row, t, at,
			       row->reason == KVM_EXIT_IO ? KERNEL_PIO_OUT : KERNEL_MMIO_WRITE));
}

static size_t next_of(const struct rows *rows, size_t i, int vcpu)
{
	while (i < rows->n && rows->row[i].vcpu != vcpu)
		i++;
	return i;
}

// Whether a thread's exits are this vCPU's: all of one are all of the other.
static bool is_thread_of(const struct thread *t, int vcpu, const struct rows *rows)
{
	size_t i = next_of(rows, 0, vcpu);

	for (size_t at = 0; at < t->n; at++) {
		if (t->event[at]->kind != KERNEL_EXIT)
			continue;
		if (i == rows->n || !fits(&rows->row[i], t, at))
			return false;
		i = next_of(rows, i + 1, vcpu);
	}
	return i == rows->n;
}

// With one of each there is no choice, and a difference is explained exit by exit.
static struct thread *match(struct threads *threads, int vcpu, const struct rows *rows)
{
	struct thread *left = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < threads->n; i++)
		if (threads->of[i].vcpu == vcpu)
			return &threads->of[i];
	for (unsigned i = 0; i < threads->n; i++) {
		if (threads->of[i].vcpu >= 0)
			continue;
		left = &threads->of[i];
		n++;
		if (is_thread_of(left, vcpu, rows))
			break;
	}
	if (!left || (n > 1 && !is_thread_of(left, vcpu, rows)))
		fail_msg("no thread had the exits of vCPU %d", vcpu);
	else
		left->vcpu = vcpu;
	return left;
}

static bool is_in_kernel(const struct kernel_event *event)
{
	const bool pio = event->kind == KERNEL_PIO_OUT || event->kind == KERNEL_PIO_IN;

	for (unsigned i = 0; i < sizeof(in_kernel) / sizeof(in_kernel[0]); i++)
		if (in_kernel[i].pio == pio && event->addr >= in_kernel[i].from &&
			event->addr <= in_kernel[i].to)
			return true;
	return false;
}

static void assert_coalesced(sqlite3_stmt *s, const struct kernel_event *event, int64_t seq)
{
	if (sqlite3_step(s) != SQLITE_ROW)
		fail_msg("the trace lacks a write that did not exit: 0x%" PRIx64 " to 0x%" PRIx64,
			event->value, event->addr);
	if ((uint64_t)sqlite3_column_int64(s, 0) != event->addr ||
		(unsigned)sqlite3_column_int(s, 1) != event->size ||
		(uint64_t)sqlite3_column_int64(s, 2) != event->value ||
		sqlite3_column_int(s, 3) != (event->kind == KERNEL_PIO_OUT) ||
		(seq >= 0 && sqlite3_column_int64(s, 4) != seq))
		fail_msg("coalesced write %" PRId64 ": 0x%" PRIx64 ", %d bytes to 0x%" PRIx64
			 " at exit %" PRId64 "; the kernel saw 0x%" PRIx64
			 ", %u bytes to 0x%" PRIx64 " before exit %" PRId64,
			(int64_t)sqlite3_column_int64(s, 5), (uint64_t)sqlite3_column_int64(s, 2),
			sqlite3_column_int(s, 1), (uint64_t)sqlite3_column_int64(s, 0),
			(int64_t)sqlite3_column_int64(s, 4), event->value, event->size, event->addr,
			seq);
}

// What no exit took was taken in the kernel: by one of its devices, or by the ring, from where it
// is found at the next exit. With several threads whose that is cannot be told.
static void assert_rest(const struct threads *threads, struct kernel_event *events, size_t n,
	const struct rows *rows, sqlite3_stmt *s, struct witnessed *ret)
{
	const struct row *next = rows->row;

	for (size_t i = 0; i < n; i++) {
		const struct kernel_event *event = &events[i];

		next += event->kind == KERNEL_EXIT;
		if (event->taken || event->kind == KERNEL_TRAP)
			continue;
		if (is_in_kernel(event)) {
			ret->in_kernel++;
			continue;
		}
		if (event->kind != KERNEL_MMIO_WRITE && event->kind != KERNEL_PIO_OUT)
			fail_msg("the trace lacks what the kernel saw: kind %d addr 0x%" PRIx64
				 " value 0x%" PRIx64 " reason %" PRId64,
				event->kind, event->addr, event->value, event->reason);
		assert_coalesced(s, event, threads->n == 1 ? next->seq : -1);
		ret->coalesced++;
	}
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
}

static void assert_all(sqlite3 *trace, struct kernel_event *events, size_t n, struct witnessed *ret)
{
	struct threads threads = { .n = 0 };
	struct rows rows = read_rows(trace);
	sqlite3_stmt *s;

	assert_rows(trace, "SELECT * FROM gap", "");
	assert_int_equal(
		sqlite3_prepare_v2(trace,
			"SELECT addr, size, value, pio, seq, id FROM coalesced ORDER BY id", -1, &s,
			NULL),
		SQLITE_OK);
	sort_out(&threads, events, n);
	for (size_t i = 0; i < rows.n; i++)
		assert_exit(&rows.row[i], match(&threads, rows.row[i].vcpu, &rows), ret);
	assert_rest(&threads, events, n, &rows, s, ret);
	sqlite3_finalize(s);
	for (unsigned i = 0; i < threads.n; i++)
		free(threads.of[i].event);
	free(rows.row);
}

struct witnessed assert_witnessed(const char *path, struct kernel_events *events)
{
	struct witnessed ret = { 0 };
	sqlite3 *trace = trace_open(path);
	size_t n;
	struct kernel_event *event = kernel_events_read(events, &n);

	assert_all(trace, event, n, &ret);
	trace_close(trace);
	return ret;
}
