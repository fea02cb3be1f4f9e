// SPDX-License-Identifier: MIT
#include "shell/wrap.h"

#include "shell/text.h"

#include <stdlib.h>
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

FILE *tl_paragraph_open(struct tl_paragraph *paragraph)
{
	*paragraph = (struct tl_paragraph){ 0 };
	paragraph->to = open_memstream(&paragraph->bytes, &paragraph->size);
	return paragraph->to ? paragraph->to : stdout;
}

void tl_paragraph_close(struct tl_paragraph *paragraph, unsigned at, unsigned indent)
{
	if (!paragraph->to)
		return;
	fclose(paragraph->to);
	tl_put_wrapped(stdout, paragraph->bytes, at, indent);
	free(paragraph->bytes);
}
