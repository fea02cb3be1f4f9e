// SPDX-License-Identifier: MIT
// Sets of addresses: ranges that ascend and do not touch each other.
#include "recorder/shim/shim.h"

void tl_shim_ranges_add(struct tl_shim_ranges *set, uint64_t start, uint64_t end)
{
	uint32_t first = 0, last, i;

	while (first < set->n && set->of[first].end < start)
		first++;
	for (last = first; last < set->n && set->of[last].start <= end; last++) {
		start = set->of[last].start < start ? set->of[last].start : start;
		end = set->of[last].end > end ? set->of[last].end : end;
	}
	if (first == last) {
		if (set->n == TL_SHIM_SLOTS) {
			set->overflow = true;
			return;
		}
		for (i = set->n++; i > first; i--)
			set->of[i] = set->of[i - 1];
	} else {
		for (i = last; i < set->n; i++)
			set->of[i - (last - first - 1)] = set->of[i];
		set->n -= last - first - 1;
	}
	set->of[first] = (struct tl_shim_range){ start, end };
}

void tl_shim_ranges_clear(struct tl_shim_ranges *set)
{
	set->n = 0;
	set->overflow = false;
}

void tl_shim_ranges_copy(struct tl_shim_ranges *to, const struct tl_shim_ranges *from)
{
	to->n = from->n;
	to->overflow = from->overflow;
	for (uint32_t i = 0; i < from->n; i++)
		to->of[i] = from->of[i];
}

void tl_shim_ranges_minus(
	const struct tl_shim_ranges *a, const struct tl_shim_ranges *b, struct tl_shim_ranges *ret)
{
	uint64_t at;

	ret->n = 0;
	ret->overflow = a->overflow || b->overflow;
	for (uint32_t i = 0; i < a->n; i++) {
		at = a->of[i].start;
		for (uint32_t j = 0; j < b->n && b->of[j].start < a->of[i].end; j++) {
			if (b->of[j].end <= at)
				continue;
			if (b->of[j].start > at)
				tl_shim_ranges_add(ret, at, b->of[j].start);
			at = b->of[j].end;
		}
		if (at < a->of[i].end)
			tl_shim_ranges_add(ret, at, a->of[i].end);
	}
}

bool tl_shim_ranges_meet(const struct tl_shim_ranges *set, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->of[i].start < end && set->of[i].end > start)
			return true;
	return false;
}
