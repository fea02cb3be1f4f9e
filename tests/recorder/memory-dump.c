// SPDX-License-Identifier: MIT
#include "tests/recorder/memory-dump.h"

#include "schema/error.h"
#include "schema/trace/memory.h"
#include "tests/recorder/foreign/memory.h"
#include "tests/recorder/test.h"

#include <unistd.h>

enum { ROM_WORDS = DUMP_UNIT / 16, MOST_WORDS = 1 << 16 };

void memory_dump_make_rom(const char *path)
{
	static uint32_t words[ROM_WORDS];
	uint32_t n = 1;

	for (unsigned i = 0; i < ROM_WORDS; i++)
		words[i] = n = n * 1664525 + 1013904223;
	write_file(path, words, sizeof(words), 0600);
	sync(); // or it could not be dropped from the cache
}

static void hold_page(struct tl_memory *memory, const struct dump *dump, uint64_t gpa,
	uint64_t word, struct held *held)
{
	uint8_t bytes[TL_PAGE_BYTES];
	struct tl_memory_page page;

	assert_null(tl_memory_page(memory, gpa, bytes, &page));
	if (page.status != TL_MEMORY_RECORDED) {
		held->unknown += word != DUMP_GONE;
		held->last_whole = held->last_whole && word == DUMP_GONE;
		return;
	}
	if (page.marks & TL_MEMORY_GUEST) {
		held->marked++;
		held->last_whole = false;
		return;
	}
	if (word == DUMP_GONE || dump_hash(bytes) != word)
		fail_msg("exit %" PRIu64 ", phase %u: page %" PRIx64 " is wrong", dump->seq,
			dump->phase, gpa);
	held->right++;
}

static bool hold_slot(
	FILE *file, struct tl_trace *trace, const struct dump *dump, struct held *held)
{
	const struct tl_position position = { dump->seq, (enum tl_phase)dump->phase };
	static uint64_t words[MOST_WORDS];
	struct dumped_slot slot;
	struct tl_memory *memory;

	if (fread(&slot, sizeof(slot), 1, file) != 1 ||
		fread(words, 8, slot.size / DUMP_PAGE, file) != slot.size / DUMP_PAGE)
		return false;
	assert_null(tl_memory_open(trace, 0, slot.slot >> 16, position, &memory));
	for (uint64_t at = 0; at < slot.size; at += DUMP_PAGE)
		hold_page(memory, dump, slot.gpa + at, words[at / DUMP_PAGE], held);
	tl_memory_close(memory);
	return true;
}

struct held memory_dump_hold(const char *trap, const char *dump)
{
	FILE *file = fopen(dump, "re");
	struct held held = { 0 };
	struct tl_trace *trace;
	struct dump head;

	assert_non_null(file);
	assert_null(tl_trace_open(trap, &trace));
	while (fread(&head, sizeof(head), 1, file) == 1) {
		held.dumps++;
		held.last_whole = true;
		for (uint32_t i = 0; i < head.slots; i++)
			if (!hold_slot(file, trace, &head, &held))
				break;
	}
	tl_trace_close(trace);
	fclose(file);
	return held;
}
