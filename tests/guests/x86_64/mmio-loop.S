/* SPDX-License-Identifier: MIT */
/*
 * Exit-heavy: ITERATIONS times a 4-byte write of the count to HOLE and a 4-byte read of HOLE + 4.
 * The count is the 64-bit word at `iterations`, for who wants another one in the file.
 */
#include "guest.inc"

_start:
	mov	$HOLE, %ebx
	mov	iterations(%rip), %rcx
1:	mov	%ecx, (%rbx)
	mov	4(%rbx), %eax
	dec	%rcx
	jnz	1b
	print	"mmio-loop done"
	exit	0

	.data
	.globl	iterations
	.balign	8
iterations:
	.quad	ITERATIONS
