/* SPDX-License-Identifier: MIT */
/*
 * idsr.S for AArch32: MRC and MCR to what HCR_EL2.TIDCP traps (parts of c9, c10, c11) and to c15, which
 * HSTR_EL2.T15 traps, MRRC and MCRR to c15, MRC to the flags, T32 code with an IT block, the registers of
 * another mode, and accesses from USR mode, which are undefined whatever the host does.
 *
 * An undefined instruction says so (idsr.inc: of these, its link register) and is passed over.
 */
	.syntax	unified
	.arch	armv7ve
#include "board.inc"
#define SAY_BY r12
#include "idsr.inc"

#define USR 0x1d0
#define IRQ 0x1d2
#define SVC 0x1d3
#define T32 0x20

	/* Writes r1, then reads into r2. */
	.macro both name, value, reg:vararg
	ldr	r1, =\value
	mvn	r2, #0
	access	write_\name, mcr p15, opc1_\name, r1, \reg
	access	read_\name, mrc p15, opc1_\name, r2, \reg
	say	r2
	.endm

	.macro exit status
	ldr	r1, =EXIT_PORT
	mov	r0, #\status
	str	r0, [r1]
	b	.
	.endm

	/* r11 is what an undefined instruction goes back to. */
	.macro mode cpsr
	movw	r11, #\cpsr
	cps	#(\cpsr & 0x1f)
	.endm

	.equ	opc1_c9, 0
	.equ	opc1_c10, 3
	.equ	opc1_c11, 7
	.equ	opc1_c15, 1

	.text
	.arm
	.globl	_start
_start:
	mode	SVC
	ldr	r0, =vectors
	mcr	p15, 0, r0, c12, c0, 0 /* VBAR */
	mvn	r0, #0
	access	read_first, mrc p15, 0, r0, c15, c0, 0
	say	r0
	both	c9, 0x11112222, c9, c5, 2
	both	c10, 0x33334444, c10, c1, 4
	both	c11, 0x55556666, c11, c15, 7
	both	c15, 0x77778888, c15, c3, 5

	ldr	r2, =0x9999aaaa
	ldr	r3, =0xbbbbcccc
	mvn	r4, #0
	mvn	r5, #0
	access	write_pair, mcrr p15, 9, r2, r3, c15
	access	read_pair, mrrc p15, 9, r4, r5, c15
	say	r4
	say	r5

	ldr	r1, =0xa000000f
	access	write_flags, mcr p15, 0, r1, c15, c0, 1
	msr	cpsr_f, #0
	access	read_flags, mrc p15, 0, apsr_nzcv, c15, c0, 1
	mrs	r2, cpsr
	say	r2

	/* r14 of another mode is another register to the host. */
	mode	IRQ
	ldr	lr, =0x12345678
	access	write_irq, mcr p15, 0, lr, c15, c1, 0
	mvn	lr, #0
	access	read_irq, mrc p15, 0, lr, c15, c1, 0
	mov	r2, lr
	say	r2
	mode	SVC

	ldr	r6, =0x0badcafe
	orr	r11, r11, #T32
	blx	thumb
	say	r7
	say	r8

	mode	USR
	mov	r2, #0x77
	access	read_usr, mrc p15, 0, r2, c15, c0, 0
	access	write_usr, mcr p15, 0, r2, c9, c5, 2
	svc	#0

back:	say	r2
	exit	0

	/* Both accesses are done, r8 becomes 1. An access whose condition fails would not exit. */
	.thumb
	.type	thumb, %function
	.type	out_of_thumb, %function
thumb:	mvn	r7, #0
	mov	r8, #0
	cmp	r7, #0
	itete	ne
	access	write_thumb, mcrne p15, 0, r6, c15, c2, 0
	mrceq	p15, 0, r8, c15, c2, 1
	access	read_thumb, mrcne p15, 0, r7, c15, c2, 0
	moveq	r8, #2
	it	ne
	movne	r8, #1
out_of_thumb:
	bx	lr
	.arm

	/*
	 * In UND mode. Emulated, a host that enters this mode leaves SPSR_und behind, and reports r13 and
	 * r14 of a store by their numbers: so r11 is the CPSR to go back to, and r0 is stored. T32 code is
	 * left, for its IT block would come to nothing.
	 */
on_undefined:
	ldr	sp, =saved
	stm	sp, {r0, r1}
	ldr	r1, =SAY_ELR
	mov	r0, lr
	str	r0, [r1]
	ldm	sp, {r0, r1}
	tst	r11, #T32
	ldrne	lr, =out_of_thumb
	msr	spsr_cxsf, r11
	movs	pc, lr

on_svc:	b	back

unexpected:
	exit	0xff

	.balign	32
vectors:
	b	unexpected
	b	on_undefined
	b	on_svc
	.rept	5
	b	unexpected
	.endr

	.bss
saved:	.space	8
