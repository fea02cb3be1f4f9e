// SPDX-License-Identifier: MIT
#include "arch/arm64/syndrome.h"

#include "arch/arm64/fault.h"

#include <string.h>

// A part of ESR; meanings, where there are any, for each of its values.
struct part {
	char name[12];
	uint8_t high, low;
	const char *const *meanings;
};

static const char *const length[] = { "a 16-bit instruction", "a 32-bit instruction, or none" };
static const char *const valid[] = { "no instruction syndrome",
	"SAS, SSE, SRT, SF and AR are valid" };
static const char *const access_size[] = { "1 byte", "2 bytes", "4 bytes", "8 bytes" };
static const char *const extension[] = { "zero-extended", "sign-extended" };
static const char *const width[] = { "a 32-bit register", "a 64-bit register" };
static const char *const order[] = { "no acquire or release", "acquire or release" };
static const char *const vncr[] = { "", "at an offset of VNCR_EL2" };
static const char *const fault_address[] = { "FAR is valid", "FAR is not valid" };
static const char *const maintenance[] = { "no cache maintenance", "cache maintenance or AT" };
static const char *const walk[] = { "not on a walk of stage 1", "on a walk of stage 1" };
static const char *const write_not_read[] = { "a read", "a write" };
static const char *const state[] = { "recoverable", "reserved", "uncontainable", "restartable" };
static const char *const load_store[] = { "", "ST64BV", "LD64B or ST64B", "ST64BV0" };
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

static const struct part head[] = { { "EC", 31, 26, NULL }, { "IL", 25, 25, length } };

// ISS2 of a data abort.
static const struct part second[] = {
	{ "TnD", 42, 42, NULL },
	{ "TagAccess", 41, 41, NULL },
	{ "GCS", 40, 40, NULL },
	{ "AssuredOnly", 39, 39, NULL },
	{ "Overlay", 38, 38, NULL },
	{ "DirtyBit", 37, 37, NULL },
	{ "Xs", 36, 32, NULL },
};

static const struct part isv[] = { { "ISV", 24, 24, valid } };

static const struct part instruction[] = {
	{ "SAS", 23, 22, access_size },
	{ "SSE", 21, 21, extension },
	{ "SRT", 20, 16, NULL },
	{ "SF", 15, 15, width },
	{ "AR", 14, 14, order },
};

static const struct part nested[] = { { "VNCR", 13, 13, vncr } };
static const struct part lst[] = { { "LST", 12, 11, load_store } };
static const struct part set[] = { { "SET", 12, 11, state } };

static const struct part data_abort[] = {
	{ "FnV", 10, 10, fault_address },
	{ "EA", 9, 9, NULL },
	{ "CM", 8, 8, maintenance },
	{ "S1PTW", 7, 7, walk },
	{ "WnR", 6, 6, write_not_read },
	{ "DFSC", 5, 0, NULL },
};

static const struct part fetch_abort[] = {
	{ "FnV", 10, 10, fault_address },
	{ "EA", 9, 9, NULL },
	{ "S1PTW", 7, 7, walk },
	{ "IFSC", 5, 0, NULL },
};

// What KVM leaves in esr_iss.
static const struct part sanitised[] = {
	{ "CM", 8, 8, maintenance },
	{ "WnR", 6, 6, write_not_read },
	{ "DFSC", 5, 0, NULL },
};

static const struct part serror[] = {
	{ "IDS", 24, 24, defined },
	{ "IESB", 13, 13, NULL },
	{ "AET", 12, 10, error_type },
	{ "EA", 9, 9, NULL },
	{ "DFSC", 5, 0, NULL },
};

static const struct part serror_impdef[] = {
	{ "IDS", 24, 24, defined },
	{ "ISS", 23, 0, NULL },
};

static const struct part iss[] = { { "ISS", 24, 0, NULL } };
static const struct part wait[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "RN", 9, 5, NULL },
	{ "RV", 2, 2, NULL },
	{ "TI", 1, 0, waits },
};
static const struct part move[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "Opc2", 19, 17, NULL },
	{ "Opc1", 16, 14, NULL },
	{ "CRn", 13, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, coprocessor },
};
static const struct part move_pair[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "Opc1", 19, 16, NULL },
	{ "Rt2", 14, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, coprocessor_pair },
};
static const struct part move_memory[] = {
	{ "CV", 24, 24, condition },
	{ "COND", 23, 20, NULL },
	{ "imm8", 19, 12, NULL },
	{ "Rn", 9, 5, NULL },
	{ "Offset", 4, 4, added },
	{ "AM", 3, 1, NULL },
	{ "Direction", 0, 0, coprocessor_memory },
};
static const struct part system_register[] = {
	{ "Op0", 21, 20, NULL },
	{ "Op2", 19, 17, NULL },
	{ "Op1", 16, 14, NULL },
	{ "CRn", 13, 10, NULL },
	{ "Rt", 9, 5, NULL },
	{ "CRm", 4, 1, NULL },
	{ "Direction", 0, 0, system_move },
};
static const struct part immediate[] = { { "imm16", 15, 0, NULL } };
static const struct part comment[] = { { "Comment", 15, 0, NULL } };

#define PARTS(p) p, sizeof(p) / sizeof((p)[0])

static void add(struct tl_arm64_syndrome *s, uint64_t esr, const struct part *parts, size_t n)
{
	for (size_t p = 0; p < n; p++) {
		const struct part *part = &parts[p];
		struct tl_arm64_syndrome_field *f = &s->field[s->n_fields++];

		memcpy(f->name, part->name, sizeof(f->name));
		f->high = part->high;
		f->low = part->low;
		f->value = esr >> part->low & ((UINT64_C(2) << (part->high - part->low)) - 1);
		f->meaning = part->meanings ? part->meanings[f->value] : NULL;
	}
}

static bool bit(uint64_t esr, unsigned n)
{
	return esr >> n & 1;
}

static void mean_last(struct tl_arm64_syndrome *s, const char *meaning)
{
	s->field[s->n_fields - 1].meaning = meaning;
}

// LST stands where SET does, for faults that a table entry gave. KVM clears FSC of what it passes on as
// KVM_EXIT_ARM_LDST64B; 0 would be an address size fault, which has no LST. KVM API 5.
static bool has_lst(const struct tl_arm64_syndrome *s, uint64_t esr)
{
	const bool by_entry =
		(s->fsc >= 0x04 && s->fsc <= 0x0f) || s->fsc == 0x2a || s->fsc == 0x2b;

	return s->isv && esr >> 11 & 3 && (by_entry || !s->fsc);
}

static void take_data_flags(uint64_t esr, struct tl_arm64_syndrome *s)
{
	s->is_abort = true;
	s->fsc = esr & 0x3f;
	s->wnr = bit(esr, 6);
	s->cm = bit(esr, 8);
}

static void take_instruction(uint64_t esr, struct tl_arm64_syndrome *s)
{
	s->sas = esr >> 22 & 3;
	s->sse = bit(esr, 21);
	s->srt = esr >> 16 & 0x1f;
	s->sf = bit(esr, 15);
	s->ar = bit(esr, 14);
	add(s, esr, PARTS(instruction));
}

static void take_data_abort(uint64_t esr, struct tl_arm64_syndrome *s)
{
	take_data_flags(esr, s);
	s->isv = bit(esr, 24);
	s->s1ptw = bit(esr, 7);
	s->ea = bit(esr, 9);
	s->fnv = bit(esr, 10);
	add(s, esr, PARTS(isv));
	if (s->isv)
		take_instruction(esr, s);
	if (bit(esr, 13))
		add(s, esr, PARTS(nested));
	if (has_lst(s, esr)) {
		s->lst = esr >> 11 & 3;
		add(s, esr, PARTS(lst));
	} else if (s->fsc == 0x10) {
		add(s, esr, PARTS(set));
	}
	add(s, esr, PARTS(data_abort));
	mean_last(s, s->lst && !s->fsc ? "left out by KVM" : tl_arm64_fault_status(s->fsc));
}

static void take_fetch_abort(uint64_t esr, struct tl_arm64_syndrome *s)
{
	s->is_abort = s->is_fetch = true;
	s->fsc = esr & 0x3f;
	s->s1ptw = bit(esr, 7);
	s->ea = bit(esr, 9);
	s->fnv = bit(esr, 10);
	if (s->fsc == 0x10)
		add(s, esr, PARTS(set));
	add(s, esr, PARTS(fetch_abort));
	mean_last(s, tl_arm64_fault_status(s->fsc));
}

static void take_serror(uint64_t esr, struct tl_arm64_syndrome *s)
{
	if (bit(esr, 24)) {
		add(s, esr, PARTS(serror_impdef));
		return;
	}
	add(s, esr, PARTS(serror));
	mean_last(s, (esr & 0x3f) == 0	    ? "uncategorised"
		     : (esr & 0x3f) == 0x11 ? "asynchronous SError"
					    : NULL);
}

static const struct class
{
	const char *name;
	const struct part *parts;
	uint8_t n_parts;
	void (*take)(uint64_t esr, struct tl_arm64_syndrome *s);
} classes[64] = {
#define PARTED(ec, name, parts)	  [ec] = { name, PARTS(parts), NULL },
#define TAKEN(ec, name, function) [ec] = { name, NULL, 0, function },
#include "arch/arm64/syndrome.def"
#undef PARTED
#undef TAKEN
};

const char *tl_arm64_exception_class(unsigned ec)
{
	return ec < sizeof(classes) / sizeof(classes[0]) ? classes[ec].name : NULL;
}

static void take_sanitised(uint64_t esr, struct tl_arm64_syndrome *s)
{
	take_data_flags(esr, s);
	add(s, esr, PARTS(sanitised));
	mean_last(s, tl_arm64_fault_status(s->fsc));
}

// Of data aborts by name, and only where one is set. Linux 6.1 sign-extends what it injects.
static void take_second(uint64_t esr, struct tl_arm64_syndrome *s)
{
	static const struct part number[] = { { "ISS2", 55, 32, NULL } };

	if (!(esr >> 32))
		return;
	if (!(esr >> 56) && (s->ec == 0x24 || s->ec == 0x25)) {
		add(s, esr, PARTS(second));
		return;
	}
	add(s, esr, PARTS(number));
	if (esr >> 31 == 0x1ffffffff)
		mean_last(s, "the kernel's sign extension of a 32-bit syndrome");
}

void tl_arm64_syndrome(uint64_t esr, bool is_iss, struct tl_arm64_syndrome *ret)
{
	const struct class *class = &classes[esr >> 26 & 0x3f];

	memset(ret, 0, sizeof(*ret));
	if (is_iss) {
		take_sanitised(esr, ret);
		return;
	}
	ret->has_class = true;
	ret->ec = esr >> 26 & 0x3f;
	ret->ec_name = class->name;
	take_second(esr, ret);
	add(ret, esr, PARTS(head));
	ret->field[ret->n_fields - 2].meaning = class->name;
	if (class->take)
		class->take(esr, ret);
	else if (class->parts)
		add(ret, esr, class->parts, class->n_parts);
	else
		add(ret, esr, PARTS(iss));
}
