/* SPDX-License-Identifier: MIT */
/*
 * String PIO: outsb, outsw and outsl of `values` to HOLE_PORT, insb and insl from it, and a line to
 * the UART by one outsb. The status is 1 if what came in is not all zeroes or all ones.
 */
#include "guest.inc"

_start:
	mov	$HOLE_PORT, %dx
	lea	values(%rip), %rsi
	mov	$8, %ecx
	rep outsb
	lea	values(%rip), %rsi
	mov	$4, %ecx
	rep outsw
	lea	values(%rip), %rsi
	mov	$2, %ecx
	rep outsl
	lea	buffer(%rip), %rdi
	mov	$8, %ecx
	rep insb
	mov	$2, %ecx
	rep insl

	lea	text(%rip), %rsi
	mov	$(text_end - text), %ecx
	mov	$UART, %dx
	rep outsb

	mov	buffer(%rip), %rax
	cmp	buffer + 8(%rip), %rax
	jne	1f
	inc	%rax
	cmp	$1, %rax
	ja	1f
	exit	0
1:	exit	1

	.section .rodata
values:	.quad	0x8877665544332211
text:	.ascii	"string-pio\n"
text_end:

	.bss
buffer:	.skip	16
