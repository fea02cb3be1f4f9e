// SPDX-License-Identifier: MIT
// What an instruction of arm64 does, in words.
#include "replayer/cause.h"

#include <stdio.h>
#include <string.h>

static const char *const addresses[] = {
	[TL_ARM64_NO_ADDRESS] = "",
	[TL_ARM64_OFFSET] = "",
	[TL_ARM64_PRE] = "pre-index ",
	[TL_ARM64_POST] = "post-index ",
	[TL_ARM64_INDEX] = "",
	[TL_ARM64_POST_REG] = "post-index ",
	[TL_ARM64_LITERAL] = "literal ",
	[TL_ARM64_OPERAND] = "",
	[TL_ARM64_LIST] = "",
};

static const char *verb(const struct tl_arm64_insn *i)
{
	switch ((enum tl_arm64_does)i->does) {
	case TL_ARM64_LOADS:
		return "load";
	case TL_ARM64_STORES:
		return "store";
	case TL_ARM64_UPDATES:
		return "atomic update";
	case TL_ARM64_PREFETCHES:
		return "prefetch";
	case TL_ARM64_ZEROES:
		return "zeroing of a cache block";
	case TL_ARM64_MAINTAINS:
		return "cache maintenance";
	case TL_ARM64_TRANSLATES:
		return "address translation";
	case TL_ARM64_READS_SYSREG:
		return "read of a system register";
	case TL_ARM64_WRITES_SYSREG:
		return "write to a system register";
	case TL_ARM64_NOTHING:
		break;
	}
	return "";
}

static const char *kind(const struct tl_arm64_insn *i)
{
	if (i->tags)
		return "tag ";
	if (i->exclusive)
		return i->n > 1 ? "exclusive pair " : "exclusive ";
	if (i->vector)
		return i->rt2 != TL_ARM64_NO_REG ? "vector pair " : "vector ";
	if (i->address == TL_ARM64_LIST)
		return "multiple ";
	if (i->rt2 != TL_ARM64_NO_REG && i->does != TL_ARM64_UPDATES)
		return "pair ";
	if (i->registers == 8 && i->size == 8)
		return "64-byte ";
	return "";
}

static void article(char *text, size_t size)
{
	char copy[100];

	snprintf(copy, sizeof(copy), "%s", text);
	snprintf(text, size, "%s %s", strchr("aeiou", *copy) ? "an" : "a", copy);
}

static void add_size(const struct tl_arm64_insn *i, char *buf, size_t size)
{
	const size_t at = strlen(buf);

	if (i->n > 1)
		snprintf(buf + at, size - at, " of %u times %u byte%s", i->n, i->size,
			i->size == 1 ? "" : "s");
	else
		snprintf(buf + at, size - at, " of %u byte%s", i->size, i->size == 1 ? "" : "s");
}

void tl_arm64_deed(const struct tl_arm64_insn *i, char *buf, size_t size)
{
	if (i->does == TL_ARM64_NOTHING) {
		*buf = 0;
		return;
	}
	snprintf(buf, size, "%s%s%s%s", i->unprivileged ? "unprivileged " : "",
		addresses[i->address], kind(i), verb(i));
	if (i->does != TL_ARM64_MAINTAINS)
		article(buf, size);
	if (i->size && !i->named_only)
		add_size(i, buf, size);
}
