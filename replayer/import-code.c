// SPDX-License-Identifier: MIT
// "Code:" of kernels and U-Boot, "Code=" of QEMU: memory around PC, with a mark on what PC is at.
#include "arch/bytes.h"
#include "replayer/import-read.h"
#include "replayer/import-word.h"

#include <ctype.h>
#include <string.h>

// "Code: " or "Code=", not "Error Code:" and the like.
static const char *find(const char *text)
{
	for (const char *at = text; (at = strstr(at, "Code")); at += 4) {
		const char *end = at + 4;

		if ((*end != ':' && *end != '=') || (at > text && isalnum((unsigned char)at[-1])))
			continue;
		if (at - text >= 2 && at[-1] == ' ' && isalpha((unsigned char)at[-2]))
			continue;
		return tl_word_skip(end + 1);
	}
	return NULL;
}

static void put(struct tl_import_facts *f, uint64_t value, unsigned bytes)
{
	tl_store_le(f->code + f->code_size, value, bytes);
	f->code_size += bytes;
}

// Words of four or eight digits are Arm's, of which the first byte in memory is the last in text.
static enum tl_import_isa isa_of(unsigned digits)
{
	return digits == 2 ? TL_ISA_X86 : digits == 4 ? TL_ISA_ARM32 : TL_ISA_ARMS;
}

// "b8004401", "(b8004401)", "<0f>". False where the words end.
static const char *word(const char *at, bool *ret_marked, struct tl_word_hex *ret)
{
	*ret_marked = *at == '(' || *at == '<';
	at = tl_word_hex(at + *ret_marked, ret);
	if (!at || ret->prefixed || (ret->digits != 2 && ret->digits != 4 && ret->digits != 8))
		return NULL;
	return at + (*ret_marked && (*at == ')' || *at == '>'));
}

static bool unreadable(const char *at)
{
	return *at == '?' || *at == '-';
}

static unsigned words(const char *at, struct tl_import_facts *f, bool *ret_marked)
{
	struct tl_word_hex hex;
	unsigned n = 0;
	bool marked;

	for (; *at; at = tl_word_skip(at)) {
		if (unreadable(at)) { // what is before it does not adjoin what is after
			if (*ret_marked)
				break;
			at += strspn(at, "?-");
			f->code_size = 0;
			continue;
		}
		at = word(at, &marked, &hex);
		if (!at || f->code_size + hex.digits / 2 > TL_IMPORT_CODE)
			break;
		if (marked && !*ret_marked) {
			*ret_marked = true;
			f->code_before = f->code_size;
		}
		f->isa = n++ ? f->isa : isa_of(hex.digits);
		put(f, hex.value, hex.digits / 2);
	}
	return n;
}

void tl_import_read_code(const char *text, struct tl_import_facts *facts)
{
	struct tl_import_facts f = { .code_size = 0 };
	const char *at = find(text);
	bool marked = false;
	unsigned n = at ? words(at, &f, &marked) : 0;

	if (n < 1 || (!marked && n < 4))
		return;
	facts->said = true;
	if (!marked) {
		tl_fact_trouble(facts, "code: no word is marked as the one at pc; left out");
		return;
	}
	if (!tl_import_isa_fits(facts->isa, f.isa))
		return;
	facts->isa = tl_import_isa_both(facts->isa, f.isa);
	facts->begins = n > 1;
	memcpy(facts->code, f.code, sizeof(f.code));
	facts->code_size = f.code_size;
	facts->code_before = f.code_before;
}
