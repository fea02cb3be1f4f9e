/* SPDX-License-Identifier: MIT */
/* An undefined instruction, with no table to find its handler in. */
#include "guest.inc"

_start:
	print	"triple-fault"
	lidt	no_idt(%rip)
	.globl	fault
fault:	ud2
	exit	1

	.section .rodata
no_idt:	.word	0
	.quad	0
