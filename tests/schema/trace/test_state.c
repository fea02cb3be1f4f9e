// SPDX-License-Identifier: MIT
// labels: unit
#include "tests/schema/trace/fixture.h"

#include "schema/trace/state.h"

#include "arch/x86_64/regs.h"

static struct tl_regs regs_at(uint64_t seq)
{
	struct tl_regs regs = { 0 };

	for (unsigned i = 0; i < TL_X86_WORDS; i++)
		if ((i + seq) % 5)
			tl_regs_set(&regs, i, i * seq * UINT64_C(0x0101010101010101));
	return regs;
}

static struct tl_state_writer *writer(unsigned words)
{
	struct tl_state_writer *w;

	assert_ok(tl_state_writer_open(words, &w));
	return w;
}

static void a_full_chunk_gives_every_exit_back(void **state)
{
	struct tl_state_writer *w = writer(TL_X86_WORDS);
	struct tl_regs expected, read;
	const void *chunk;
	size_t size;

	for (uint64_t i = 1; i <= TL_STATE_EXITS; i++) {
		expected = regs_at(i * 3);
		assert_ok(tl_state_add(w, i * 3, &expected));
	}
	assert_int_equal(tl_state_count(w), TL_STATE_EXITS);
	assert_int_equal(tl_state_first(w), 3);
	assert_ok(tl_state_chunk(w, &chunk, &size));
	for (uint64_t i = 1; i <= TL_STATE_EXITS; i += 31) {
		expected = regs_at(i * 3);
		assert_ok(tl_state_read(chunk, size, TL_X86_WORDS, i * 3, &read));
		assert_memory_equal(read.known, expected.known, sizeof(read.known));
		for (unsigned k = 0; k < TL_X86_WORDS; k++)
			if (tl_regs_known(&expected, k))
				assert_int_equal(read.word[k], expected.word[k]);
	}
	assert_error(
		tl_state_read(chunk, size, TL_X86_WORDS, 4, &read), "registers were not recorded");
	tl_state_writer_close(w);
}

static void a_chunk_starts_anew_after_the_last(void **state)
{
	struct tl_state_writer *w = writer(TL_X86_WORDS);
	struct tl_regs regs = regs_at(7), read;
	const void *chunk;
	size_t size;

	assert_ok(tl_state_add(w, UINT64_MAX - 1, &regs));
	tl_state_restart(w);
	assert_int_equal(tl_state_count(w), 0);
	assert_ok(tl_state_add(w, 8, &regs));
	assert_ok(tl_state_chunk(w, &chunk, &size));
	assert_ok(tl_state_read(chunk, size, TL_X86_WORDS, 8, &read));
	assert_memory_equal(&read, &regs, sizeof(regs));
	tl_state_writer_close(w);
}

static void seqs_ascend(void **state)
{
	struct tl_state_writer *w = writer(TL_X86_WORDS);
	const struct tl_regs regs = { 0 };

	assert_ok(tl_state_add(w, 5, &regs));
	assert_error(tl_state_add(w, 5, &regs), "exit 5 comes after exit 5");
	tl_state_writer_close(w);
}

static void a_cut_chunk_is_an_error_wherever_it_ends(void **state)
{
	struct tl_state_writer *w = writer(TL_X86_WORDS);
	struct tl_regs regs;
	const void *chunk;
	size_t size, whole;
	void *raw, *cut;

	for (uint64_t seq = 1; seq <= 3; seq++) {
		regs = regs_at(seq);
		assert_ok(tl_state_add(w, seq, &regs));
	}
	assert_ok(tl_state_chunk(w, &chunk, &size));
	assert_ok(tl_unpack(chunk, size, SIZE_MAX, &raw, &whole));
	for (size_t n = 1; n < whole; n += 7) {
		assert_ok(tl_pack(raw, n, &cut, &size));
		tl_error_free(tl_state_read(cut, size, TL_X86_WORDS, 3, &regs));
		free(cut);
	}
	assert_ok(tl_pack(raw, whole - 1, &cut, &size));
	assert_error(tl_state_read(cut, size, TL_X86_WORDS, 3, &regs),
		"state chunk ends in the middle of an exit");
	free(cut);
	free(raw);
	tl_state_writer_close(w);
}

static struct tl_error *count_exit(void *ctx, uint64_t seq, const struct tl_regs *regs)
{
	assert_int_equal(seq, ++*(unsigned *)ctx);
	return NULL;
}

static void a_chunk_of_too_many_exits_is_refused(void **state)
{
	enum { EXIT = 2 + (TL_X86_WORDS + 7) / 8 }; // one on, no word known or changed
	static uint8_t raw[(TL_STATE_EXITS + 1) * EXIT];
	struct tl_regs regs;
	unsigned n = 0;
	size_t size;
	void *packed;

	for (unsigned i = 0; i <= TL_STATE_EXITS; i++)
		raw[i * EXIT] = 1;
	assert_ok(tl_pack(raw, sizeof(raw), &packed, &size));
	assert_ok(tl_state_read(packed, size, TL_X86_WORDS, TL_STATE_EXITS, &regs));
	assert_error(tl_state_read(packed, size, TL_X86_WORDS, TL_STATE_EXITS + 1, &regs),
		"state chunk has too many exits");
	assert_error(tl_state_each(packed, size, TL_X86_WORDS, count_exit, &n),
		"state chunk has too many exits");
	assert_int_equal(n, TL_STATE_EXITS);
	free(packed);
}

static void any_bytes_are_read_without_a_crash(void **state)
{
	uint8_t noise[600];
	struct tl_regs regs;
	size_t size;
	void *packed;

	srandom(1);
	for (unsigned round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(random() & (round % 2 ? 0xff : 1));
		assert_ok(tl_pack(noise, sizeof(noise), &packed, &size));
		tl_error_free(tl_state_read(packed, size, round % TL_REG_WORDS + 1, 40, &regs));
		free(packed);
		tl_error_free(tl_state_read(noise, sizeof(noise), TL_X86_WORDS, 40, &regs));
	}
}

static void unpacking_is_bounded(void **state)
{
	uint8_t zeroes[5000] = { 0 };
	size_t size;
	void *packed, *raw;

	assert_ok(tl_pack(zeroes, sizeof(zeroes), &packed, &size));
	assert_error(tl_unpack(packed, size, 4999, &raw, &size),
		"would unpack to 5000 bytes, at most 4999");
	assert_error(tl_unpack("x", 1, 10, &raw, &size), "not a zstd frame of known size");
	free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_chunk_gives_every_exit_back),
		cmocka_unit_test(a_chunk_starts_anew_after_the_last),
		cmocka_unit_test(seqs_ascend),
		cmocka_unit_test(a_cut_chunk_is_an_error_wherever_it_ends),
		cmocka_unit_test(a_chunk_of_too_many_exits_is_refused),
		cmocka_unit_test(any_bytes_are_read_without_a_crash),
		cmocka_unit_test(unpacking_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
