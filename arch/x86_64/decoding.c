// SPDX-License-Identifier: MIT
// The bytes of an instruction, one after the other.
#include "arch/x86_64/decoding.h"

#include "arch/bytes.h"

unsigned tl_x86_next(struct tl_x86_text *t)
{
	if (t->at < t->size)
		return t->code[t->at++];
	t->truncated = true;
	return 0;
}

unsigned tl_x86_peek(const struct tl_x86_text *t)
{
	return t->at < t->size ? t->code[t->at] : 0;
}

uint64_t tl_x86_take(struct tl_x86_text *t, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)tl_x86_next(t) << 8 * i;
	return value;
}

int64_t tl_x86_take_signed(struct tl_x86_text *t, unsigned size)
{
	return tl_bytes_extend(tl_x86_take(t, size), size);
}
