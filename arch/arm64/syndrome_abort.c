// SPDX-License-Identifier: MIT
// The syndromes of aborts, which tell of an access. Arm ARM D17.2.37, ISS of a data abort.
#include "arch/arm64/fault.h"
#include "arch/arm64/syndrome_part.h"

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

static const struct tl_arm64_part isv[] = { { "ISV", 24, 24, valid } };

static const struct tl_arm64_part instruction[] = {
	{ "SAS", 23, 22, access_size },
	{ "SSE", 21, 21, extension },
	{ "SRT", 20, 16, NULL },
	{ "SF", 15, 15, width },
	{ "AR", 14, 14, order },
};

static const struct tl_arm64_part nested[] = { { "VNCR", 13, 13, vncr } };
static const struct tl_arm64_part lst[] = { { "LST", 12, 11, load_store } };
static const struct tl_arm64_part set[] = { { "SET", 12, 11, state } };

static const struct tl_arm64_part data_abort[] = {
	{ "FnV", 10, 10, fault_address },
	{ "EA", 9, 9, NULL },
	{ "CM", 8, 8, maintenance },
	{ "S1PTW", 7, 7, walk },
	{ "WnR", 6, 6, write_not_read },
	{ "DFSC", 5, 0, NULL },
};

static const struct tl_arm64_part fetch_abort[] = {
	{ "FnV", 10, 10, fault_address },
	{ "EA", 9, 9, NULL },
	{ "S1PTW", 7, 7, walk },
	{ "IFSC", 5, 0, NULL },
};

// What KVM leaves in esr_iss.
static const struct tl_arm64_part sanitised[] = {
	{ "CM", 8, 8, maintenance },
	{ "WnR", 6, 6, write_not_read },
	{ "DFSC", 5, 0, NULL },
};

// LST stands where SET does, for faults that a table entry gave. KVM clears FSC of what it passes
// on as KVM_EXIT_ARM_LDST64B; 0 would be an address size fault, which has no LST. KVM API 5.
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
	s->wnr = tl_arm64_syndrome_bit(esr, 6);
	s->cm = tl_arm64_syndrome_bit(esr, 8);
}

static void take_instruction(uint64_t esr, struct tl_arm64_syndrome *s)
{
	s->sas = esr >> 22 & 3;
	s->sse = tl_arm64_syndrome_bit(esr, 21);
	s->srt = esr >> 16 & 0x1f;
	s->sf = tl_arm64_syndrome_bit(esr, 15);
	s->ar = tl_arm64_syndrome_bit(esr, 14);
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(instruction));
}

void tl_arm64_syndrome_data_abort(uint64_t esr, struct tl_arm64_syndrome *s)
{
	take_data_flags(esr, s);
	s->isv = tl_arm64_syndrome_bit(esr, 24);
	s->s1ptw = tl_arm64_syndrome_bit(esr, 7);
	s->ea = tl_arm64_syndrome_bit(esr, 9);
	s->fnv = tl_arm64_syndrome_bit(esr, 10);
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(isv));
	if (s->isv)
		take_instruction(esr, s);
	if (tl_arm64_syndrome_bit(esr, 13))
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(nested));
	if (has_lst(s, esr)) {
		s->lst = esr >> 11 & 3;
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(lst));
	} else if (s->fsc == 0x10) {
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(set));
	}
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(data_abort));
	tl_arm64_syndrome_mean_last(
		s, s->lst && !s->fsc ? "left out by KVM" : tl_arm64_fault_status(s->fsc));
}

void tl_arm64_syndrome_fetch_abort(uint64_t esr, struct tl_arm64_syndrome *s)
{
	s->is_abort = s->is_fetch = true;
	s->fsc = esr & 0x3f;
	s->s1ptw = tl_arm64_syndrome_bit(esr, 7);
	s->ea = tl_arm64_syndrome_bit(esr, 9);
	s->fnv = tl_arm64_syndrome_bit(esr, 10);
	if (s->fsc == 0x10)
		tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(set));
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(fetch_abort));
	tl_arm64_syndrome_mean_last(s, tl_arm64_fault_status(s->fsc));
}

void tl_arm64_syndrome_sanitised(uint64_t esr, struct tl_arm64_syndrome *s)
{
	take_data_flags(esr, s);
	tl_arm64_syndrome_add(s, esr, TL_ARM64_PARTS(sanitised));
	tl_arm64_syndrome_mean_last(s, tl_arm64_fault_status(s->fsc));
}
