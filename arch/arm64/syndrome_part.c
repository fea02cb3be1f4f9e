// SPDX-License-Identifier: MIT
#include "arch/arm64/syndrome_part.h"

#include <string.h>

void tl_arm64_syndrome_add(
	struct tl_arm64_syndrome *s, uint64_t esr, const struct tl_arm64_part *parts, size_t n)
{
	for (size_t p = 0; p < n; p++) {
		const struct tl_arm64_part *part = &parts[p];
		struct tl_arm64_syndrome_field *f = &s->field[s->n_fields++];

		memcpy(f->name, part->name, sizeof(f->name));
		f->high = part->high;
		f->low = part->low;
		f->value = esr >> part->low & ((UINT64_C(2) << (part->high - part->low)) - 1);
		f->meaning = part->meanings ? part->meanings[f->value] : NULL;
	}
}

void tl_arm64_syndrome_mean_last(struct tl_arm64_syndrome *s, const char *meaning)
{
	s->field[s->n_fields - 1].meaning = meaning;
}
