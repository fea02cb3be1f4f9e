// SPDX-License-Identifier: MIT
#include "arch/x86_64/msr.h"

#include <stddef.h>

static const struct {
	uint32_t index;
	const char *name;
} msrs[] = {
#define MSR(index, name) { index, #name },
#include "arch/x86_64/msr.def"
#undef MSR
};

const char *tl_x86_msr_name(uint32_t index)
{
	for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		if (msrs[i].index == index)
			return msrs[i].name;
	return NULL;
}
