// SPDX-License-Identifier: MIT
#include "schema/trace/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/*
 * An exit in a chunk, before compression:
 *
 *   varint  seq, less the one before it (the first: less 0)
 *   u8      1 when the words that are known differ from the exit before, else 0
 *   bits    one a word: known (only after a 1)
 *   bits    one a word: changed
 *   u64...  each changed word, exclusive-or with what it was, little endian
 */
enum { LEVEL = 3, MOST_BYTES = 4 << 20, FIRST_ROOM = 4096 };

struct tl_state_writer {
	unsigned words;
	unsigned count;
	uint64_t first, seq;
	struct tl_regs last;
	uint8_t *raw;
	size_t raw_size, raw_room;
	uint8_t *packed;
	size_t packed_room;
	ZSTD_CCtx *zstd;
};

static size_t most_of_an_exit(unsigned words)
{
	return 10 + 1 + 2 * ((words + 7) / 8) + (size_t)words * 8;
}

struct tl_error *tl_state_writer_open(unsigned words, struct tl_state_writer **ret)
{
	struct tl_state_writer *w = calloc(1, sizeof(*w));

	assert(words <= TL_REG_WORDS && most_of_an_exit(words) * TL_STATE_EXITS <= MOST_BYTES);
	if (w) {
		w->words = words;
		w->zstd = ZSTD_createCCtx();
	}
	if (!w || !w->zstd) {
		tl_state_writer_close(w);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	*ret = w;
	return NULL;
}

// Doubles a buffer until it has that much room.
static bool make_room(uint8_t **at, size_t *room, size_t need)
{
	size_t more = *room ? *room : FIRST_ROOM;
	uint8_t *grown;

	while (more < need)
		more *= 2;
	if (more == *room)
		return true;
	grown = realloc(*at, more);
	if (!grown)
		return false;
	*at = grown;
	*room = more;
	return true;
}

void tl_state_writer_close(struct tl_state_writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	free(w->packed);
	free(w->raw);
	free(w);
}

static void put(struct tl_state_writer *w, uint8_t byte)
{
	w->raw[w->raw_size++] = byte;
}

static void put_varint(struct tl_state_writer *w, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put(w, (uint8_t)(value | 0x80));
	put(w, (uint8_t)value);
}

static void put_bits(struct tl_state_writer *w, const uint64_t *bits)
{
	for (unsigned i = 0; i < (w->words + 7) / 8; i++)
		put(w, (uint8_t)(bits[i / 8] >> i % 8 * 8));
}

static void put_word(struct tl_state_writer *w, uint64_t word)
{
	for (unsigned i = 0; i < 8; i++)
		put(w, (uint8_t)(word >> 8 * i));
}

static void put_words(struct tl_state_writer *w, const struct tl_regs *regs)
{
	uint64_t changed[2] = { 0 };

	for (unsigned i = 0; i < w->words; i++)
		if (regs->word[i] != w->last.word[i])
			changed[i / 64] |= UINT64_C(1) << i % 64;
	put_bits(w, changed);
	for (unsigned i = 0; i < w->words; i++)
		if (changed[i / 64] >> i % 64 & 1)
			put_word(w, regs->word[i] ^ w->last.word[i]);
}

struct tl_error *tl_state_add(struct tl_state_writer *w, uint64_t seq, const struct tl_regs *regs)
{
	const bool known_differs = memcmp(regs->known, w->last.known, sizeof(regs->known));

	assert(w->count < TL_STATE_EXITS);
	if (w->count && seq <= w->seq)
		return tl_error_new(TL_ERROR_CORRUPT, "exit %llu comes after exit %llu",
			(unsigned long long)seq, (unsigned long long)w->seq);
	if (!make_room(&w->raw, &w->raw_room, w->raw_size + most_of_an_exit(w->words)))
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (!w->count)
		w->first = seq;
	put_varint(w, seq - w->seq);
	put(w, known_differs);
	if (known_differs)
		put_bits(w, regs->known);
	put_words(w, regs);
	w->seq = seq;
	w->last = *regs;
	w->count++;
	return NULL;
}

unsigned tl_state_count(const struct tl_state_writer *w)
{
	return w->count;
}

uint64_t tl_state_first(const struct tl_state_writer *w)
{
	return w->first;
}

struct tl_error *tl_state_chunk(struct tl_state_writer *w, const void **bytes, size_t *size)
{
	size_t n;

	if (!make_room(&w->packed, &w->packed_room, ZSTD_compressBound(w->raw_size)))
		return tl_error_new(TL_ERROR_IO, "out of memory");
	n = ZSTD_compressCCtx(w->zstd, w->packed, w->packed_room, w->raw, w->raw_size, LEVEL);
	if (ZSTD_isError(n))
		return tl_error_new(TL_ERROR_IO, "zstd: %s", ZSTD_getErrorName(n));
	*bytes = w->packed;
	*size = n;
	return NULL;
}

void tl_state_restart(struct tl_state_writer *w)
{
	w->count = 0;
	w->raw_size = 0;
	w->first = w->seq = 0;
	memset(&w->last, 0, sizeof(w->last));
}

// A chunk, exit by exit.
struct cursor {
	void *raw; // owned
	const uint8_t *at, *end;
	bool short_; // ran out of bytes
	unsigned words, exits;
	uint64_t seq;
	struct tl_regs regs; // of exit `seq`
};

static uint8_t take(struct cursor *c)
{
	if (c->at == c->end) {
		c->short_ = true;
		return 0;
	}
	return *c->at++;
}

static uint64_t take_varint(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint8_t byte = take(c);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

static void take_bits(struct cursor *c, uint64_t *bits)
{
	bits[0] = bits[1] = 0;
	for (unsigned i = 0; i < (c->words + 7) / 8; i++)
		bits[i / 8] |= (uint64_t)take(c) << i % 8 * 8;
}

static uint64_t take_word(struct cursor *c)
{
	uint64_t word = 0;

	for (unsigned i = 0; i < 8; i++)
		word |= (uint64_t)take(c) << 8 * i;
	return word;
}

static void take_exit(struct cursor *c)
{
	uint64_t changed[2];

	c->seq += take_varint(c);
	if (take(c))
		take_bits(c, c->regs.known);
	take_bits(c, changed);
	for (unsigned i = 0; i < c->words; i++)
		if (changed[i / 64] >> i % 64 & 1)
			c->regs.word[i] ^= take_word(c);
}

static struct tl_error *unpack(const void *chunk, size_t size, unsigned words, struct cursor *ret)
{
	struct tl_error *err;
	size_t raw_size;

	*ret = (struct cursor){ .words = words };
	err = tl_unpack(chunk, size, MOST_BYTES, &ret->raw, &raw_size);
	if (err)
		return tl_error_in(err, "state chunk");
	ret->at = ret->raw;
	ret->end = ret->at + raw_size;
	return NULL;
}

// `*ret` is false after the last exit.
static struct tl_error *next(struct cursor *c, bool *ret)
{
	*ret = c->at < c->end;
	if (!*ret)
		return NULL;
	take_exit(c);
	if (c->short_)
		return tl_error_new(TL_ERROR_CORRUPT, "state chunk ends in the middle of an exit");
	if (c->exits++ == TL_STATE_EXITS)
		return tl_error_new(TL_ERROR_CORRUPT, "state chunk has too many exits");
	return NULL;
}

struct tl_error *tl_state_read(
	const void *chunk, size_t size, unsigned words, uint64_t seq, struct tl_regs *ret)
{
	struct cursor c;
	struct tl_error *err = unpack(chunk, size, words, &c);
	bool more = true;

	while (!err && more && c.seq < seq)
		err = next(&c, &more);
	free(c.raw);
	if (!err && c.seq != seq)
		err = tl_error_new(TL_ERROR_NOT_RECORDED, "registers were not recorded");
	if (!err)
		*ret = c.regs;
	return err;
}

struct tl_error *tl_state_each(const void *chunk, size_t size, unsigned words,
	struct tl_error *(*each)(void *ctx, uint64_t seq, const struct tl_regs *regs), void *ctx)
{
	struct cursor c;
	struct tl_error *err = unpack(chunk, size, words, &c);
	bool more = true;

	while (!err && more) {
		err = next(&c, &more);
		if (!err && more)
			err = each(ctx, c.seq, &c.regs);
	}
	free(c.raw);
	return err;
}

struct tl_error *tl_pack(const void *bytes, size_t size, void **ret, size_t *ret_size)
{
	const size_t room = ZSTD_compressBound(size);
	void *packed = malloc(room);
	size_t n = packed ? ZSTD_compress(packed, room, bytes, size, LEVEL) : 0;

	if (!packed)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (ZSTD_isError(n)) {
		free(packed);
		return tl_error_new(TL_ERROR_IO, "zstd: %s", ZSTD_getErrorName(n));
	}
	*ret = packed;
	*ret_size = n;
	return NULL;
}

struct tl_error *tl_unpack(
	const void *bytes, size_t size, size_t most, void **ret, size_t *ret_size)
{
	const unsigned long long room = ZSTD_getFrameContentSize(bytes, size);
	void *raw;
	size_t n;

	if (room == ZSTD_CONTENTSIZE_UNKNOWN || room == ZSTD_CONTENTSIZE_ERROR)
		return tl_error_new(TL_ERROR_CORRUPT, "not a zstd frame of known size");
	if (room > most)
		return tl_error_new(
			TL_ERROR_CORRUPT, "would unpack to %llu bytes, at most %zu", room, most);
	raw = malloc(room ? room : 1);
	if (!raw)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	n = ZSTD_decompress(raw, room, bytes, size);
	if (ZSTD_isError(n) || n != room) {
		free(raw);
		return tl_error_new(TL_ERROR_CORRUPT, "zstd: %s",
			ZSTD_isError(n) ? ZSTD_getErrorName(n) : "short frame");
	}
	*ret = raw;
	*ret_size = n;
	return NULL;
}
