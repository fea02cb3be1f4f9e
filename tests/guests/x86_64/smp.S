/* SPDX-License-Identifier: MIT */
/*
 * Every vCPU writes its number ITERATIONS times to a 64-bit word of its own, HOLE + 8 * number, and
 * halts, but for the first: it waits for the others and ends the machine.
 */
#include "guest.inc"

_start:
	mov	%rsi, %r15
	mov	$HOLE, %ebx
	mov	$ITERATIONS, %ecx
1:	mov	%rdi, (%rbx,%rdi,8)
	dec	%ecx
	jnz	1b
	lock incl n_done(%rip)
	test	%edi, %edi
	jz	3f
2:	hlt
	jmp	2b
3:	pause
	cmp	%r15d, n_done(%rip)
	jne	3b
	print	"smp done"
	exit	0

	.bss
n_done:	.skip	4
