// SPDX-License-Identifier: MIT
// What an instruction of x86 does, in words.
#include "replayer/cause.h"

#include <stdio.h>

static const char *direction(const struct tl_x86_insn *i)
{
	if (i->reads && i->writes)
		return "update";
	return i->writes ? "write" : "read";
}

void tl_x86_deed(const struct tl_x86_insn *i, char *buf, size_t size)
{
	const bool port = i->op >= TL_X86_IN && i->op <= TL_X86_OUTS;

	*buf = 0;
	if (i->op == TL_X86_RDMSR || i->op == TL_X86_WRMSR)
		snprintf(
			buf, size, "%s an MSR", i->op == TL_X86_RDMSR ? "a read of" : "a write to");
	else if (port)
		snprintf(buf, size, "%s %s port of %u byte%s", i->repeat ? "a repeated" : "a",
			i->writes && !i->reads ? "write to a" : "read of a", i->size,
			i->size == 1 ? "" : "s");
	else if (i->place && i->size)
		snprintf(buf, size, "%s%s of %u byte%s",
			i->repeat		? "a repeated "
			: i->reads && i->writes ? "an "
						: "a ",
			direction(i), i->size, i->size == 1 ? "" : "s");
}
