// SPDX-License-Identifier: MIT
#include "arch/arm64/syndrome.h"

#include "arch/arm64/syndrome_part.h"

#include <string.h>

static const char *const length[] = { "a 16-bit instruction", "a 32-bit instruction, or none" };
static const char *const condition[] = { "COND is not valid", "COND is valid" };
static const char *const coprocessor[] = { "a write (MCR)", "a read (MRC)" };
static const char *const coprocessor_pair[] = { "a write (MCRR)", "a read (MRRC)" };
static const char *const coprocessor_memory[] = { "a read of memory (LDC)",
	"a write to memory (STC)" };
static const char *const added[] = { "the offset is subtracted", "the offset is added" };
static const char *const system_move[] = { "a write (MSR)", "a read (MRS)" };
static const char *const defined[] = { "as the architecture defines", "IMPLEMENTATION DEFINED" };
static const char *const waits[] = { "WFI", "WFE", "WFIT", "WFET" };
static const char *const error_type[] = { "uncontainable", "unrecoverable", "restartable",
	"recoverable", "reserved", "reserved", "corrected", "reserved" };

static const struct tl_arm64_part head[] = { { "EC", 31, 26, NULL }, { "IL", 25, 25, length } };

// ISS2 of a data abort.
static const struct tl_arm64_part second[] = {
	{ "TnD", 42, 42, NULL },
	{ "TagAccess", 41, 41, NULL },
	{ "GCS", 40, 40, NULL },
	{ "AssuredOnly", 39, 39, NULL },
	{ "Overlay", 38, 38, NULL },
	{ "DirtyBit", 37, 37, NULL },
	{ "Xs", 36, 32, NULL },
};

static const struct tl_arm64_part serror[] = {
	{ "IDS", 24, 24, defined },
	{ "IESB", 13, 13, NULL },
	{ "AET", 12, 10, error_type },
	{ "EA", 9, 9, NULL },
	{ "DFSC", 5, 0, NULL },
};

static const struct tl_arm64_part serror_impdef[] = {
	{ "IDS", 24, 24, defined },
	{ "ISS", 23, 0, NULL },
};

static const struct tl_arm64_part iss[] = { { "ISS", 24, 0, NULL } };
static const struct tl_arm64_part wait[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "RN", 9, 5, NULL },
	{ "RV", 2, 2, NULL },
	{ "TI", 1, 0, waits },
};
static const struct tl_arm64_part move[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "Opc2", 19, 17, NULL },
	{ "Opc1", 16, 14, NULL },
	{ "CRn", 13, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, coprocessor },
};
static const struct tl_arm64_part move_pair[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "Opc1", 19, 16, NULL },
	{ "Rt2", 14, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, coprocessor_pair },
};
static const struct tl_arm64_part move_memory[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "imm8", 19, 12, NULL },
	{ "Rn", 9, 5, NULL },
	{ "Offset", 4, 4, added },
	{ "AM", 3, 1, NULL },
	{ "Direction", 0, 0, coprocessor_memory },
};
static const struct tl_arm64_part system_register[] = {
	{ "Op0", 21, 20, NULL },
	{ "Op2", 19, 17, NULL },
	{ "Op1", 16, 14, NULL },
	{ "CRn", 13, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, system_move },
};
static const struct tl_arm64_part immediate[] = { { "imm16", 15, 0, NULL } };
static const struct tl_arm64_part comment[] = { { "Comment", 15, 0, NULL } };

static void take_serror(uint64_t esr, struct tl_arm64_syndrome *s)
{
	if (tl_arm64_syndrome_bit(esr, 24)) {
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(serror_impdef));
		return;
	}
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(serror));
	tl_arm64_syndrome_mean_last(s, (esr & 0x3f) == 0      ? "uncategorised"
				       : (esr & 0x3f) == 0x11 ? "asynchronous SError"
							      : NULL);
}

static const struct class
{
	const char *name;
	const struct tl_arm64_part *parts;
	uint8_t n_parts;
	void (*take)(uint64_t esr, struct tl_arm64_syndrome *s);
} classes[64] = {
#define PARTED(ec, name, parts)	  [ec] = { name, TL_ARM64_PARTS(parts), NULL },
#define TAKEN(ec, name, function) [ec] = { name, NULL, 0, function },
#include "arch/arm64/syndrome.def"
#undef PARTED
#undef TAKEN
};

const char *tl_arm64_exception_class(unsigned ec)
{
	return ec < sizeof(classes) / sizeof(classes[0]) ? classes[ec].name : NULL;
}

// Of data aborts by name, and only where one is set. Linux 6.1 sign-extends what it injects.
static void take_second(uint64_t esr, struct tl_arm64_syndrome *s)
{
	static const struct tl_arm64_part number[] = { { "ISS2", 55, 32, NULL } };

	if (!(esr >> 32))
		return;
	if (!(esr >> 56) && (s->ec == 0x24 || s->ec == 0x25)) {
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(second));
		return;
	}
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(number));
	if (esr >> 31 == 0x1ffffffff)
		tl_arm64_syndrome_mean_last(s, "the kernel's sign extension of a 32-bit syndrome");
}

void tl_arm64_syndrome(uint64_t esr, bool is_iss, struct tl_arm64_syndrome *ret)
{
	const struct class *class = &classes[esr >> 26 & 0x3f];

	memset(ret, 0, sizeof(*ret));
	if (is_iss) {
		tl_arm64_syndrome_sanitised(esr, ret);
		return;
	}
	ret->has_class = true;
	ret->ec = esr >> 26 & 0x3f;
	ret->ec_name = class->name;
	ret->il = tl_arm64_syndrome_bit(esr, 25);
	take_second(esr, ret);
	tl_arm64_syndrome_add(ret, esr, TL_ARM64_PARTS(head));
	ret->field[ret->n_fields - 2].meaning = class->name;
	if (class->take)
		class->take(esr, ret);
	else if (class->parts)
		tl_arm64_syndrome_add(ret, esr, class->parts, class->n_parts);
	else
		tl_arm64_syndrome_add(ret, esr, TL_ARM64_PARTS(iss));
}
