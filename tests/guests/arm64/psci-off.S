/* SPDX-License-Identifier: MIT */
#include "guest.inc"

_start:
	print	"psci-off\n"
	ldr	x0, =PSCI_SYSTEM_OFF
	hvc	#0
	exit	1
