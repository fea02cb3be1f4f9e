/* SPDX-License-Identifier: MIT */
/*
 * MMIO and PIO of every size and direction, in this order:
 *
 *   writes at HOLE + 0x00	1 0x11, 2 0x2211, 4 0x44332211, 8 0x8877665544332211
 *   reads at HOLE + 0x10	1, 2, 4, 8 bytes by mov; 1, 2 by movzx; 1, 2, 4 by movsx
 *   at HOLE + 0x20		add: a 4-byte read, then a 4-byte write of 0x44332211 + what was read
 *   writes at HOLE + 0x30	rep stosl: three times 4 bytes of 0x44332211, at 0x30, 0x34, 0x38
 *   write at HOLE + 0xffc	8 bytes over a page's end: 4 bytes of 0x44332211, 4 of 0x88776655
 *   out HOLE_PORT		1 0x11, 2 0x2211, 4 0x44332211; the first by number, port 0x60
 *   in HOLE_PORT + 4		1, 2, 4 bytes; the first by number, port 0x64
 *
 * The status is how many reads did not give all zeroes or all ones throughout, by the first.
 */
#include "guest.inc"

	/* Compares rax with the first read, masked or extended: `want` bits of r12. */
	.macro expect want
	mov	$\want, %r8
	and	%r12, %r8
	call	compare
	.endm

#define OLD 0x5a5a5a5a5a5a5a5a

_start:
	xor	%r13d, %r13d
	mov	$HOLE, %ebx
	mov	$0x8877665544332211, %rax
	mov	%al, (%rbx)
	mov	%ax, (%rbx)
	mov	%eax, (%rbx)
	mov	%rax, (%rbx)

	movsbq	0x10(%rbx), %r12
	mov	$OLD, %rax
	mov	0x10(%rbx), %al
	shl	$56, %rax
	shr	$56, %rax
	expect	0xff
	xor	%eax, %eax
	mov	0x10(%rbx), %ax
	expect	0xffff
	mov	$OLD, %rax
	mov	0x10(%rbx), %eax
	expect	0xffffffff
	mov	$OLD, %rax
	mov	0x10(%rbx), %rax
	expect	-1
	mov	$OLD, %rax
	movzbl	0x10(%rbx), %eax
	expect	0xff
	mov	$OLD, %rax
	movzwl	0x10(%rbx), %eax
	expect	0xffff
	mov	$OLD, %rax
	movsbl	0x10(%rbx), %eax
	expect	0xffffffff
	mov	$OLD, %rax
	movswq	0x10(%rbx), %rax
	expect	-1
	mov	$OLD, %rax
	movslq	0x10(%rbx), %rax
	expect	-1

	mov	$0x8877665544332211, %rax
	add	%eax, 0x20(%rbx)
	lea	0x30(%rbx), %rdi
	mov	$3, %ecx
	rep stosl
	mov	%rax, 0xffc(%rbx)

	mov	$HOLE_PORT, %edx
	out	%al, $0x60
	out	%al, %dx
	out	%ax, %dx
	out	%eax, %dx
	add	$4, %edx
	mov	$0, %eax
	in	$0x64, %al
	expect	0xff
	mov	$0, %eax
	in	%dx, %al
	expect	0xff
	mov	$0, %eax
	in	%dx, %ax
	expect	0xffff
	mov	$OLD, %rax
	in	%dx, %eax
	expect	0xffffffff

	print	"mmio-sizes done"
	mov	%r13b, %al
	exit_al

compare:
	cmp	%rax, %r8
	je	1f
	inc	%r13
1:	ret
