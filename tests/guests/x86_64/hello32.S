/* SPDX-License-Identifier: MIT */
/* An ELF32 guest: 32-bit protected mode without paging. */
	.text
	.globl	_start
_start:
	mov	$text, %esi
	mov	$0x3f8, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
2:	mov	$0, %al
	out	%al, $0xf4
	ud2

	.section .rodata
text:	.asciz	"hello from protected mode\n"
