/* SPDX-License-Identifier: MIT */
/*
 * vCPU 0 starts vCPU 1 by CPU_ON. Each writes its number ITERATIONS times to a 64-bit word of its own,
 * HOLE + 8 * number; then vCPU 1 turns itself off, and vCPU 0, which waits for it, ends the machine.
 */
#include "guest.inc"

_start:
	ldr	x0, =PSCI_CPU_ON
	mov	x1, #1
	ldr	x2, =second
	mov	x3, #1
	hvc	#0
	cbnz	x0, 3f
	bl	write_number
	ldr	x1, =done
1:	ldr	w2, [x1]
	cbz	w2, 1b
	print	"smp done\n"
	exit	0
3:	exit	1

second:	bl	write_number
	ldr	x1, =done
	str	w0, [x1]
	ldr	x0, =PSCI_CPU_OFF
	hvc	#0
	b	.

	/* x0 = the number */
write_number:
	ldr	x4, =HOLE
	mov	x5, #ITERATIONS
1:	str	x0, [x4, x0, lsl #3]
	subs	x5, x5, #1
	b.ne	1b
	ret

	.bss
	.balign	64
done:	.skip	4
