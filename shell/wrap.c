// SPDX-License-Identifier: MIT
#include "shell/wrap.h"

#include "shell/text.h"

#include <string.h>

enum { WIDTH = 99 };

void tl_put_wrapped(FILE *to, const char *text, unsigned at, unsigned indent)
{
	bool first = true;

	while (*text) {
		const size_t size = strcspn(text, " ");

		if (!first && at + 1 + size > WIDTH) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', to);
			at++;
		}
		tl_put_text(to, text, size);
		at += (unsigned)size;
		first = false;
		text += size;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}
