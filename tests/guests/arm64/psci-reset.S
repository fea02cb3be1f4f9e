/* SPDX-License-Identifier: MIT */
#include "guest.inc"

_start:
	print	"psci-reset\n"
	ldr	x0, =PSCI_SYSTEM_RESET
	hvc	#0
	exit	1
