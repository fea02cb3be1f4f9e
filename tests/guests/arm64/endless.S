/* SPDX-License-Identifier: MIT */
/* MMIO for ever, after one line: writes of an increasing count to HOLE. */
#include "guest.inc"

_start:
	print	"endless begins\n"
	ldr	x0, =HOLE
	mov	x1, #0
1:	str	x1, [x0]
	add	x1, x1, #1
	b	1b
