// SPDX-License-Identifier: MIT
#include "tests/unicorn/step.h"

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = { "executed", "undefined", "faulted", "refused",
		"not known" };

	return names[outcome];
}

void accesses_add(struct accesses *to, tl_gva va, bool write, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n && to->n < sizeof(to->byte) / sizeof(to->byte[0]); i++)
		to->byte[to->n++] = (struct access){ va + i, write, bytes[i] };
}

bool access_is(const struct access *a, const struct access *b)
{
	return a->va == b->va && a->write == b->write && a->value == b->value;
}

bool accesses_are(const struct access *a, const struct access *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!access_is(&a[i], &b[i]))
			return false;
	return true;
}
