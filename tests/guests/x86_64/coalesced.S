/* SPDX-License-Identifier: MIT */
/*
 * For a coalesced window at HOLE..HOLE + 0x1000: ten 4-byte writes 0x100, 0x101, ... in it, a write of
 * 0x200 past it, which exits, ten more from 0x300, and the end. With a coalesced port at HOLE_PORT
 * the same by OUT: 0x10, 0x11, ... in it, 0x20 to the next port.
 */
#include "guest.inc"

_start:
	mov	$HOLE, %ebx
	mov	$0x100, %eax
	call	ten
	movl	$0x200, 0x2000(%rbx)
	mov	$0x300, %eax
	call	ten

	mov	$HOLE_PORT, %edx
	mov	$0x10, %al
1:	out	%al, %dx
	inc	%al
	cmp	$0x1a, %al
	jne	1b
	inc	%edx
	mov	$0x20, %al
	out	%al, %dx
	print	"coalesced done"
	exit	0

ten:	xor	%ecx, %ecx
1:	mov	%eax, (%rbx,%rcx,4)
	inc	%eax
	inc	%ecx
	cmp	$10, %ecx
	jne	1b
	ret
