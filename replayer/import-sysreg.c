// SPDX-License-Identifier: MIT
// "Unsupported guest sys_reg access at: ffff800010001000 [600003c5]", and under it
// "{ Op0( 3), Op1( 0), CRn(15), CRm(13), Op2( 0), func_read },": the kernel before it injects an
// undefined instruction. With the IDSR patch the same access is an exit.
#include "replayer/import-read.h"
#include "replayer/import-word.h"
#include "schema/wire/idsr.h"

#include <string.h>

static void set_idsr(struct tl_import_facts *f)
{
	f->source = TL_IMPORT_HOST;
	f->begins = true;
	f->idsr = true;
	tl_fact_set_reason(f, TL_RUN_ARM_IDSR);
}

static void read_place(const char *at, struct tl_import_facts *f)
{
	struct tl_word_hex hex;

	at = tl_word_hex(tl_word_skip(at), &hex);
	if (!at || hex.overflow)
		return;
	tl_fact_set(f, TL_FACT_PC, hex.value);
	tl_fact_set_hex(f, TL_FACT_FLAGS, tl_word_is(tl_word_skip(at), "["));
}

static void read_title(const char *text, struct tl_import_facts *f)
{
	static const struct {
		const char *text;
		enum tl_import_isa isa;
	} titles[] = { { "Unsupported guest sys_reg access at:", TL_ISA_ARM64 },
		{ "Unsupported guest CP15 access at:", TL_ISA_ARM32 },
		{ "Unsupported guest CP14 access at:", TL_ISA_ARM32 } };

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		const char *rest = tl_word_after(text, titles[i].text);

		if (!rest)
			continue;
		set_idsr(f);
		f->heads = true;
		f->isa = titles[i].isa;
		read_place(rest, f);
	}
}

// "Op1( 0)"
static bool field(const char *text, const char *name, uint64_t most, uint64_t *ret)
{
	const char *at = strstr(text, name);

	at = at ? tl_word_is(at + strlen(name), "(") : NULL;
	return at && tl_word_dec(tl_word_skip(at), ret) && *ret <= most;
}

// Encoded as in table `exit`: see FORMAT.md. AArch32 names no Op0, or one of 0.
static void read_fields(const char *text, struct tl_import_facts *f)
{
	uint64_t op0 = 0, op1, crn = 0, crm, op2 = 0;
	const char *function = strstr(text, "func_");

	if (!function || !field(text, "CRm", 15, &crm) || !field(text, "Op1", 15, &op1))
		return;
	field(text, "Op0", 3, &op0);
	field(text, "CRn", 15, &crn);
	field(text, "Op2", 7, &op2);
	if (op0 > 3 || crn > 15 || op2 > 7 || (op0 && op1 > 7)) {
		tl_fact_trouble(f, "a system register that there is none of; left out");
		return;
	}
	set_idsr(f);
	f->isa = tl_import_isa_both(f->isa, op0 ? TL_ISA_ARM64 : TL_ISA_ARMS);
	tl_fact_set(f, TL_FACT_ADDR,
		(op1 & 8) << 13 | op0 << 14 | (op1 & 7) << 11 | crn << 7 | crm << 3 | op2);
	tl_fact_set(f, TL_FACT_WRITE, tl_word_is(function, "func_write") != NULL);
}

void tl_import_read_sysreg(const char *text, struct tl_import_facts *facts)
{
	read_title(text, facts);
	if (strstr(text, "CRm("))
		read_fields(text, facts);
}
