/* SPDX-License-Identifier: MIT */
/*
 * An ordinary store to HOLE and a load from it, for a VMM that answers with external data aborts. The
 * load must leave x2 as it was. The status is 0 if there were two aborts and nothing wrong about them.
 */
#include "guest.inc"
#include "vectors.inc"

_start:
	ldr	x9, =vectors
	msr	vbar_el1, x9
	mov	x26, #0
	mov	x27, #0
	ldr	x0, =HOLE
	mov	x25, x0
	ldr	x2, =0x2222222222222222
	mov	x3, x2
	str	x2, [x0]
	ldr	x2, [x0]
	cmp	x2, x3
	ccmp	x27, #2, #0, eq
	cinc	x26, x26, ne
	print	"abort done\n"
	mov	w9, w26
	exit_w9
