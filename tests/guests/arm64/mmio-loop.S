/* SPDX-License-Identifier: MIT */
/*
 * Exit-heavy: ITERATIONS times a 4-byte write of the count to HOLE and a 4-byte read of HOLE + 4.
 * The count is the 64-bit word at `iterations`, for who wants another one in the file.
 */
#include "guest.inc"

_start:
	ldr	x0, =HOLE
	ldr	x1, =iterations
	ldr	x1, [x1]
1:	str	w1, [x0]
	ldr	w2, [x0, #4]
	subs	x1, x1, #1
	b.ne	1b
	print	"mmio-loop done\n"
	exit	0

	.data
	.globl	iterations
	.balign	8
iterations:
	.quad	ITERATIONS
