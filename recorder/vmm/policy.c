// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <string.h>

#include "recorder/vmm/vmm.h"

const char *const tl_unanswered_names[] = {
	[TL_UNANSWERED_STOP] = "stop",
	[TL_UNANSWERED_ZERO] = "zero",
	[TL_UNANSWERED_ONES] = "ones",
	[TL_UNANSWERED_ABORT] = "abort",
	NULL,
};

const char *const tl_nisv_names[] = {
	[TL_NISV_OFF] = "off",
	[TL_NISV_ABORT] = "abort",
	[TL_NISV_STOP] = "stop",
	[TL_NISV_SKIP] = "skip",
	NULL,
};

// The index of `name`, or that of the NULL at the end.
static unsigned find(const char *const *names, const char *name)
{
	unsigned i = 0;

	while (names[i] && strcmp(names[i], name))
		i++;
	return i;
}

bool tl_unanswered_by_name(const char *name, enum tl_unanswered *ret)
{
	unsigned i = find(tl_unanswered_names, name);

	if (!tl_unanswered_names[i])
		return false;
	*ret = i;
	return true;
}

bool tl_nisv_by_name(const char *name, enum tl_nisv *ret)
{
	unsigned i = find(tl_nisv_names, name);

	if (!tl_nisv_names[i])
		return false;
	*ret = i;
	return true;
}
