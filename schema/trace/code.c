// SPDX-License-Identifier: MIT
#include "schema/trace/code.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 1 << 14 };

struct entry {
	int64_t row; // 0: empty
	uint16_t size, before;
	uint8_t bytes[TL_CODE_BYTES];
};

struct tl_code {
	int64_t rows;
	struct entry entries[ENTRIES];
};

struct tl_code *tl_code_open(void)
{
	return calloc(1, sizeof(struct tl_code));
}

void tl_code_close(struct tl_code *code)
{
	free(code);
}

// FNV-1a
static uint64_t hash(const uint8_t *bytes, size_t size)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

int64_t tl_code_row(
	struct tl_code *code, const uint8_t *bytes, uint16_t size, uint16_t before, bool *is_new)
{
	struct entry *e = &code->entries[hash(bytes, size) % ENTRIES];

	assert(size <= TL_CODE_BYTES);
	*is_new = !e->row || e->size != size || e->before != before ||
		  memcmp(e->bytes, bytes, size) != 0;
	if (*is_new) {
		*e = (struct entry){ .row = ++code->rows, .size = size, .before = before };
		memcpy(e->bytes, bytes, size);
	}
	return e->row;
}

void tl_code_forget(struct tl_code *code)
{
	memset(code->entries, 0, sizeof(code->entries));
}
