/* SPDX-License-Identifier: MIT */
/*
 * Every vCPU but the first increments one word after the other without pause, at first_word and
 * second_word + 8 * number. When all have moved on, the first one dies of a triple fault.
 */
#include "guest.inc"

_start:	test	%edi, %edi
	jz	2f
	lea	first_word(%rip), %rax
	lea	second_word(%rip), %rbx
1:	incl	(%rax,%rdi,8)
	incl	(%rbx,%rdi,8)
	jmp	1b

2:	lea	filler(%rip), %rax	/* pages between the words, for a dump to take its time */
	lea	filler_end(%rip), %rcx
3:	mov	%rax, (%rax)
	add	$0x1000, %rax
	cmp	%rcx, %rax
	jne	3b
	lea	second_word(%rip), %rbx
4:	dec	%rsi			/* the last vCPU comes first */
	jz	6f
	mov	(%rbx,%rsi,8), %eax
5:	pause
	cmp	(%rbx,%rsi,8), %eax
	je	5b
	jmp	4b
6:	lidt	no_idt(%rip)
	.globl	fault
fault:	ud2

	.section .rodata
no_idt:	.word	0
	.quad	0

	.bss
	.balign	4096
	.globl	first_word, second_word
first_word:
	.skip	4096
filler:	.skip	0x1000000
filler_end:
second_word:
	.skip	4096
