// SPDX-License-Identifier: MIT
// Where code runs, by its bytes: pieces of the guest's code around PC are looked for in the file,
// and each place where one is found is compared as a whole. A guest changes words of its code
// (relocations, alternatives, breakpoints), so the place that agrees in most bytes is taken, not
// one that agrees in all.
#include "replayer/symbols-elf.h"

#include <string.h>

enum {
	SIDE = 1024, // most bytes of code before PC, and from it on
	PIECE = 16,  // bytes that agree before a place is looked at, and the fewest to know one by
	PIECES = 2 * SIDE / PIECE,
	SLOTS = 1024,	   // of the table of pieces
	EFFORT = 64 << 20, // most bytes to compare: a file may consist of few instructions
	CODE = 256 << 20,  // most bytes of code to look through: kernels have a tenth of that
};

struct window {
	uint8_t bytes[2 * SIDE];
	size_t before, size;  // bytes before PC, and all
	tl_gva va;	      // of the first
	uint8_t slots[SLOTS]; // number of a piece, from 1, by its first 8 bytes
};

struct search {
	const struct window *window;
	unsigned unit; // addresses of instructions are multiples of it
	uint64_t best; // the address that the window has in the file
	size_t agrees; // in so many bytes
	bool is_tie;
	size_t effort, seen; // bytes compared, and bytes looked through
};

// A segment's bytes.
struct bytes {
	const uint8_t *at;
	size_t size;
	uint64_t address;
};

// As much of one side of PC as can be read, by halves.
static size_t read_side(const struct tl_code_view *code, tl_gva pc, bool before, uint8_t *to)
{
	for (size_t n = SIDE; n >= PIECE; n /= 2)
		if (code->read(code->ctx, before ? pc - n : pc, to, n))
			return n;
	return 0;
}

static unsigned slot_of(const uint8_t *piece)
{
	uint64_t value;

	memcpy(&value, piece, sizeof(value));
	return (unsigned)(value * UINT64_C(0x9e3779b97f4a7c15) >> 54);
}

_Static_assert(SLOTS == 1 << (64 - 54) && PIECES <= UINT8_MAX && PIECES < SLOTS, "slot_of()");

// Padding and cleared memory are the same everywhere.
static bool is_dull(const uint8_t *piece)
{
	return memcmp(piece, piece + 4, PIECE - 4) == 0;
}

static void index_pieces(struct window *w)
{
	unsigned slot;

	for (size_t i = 0; i < w->size / PIECE; i++) {
		if (is_dull(w->bytes + i * PIECE))
			continue;
		for (slot = slot_of(w->bytes + i * PIECE); w->slots[slot];)
			slot = (slot + 1) % SLOTS;
		w->slots[slot] = (uint8_t)(i + 1);
	}
}

static bool read_window(struct window *w, tl_gva pc, const struct tl_code_view *code)
{
	w->before = read_side(code, pc, true, w->bytes);
	w->size = w->before + read_side(code, pc, false, w->bytes + w->before);
	w->va = pc - w->before;
	return w->size;
}

// In how many bytes the window agrees with the segment when it stands at that address; 0 unless
// these are the greater part of what the segment has there.
static size_t agreement(const struct window *w, const struct bytes *bytes, uint64_t address)
{
	size_t n = 0, compared = 0;

	for (size_t i = 0; i < w->size; i++) {
		const uint64_t offset = address + i - bytes->address;

		if (offset >= bytes->size)
			continue;
		compared++;
		n += w->bytes[i] == bytes->at[offset];
	}
	return n >= PIECE && n > compared / 2 ? n : 0;
}

static void consider(struct search *s, const struct bytes *bytes, uint64_t address)
{
	size_t agrees;

	if (address == s->best && s->agrees)
		return;
	s->effort += s->window->size;
	agrees = agreement(s->window, bytes, address);
	if (agrees < s->agrees || !agrees)
		return;
	s->is_tie = agrees == s->agrees;
	s->agrees = agrees;
	s->best = address;
}

static void look_at(struct search *s, const struct bytes *bytes, size_t offset)
{
	const struct window *w = s->window;
	unsigned slot = slot_of(bytes->at + offset);

	for (; w->slots[slot]; slot = (slot + 1) % SLOTS) {
		const size_t piece = (size_t)(w->slots[slot] - 1) * PIECE;

		if (memcmp(w->bytes + piece, bytes->at + offset, PIECE) == 0)
			consider(s, bytes, bytes->address + offset - piece);
	}
}

static void search_bytes(struct search *s, const struct bytes *bytes)
{
	const size_t first = (size_t)(-bytes->address % s->unit), unit = s->unit;
	const size_t room = CODE - s->seen, size = bytes->size < room ? bytes->size : room;
	const uint8_t *slots = s->window->slots, *at = bytes->at;

	for (size_t i = first; i + PIECE <= size && s->effort < EFFORT; i += unit)
		if (slots[slot_of(at + i)])
			look_at(s, bytes, i);
	s->seen += size;
}

// Of an executable segment, as far as the file has them.
static bool segment_bytes(const struct tl_symbols *symbols, size_t i, struct bytes *ret)
{
	GElf_Phdr segment;
	Elf_Data *data;

	if (!tl_symbols_segment(symbols, i, &segment) || !(segment.p_flags & PF_X))
		return false;
	data = elf_getdata_rawchunk(
		symbols->elf, (int64_t)segment.p_offset, segment.p_filesz, ELF_T_BYTE);
	if (!data || !data->d_buf)
		return false;
	*ret = (struct bytes){ data->d_buf, data->d_size, segment.p_vaddr };
	return true;
}

static bool runs_as_linked(const struct tl_symbols *symbols, const struct window *w)
{
	struct bytes bytes;

	for (size_t i = 0; i < symbols->n_segments; i++)
		if (segment_bytes(symbols, i, &bytes) && agreement(w, &bytes, w->va))
			return true;
	return false;
}

static unsigned unit_of(uint16_t machine)
{
	return machine == EM_AARCH64 ? 4 : machine == EM_ARM ? 2 : 1;
}

void tl_symbols_locate(struct tl_symbols *symbols, tl_gva pc, const struct tl_code_view *code)
{
	struct window window = { .size = 0 };
	struct search search = { .window = &window, .unit = unit_of(symbols->machine) };
	struct bytes bytes;

	if (symbols->given)
		return;
	symbols->shift = 0;
	symbols->how = "as linked";
	if (!read_window(&window, pc, code) || runs_as_linked(symbols, &window))
		return;
	index_pieces(&window);
	for (size_t i = 0; i < symbols->n_segments; i++)
		if (segment_bytes(symbols, i, &bytes))
			search_bytes(&search, &bytes);
	if (!search.agrees || search.is_tie || search.effort >= EFFORT)
		return;
	symbols->shift = (int64_t)(window.va - search.best);
	symbols->how = "found by its code";
}
