/* SPDX-License-Identifier: MIT */
/* One post-index load from HOLE, and nothing to survive it. */
#include "guest.inc"

_start:
	print	"nisv-die\n"
	ldr	x0, =HOLE
	ldr	x1, =0x1111111111111111
	.globl	die
die:	ldr	w1, [x0], #4
	exit	1
