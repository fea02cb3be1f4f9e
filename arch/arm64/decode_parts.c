// SPDX-License-Identifier: MIT
// What the classes of instructions share.
#include "arch/arm64/decode_a64.h"

#include <string.h>

void tl_a64_name(struct tl_arm64_insn *i, const char *text)
{
	const size_t have = strlen(i->name), more = strlen(text);

	if (have + more < sizeof(i->name))
		memcpy(i->name + have, text, more + 1);
}

const char *tl_a64_suffix(unsigned log)
{
	return log == 0 ? "b" : log == 1 ? "h" : "";
}

void tl_a64_write_back(struct tl_arm64_insn *i)
{
	i->syndrome = false;
	if (!i->vector && i->rn != 31 && (i->rn == i->rt || i->rn == i->rt2))
		i->unpredictable = "it writes back to a register that it transfers";
}

void tl_a64_load_once(struct tl_arm64_insn *i)
{
	if (i->does == TL_ARM64_LOADS && i->rt == i->rt2)
		i->unpredictable = "it loads the same register twice";
}

void tl_arm64_decode_by(const struct tl_arm64_row *rows, unsigned n, struct tl_arm64_insn *ret)
{
	const uint32_t word = ret->word;

	for (unsigned i = 0; i < n; i++) {
		if ((word & rows[i].mask) != rows[i].value)
			continue;
		if (!rows[i].decode(word, ret))
			tl_arm64_clear(word, ret->set, ret->bytes, ret->cond, ret);
		return;
	}
}
