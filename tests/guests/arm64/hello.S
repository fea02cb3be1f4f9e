/* SPDX-License-Identifier: MIT */
#include "guest.inc"

_start:
	print	"hello from EL1\n"
	exit	0
