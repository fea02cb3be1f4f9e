// SPDX-License-Identifier: MIT
// The ring alone, and with threads that produce and take at once (also under the tsan preset).
#include "schema/wire/ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES = 4096, TYPE = 7, PRODUCERS = 4, EACH = 20000 };

struct fixture {
	struct tl_ring_control control;
	_Alignas(64) uint8_t data[BYTES];
	struct tl_ring ring;
	uint64_t at; // the consumer's offset
	uint8_t body[BYTES];
};

static struct fixture *start(void)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.ring = (struct tl_ring){ &f.control, f.data, BYTES };
	return &f;
}

static enum tl_ring_status take(struct fixture *f, struct tl_ring_record *ret)
{
	*ret = (struct tl_ring_record){ .body = f->body, .room = sizeof(f->body) };
	return tl_ring_take(&f->ring, &f->at, ret);
}

static void put(struct fixture *f, uint32_t type, uint8_t byte, uint32_t size)
{
	uint8_t *body = tl_ring_reserve(&f->ring, size);

	assert_non_null(body);
	memset(body, byte, size);
	tl_ring_commit(body, type, size);
}

// Bodies are padded to 8 bytes.
static void assert_taken(struct fixture *f, uint32_t type, uint8_t byte, uint32_t size)
{
	struct tl_ring_record record;

	assert_int_equal(take(f, &record), TL_RING_RECORD);
	assert_int_equal(record.type, type);
	assert_int_equal(record.size, (size + 7) / 8 * 8);
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(record.body[i], byte);
}

static void assert_empty(struct fixture *f)
{
	struct tl_ring_record record;

	assert_int_equal(take(f, &record), TL_RING_EMPTY);
}

static void assert_all_zero(const struct fixture *f)
{
	for (unsigned i = 0; i < BYTES; i++)
		assert_int_equal(f->data[i], 0);
}

static void records_come_out_as_they_went_in(void **state)
{
	struct fixture *f = start();

	assert_empty(f);
	put(f, 2, 0x11, 0);
	put(f, 3, 0x22, 1);
	put(f, UINT32_MAX, 0x33, 100);
	assert_taken(f, 2, 0x11, 0);
	assert_taken(f, 3, 0x22, 1);
	assert_taken(f, UINT32_MAX, 0x33, 100);
	assert_empty(f);
	assert_all_zero(f);
}

static void records_wrap_round_with_fillers(void **state)
{
	struct fixture *f = start();

	for (uint32_t i = 0; i < 10000; i++) {
		put(f, TYPE + i % 5, (uint8_t)i, i * 37 % 1000);
		put(f, TYPE, (uint8_t)~i, i % 64);
		assert_taken(f, TYPE + i % 5, (uint8_t)i, i * 37 % 1000);
		assert_taken(f, TYPE, (uint8_t)~i, i % 64);
		tl_ring_release(&f->ring, f->at);
	}
	assert_empty(f);
	assert_all_zero(f);
	assert_true(f->at > 1000 * BYTES);
}

static void a_full_ring_takes_nothing_until_room_is_given_back(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < BYTES / 64; i++)
		put(f, TYPE, (uint8_t)i, 56);
	assert_null(tl_ring_reserve(&f->ring, 0));
	assert_taken(f, TYPE, 0, 56);
	assert_null(tl_ring_reserve(&f->ring, 0)); // taken, not yet given back
	tl_ring_release(&f->ring, f->at);
	assert_null(tl_ring_reserve(&f->ring, 57));
	put(f, TYPE, 0x77, 56);
	assert_null(tl_ring_reserve(&f->ring, 0));
	for (unsigned i = 1; i < BYTES / 64; i++)
		assert_taken(f, TYPE, (uint8_t)i, 56);
	assert_taken(f, TYPE, 0x77, 56);
	assert_empty(f);
}

// The room before the end is too small for it, and the filler there counts too.
static void a_record_does_not_fit_when_its_filler_does_not(void **state)
{
	struct fixture *f = start();

	put(f, TYPE, 1, 3000);
	assert_null(tl_ring_reserve(&f->ring, 2000));
	assert_taken(f, TYPE, 1, 3000);
	tl_ring_release(&f->ring, f->at);
	put(f, TYPE, 2, 2000);
	assert_taken(f, TYPE, 2, 2000);
	tl_ring_release(&f->ring, f->at);
	assert_int_equal(f->at, BYTES + 2008);
}

static void a_record_larger_than_the_ring_never_fits(void **state)
{
	struct fixture *f = start();

	assert_null(tl_ring_reserve(&f->ring, BYTES));
	assert_null(tl_ring_reserve(&f->ring, BYTES - 7));
	assert_null(tl_ring_reserve(&f->ring, UINT32_MAX));
	assert_int_equal(f->control.reserved, 0);
	put(f, TYPE, 9, BYTES - 8);
	assert_taken(f, TYPE, 9, BYTES - 8);
}

// As in a signal handler that comes in the middle of a record.
static void a_record_inside_another_waits_for_it(void **state)
{
	struct fixture *f = start();
	uint8_t *outer = tl_ring_reserve(&f->ring, 16);

	put(f, TYPE + 1, 0xbb, 24);
	assert_empty(f);
	memset(outer, 0xaa, 16);
	tl_ring_commit(outer, TYPE, 16);
	assert_taken(f, TYPE, 0xaa, 16);
	assert_taken(f, TYPE + 1, 0xbb, 24);
	assert_empty(f);
}

static void a_record_larger_than_the_readers_room_is_bad(void **state)
{
	struct fixture *f = start();
	struct tl_ring_record record = { .body = f->body, .room = 16 };

	put(f, TYPE, 1, 24);
	assert_int_equal(tl_ring_take(&f->ring, &f->at, &record), TL_RING_BAD);
	assert_int_equal(f->at, 0);
}

static void headers_that_lie_are_bad(void **state)
{
	static const uint64_t headers[] = { (uint64_t)TYPE << 32, (uint64_t)TYPE << 32 | 4,
		(uint64_t)TYPE << 32 | 12, (uint64_t)TYPE << 32 | (BYTES + 8),
		(uint64_t)TL_RING_PAD << 32 | (BYTES + 8), UINT64_MAX };

	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct fixture *f = start();
		struct tl_ring_record record;

		memcpy(f->data, &headers[i], sizeof(headers[i]));
		assert_int_equal(take(f, &record), TL_RING_BAD);
		assert_int_equal(f->at, 0);
	}
}

// What a producer of the crowd says: who it is, and how often it has spoken.
struct word {
	uint32_t producer, n;
};

struct speaker {
	pthread_t thread;
	struct fixture *f;
	uint32_t number;
	uint64_t refused;
};

static uint32_t size_of(uint32_t n)
{
	return (uint32_t)sizeof(struct word) + n * 13 % 200;
}

static void *speak(void *arg)
{
	struct speaker *s = arg;

	for (uint32_t n = 0; n < EACH;) {
		const struct word word = { s->number, n };
		uint8_t *body = tl_ring_reserve(&s->f->ring, size_of(n));

		if (!body) {
			s->refused++;
			sched_yield();
			continue;
		}
		memcpy(body, &word, sizeof(word));
		memset(body + sizeof(word), (int)s->number, size_of(n) - sizeof(word));
		tl_ring_commit(body, TYPE, size_of(n));
		n++;
	}
	return NULL;
}

// The speaker's next word, whole.
static void assert_next(const struct tl_ring_record *record, uint32_t heard[PRODUCERS])
{
	struct word word;

	memcpy(&word, record->body, sizeof(word));
	assert_in_range(word.producer, 0, PRODUCERS - 1);
	assert_int_equal(word.n, heard[word.producer]++);
	assert_int_equal(record->size, (size_of(word.n) + 7) / 8 * 8);
	for (uint32_t i = sizeof(word); i < size_of(word.n); i++)
		assert_int_equal(record->body[i], word.producer);
}

static void four_producers_and_a_consumer_lose_nothing(void **state)
{
	struct fixture *f = start();
	struct speaker speakers[PRODUCERS] = { 0 };
	uint32_t heard[PRODUCERS] = { 0 };
	uint64_t total = 0;

	for (uint32_t i = 0; i < PRODUCERS; i++) {
		speakers[i].f = f;
		speakers[i].number = i;
		pthread_create(&speakers[i].thread, NULL, speak, &speakers[i]);
	}
	while (total < (uint64_t)PRODUCERS * EACH) {
		struct tl_ring_record record;
		const enum tl_ring_status status = take(f, &record);

		assert_int_not_equal(status, TL_RING_BAD);
		if (status == TL_RING_RECORD) {
			assert_next(&record, heard);
			total++;
			continue;
		}
		tl_ring_release(&f->ring, f->at);
		sched_yield();
	}
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		pthread_join(speakers[i].thread, NULL);
		assert_int_equal(heard[i], EACH);
		print_message("producer %u waited %llu times\n", i,
			(unsigned long long)speakers[i].refused);
	}
	tl_ring_release(&f->ring, f->at);
	assert_empty(f);
	assert_all_zero(f);
	assert_int_equal(f->control.reserved, f->at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_as_they_went_in),
		cmocka_unit_test(records_wrap_round_with_fillers),
		cmocka_unit_test(a_full_ring_takes_nothing_until_room_is_given_back),
		cmocka_unit_test(a_record_does_not_fit_when_its_filler_does_not),
		cmocka_unit_test(a_record_larger_than_the_ring_never_fits),
		cmocka_unit_test(a_record_inside_another_waits_for_it),
		cmocka_unit_test(a_record_larger_than_the_readers_room_is_bad),
		cmocka_unit_test(headers_that_lie_are_bad),
		cmocka_unit_test(four_producers_and_a_consumer_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
