// SPDX-License-Identifier: MIT
// The VMM is hostile to the collector. Records whose lengths lie are named and cost their ring, and
// nothing else.
#include "recorder/collector/drain.h"
#include "recorder/collector/intake.h"
#include "schema/wire/ring.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"

#include <sys/mman.h>

enum { RING_BYTES = 1 << 16, TAIL = 64 };

struct recording {
	struct tl_arena *arena;
	struct tl_writer *writer;
	struct tl_drain *drain;
	const char *path;
};

static void no_error(struct tl_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

static struct recording open_recording(void)
{
	const struct tl_writer_options options = { .arch = TL_ARCH_X86_64 };
	struct recording r = { .path = fresh("intake.trap") };

	r.arena = mmap(NULL, tl_arena_size(RING_BYTES), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(r.arena != MAP_FAILED);
	no_error(tl_writer_create(r.path, &options, &r.writer));
	no_error(tl_drain_open(r.arena, RING_BYTES, TL_ARCH_X86_64, r.writer, &r.drain));
	return r;
}

static struct sqlite3 *end_recording(struct recording *r)
{
	no_error(tl_drain_end(r->drain));
	no_error(tl_writer_finish(r->writer));
	tl_drain_close(r->drain);
	munmap(r->arena, tl_arena_size(RING_BYTES));
	return trace_open(r->path);
}

// A record of each type that is as it should be, with something in all of its tails.
struct sample {
	uint32_t type;
	const char *name;
	size_t size;
	union {
		struct tl_record_process process;
		struct tl_record_vm vm;
		struct tl_record_vcpu vcpu;
		struct tl_record_exit exit;
		struct tl_record_reply reply;
		struct tl_record_input input;
		struct tl_record_coalesced coalesced;
		struct tl_record_notice notice;
		struct tl_record_gap gap;
		struct tl_record_closed closed;
		uint8_t bytes[sizeof(struct tl_record_exit) + TAIL];
	};
};

// An exit's two changed words, 24 bytes of payload, 4 of data, 4 of code; 16 of extras.
static const struct sample samples[] = {
	{ TL_RECORD_PROCESS, "process", sizeof(struct tl_record_process), .process = { .pid = 1 } },
	{ TL_RECORD_VM, "vm", sizeof(struct tl_record_vm) + 2 * sizeof(struct tl_record_cap),
		.vm = { .n_caps = 2 } },
	{ TL_RECORD_VCPU, "vcpu", sizeof(struct tl_record_vcpu), .vcpu = { .id = 7 } },
	{ TL_RECORD_EXIT, "exit", sizeof(struct tl_record_exit) + 64,
		.exit = { .seq = 1,
			.reason = 6,
			.flags = TL_EXIT_KEY,
			.payload = 24,
			.data = 4,
			.code = 4,
			.code_before = 2,
			.extra = 16,
			.known = { 3 },
			.changed = { 3 } } },
	{ TL_RECORD_REPLY, "reply", sizeof(struct tl_record_reply) + 12,
		.reply = { .seq = 1, .dirty = 1, .answer = 8, .sync = 4 } },
	{ TL_RECORD_INPUT, "input", sizeof(struct tl_record_input) + 16,
		.input = { .seq = 1, .request = 0x4010ae00, .size = 16 } },
	{ TL_RECORD_COALESCED, "coalesced", sizeof(struct tl_record_coalesced),
		.coalesced = { .seq = 1, .size = 4 } },
	{ TL_RECORD_NOTICE, "notice", sizeof(struct tl_record_notice) + 4,
		.notice = { .level = TL_NOTICE_INFO, .size = 4 } },
	{ TL_RECORD_GAP, "gap", sizeof(struct tl_record_gap), .gap = { .lost = 1 } },
	{ TL_RECORD_CLOSED, "closed", sizeof(struct tl_record_closed), .closed = { .seq = 1 } },
};

enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static const struct sample *sample_of(uint32_t type)
{
	const struct sample *sample = samples;

	while (sample->type != type)
		sample++;
	return sample;
}

static void assert_says(struct tl_error *err, const char *message)
{
	assert_non_null(err);
	assert_string_equal(err->message, message);
	assert_int_equal(err->code, TL_ERROR_CORRUPT);
	tl_error_free(err);
}

static void assert_lies(struct recording *r, const struct sample *sample, size_t size)
{
	// In memory of exactly that size, so that the sanitizer sees a byte too far.
	uint8_t *bytes = malloc(size + !size);
	char message[100];

	assert_non_null(bytes);
	memcpy(bytes, sample->bytes, size);
	snprintf(message, sizeof(message), "%s record: its lengths contradict its size",
		sample->name);
	assert_says(tl_drain_record(r->drain, sample->type, bytes, size), message);
	free(bytes);
}

#define COUNTS                                                                                     \
	"SELECT (SELECT count(*) FROM process), (SELECT count(*) FROM vm), "                       \
	"(SELECT count(*) FROM cap), (SELECT count(*) FROM vcpu), (SELECT count(*) FROM exit), "   \
	"(SELECT count(*) FROM answer), (SELECT count(*) FROM input), "                            \
	"(SELECT count(*) FROM coalesced), (SELECT count(*) FROM notice), "                        \
	"(SELECT count(*) FROM gap)"

static void every_record_cut_at_every_byte_is_named(void **state)
{
	struct recording r = open_recording();
	struct sqlite3 *trace;

	for (unsigned i = 0; i < N_SAMPLES; i++)
		for (size_t size = 0; size < samples[i].size; size++)
			assert_lies(&r, &samples[i], size);
	trace = end_recording(&r);
	assert_rows(trace, COUNTS, "0|0|0|0|0|0|0|0|0|0");
	trace_close(trace);
}

static void every_whole_record_is_taken(void **state)
{
	struct recording r = open_recording();
	struct sqlite3 *trace;

	for (unsigned i = 0; i < N_SAMPLES; i++)
		no_error(tl_drain_record(
			r.drain, samples[i].type, samples[i].bytes, samples[i].size));
	trace = end_recording(&r);
	assert_rows(trace, COUNTS, "1|1|1|1|1|1|1|1|1|1");
	trace_close(trace);
}

#define ASSERT_LIES(r, record_type, change)                                                        \
	do {                                                                                       \
		struct sample sample_ = *sample_of(record_type);                                   \
		sample_.change;                                                                    \
		assert_lies(r, &sample_, sample_.size);                                            \
	} while (0)

static void sizes_beyond_the_record_are_named(void **state)
{
	struct recording r = open_recording();
	struct sqlite3 *trace;

	ASSERT_LIES(&r, TL_RECORD_VM, vm.n_caps = 3);
	ASSERT_LIES(&r, TL_RECORD_VM, vm.n_caps = UINT32_MAX);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.changed[0] = UINT64_MAX);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.payload = UINT16_MAX);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.data = UINT16_MAX);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.code = UINT16_MAX);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.code_before = 5);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.extra = 17);
	ASSERT_LIES(&r, TL_RECORD_EXIT, exit.extra = UINT32_MAX);
	ASSERT_LIES(&r, TL_RECORD_REPLY, reply.answer = UINT32_MAX);
	ASSERT_LIES(&r, TL_RECORD_REPLY, reply.sync = UINT32_MAX);
	ASSERT_LIES(&r, TL_RECORD_INPUT, input.size = UINT32_MAX);
	ASSERT_LIES(&r, TL_RECORD_COALESCED, coalesced.size = 9);
	ASSERT_LIES(&r, TL_RECORD_NOTICE, notice.size = UINT32_MAX);
	trace = end_recording(&r);
	assert_rows(trace, COUNTS, "0|0|0|0|0|0|0|0|0|0");
	trace_close(trace);
}

static void numbers_that_no_vcpu_has_are_named(void **state)
{
	static const char few[] = "vCPU 65536, expected less than 65536",
			  many[] = "vCPU 4294967295, expected less than 65536";
	struct sample exit = *sample_of(TL_RECORD_EXIT), vcpu = *sample_of(TL_RECORD_VCPU);
	struct recording r = open_recording();

	exit.exit.vcpu = vcpu.vcpu.vcpu = 65536;
	assert_says(tl_drain_record(r.drain, exit.type, exit.bytes, exit.size), few);
	assert_says(tl_drain_record(r.drain, vcpu.type, vcpu.bytes, vcpu.size), few);
	exit.exit.vcpu = vcpu.vcpu.vcpu = UINT32_MAX;
	assert_says(tl_drain_record(r.drain, exit.type, exit.bytes, exit.size), many);
	assert_says(tl_drain_record(r.drain, vcpu.type, vcpu.bytes, vcpu.size), many);
	trace_close(end_recording(&r));
}

static void types_that_there_are_not_are_named(void **state)
{
	struct recording r = open_recording();

	assert_says(tl_drain_record(r.drain, 0, "", 0), "record of type 0");
	assert_says(tl_drain_record(r.drain, TL_RING_PAD, "", 0), "record of type 1");
	assert_says(tl_drain_record(r.drain, TL_RECORD_END, "", 0), "record of type 15");
	assert_says(tl_drain_record(r.drain, UINT32_MAX, "", 0), "record of type 4294967295");
	trace_close(end_recording(&r));
}

static struct tl_ring ring_of(const struct recording *r, unsigned i)
{
	return (struct tl_ring){ &r->arena->ring[i],
		(uint8_t *)r->arena + tl_arena_ring_at(RING_BYTES, i), RING_BYTES };
}

static void put(const struct recording *r, unsigned ring, const struct sample *sample)
{
	const struct tl_ring to = ring_of(r, ring);
	void *body = tl_ring_reserve(&to, (uint32_t)sample->size);

	assert_non_null(body);
	memcpy(body, sample->bytes, sample->size);
	tl_ring_commit(body, sample->type, (uint32_t)sample->size);
}

static void put_notice(const struct recording *r, unsigned ring, const char *text)
{
	struct sample notice = { .type = TL_RECORD_NOTICE,
		.size = sizeof(struct tl_record_notice) + strlen(text),
		.notice = { .level = TL_NOTICE_INFO, .size = (uint32_t)strlen(text) } };

	memcpy(notice.bytes + sizeof(notice.notice), text, strlen(text));
	put(r, ring, &notice);
}

// A header as a producer would never write it.
static void put_header(const struct recording *r, unsigned ring, uint64_t header)
{
	const struct tl_ring to = ring_of(r, ring);
	uint8_t *body = tl_ring_reserve(&to, 8);

	memcpy(body - TL_RING_HEADER, &header, sizeof(header));
}

static size_t drain(struct recording *r)
{
	size_t n;

	no_error(tl_drain_round(r->drain, &n));
	return n;
}

static void a_header_that_lies_costs_its_ring_alone(void **state)
{
	static const uint64_t headers[] = {
		UINT64_C(9) << 32,		    // no size
		UINT64_C(9) << 32 | 4,		    // less than a header
		UINT64_C(9) << 32 | 20,		    // no multiple of 8
		UINT64_C(9) << 32 | RING_BYTES,	    // beyond the end
		UINT64_C(9) << 32 | 0xfffffff8,	    // far beyond it
		UINT64_C(1) << 32 | 2 * RING_BYTES, // a filler, the same
	};
	enum { N = sizeof(headers) / sizeof(headers[0]) };
	struct recording r = open_recording();
	struct sqlite3 *trace;

	for (unsigned i = 0; i < N; i++) {
		put_notice(&r, i, "before");
		put_header(&r, i, headers[i]);
		put_notice(&r, i, "behind");
	}
	put_notice(&r, N, "beside");
	assert_int_equal(drain(&r), N + 1);
	put_notice(&r, 0, "later");
	put_notice(&r, N, "later beside");
	assert_int_equal(drain(&r), 1);
	trace = end_recording(&r);
	assert_rows(trace, "SELECT text, count(*) FROM notice GROUP BY text",
		"before|6\nbeside|1\nlater beside|1");
	assert_rows(trace, "SELECT why, lost FROM gap ORDER BY id",
		"ring 0 cannot be read any further: a record's length lies|0\n"
		"ring 1 cannot be read any further: a record's length lies|0\n"
		"ring 2 cannot be read any further: a record's length lies|0\n"
		"ring 3 cannot be read any further: a record's length lies|0\n"
		"ring 4 cannot be read any further: a record's length lies|0\n"
		"ring 5 cannot be read any further: a record's length lies|0");
	trace_close(trace);
}

static void a_record_that_lies_costs_its_ring_alone(void **state)
{
	struct recording r = open_recording();
	struct sample exit = *sample_of(TL_RECORD_EXIT);
	struct sqlite3 *trace;

	exit.exit.payload = 0x4000;
	put(&r, 3, &exit);
	put_notice(&r, 3, "behind");
	put_notice(&r, 200, "beside");
	drain(&r);
	assert_int_equal(drain(&r), 0);
	trace = end_recording(&r);
	assert_rows(trace, "SELECT text FROM notice", "beside");
	assert_rows(trace, "SELECT why FROM gap",
		"ring 3 cannot be read any further: exit record: its lengths contradict its size");
	trace_close(trace);
}

// Exits that contradict each other rather than themselves.
static void an_exit_that_comes_twice_costs_its_ring_alone(void **state)
{
	struct recording r = open_recording();
	struct sample exit = *sample_of(TL_RECORD_EXIT);
	struct sqlite3 *trace;

	exit.exit.seq = 5;
	put(&r, 1, &exit);
	exit.exit.seq = 4;
	put(&r, 1, &exit);
	exit.exit.vcpu = 1;
	exit.exit.seq = 5;
	put(&r, 2, &exit);
	exit.exit.vcpu = 2;
	exit.exit.seq = 6;
	put(&r, 3, &exit);
	drain(&r);
	trace = end_recording(&r);
	assert_rows(trace, "SELECT seq, vcpu FROM exit", "5|0\n6|2");
	assert_rows(
		trace, "SELECT vcpu, from_seq, to_seq, lost FROM gap ORDER BY id", "|||0\n1|5|5|1");
	assert_rows(trace, "SELECT why FROM gap WHERE vcpu = 1", "another exit has this number");
	assert_rows(trace,
		"SELECT why LIKE 'ring 1 cannot be read any further: %: exit 4 comes after exit 5' "
		"FROM gap WHERE vcpu IS NULL",
		"1");
	trace_close(trace);
}

static void counters_that_lie_do_no_harm(void **state)
{
	struct recording r = open_recording();
	struct sqlite3 *trace;

	r.arena->ring[4].reserved = UINT64_MAX;
	r.arena->ring[5].reserved = 8; // and nothing there
	r.arena->ring[6].taken = UINT64_MAX;
	r.arena->ring[7].owner = UINT32_MAX;
	r.arena->ring[7].lost = 3;
	put_notice(&r, 8, "beside");
	for (unsigned i = 0; i < 3; i++)
		drain(&r);
	trace = end_recording(&r);
	assert_rows(trace, "SELECT text FROM notice", "beside");
	assert_rows(trace, "SELECT lost, why FROM gap", "3|the ring was full until the end");
	trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_cut_at_every_byte_is_named),
		cmocka_unit_test(every_whole_record_is_taken),
		cmocka_unit_test(sizes_beyond_the_record_are_named),
		cmocka_unit_test(numbers_that_no_vcpu_has_are_named),
		cmocka_unit_test(types_that_there_are_not_are_named),
		cmocka_unit_test(a_header_that_lies_costs_its_ring_alone),
		cmocka_unit_test(a_record_that_lies_costs_its_ring_alone),
		cmocka_unit_test(an_exit_that_comes_twice_costs_its_ring_alone),
		cmocka_unit_test(counters_that_lie_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
