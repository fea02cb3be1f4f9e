// SPDX-License-Identifier: MIT
#include "arch/trap.h"

#include <string.h>

const char *tl_trap_name(enum tl_trap_kind kind)
{
	static const char *const names[] = {
		[TL_TRAP_OTHER] = "other exit",
		[TL_TRAP_MMIO] = "MMIO",
		[TL_TRAP_PIO] = "port I/O",
		[TL_TRAP_NISV] = "NISV",
		[TL_TRAP_LDST64B] = "LDST64B",
		[TL_TRAP_IDSR] = "IDSR",
		[TL_TRAP_SEA] = "SEA",
		[TL_TRAP_RDMSR] = "RDMSR",
		[TL_TRAP_WRMSR] = "WRMSR",
		[TL_TRAP_HYPERCALL] = "hypercall",
		[TL_TRAP_SYSTEM_EVENT] = "system event",
		[TL_TRAP_INTERNAL_ERROR] = "internal error",
		[TL_TRAP_FAILED] = "failed KVM_RUN",
		[TL_TRAP_OOPS] = "guest's own report",
	};

	return names[kind];
}

bool tl_trap_code(const struct tl_trap *trap, int at, void *buf, size_t size)
{
	const int from = trap->code_before + at;

	if (from < 0 || (size_t)from + size > trap->code_size)
		return false;
	memcpy(buf, trap->code + from, size);
	return true;
}
