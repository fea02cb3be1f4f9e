/* SPDX-License-Identifier: MIT */
/*
 * Writes memory: ITERATIONS times eight words at places that a fixed sequence gives, in the 2 MiB
 * from 4 MiB on, then a 1-byte OUT of the count's low byte to HOLE_PORT. Now and then a whole page
 * becomes zeroes.
 */
#include "guest.inc"

_start:
	mov	$HOLE_PORT, %dx
	mov	$0x5851f42d4c957f2d, %r9
	mov	$1, %r8
	mov	$ITERATIONS, %ecx
1:	mov	$8, %ebx
2:	imul	%r9, %r8
	add	$12345, %r8
	mov	%r8, %rax
	shr	$40, %rax
	and	$0x1ffff8, %eax
	mov	%r8, 0x400000(%rax)
	dec	%ebx
	jnz	2b
	test	$15, %cl
	jnz	3f
	lea	0x400000(%rax), %rdi
	and	$-4096, %rdi
	mov	%rcx, %r10
	mov	$512, %ecx
	xor	%eax, %eax
	rep stosq
	mov	%r10, %rcx
3:	mov	%cl, %al
	out	%al, %dx
	dec	%rcx
	jnz	1b
	print	"scribbled"
	exit	0
