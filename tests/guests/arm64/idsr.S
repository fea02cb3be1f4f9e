/* SPDX-License-Identifier: MIT */
/*
 * Accesses to IMPLEMENTATION DEFINED registers, each at a named label: those that Apple's CPUs have
 * (HID11, L2ACTLR, PMC0, LSU_ERR_STS), one of CRn 11, XZR as the source and the target, all others as
 * both, and accesses that are undefined whatever the host does: from EL0, and a SYS instruction.
 *
 * An undefined instruction says so (idsr.inc) and is passed over. Changes x19 and x20 behind the
 * program's back.
 */
#include "guest.inc"
#define SAY_BY x19
#include "idsr.inc"

#define HID11	    s3_0_c15_c13_0
#define L2ACTLR	    s3_1_c15_c0_0
#define PMC0	    s3_2_c15_c0_0
#define LSU_ERR_STS s3_3_c15_c0_0
#define QEMU_CALL   s3_3_c15_c15_0
#define OTHER	    s3_7_c11_c3_5

#define NUMBERS 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30

#define EL0T 0x3c0
#define EL1H 0x3c5

	/* Writes x1, then reads into x2. */
	.macro both name, reg, value
	ldr	x1, =\value
	mov	x2, #-1
	access	write_\name, msr \reg, x1
	access	read_\name, mrs x2, \reg
	say	x2
	.endm

_start:
	ldr	x19, =vectors
	msr	vbar_el1, x19
	mov	x0, #-1
	access	read_first, mrs x0, HID11
	say	x0
	both	hid11, HID11, 0x1111222233334444
	both	l2actlr, L2ACTLR, 0x5555666677778888
	both	pmc0, PMC0, 0x9999aaaabbbbcccc
	both	lsu_err_sts, LSU_ERR_STS, 0xddddeeeeffff0001
	both	other, OTHER, 0x0123456789abcdef
	mov	x2, #-1
	access	read_again, mrs x2, HID11
	say	x2
	access	write_zero, msr QEMU_CALL, xzr
	access	read_nowhere, mrs xzr, HID11
	say	xzr

	/* Every register is written from, and read to: x0 to x30 hold 0x100 to 0x11e. */
	.irp	n, NUMBERS
	mov	x\n, #0x100 + \n
	.endr
	.irp	n, NUMBERS
	access	write_x\n, msr PMC0, x\n
	mov	x\n, #-1
	access	read_x\n, mrs x\n, PMC0
	.endr
	say	x30

	access	not_a_register, sys #0, c15, c0, #0, x0

	ldr	x19, =at_el0
	msr	elr_el1, x19
	mov	x19, #EL0T
	msr	spsr_el1, x19
	eret
at_el0:	mov	x2, #0x77
	access	read_el0, mrs x2, HID11
	access	write_el0, msr HID11, x2
	svc	#0

back:	say	x2
	exit	0

	/* EC 0: undefined; 0x15: SVC. */
on_sync:
	mrs	x19, esr_el1
	ubfx	x20, x19, #26, #6
	cbnz	x20, 1f
	ldr	x20, =SAY_ESR
	str	x19, [x20]
	mrs	x19, elr_el1
	str	x19, [x20, #SAY_ELR - SAY_ESR]
	add	x19, x19, #4
	msr	elr_el1, x19
	mrs	x19, spsr_el1
	str	x19, [x20, #SAY_SPSR - SAY_ESR]
	eret
1:	cmp	x20, #0x15
	b.ne	unexpected
	ldr	x19, =back
	msr	elr_el1, x19
	mov	x19, #EL1H
	msr	spsr_el1, x19
	eret

unexpected:
	print	"unexpected exception\n"
	exit	0xff

	.section .text.vectors, "ax"
	.balign	2048
vectors:
	.rept	4
	.balign	128
	b	unexpected
	.endr
	.balign	128
	b	on_sync
	.rept	3
	.balign	128
	b	unexpected
	.endr
	.balign	128
	b	on_sync
	.rept	7
	.balign	128
	b	unexpected
	.endr
