// SPDX-License-Identifier: MIT
#include "arch/arm64/sysreg.h"

#include <stdint.h>
#include <stdio.h>

#define ID(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static const struct sysreg {
	uint32_t reg;
	const char *name, *about;
} sysregs[] = {
#define SYSREG(name, op0, op1, crn, crm, op2, about) { ID(op0, op1, crn, crm, op2), #name, about },
#include "arch/arm64/sysreg.def"

#include "arch/arm64/sysreg-impdef.def"
#undef SYSREG
#define CP15(name, opc1, crn, crm, opc2, about) { ID(0, opc1, crn, crm, opc2), #name, about },
#define CP15_PAIR(name, opc1, crm, about)	{ ID(0, opc1, 0, crm, 0), #name, about },
#include "arch/arm64/sysreg-aarch32.def"
#undef CP15
#undef CP15_PAIR
};

struct parts {
	unsigned op0, op1, crn, crm, op2;
	unsigned high; // 8: the fourth bit of MRRC's opc1 is set
};

static struct parts take(unsigned reg)
{
	return (struct parts){
		.op0 = reg >> 14 & 3,
		.op1 = reg >> 11 & 7,
		.crn = reg >> 7 & 15,
		.crm = reg >> 3 & 15,
		.op2 = reg & 7,
		.high = reg >> 13 & 8,
	};
}

// No register by MRC has CRn 0 and CRm 15: that is MRRC, IMPLEMENTATION DEFINED. Arm ARM G7.3.
static bool is_pair(const struct parts *p)
{
	return !p->op0 && !p->crn && (p->high || (p->crm == 15 && !p->op2));
}

static const struct sysreg *find(unsigned reg)
{
	for (size_t n = 0; n < sizeof(sysregs) / sizeof(sysregs[0]); n++)
		if (sysregs[n].reg == reg)
			return &sysregs[n];
	return NULL;
}

const char *tl_arm64_sysreg_name(unsigned reg)
{
	const struct sysreg *s = find(reg);

	return s ? s->name : NULL;
}

const char *tl_arm64_sysreg_about(unsigned reg)
{
	const struct sysreg *s = find(reg);

	return s ? s->about : NULL;
}

// CRm as a set, by CRn. Arm ARM, HCR_EL2.TIDCP and HSTR_EL2.T15.
static bool is_impdef_aarch32(const struct parts *p)
{
	static const uint16_t crms[16] = {
		[9] = 0x01e7,  // 0 to 2, 5 to 8
		[10] = 0x0113, // 0, 1, 4, 8
		[11] = 0x81ff, // 0 to 8, 15
		[15] = 0xffff,
	};

	return is_pair(p) ? p->crm == 15 : crms[p->crn] >> p->crm & 1;
}

bool tl_arm64_sysreg_is_impdef(unsigned reg)
{
	const struct parts p = take(reg);

	if (!p.op0)
		return is_impdef_aarch32(&p);
	return (p.op0 & 1) && (p.crn == 11 || p.crn == 15);
}

void tl_arm64_sysreg_encoding(unsigned reg, char *buf, size_t size)
{
	const struct parts p = take(reg);

	if (is_pair(&p))
		snprintf(buf, size, "p15_%u_c%u", p.op1 | p.high, p.crm);
	else if (!p.op0)
		snprintf(buf, size, "p15_%u_c%u_c%u_%u", p.op1, p.crn, p.crm, p.op2);
	else
		snprintf(buf, size, "s%u_%u_c%u_c%u_%u", p.op0, p.op1, p.crn, p.crm, p.op2);
}
