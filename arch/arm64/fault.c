// SPDX-License-Identifier: MIT
#include "arch/arm64/fault.h"

#include <stddef.h>

static const char *const names[64] = {
	[0x00] = "address size fault, level 0",
	[0x01] = "address size fault, level 1",
	[0x02] = "address size fault, level 2",
	[0x03] = "address size fault, level 3",
	[0x04] = "translation fault, level 0",
	[0x05] = "translation fault, level 1",
	[0x06] = "translation fault, level 2",
	[0x07] = "translation fault, level 3",
	[0x08] = "access flag fault, level 0",
	[0x09] = "access flag fault, level 1",
	[0x0a] = "access flag fault, level 2",
	[0x0b] = "access flag fault, level 3",
	[0x0c] = "permission fault, level 0",
	[0x0d] = "permission fault, level 1",
	[0x0e] = "permission fault, level 2",
	[0x0f] = "permission fault, level 3",
	[0x10] = "synchronous external abort",
	[0x11] = "synchronous tag check fault",
	[0x13] = "synchronous external abort on walk, level -1",
	[0x14] = "synchronous external abort on walk, level 0",
	[0x15] = "synchronous external abort on walk, level 1",
	[0x16] = "synchronous external abort on walk, level 2",
	[0x17] = "synchronous external abort on walk, level 3",
	[0x18] = "synchronous parity or ECC error",
	[0x1b] = "synchronous parity or ECC error on walk, level -1",
	[0x1c] = "synchronous parity or ECC error on walk, level 0",
	[0x1d] = "synchronous parity or ECC error on walk, level 1",
	[0x1e] = "synchronous parity or ECC error on walk, level 2",
	[0x1f] = "synchronous parity or ECC error on walk, level 3",
	[0x21] = "alignment fault",
	[0x29] = "address size fault, level -1",
	[0x2b] = "translation fault, level -1",
	[0x30] = "TLB conflict abort",
	[0x31] = "unsupported atomic hardware update fault",
	[0x34] = "IMPLEMENTATION DEFINED fault (lockdown)",
	[0x35] = "IMPLEMENTATION DEFINED fault (unsupported exclusive or atomic)",
};

const char *tl_arm64_fault_status(unsigned fsc)
{
	return fsc < 64 ? names[fsc] : NULL;
}
