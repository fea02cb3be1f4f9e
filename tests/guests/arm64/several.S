/* SPDX-License-Identifier: MIT */
/*
 * vCPU 1 increments one word after the other without pause. Meanwhile vCPU 0 makes ITERATIONS accesses
 * that KVM cannot describe, each time when both words have moved on; then it stops vCPU 1. The status
 * is 0 when the words agree.
 */
#include "guest.inc"

_start:
	ldr	x4, =filler
	ldr	x5, =filler_end
1:	str	x4, [x4]		/* pages between the words, for a dump to take its time */
	add	x4, x4, #0x1000
	cmp	x4, x5
	b.ne	1b
	ldr	x0, =PSCI_CPU_ON
	mov	x1, #1
	ldr	x2, =counting
	mov	x3, #1
	hvc	#0
	cbnz	x0, 4f
	mov	x24, #ITERATIONS
	ldr	x23, =second_word
2:	ldr	w20, [x23]
3:	ldr	w21, [x23]
	cmp	w20, w21
	b.eq	3b
	ldr	x0, =HOLE
	.globl	nisv
nisv:	ldr	w1, [x0], #4
	subs	x24, x24, #1
	b.ne	2b
	ldr	x1, =stop
	mov	w2, #1
	str	w2, [x1]
3:	ldr	w2, [x1]
	cmp	w2, #2
	b.ne	3b
	ldr	x22, =first_word
	ldr	w20, [x22]
	ldr	w21, [x23]
	cmp	w20, w21
	b.ne	4f
	print	"several done\n"
	exit	0
4:	exit	1

counting:
	ldr	x1, =first_word
	ldr	x2, =second_word
	ldr	x3, =stop
	.globl	count
count:	ldr	w4, [x1]
	add	w4, w4, #1
	str	w4, [x1]
	ldr	w4, [x2]
	add	w4, w4, #1
	str	w4, [x2]
	ldr	w4, [x3]
	cbz	w4, count
	.globl	count_end
count_end:
	mov	w4, #2
	dmb	sy
	str	w4, [x3]
	ldr	x0, =PSCI_CPU_OFF
	hvc	#0
	b	.

	.bss
	.balign	4096
	.globl	first_word, second_word
first_word:
	.skip	4096
filler:	.skip	0x100000
filler_end:
second_word:
	.skip	4096
stop:	.skip	4
