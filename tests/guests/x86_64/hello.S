/* SPDX-License-Identifier: MIT */
#include "guest.inc"

_start:
	print	"hello from long mode"
	exit	0
