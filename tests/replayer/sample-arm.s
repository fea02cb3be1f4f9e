@ SPDX-License-Identifier: MIT
	.text
	.arm
	.globl	_start
_start:	nop
label:	ldr	r0, value
	bx	lr
	.word	0 @ a mapping symbol stands here, and no other
value:	.word	0x12345678

	.thumb
	.globl	small
	.type	small, %function
	.thumb_func
small:	nop
	nop
	bx	lr
	.size	small, . - small
	nop
	nop
