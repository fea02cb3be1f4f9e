/* SPDX-License-Identifier: MIT */
/* Exit-heavy, by ports: ITERATIONS times a 1-byte OUT of the count's low byte to HOLE_PORT. */
#include "guest.inc"

_start:
	mov	$HOLE_PORT, %dx
	mov	iterations(%rip), %rcx
1:	mov	%cl, %al
	out	%al, %dx
	dec	%rcx
	jnz	1b
	print	"pio-loop done"
	exit	0

	.data
	.globl	iterations
	.balign	8
iterations:
	.quad	ITERATIONS
