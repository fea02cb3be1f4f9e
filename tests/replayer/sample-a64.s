// SPDX-License-Identifier: MIT
	.text
	.globl	_start
	.type	_start, %function
_start:	b	code
	.size	_start, . - _start
	nop // in no function
	nop
	nop

	.balign	2048
	.globl	code
	.type	code, %function
code:
	.set	i, 0
	.rept	200
	add	x1, x2, #i
	.set	i, i + 1
	.endr
	ret
	.size	code, . - code

	// The same code twice.
twins:
	.rept	2
	mov	x0, #1
	mov	x1, #2
	mov	x2, #3
	mov	x3, #4
	ldr	x4, [x5]
	ldr	x6, [x7]
	mul	x0, x1, x2
	ret
	.balign	4096
	.endr
	.weak	other
other:	nop

	.data
	.globl	cell
cell:	.xword	1
