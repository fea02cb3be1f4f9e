// SPDX-License-Identifier: MIT
#include "replayer/cause.h"

#include <stdarg.h>
#include <stdio.h>

void tl_cause_what(struct tl_cause *cause, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(cause->what, sizeof(cause->what), format, args);
	va_end(args);
}

void tl_cause_evidence(struct tl_cause *cause, const char *format, ...)
{
	va_list args;

	if (cause->n_evidence == TL_CAUSE_EVIDENCE)
		return;
	va_start(args, format);
	vsnprintf(cause->evidence[cause->n_evidence++], sizeof(cause->evidence[0]), format, args);
	va_end(args);
}
